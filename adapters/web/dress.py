"""Dress: how one platform would send what the bot shows. Handed in from outside, so that the page
draws the adapters' own payloads, and imports no adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.conversation import Page, Preview, Reply
from adapters.web import discord_painter, slack_painter
from adapters.web.painting import Painted
from knowledge.answer import Answer
from knowledge.posts import Platform

Payload = dict[str, Any]

_PAINTERS: Mapping[Platform, Callable[[Payload], Painted]] = {
    Platform.SLACK: slack_painter.paint,
    Platform.DISCORD: discord_painter.paint,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform has room for: UTF-16 code units, for Discord; characters, for Slack.

    `text` is the longest run of text (Discord's whole content, Slack's section), `heading` the
    longest heading where it stands by itself.
    """

    text: int
    heading: int | None = None


@dataclass(frozen=True, slots=True)
class Dress:
    """What a platform is sent, as JSON: in private, as a sentence beside, and for everyone."""

    platform: Platform
    shown: Callable[[Page | Preview | Reply], Payload]
    aside: Callable[[str], Payload]
    public: Callable[[Answer], Payload]
    limits: Limits

    @property
    def name(self) -> str:
        """As people write it."""
        return self.platform.value.capitalize()

    def paint(self, payload: Payload) -> Painted:
        """What the platform would show."""
        return _PAINTERS[self.platform](payload)
