"""LaterStore: a database that is opened when something has to be kept in it, and not before.

A bot that never shared anything has nothing to look up; it need not load what talks to a database,
which is a fifth of its memory. What cannot be opened is tried again at the next use.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from knowledge.posts import Claim, Place, Platform, Post, PostStore, Reservation


class LaterStore:
    """A `PostStore` in front of another. Every method may raise what opening raises."""

    def __init__(
        self, opened: Callable[[], Awaitable[PostStore]], is_empty: Callable[[], bool]
    ) -> None:
        """`is_empty` tells, without opening it, that nothing was ever kept."""
        self._opened = opened
        self._is_empty = is_empty
        self._store: PostStore | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> PostStore:
        """The store behind this one, opened if it is not yet."""
        async with self._opening:
            if self._store is None:
                self._store = await self._opened()
            return self._store

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever kept."""
        return self._store is None and self._is_empty()

    async def reserve(
        self, place: Place, command: str, section: str, title: str
    ) -> Reservation | Post | None:
        """See `PostStore.reserve`."""
        return await (await self.open()).reserve(place, command, section, title)

    async def record(self, reservation: Reservation, message: str, revision: str) -> Post:
        """See `PostStore.record`."""
        return await (await self.open()).record(reservation, message, revision)

    async def release(self, reservation: Reservation) -> None:
        """See `PostStore.release`."""
        await (await self.open()).release(reservation)

    async def unfinished(self) -> Sequence[Reservation]:
        """See `PostStore.unfinished`."""
        return () if self.is_empty else await (await self.open()).unfinished()

    async def at(self, place: Place) -> Sequence[Post]:
        """See `PostStore.at`."""
        return () if self.is_empty else await (await self.open()).at(place)

    async def of(self, platform: Platform, community: str) -> Sequence[Post]:
        """See `PostStore.of`."""
        return () if self.is_empty else await (await self.open()).of(platform, community)

    async def all(self) -> Sequence[Post]:
        """See `PostStore.all`."""
        return () if self.is_empty else await (await self.open()).all()

    async def set_pinned(self, post: Post, pinned: bool) -> None:
        """See `PostStore.set_pinned`."""
        await (await self.open()).set_pinned(post, pinned)

    async def forget(self, post: Post) -> None:
        """See `PostStore.forget`."""
        await (await self.open()).forget(post)

    async def begun(self) -> Sequence[int]:
        """See `PostStore.begun`."""
        return () if self.is_empty else await (await self.open()).begun()

    @asynccontextmanager
    async def claim(self, post_id: int) -> AsyncIterator[Claim | None]:
        """See `PostStore.claim`."""
        async with (await self.open()).claim(post_id) as claim:
            yield claim
