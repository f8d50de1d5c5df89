"""PlatformRenderer: makes the payloads that one platform would be sent.

`bot.preview` passes the adapters' own rendering functions in, so that the page shows exactly what
they produce, and this package imports no other adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.conversation import AnswerPage, PostPreview, Reply
from adapters.web import discord_html, slack_html
from adapters.web.elements import MessageElements
from knowledge.answer import Answer
from knowledge.posts import Platform

Payload = dict[str, Any]

_TO_ELEMENTS: Mapping[Platform, Callable[[Payload], MessageElements]] = {
    Platform.SLACK: slack_html.to_elements,
    Platform.DISCORD: discord_html.to_elements,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """A platform's limits, in UTF-16 code units for Discord and in characters for Slack.

    `text` limits one piece of text (Discord's whole `content`, one section block on Slack).
    `heading` limits the heading; None where the heading is part of `text`.
    """

    text: int
    heading: int | None = None


@dataclass(frozen=True, slots=True)
class PlatformRenderer:
    """How one platform renders messages, each as the JSON that would be sent.

    Args:
        platform: which one.
        render: a message for one person alone.
        render_aside: a sentence for one person, sent beside the message that they read.
        render_public: a post for everyone in a channel.
        limits: see `Limits`.
    """

    platform: Platform
    render: Callable[[AnswerPage | PostPreview | Reply], Payload]
    render_aside: Callable[[str], Payload]
    render_public: Callable[[Answer], Payload]
    limits: Limits

    @property
    def name(self) -> str:
        """The platform's name as people write it, such as `Slack`."""
        return self.platform.value.capitalize()

    def to_elements(self, payload: Payload) -> MessageElements:
        """What the platform would display for a payload."""
        return _TO_ELEMENTS[self.platform](payload)
