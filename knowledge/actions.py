"""What leads on from an answer: its buttons, and the identifiers that say what each does.

The identifier carries everything, so buttons work after a restart and nothing is remembered about
who pressed them. Discord allows 100 characters for it (custom_id), Slack 255 (action_id).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from knowledge.answer import Answer
from knowledge.compose import MENU


class Verb(StrEnum):
    """What happens when it is pressed."""

    OPEN = "open"
    """Show a topic in place of the answer."""
    CHOOSE = "choose"
    """Show the topic that was chosen in a menu."""
    SHARE = "share"
    """Show what the channel would see if the topic were posted."""
    POST = "post"
    """Post the topic for everyone in the channel."""
    PIN = "pin"
    """Show what would be posted and pinned. For moderators."""
    KEEP = "keep"
    """Post the topic and pin it. For moderators."""
    REPLACE = "swap"
    """Take down our own oldest pin of the channel, then post and pin. For moderators."""


MODERATORS_ONLY = frozenset({Verb.PIN, Verb.KEEP, Verb.REPLACE})


@dataclass(frozen=True, slots=True)
class Action:
    """`verb` on page `page` of `topic`, in the document that answers to `command`."""

    verb: Verb
    command: str
    topic: str = ""
    page: int = 1

    def encode(self) -> str:
        """The identifier, for example `ldn:open:mechanism.immune:1`; at most 100 characters."""
        return f"{self.command}:{self.verb}:{self.topic}:{self.page}"

    @classmethod
    def decode(cls, identifier: str) -> Action | None:
        """The action of an identifier; None if it is not one of ours (forged, or too old)."""
        match = PATTERN.fullmatch(identifier)
        if match is None:
            return None
        return cls(Verb(match["verb"]), match["command"], match["topic"], int(match["page"]))


PATTERN = re.compile(
    rf"(?P<command>[a-z][a-z0-9-]{{0,26}}):(?P<verb>{'|'.join(Verb)})"
    r":(?P<topic>[a-z0-9 .-]{0,60}):(?P<page>[1-9][0-9]{0,3})",
    re.ASCII,
)
"""Every identifier that `Action.encode` can make."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button: what it does, and what it says, which is where it leads."""

    action: Action
    label: str


def menu_action(answer: Answer) -> Action:
    """The action of the menu that holds an answer's choices."""
    return Action(Verb.CHOOSE, answer.command)


def buttons(answer: Answer, page: int, pages: int) -> list[Button]:
    """The buttons under page `page` of `pages`: at most five."""

    def opens(label: str, topic: str, to: int = 1) -> Button:
        return Button(Action(Verb.OPEN, answer.command, topic, to), label)

    row = []
    if page > 1:
        row.append(opens(f"Back to page {page - 1}", answer.topic, page - 1))
    if page < pages:
        row.append(opens(f"Read on: page {page + 1} of {pages}", answer.topic, page + 1))
    if answer.previous:
        row.append(opens(f"Previous: {answer.previous.title}", answer.previous.topic))
    if answer.next:
        row.append(opens(f"Next: {answer.next.title}", answer.next.topic))
    if answer.topic != MENU:
        row.append(opens("All topics", MENU))
    return row


def clip(text: str, limit: int) -> str:
    """Text within `limit` characters, its last one an ellipsis where something was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
