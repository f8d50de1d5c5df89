"""Posts: answers that stand in a channel for everyone, and have to stay true.

A post is recorded without anyone's name: who asked, shared or pinned is not stored anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from knowledge.answer import Answer

SHARE_AGAIN_AFTER = timedelta(minutes=10)
"""Within this time the same section in the same channel is linked, not posted again."""
RESERVED_FOR = timedelta(minutes=1)
"""A reservation older than this is of a process that died; it no longer keeps others away."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""How far another process's clock may be ahead of ours. A time further ahead is of a clock that was
wrong, and counts as long ago: else nothing could be posted there until that time has come."""


class Platform(StrEnum):
    """Where a post stands."""

    DISCORD = "discord"
    SLACK = "slack"


@dataclass(frozen=True, slots=True)
class Place:
    """A channel: Discord's server and channel ids, or Slack's workspace and channel ids."""

    platform: Platform
    community: str
    channel: str


class PostState(StrEnum):
    """How a post compares with its document."""

    CURRENT = "current"
    """It says what the document says."""
    OUTDATED = "outdated"
    """It could not be brought up to date; the post's `reason` says why."""
    WITHDRAWN = "withdrawn"
    """Its section is gone, and it says so."""
    MISSING = "missing"
    """Its message was deleted. Moderators are told once; it is never recorded."""


@dataclass(frozen=True, slots=True)
class Post:
    """One recorded message.

    `message` is Discord's message id or Slack's ts. `title` is the section's at the time of
    posting, to find the nearest one should the section go. `revision` is what the message's text
    was last made of (see `revision_of`). `reply_to` is the message that it answers, if any:
    Discord's message id, or the ts of Slack's thread.
    """

    id: int
    place: Place
    message: str
    command: str
    section: str
    title: str
    revision: str
    pinned: bool
    state: PostState
    reason: str
    posted: datetime
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Reservation:
    """The right to post one section in one place, until it is recorded or given back.

    `nonce` (at most 25 characters) is the same for every attempt, so that a platform which knows
    nonces does not take the message twice. `taken_over`: whoever held it before counts as dead, and
    may have posted, whatever the documents said then.
    """

    id: int
    place: Place
    command: str
    section: str
    title: str
    nonce: str
    made: datetime
    reply_to: str = ""
    taken_over: bool = field(default=False, compare=False)

    def held(self, now: datetime) -> bool:
        """Whether it keeps others away; else the process that made it has died."""
        return now - RESERVED_FOR < self.made <= now + CLOCKS_DIFFER


@dataclass(frozen=True, slots=True)
class Terms:
    """How a posting is asked for.

    `reply_to` is the message that it answers, if any, `notify` whether that message's author is
    pinged. `cooldown` is the time that has to have passed since the channel's last post.
    """

    reply_to: str = ""
    notify: bool = False
    cooldown: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class CoolingDown:
    """Something was posted in the channel so recently that the next post has to wait."""

    ends: datetime


def revision_of(answer: Answer) -> str:
    """A fingerprint of everything that a reader of a posted answer sees."""
    parts: tuple[str, ...] = (
        *(answer.kind, answer.heading, answer.body),
        *(answer.note, answer.reminder, answer.credit),
    )
    if answer.plain:
        parts = ("plain", *parts)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


class Claim(Protocol):
    """One post, held so that no other process brings it up to date at the same time."""

    @property
    def post(self) -> Post:
        """The post as it is now."""

    @property
    def begun(self) -> str | None:
        """The revision of an edit that someone began and never finished (the process died)."""

    async def begin(self, revision: str) -> None:
        """Remember, durably and at once, that the message is about to be edited to `revision`."""

    async def finish(self, revision: str, state: PostState, reason: str = "") -> None:
        """Record the outcome; the edit that was begun is over."""

    async def give_up(self, reason: str) -> None:
        """Record that the post is outdated, and leave open whether the edit was made."""

    async def forget(self) -> None:
        """Drop the post: its message does not exist any more. The hold ends."""


class PostStore(Protocol):
    """Keeps posts, for one process or for several at once. All times are UTC.

    What is asked for within a time counts until `CLOCKS_DIFFER` from now, and no further.
    """

    async def reserve(
        self,
        place: Place,
        command: str,
        section: str,
        title: str,
        *,
        reply_to: str = "",
        cooldown: timedelta = timedelta(),
    ) -> Reservation | Post | CoolingDown | None:
        """Reserve a posting.

        Args:
            place: the channel.
            command: the document's.
            section: what is to be posted.
            title: its heading.
            reply_to: the message that it answers, if any.
            cooldown: the time that has to have passed since anything else was posted in the
                channel; however many ask at once, in however many processes, one is let through.

        Returns:
            The reservation; or the post of the same section in the same channel that answers the
            same message, if one was recorded within `SHARE_AGAIN_AFTER` and is neither withdrawn
            nor forgotten; or None, if someone else holds a reservation for just that which is
            younger than `RESERVED_FOR`; or how long the channel cools down.
        """

    async def record(self, reservation: Reservation, message: str, revision: str) -> Post:
        """Turn a reservation into a post: current, and not pinned. In one transaction."""

    async def release(self, reservation: Reservation) -> None:
        """Give a reservation back: nothing was posted."""

    async def unfinished(self) -> Sequence[Reservation]:
        """Reservations that nobody recorded or gave back, oldest first."""

    async def at(self, place: Place) -> Sequence[Post]:
        """The posts of one channel, oldest first."""

    async def of(self, platform: Platform, community: str) -> Sequence[Post]:
        """The posts of one community, by channel, oldest first."""

    async def all(self) -> Sequence[Post]:
        """Every post, by platform, community and channel, oldest first."""

    async def set_pinned(self, post: Post, pinned: bool) -> None:
        """Remember whether a message is pinned."""

    async def forget(self, post: Post) -> None:
        """Drop a post whose message does not exist any more."""

    async def begun(self) -> Sequence[int]:
        """The ids of posts of which an edit was begun and not finished."""

    def claim(self, post_id: int) -> AbstractAsyncContextManager[Claim | None]:
        """Hold one post to bring it up to date.

        None if another process holds it, or it was forgotten. The hold ends with the block, and
        with the process at the latest: a killed process leaves nothing locked.
        """
