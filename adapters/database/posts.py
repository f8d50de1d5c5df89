"""SqlPostStore: `knowledge.posts.PostStore` in a database."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    delete,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.engine import Database, PostLock
from adapters.database.tables import post_locks, posts, reservations, utc_now
from knowledge.posts import (
    MAX_CLOCK_SKEW,
    RESERVED_FOR,
    SHARE_AGAIN_AFTER,
    CoolingDown,
    Place,
    Platform,
    Post,
    PostState,
    Reservation,
)

NONCE_BYTES = 12
"""They make 24 characters; Discord allows 25."""

PAGE = 500
"""Posts that are read at once, at most. Making them from rows takes the event loop some hundredths
of a second, during which nobody is answered; after some years there are tens of thousands."""

_KEY = (posts.c.platform, posts.c.community, posts.c.channel, posts.c.message)


class SqlPostStore:
    """A `PostStore`. Every method but `claim` is one transaction, and raises `StoreError`."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

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
        """Reserve a posting, or say why not; see `PostStore.reserve`."""
        now = self._clock()
        nonce = secrets.token_hex(NONCE_BYTES)
        channel = _columns(place)
        subject = {**channel, "command": command, "section": section, "reply_to": reply_to}
        reserving = (
            self._database.insert(reservations)
            .values(**subject, title=title, nonce=nonce, made=now)
            .on_conflict_do_update(
                index_elements=list(subject),
                set_={"title": title, "made": now},
                # A reservation of a killed process; or our own, whose confirmation was lost.
                where=or_(not_(_is_active(now)), reservations.c.nonce == nonce),
            )
            .returning(reservations)
        )
        standing = (
            select(posts)
            .where(
                *(posts.c[name] == value for name, value in subject.items()),
                posts.c.posted.between(now - SHARE_AGAIN_AFTER, now + MAX_CLOCK_SKEW),
                posts.c.state != PostState.WITHDRAWN,
            )
            .order_by(posts.c.posted.desc(), posts.c.id.desc())
            .limit(1)
        )

        async def work(connection: AsyncConnection) -> Reservation | Post | CoolingDown | None:
            if cooldown:
                # One transaction at a time: two that do not see each other would both succeed.
                await self._database.lock_key(connection, "\0".join(channel.values()))
            # In this order: while someone records the same section, the first statement waits for
            # that transaction to end, and the second sees what it has recorded.
            reserved = (await connection.execute(reserving)).one_or_none()
            post = (await connection.execute(standing)).one_or_none()
            if post:
                await connection.rollback()
                return _post(post)
            if reserved is None:
                return None
            if cooldown:
                last = await _last_posting(connection, channel, now, besides=reserved.id)
                if last and last + cooldown > now:
                    await connection.rollback()
                    return CoolingDown(last + cooldown)
            return _reservation(reserved, taken_over=reserved.nonce != nonce)

        return await self._database.write(work)

    async def record(self, reservation: Reservation, message: str, revision: str) -> Post:
        """Turn a reservation into a post."""
        place = _columns(reservation.place)
        recording = (
            self._database.insert(posts)
            .values(
                **place,
                message=message,
                command=reservation.command,
                section=reservation.section,
                reply_to=reservation.reply_to,
                title=reservation.title,
                revision=revision,
                pinned=False,
                state=PostState.CURRENT,
                reason="",
                posted=self._clock(),
            )
            .on_conflict_do_nothing(index_elements=[*place, "message"])
            .returning(posts)
        )
        # If it was recorded before: by us, and the confirmation was lost; or by the process that
        # took the reservation over, and got the same message because of the nonce.
        known = select(posts).where(
            *(posts.c[name] == value for name, value in place.items()), posts.c.message == message
        )

        async def work(connection: AsyncConnection) -> Post:
            await connection.execute(
                delete(reservations).where(reservations.c.id == reservation.id)
            )
            row = (await connection.execute(recording)).one_or_none()
            if row is None:
                return _post((await connection.execute(known)).one())
            await connection.execute(self._database.insert(post_locks).values(post_id=row.id))
            return _post(row)

        return await self._database.write(work)

    async def release(self, reservation: Reservation) -> None:
        """Delete a reservation, unless another process has taken it over."""
        await self._database.execute(
            delete(reservations).where(
                reservations.c.id == reservation.id, reservations.c.made == reservation.made
            )
        )

    async def unfinished(self) -> Sequence[Reservation]:
        """The reservations that were neither recorded nor released, also expired ones."""
        rows = await self._database.read(
            select(reservations).order_by(reservations.c.made, reservations.c.id)
        )
        return [_reservation(row) for row in rows]

    async def at(self, place: Place) -> Sequence[Post]:
        """The posts of one channel, oldest first."""
        return await self._posts(
            *(posts.c[name] == value for name, value in _columns(place).items())
        )

    async def of(self, platform: Platform, community: str) -> Sequence[Post]:
        """The posts of one community, by channel, oldest first."""
        return await self._posts(posts.c.platform == platform, posts.c.community == community)

    async def all(self) -> Sequence[Post]:
        """Every post, by platform, community and channel, oldest first."""
        return await self._posts()

    async def set_pinned(self, post: Post, pinned: bool) -> None:
        """Record whether a message is pinned."""
        await self._database.execute(
            update(posts).where(posts.c.id == post.id).values(pinned=pinned)
        )

    async def forget(self, post: Post) -> None:
        """Delete a post's record; waits for another process that has locked the post."""
        await self._database.execute(delete(posts).where(posts.c.id == post.id))

    async def begun(self) -> Sequence[int]:
        """The ids of posts with an edit that was begun and not finished."""
        rows = await self._database.read(
            select(posts.c.id).where(posts.c.begun.is_not(None)).order_by(posts.c.id)
        )
        return [row.id for row in rows]

    @asynccontextmanager
    async def claim(self, post_id: int) -> AsyncIterator[SqlClaim | None]:
        """Lock one post to bring it up to date; None if it is locked already, or was forgotten."""
        async with self._database.lock_post(post_id) as lock:
            rows = await self._database.read(select(posts).where(posts.c.id == post_id))
            yield SqlClaim(self._database, lock, rows[0]) if lock and rows else None

    async def _posts(self, *conditions: ColumnElement[bool]) -> Sequence[Post]:
        """The posts that fulfil all conditions, by place, oldest first; read in pages."""
        found: list[Post] = []
        channel: list[Post] = []
        after: ColumnElement[bool] = true()
        while True:
            query = select(posts).where(*conditions, after).order_by(*_KEY).limit(PAGE)
            rows = await self._database.read(query)
            for post in map(_post, rows):
                if channel and channel[0].place != post.place:
                    found += _oldest_first(channel)
                    channel.clear()
                channel.append(post)
            if len(rows) < PAGE:
                return [*found, *_oldest_first(channel)]
            after = tuple_(*_KEY) > tuple_(*(rows[-1]._mapping[column] for column in _KEY))


class SqlClaim:
    """A `Claim`. Every method raises `StoreError`."""

    def __init__(self, database: Database, lock: PostLock, row: Row[Any]) -> None:
        self._database = database
        self._lock = lock
        self.post = _post(row)
        self.begun: str | None = row.begun

    async def begin(self, revision: str) -> None:
        """Record that the message is about to be edited; raises if the lock was lost."""
        await self._lock.check()
        await self._update(begun=revision)
        self.begun = revision

    async def finish(self, revision: str, state: PostState, reason: str = "") -> None:
        """Record the outcome, also if the lock was lost: the edit has been made."""
        await self._update(revision=revision, state=state, reason=reason, begun=None)
        self.post = replace(self.post, revision=revision, state=state, reason=reason)
        self.begun = None

    async def give_up(self, reason: str) -> None:
        """Record that the post is outdated; `begun` is kept."""
        await self._update(state=PostState.OUTDATED, reason=reason)
        self.post = replace(self.post, state=PostState.OUTDATED, reason=reason)

    async def forget(self) -> None:
        """Delete the post's record, and release the lock."""
        # The lock first: a locked row cannot be deleted, not even by ourselves.
        await self._lock.release()
        await self._database.execute(delete(posts).where(posts.c.id == self.post.id))

    async def _update(self, **values: str | None) -> None:
        await self._database.execute(update(posts).where(posts.c.id == self.post.id).values(values))


async def _last_posting(
    connection: AsyncConnection, channel: dict[str, str], now: datetime, *, besides: int
) -> datetime | None:
    """When something was last posted in a channel, or reserved by another process."""
    posted = select(func.max(posts.c.posted)).where(
        *(posts.c[name] == value for name, value in channel.items()),
        posts.c.posted <= now + MAX_CLOCK_SKEW,
    )
    about_to_be = select(func.max(reservations.c.made)).where(
        *(reservations.c[name] == value for name, value in channel.items()),
        _is_active(now),
        reservations.c.id != besides,
    )
    # One statement: a reservation that is recorded between two would be in neither result.
    both = select(posted.scalar_subquery(), about_to_be.scalar_subquery())
    return max(filter(None, (await connection.execute(both)).one()), default=None)


def _is_active(now: datetime) -> ColumnElement[bool]:
    """`Reservation.is_active`, as a condition in SQL."""
    made = reservations.c.made
    return and_(made > now - RESERVED_FOR, made <= now + MAX_CLOCK_SKEW)


def _oldest_first(of_channel: list[Post]) -> list[Post]:
    return sorted(of_channel, key=lambda post: (post.posted, post.id))


def _columns(place: Place) -> dict[str, str]:
    return {
        "platform": place.platform,
        "community": place.community,
        "channel": place.channel,
    }


def _place(row: Row[Any]) -> Place:
    return Place(Platform(row.platform), row.community, row.channel)


def _post(row: Row[Any]) -> Post:
    return Post(
        id=row.id,
        place=_place(row),
        message=row.message,
        command=row.command,
        section=row.section,
        title=row.title,
        revision=row.revision,
        pinned=row.pinned,
        state=PostState(row.state),
        reason=row.reason,
        posted=row.posted,
        reply_to=row.reply_to,
    )


def _reservation(row: Row[Any], *, taken_over: bool = False) -> Reservation:
    return Reservation(
        id=row.id,
        place=_place(row),
        command=row.command,
        section=row.section,
        title=row.title,
        nonce=row.nonce,
        made=row.made,
        reply_to=row.reply_to,
        taken_over=taken_over,
    )
