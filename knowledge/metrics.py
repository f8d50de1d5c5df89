"""Metrics: what happens while the bot serves, told to whoever counts it.

Only what is named here can be told: no member, no community, no question.
"""

from __future__ import annotations

from knowledge.answer import Answer
from knowledge.posts import Platform


class Metrics:
    """Counts nothing, at no cost; who counts overrides what it counts."""

    def answered(self, platform: Platform, answer: Answer) -> None:
        """Somebody who asked is given an answer."""

    def sent(self, platform: Platform, seconds: float) -> None:
        """What somebody typed or pressed was answered, so long after it came."""

    def connected(self, platform: Platform, shard: int = 0) -> None:
        """A connection is up; each but the first of its kind is a reconnect."""

    def unsigned(self) -> None:
        """What came over HTTP was refused: the platform had not signed it just now."""

    def refreshed(self, *, edited: int, forgotten: int, failed: int) -> None:
        """So many posts were brought up to date, found deleted, or could not be brought so."""

    def reloaded(self, *, taken: bool) -> None:
        """The documents were read again, and are served; or were not taken."""
