"""Actions: the buttons under an answer, and the identifiers that say what each button does.

An identifier holds everything that is needed to do it, so buttons work after a restart and nothing
is stored about who pressed them. Discord allows 100 characters (custom_id), Slack 255 (action_id).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from knowledge.answer import Answer, Kind
from knowledge.compose import MENU, TOPICS
from knowledge.language import translator_for


class Verb(StrEnum):
    """What happens when a button is pressed, or an entry of a menu is chosen.

    The values stand in identifiers under messages that were sent long ago, so they never change.
    """

    OPEN = "open"
    """Show a topic in place of the answer."""
    CHOOSE = "choose"
    """Show the topic that was chosen in a menu."""
    ASK = "ask"
    """Answer the question that comes with it, from a search box or in a button's value."""
    ASK_REASON = "report"
    """Ask the reader what is wrong with a section."""
    REPORT_REASON = "tell"
    """Count the reason in `detail` as a report about a section."""
    PREVIEW_SHARE = "share"
    """Show what the channel would see if the topic were posted."""
    PREVIEW_REPLY = "draft"
    """Show what would be posted as a reply to the message in `detail`."""
    POST = "post"
    """Post the topic for everyone in the channel."""
    PREVIEW_PIN = "pin"
    """Show what would be posted and pinned. For moderators."""
    POST_AND_PIN = "keep"
    """Post the topic and pin it. For moderators."""
    REPLACE_PIN = "swap"
    """Unpin the bot's oldest pin of the channel, then post and pin. For moderators."""
    SHOW_WEEK = "week"
    """Show what was counted in the week that begins on the day in `topic`. For moderators."""


PUBLISHING = frozenset({Verb.POST, Verb.POST_AND_PIN, Verb.REPLACE_PIN})
"""These change what everyone in a channel sees."""
NEEDS_STORE = PUBLISHING | {Verb.SHOW_WEEK}
"""These may wait for the database, so they are acknowledged before they are done."""
MODERATORS_ONLY = frozenset({Verb.PREVIEW_PIN, Verb.POST_AND_PIN, Verb.REPLACE_PIN, Verb.SHOW_WEEK})
GUARDED = PUBLISHING | MODERATORS_ONLY | {Verb.PREVIEW_SHARE, Verb.PREVIEW_REPLY}
"""For these, the caller's role and the bot's permissions are checked anew at each use."""


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does.

    Args:
        verb: what to do.
        command: the document's command.
        topic: what the verb is about, such as a section's id; empty if nothing.
        page: the page of the topic, from 1.
        detail: what the verb needs besides, such as a message's id.
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
        """The action of an identifier; None if that is not one of ours (forged, or too old)."""
        match = PATTERN.fullmatch(identifier)
        if match is None:
            return None
        verb, page = Verb(match["verb"]), int(match["page"])
        return cls(verb, match["command"], match["topic"], page, match["detail"] or "")

    def with_topic(self, topic: str) -> Action:
        """The same action for a topic, such as the one that was chosen in a menu."""
        return replace(self, topic=topic)


PATTERN = re.compile(
    rf"(?P<command>[a-z][a-z0-9-]{{0,26}}):(?P<verb>{'|'.join(Verb)})"
    r":(?P<topic>[a-z0-9 .-]{0,46}):(?P<page>[1-9][0-9]{0,2})(?::(?P<detail>[a-z0-9]{1,21}))?",
    re.ASCII,
)
"""Matches every identifier that `Action.encode` can make. A topic has at most 46 characters: a
short word, a space and a section's id (40). A detail has at most 21: a message's id (20 digits) and
one character."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button: what it does, and its label, which says so."""

    action: Action
    label: str


def menu_action(answer: Answer) -> Action:
    """The action of the menu that offers an answer's choices; the topic is still empty."""
    return Action(Verb.CHOOSE, answer.command)


def buttons(answer: Answer, page: int, pages: int) -> tuple[list[Button], list[Button]]:
    """The two rows of buttons under page `page` of `pages`, at most five buttons in each.

    The first row leads through the article: pages, previous, next, all topics. The second leads to
    related answers, such as help or the same section in short.
    """
    say = translator_for(answer.language)

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

    related = [opens(choice.title, choice.topic) for choice in answer.related]
    if answer.kind is Kind.SECTION and answer.section:
        report = Action(Verb.ASK_REASON, answer.command, answer.section)
        related.append(Button(report, say("Unclear or out of date?")))
    return through, related


def clip(text: str, limit: int) -> str:
    """Text of at most `limit` characters; it ends in an ellipsis if something was cut off."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
