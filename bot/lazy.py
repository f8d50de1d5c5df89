"""LazyStores: the stores of a database that is opened only when something is to be stored.

A bot that has stored nothing yet has nothing to look up, and need not load the database libraries,
which are a fifth of its memory. If opening fails, it is tried again at the next use.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from adapters.deliveries import DeliveryState, DeliveryStore
from knowledge.communities import CommunitySettings, CommunityStore
from knowledge.errors import LdnBotError
from knowledge.posts import Claim, CoolingDown, Place, Platform, Post, PostStore, Reservation
from knowledge.tallies import SectionReport, Tally, TallyStore

if TYPE_CHECKING:
    from adapters.database.installations import OAuthStores

REACHABLE_WITHIN = 2.0
"""Seconds that `LazyStores.reachable` waits for the database, at most."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one open database."""

    posts: PostStore
    communities: CommunityStore
    tallies: TallyStore
    deliveries: DeliveryStore
    check: Callable[[], Awaitable[None]]
    """Raises `LdnBotError` unless the database can be read and written."""
    oauth: OAuthStores | None = None
    """The stores for installation into many workspaces; None without it."""


class LazyStores:
    """Four stores that open the database, once, when the first of them needs it.

    Every method of theirs may raise what opening raises. Until something was stored, methods that
    read return nothing, without opening the database.
    """

    def __init__(
        self, opened: Callable[[], Awaitable[Stores]], is_empty: Callable[[], bool]
    ) -> None:
        """`opened` opens the database; `is_empty` tells without that if there is none."""
        self._opened = opened
        self._is_empty = is_empty
        self._stores: Stores | None = None
        self._opening: asyncio.Task[Stores] | None = None
        self.posts = LazyPosts(self)
        self.communities = LazyCommunities(self)
        self.tallies = LazyTallies(self)
        self.deliveries = LazyDeliveries(self)

    async def open(self) -> Stores:
        """The stores of the database, which is opened if it is not open yet."""
        if self._stores is None:
            if self._opening is None or self._opening.done():
                self._opening = asyncio.create_task(self._open())
            # Shielded, because other callers may be waiting for it too.
            return await asyncio.shield(self._opening)
        return self._stores

    async def _open(self) -> Stores:
        self._stores = await self._opened()
        return self._stores

    @property
    def is_empty(self) -> bool:
        """Whether nothing was stored yet."""
        return self._stores is None and self._is_empty()

    async def reachable(self) -> bool | None:
        """Whether the database can be read and written; None if nothing was stored yet."""
        if self.is_empty:
            return None
        try:
            async with asyncio.timeout(REACHABLE_WITHIN):
                await (await self.open()).check()
        except (LdnBotError, TimeoutError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class LazyPosts:
    """A `PostStore` that opens the database when it is needed."""

    _lazy: LazyStores

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
        """See `PostStore.reserve`."""
        posts = await self._open()
        return await posts.reserve(
            place, command, section, title, reply_to=reply_to, cooldown=cooldown
        )

    async def record(self, reservation: Reservation, message: str, revision: str) -> Post:
        """See `PostStore.record`."""
        return await (await self._open()).record(reservation, message, revision)

    async def release(self, reservation: Reservation) -> None:
        """See `PostStore.release`."""
        await (await self._open()).release(reservation)

    async def unfinished(self) -> Sequence[Reservation]:
        """See `PostStore.unfinished`."""
        return () if self._lazy.is_empty else await (await self._open()).unfinished()

    async def at(self, place: Place) -> Sequence[Post]:
        """See `PostStore.at`."""
        return () if self._lazy.is_empty else await (await self._open()).at(place)

    async def of(self, platform: Platform, community: str) -> Sequence[Post]:
        """See `PostStore.of`."""
        return () if self._lazy.is_empty else await (await self._open()).of(platform, community)

    async def all(self) -> Sequence[Post]:
        """See `PostStore.all`."""
        return () if self._lazy.is_empty else await (await self._open()).all()

    async def set_pinned(self, post: Post, pinned: bool) -> None:
        """See `PostStore.set_pinned`."""
        await (await self._open()).set_pinned(post, pinned)

    async def forget(self, post: Post) -> None:
        """See `PostStore.forget`."""
        await (await self._open()).forget(post)

    async def begun(self) -> Sequence[int]:
        """See `PostStore.begun`."""
        return () if self._lazy.is_empty else await (await self._open()).begun()

    @asynccontextmanager
    async def claim(self, post_id: int) -> AsyncIterator[Claim | None]:
        """See `PostStore.claim`."""
        async with (await self._open()).claim(post_id) as claim:
            yield claim

    async def _open(self) -> PostStore:
        return (await self._lazy.open()).posts


@dataclass(frozen=True, slots=True)
class LazyCommunities:
    """A `CommunityStore` that opens the database when it is needed."""

    _lazy: LazyStores

    async def settings(self, platform: Platform, community: str) -> CommunitySettings | None:
        """See `CommunityStore.settings`."""
        if self._lazy.is_empty:
            return None
        return await (await self._open()).settings(platform, community)

    async def change(
        self,
        platform: Platform,
        community: str,
        changes: Mapping[str, Any],
        default: CommunitySettings,
    ) -> CommunitySettings:
        """See `CommunityStore.change`."""
        return await (await self._open()).change(platform, community, changes, default)

    async def _open(self) -> CommunityStore:
        return (await self._lazy.open()).communities


@dataclass(frozen=True, slots=True)
class LazyTallies:
    """A `TallyStore` that opens the database when it is needed."""

    _lazy: LazyStores

    async def add(self, tallies: Mapping[Tally, int], reports: Mapping[SectionReport, int]) -> None:
        """See `TallyStore.add`."""
        await (await self._open()).add(tallies, reports)

    async def tallies(self, platform: Platform, community: str, week: date) -> Mapping[Tally, int]:
        """See `TallyStore.tallies`."""
        if self._lazy.is_empty:
            return {}
        return await (await self._open()).tallies(platform, community, week)

    async def reports(self, platform: Platform, week: date) -> Mapping[SectionReport, int]:
        """See `TallyStore.reports`."""
        return {} if self._lazy.is_empty else await (await self._open()).reports(platform, week)

    async def _open(self) -> TallyStore:
        return (await self._lazy.open()).tallies


@dataclass(frozen=True, slots=True)
class LazyDeliveries:
    """A `DeliveryStore` that opens the database when it is needed."""

    _lazy: LazyStores

    async def claim(self, *deliveries: str, strict: bool = False) -> tuple[DeliveryState, ...]:
        """See `DeliveryStore.claim`."""
        return await (await self._lazy.open()).deliveries.claim(*deliveries, strict=strict)

    async def finish(self, delivery: str) -> None:
        """See `DeliveryStore.finish`."""
        await (await self._lazy.open()).deliveries.finish(delivery)

    async def release(self, delivery: str) -> None:
        """See `DeliveryStore.release`."""
        await (await self._lazy.open()).deliveries.release(delivery)
