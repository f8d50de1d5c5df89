"""Library: what a folder of documents holds, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.document import Document
from knowledge.errors import Problem
from knowledge.helplines import HelpLine
from knowledge.lessons import CrisisPhrases


@dataclass(frozen=True, slots=True)
class NotCovered:
    """A topic that the article does not cover, and the fixed reply to it."""

    id: str
    title: str
    advice: bool
    text: str
    nearest: tuple[str, ...]
    questions: tuple[str, ...]
    near_crisis: bool = False
    """Some who ask this are in a crisis, so that the examples are not `Library.ordinary`."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What people type about a document: examples by section, and what it does not cover."""

    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_covered: Mapping[str, NotCovered] = field(default_factory=dict)
    small_talk: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """Everything in a folder: documents, the questions of each by its command, and crisis help.

    `warnings` are no faults, but somebody should look at them.
    """

    documents: tuple[Document, ...]
    questions: Mapping[str, Questions]
    crisis: CrisisPhrases
    help_lines: tuple[HelpLine, ...]
    warnings: tuple[Problem, ...] = ()

    @property
    def ordinary(self) -> list[str]:
        """Every example question that is no crisis: all but those of topics that are near one."""
        return [
            question
            for questions in self.questions.values()
            for group in (
                *questions.sections.values(),
                *(
                    topic.questions
                    for topic in questions.not_covered.values()
                    if not topic.near_crisis
                ),
                questions.small_talk,
            )
            for question in group
        ]
