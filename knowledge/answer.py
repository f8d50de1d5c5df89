"""Answer: what a person reads, before a platform dresses it.

"Not covered" and "did you mean" are answers too, so an adapter has one path.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from knowledge.language import ENGLISH


class Kind(StrEnum):
    """What an answer is."""

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
    """Something else to read: `topic` is what to ask for (a section's id), `title` its label."""

    topic: str
    title: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, whole: `heading`, `body`, `reminder` and `credit` are read in this order.

    Args:
        command: the document's command, so that a button leads back to the same document.
        topic: what to ask for to get this very answer again; empty where nothing brings it back.
        body: Markdown. For a section, a contiguous piece of the article.
        section: the section's id, for the kind `section` alone.
        choices: other sections to offer, best first.
        notice: a line to be read before anything else (help lines, where someone may despair).
        note: the editor's remark on the article's own slips, read behind the body.
        crisis: whether help lines stand in, or above, this answer.
        previous, next: the neighbours in the article, or in a long list of topics.
        beside: answers of the bot's own that lie near, such as the same section in short; their
            titles are labels.
        not_covered: the id of the topic that the article does not cover, where it is a known one.
        language: of the words around the article's own, as of buttons.
        frame: leads to the reminder where reader and document speak different languages.
        plain: to be shown without decoration.

    Raises:
        ValueError: heading, body, reminder or credit is empty. An answer is never bare.
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
    beside: tuple[Choice, ...] = ()
    not_covered: str = ""
    language: str = ENGLISH
    frame: str = ""
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
