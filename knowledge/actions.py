"""What leads on from an answer: its buttons, and the identifiers that say what each does.

The identifier carries everything, so buttons work after a restart and nothing is remembered about
who pressed them. Discord allows 100 characters for it (custom_id), Slack 255 (action_id).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from knowledge.answer import Answer, Kind
from knowledge.compose import MENU, TOPICS
from knowledge.language import words_in


class Verb(StrEnum):
    """What happens when it is pressed."""

    OPEN = "open"
    """Show a topic in place of the answer."""
    CHOOSE = "choose"
    """Show the topic that was chosen in a menu."""
    ASK = "ask"
    """Answer the question that comes with it: of a search box, or kept in a button's value."""
    REPORT = "report"
    """Ask what is wrong with a section."""
    TELL = "tell"
    """Count that a section is unclear, for the reason in `detail`."""
    SHARE = "share"
    """Show what the channel would see if the topic were posted."""
    DRAFT = "draft"
    """Show what would be posted as a reply to the message in `detail`."""
    POST = "post"
    """Post the topic for everyone in the channel."""
    PIN = "pin"
    """Show what would be posted and pinned. For moderators."""
    KEEP = "keep"
    """Post the topic and pin it. For moderators."""
    REPLACE = "swap"
    """Take down our own oldest pin of the channel, then post and pin. For moderators."""
    WEEK = "week"
    """Show what was counted in the week that begins on the day in `topic`. For moderators."""


PUBLISHING = frozenset({Verb.POST, Verb.KEEP, Verb.REPLACE})
"""These change what everyone in a channel sees."""
NEED_STORE = PUBLISHING | {Verb.WEEK}
"""These wait for the database, so that they have to be acknowledged before they are done."""
MODERATORS_ONLY = frozenset({Verb.PIN, Verb.KEEP, Verb.REPLACE, Verb.WEEK})
GUARDED = PUBLISHING | MODERATORS_ONLY | {Verb.SHARE, Verb.DRAFT}
"""These are allowed only after a fresh look at who asks, and at what the platform lets us do."""


@dataclass(frozen=True, slots=True)
class Action:
    """`verb` on page `page` of `topic`, in the document that answers to `command`.

    `detail` is what the verb needs besides.
    """

    verb: Verb
    command: str
    topic: str = ""
    page: int = 1
    detail: str = ""

    def encode(self) -> str:
        """The identifier, for example `ldn:open:mechanism.immune:1`; at most 100 characters."""
        plain = f"{self.command}:{self.verb}:{self.topic}:{self.page}"
        return f"{plain}:{self.detail}" if self.detail else plain

    @classmethod
    def decode(cls, identifier: str) -> Action | None:
        """The action of an identifier; None if it is not one of ours (forged, or too old)."""
        match = PATTERN.fullmatch(identifier)
        if match is None:
            return None
        verb, page = Verb(match["verb"]), int(match["page"])
        return cls(verb, match["command"], match["topic"], page, match["detail"] or "")

    def choosing(self, topic: str) -> Action:
        """The action of a menu in which a topic was chosen."""
        return replace(self, topic=topic)


PATTERN = re.compile(
    rf"(?P<command>[a-z][a-z0-9-]{{0,26}}):(?P<verb>{'|'.join(Verb)})"
    r":(?P<topic>[a-z0-9 .-]{0,46}):(?P<page>[1-9][0-9]{0,2})(?::(?P<detail>[a-z0-9]{1,21}))?",
    re.ASCII,
)
"""Every identifier that `Action.encode` can make. A topic is at most a section's id (40 characters)
behind a short word; a detail at most a message's id (20 digits) and a sign."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button: what it does, and what it says, which is where it leads."""

    action: Action
    label: str


def menu_action(answer: Answer) -> Action:
    """The action of the menu that holds an answer's choices."""
    return Action(Verb.CHOOSE, answer.command)


def buttons(answer: Answer, page: int, pages: int) -> tuple[list[Button], list[Button]]:
    """The two rows of buttons under page `page` of `pages`, at most five in each.

    The first leads through the article, the second to what lies beside.
    """
    say = words_in(answer.language)

    def opens(label: str, topic: str, to: int = 1) -> Button:
        return Button(Action(Verb.OPEN, answer.command, topic, to), label)

    through = []
    if page > 1:
        label = say("Back to page {page}", page=page - 1)
        through.append(opens(label, answer.topic, page - 1))
    if page < pages:
        label = say("Read on: page {page} of {pages}", page=page + 1, pages=pages)
        through.append(opens(label, answer.topic, page + 1))
    if answer.previous:
        label = say("Previous: {title}", title=answer.previous.title)
        through.append(opens(label, answer.previous.topic))
    if answer.next:
        through.append(opens(say("Next: {title}", title=answer.next.title), answer.next.topic))
    if answer.topic not in (MENU, TOPICS):  # all topics stand there already
        through.append(opens(say("All topics"), MENU))

    beside = [opens(choice.title, choice.topic) for choice in answer.beside]
    if answer.kind is Kind.SECTION and answer.section:
        report = Action(Verb.REPORT, answer.command, answer.section)
        beside.append(Button(report, say("Unclear or out of date?")))
    return through, beside


def clip(text: str, limit: int) -> str:
    """Text within `limit` characters, its last one an ellipsis where something was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
