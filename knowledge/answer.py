"""Answer: what a person reads, before it is rendered for a platform.

"Not covered" and "did you mean" are answers too, so an adapter has only one case to handle.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from knowledge.language import ENGLISH


class Kind(StrEnum):
    """The kinds of answers."""

    SECTION = "section"
    MENU = "menu"
    SUGGESTIONS = "suggestions"
    NOT_COVERED = "not_covered"
    ADVICE = "advice"
    CRISIS = "crisis"
    HELP = "help"
    WITHDRAWN = "withdrawn"
    APPOINTMENT = "appointment"


@dataclass(frozen=True, slots=True)
class Choice:
    """A topic to offer: `topic` is what to look up (such as a section's id), `title` its label."""

    topic: str
    title: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete answer. Readers see `heading`, `body`, `reminder` and `credit` in this order.

    Args:
        command: the document's command, which buttons hold to lead back to the same document.
        topic: what to look up to get this very answer again; empty if that is not possible.
        body: Markdown. For a section, a contiguous piece of the article.
        section: the section's id, for the kind `section` alone.
        choices: other sections to offer, best first.
        notice: a line above everything else: help lines, for somebody who may be in a crisis.
        note: the editor's remark on a slip of the article, shown after the body.
        crisis: whether help lines are in this answer, or above it.
        previous, next: the neighbours in the article, or in a long list of topics.
        related: related answers, such as help or the same section in short; their titles are the
            labels of buttons.
        not_covered: the id of the topic that the article does not cover; empty if it is unknown.
        language: the language of the interface's words, such as buttons.
        reminder_intro: a sentence before the reminder, in the reader's language; empty if the
            reader's language is the document's.
        plain: whether to show it without decoration.

    Raises:
        ValueError: heading, body, reminder or credit is empty.
    """

    kind: Kind
    command: str
    topic: str
    heading: str
    body: str
    reminder: str
    credit: str
    section: str | None = None
    choices: tuple[Choice, ...] = ()
    notice: str = ""
    note: str = ""
    crisis: bool = False
    previous: Choice | None = None
    next: Choice | None = None
    related: tuple[Choice, ...] = ()
    not_covered: str = ""
    language: str = ENGLISH
    reminder_intro: str = ""
    plain: bool = False

    def __post_init__(self) -> None:
        for part in ("heading", "body", "reminder", "credit"):
            if not getattr(self, part).strip():
                raise ValueError(f"an answer needs a {part}")

    def to_json(self) -> dict[str, Any]:
        """The answer as the command line's `--json` prints it."""
        return {
            "kind": self.kind.value,
            "section": self.section,
            "heading": self.heading,
            "body": self.body,
            "reminder": self.reminder,
            "credit": self.credit,
            "choices": [choice.topic for choice in self.choices],
            "crisis": self.crisis,
        }
