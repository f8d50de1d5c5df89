"""Metrics: the events that can be counted while the bot serves.

Only what these methods take can be counted: no member, no community, no question.
"""

from __future__ import annotations

from knowledge.answer import Answer
from knowledge.posts import Platform


class Metrics:
    """Counts nothing. A subclass that counts overrides these methods."""

    def answered(self, platform: Platform, answer: Answer) -> None:
        """A question was answered."""

    def sent(self, platform: Platform, seconds: float) -> None:
        """A response was sent, so many seconds after the event arrived."""

    def connected(self, platform: Platform, shard: int = 0) -> None:
        """A connection was made; each but a shard's first is a reconnect."""

    def unsigned(self) -> None:
        """A request over HTTP was refused, because it has no valid signature."""

    def refreshed(self, *, edited: int, forgotten: int, failed: int) -> None:
        """A refresh ended: so many posts were edited, found deleted, or failed."""

    def reloaded(self, *, taken: bool) -> None:
        """The documents were read again; `taken`: they are served now, as they have no faults."""
