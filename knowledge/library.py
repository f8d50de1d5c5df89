"""Library: the content of a folder of documents, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.crisis_examples import CrisisPhrases
from knowledge.document import Document
from knowledge.errors import Problem
from knowledge.helplines import HelpLine


@dataclass(frozen=True, slots=True)
class NotCovered:
    """A topic that the article does not cover, and the fixed reply to it.

    Args:
        id: its id.
        title: its name, as in "The article does not cover …".
        advice: whether it asks for personal medical advice.
        text: the fixed reply.
        nearest: the ids of up to three sections to offer.
        questions: example questions.
        near_crisis: whether some who ask this are in a crisis; the examples then are not part of
            `Library.ordinary`.
    """

    id: str
    title: str
    advice: bool
    text: str
    nearest: tuple[str, ...]
    questions: tuple[str, ...]
    near_crisis: bool = False


@dataclass(frozen=True, slots=True)
class Questions:
    """Example questions about a document: by section, by topic that is not covered, small talk."""

    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_covered: Mapping[str, NotCovered] = field(default_factory=dict)
    small_talk: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """Everything in a folder.

    Args:
        documents: the documents, in the order of their files' names.
        questions: the example questions of each document, by its command.
        crisis: example phrases of a crisis.
        help_lines: whom to call.
        warnings: what is no fault, but should be looked at.
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
