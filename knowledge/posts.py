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
"""Within this time, a section that is in the channel already is linked instead of posted again."""
RESERVED_FOR = timedelta(minutes=1)
"""A reservation older than this is void: the process that made it was killed."""
MAX_CLOCK_SKEW = timedelta(minutes=1)
"""How far another process's clock may be ahead of ours. A time further in the future comes from a
wrong clock and counts as long past; otherwise nothing could be posted until that time has come."""


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

    Args:
        id: the store's number for it.
        place: the channel.
        message: Discord's message id, or Slack's ts.
        command: the document's command.
        section: the section's id.
        title: the section's title when it was posted; it finds the nearest section should this
            one be removed.
        revision: fingerprint of the text that the message has (see `revision_of`); empty if it is
            not known.
        pinned: whether it was pinned when that was last looked at.
        state: the outcome of the last refresh; never `PostState.MISSING`.
        reason: why it is outdated, as a sentence; empty otherwise.
        posted: when, in UTC.
        reply_to: the message that it answers (Discord's id, or the ts of Slack's thread); empty if
            none.
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
    """The right to post one section in one place, until the post is recorded or the right released.

    `nonce` (at most 25 characters) is the same for every attempt, so that a platform which honours
    nonces posts the message once. `made` is in UTC. `taken_over`: another process had it before,
    and may have posted the section, from whatever documents it had.
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

    def is_active(self, now: datetime) -> bool:
        """Whether it still keeps others from posting; see `RESERVED_FOR`."""
        return now - RESERVED_FOR < self.made <= now + MAX_CLOCK_SKEW


@dataclass(frozen=True, slots=True)
class PostOptions:
    """How a section is to be posted.

    Args:
        reply_to: the message that it answers; empty if none.
        notify: whether that message's author is pinged.
        cooldown: the least time since the channel's last post; otherwise nothing is posted.
    """

    reply_to: str = ""
    notify: bool = False
    cooldown: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class CoolingDown:
    """Something was posted in the channel so recently that the next post has to wait until `ends`
    (UTC).
    """

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
    """An exclusive lock on one post, taken while its message is brought up to date."""

    @property
    def post(self) -> Post:
        """The post as it is now."""

    @property
    def begun(self) -> str | None:
        """The revision of an edit that was begun and not finished; None if there is none.

        The process that began it was killed, or got no answer: the edit may have been made.
        """

    async def begin(self, revision: str) -> None:
        """Record, durably, that the message is about to be edited to `revision`."""

    async def finish(self, revision: str, state: PostState, reason: str = "") -> None:
        """Record the outcome of the edit that was begun; `begun` is None afterwards."""

    async def give_up(self, reason: str) -> None:
        """Record that the post is outdated. `begun` is kept, as the edit may have been made."""

    async def forget(self) -> None:
        """Delete the record, because the message does not exist any more; the lock ends."""


class PostStore(Protocol):
    """Stores posts, for one process or for several at once. All times are UTC.

    Every method raises `LdnBotError` if the store cannot be used. A recorded time that is more than
    `MAX_CLOCK_SKEW` in the future counts as long past.
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
            cooldown: the least time since anything else was posted in the channel. Of several
                callers at the same time, in any number of processes, exactly one may post.

        Returns:
            A reservation, if the section may be posted. A `Post`, if the same section was recorded
            for the same channel and `reply_to` within `SHARE_AGAIN_AFTER`, and is not withdrawn.
            None, if somebody else has an active reservation for the same. `CoolingDown`, if the
            cooldown is not over.
        """

    async def record(self, reservation: Reservation, message: str, revision: str) -> Post:
        """Turn a reservation into a post that is current and not pinned, in one transaction.

        A message that is recorded already is returned as it is.
        """

    async def release(self, reservation: Reservation) -> None:
        """Delete a reservation, because nothing was posted."""

    async def unfinished(self) -> Sequence[Reservation]:
        """The reservations that were neither recorded nor released, oldest first."""

    async def at(self, place: Place) -> Sequence[Post]:
        """The posts of one channel, oldest first."""

    async def of(self, platform: Platform, community: str) -> Sequence[Post]:
        """The posts of one community, by channel, oldest first."""

    async def all(self) -> Sequence[Post]:
        """Every post, by platform, community and channel, oldest first."""

    async def set_pinned(self, post: Post, pinned: bool) -> None:
        """Record whether a message is pinned."""

    async def forget(self, post: Post) -> None:
        """Delete the record of a post whose message does not exist any more."""

    async def begun(self) -> Sequence[int]:
        """The ids of posts with an edit that was begun and not finished."""

    def claim(self, post_id: int) -> AbstractAsyncContextManager[Claim | None]:
        """Lock one post, to bring its message up to date.

        None if it is locked already, or was forgotten. The lock ends with the block, or with the
        process: a killed process leaves nothing locked.
        """
