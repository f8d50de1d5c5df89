"""Library: what a folder of documents holds, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.document import Document
from knowledge.errors import Problem
from knowledge.helplines import HelpLine
from knowledge.safety import CrisisPhrases


@dataclass(frozen=True, slots=True)
class NotCovered:
    """A topic that the article does not cover, and the fixed reply to it."""

    id: str
    title: str
    advice: bool
    text: str
    nearest: tuple[str, ...]
    questions: tuple[str, ...]


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
