"""Stores that are opened when they are first used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.database.communities import SqlCommunityStore
from adapters.database.deliveries import SqlDeliveryStore
from adapters.database.engine import Database, open_database
from adapters.database.errors import StoreError
from adapters.database.posts import SqlPostStore
from adapters.database.tallies import SqlTallyStore
from bot.lazy import LazyStores, Stores
from knowledge.communities import CommunitySettings
from knowledge.posts import CoolingDown, Place, Platform, Reservation
from knowledge.tallies import Reason, SectionReport, Tally, TallyOutcome

pytest_plugins = ["tests.adapters.postgres"]

WEEK = date(2026, 3, 2)
"""A Monday."""
MONDAY_MORNING = datetime(2026, 3, 9, 0, 30, tzinfo=UTC)
ASKED = Tally(WEEK, Platform.SLACK, "T1", "ldn", "dose", TallyOutcome.ASKED)
UNCLEAR = SectionReport(WEEK, Platform.SLACK, "ldn", "dose", Reason.UNCLEAR)
PLACE = Place(Platform.SLACK, "T1", "C1")


@asynccontextmanager
async def later(url: str | None, data: Path) -> AsyncIterator[tuple[LazyStores, list[Database]]]:
    """Stores that are empty until they are opened, and what they have opened."""
    databases: list[Database] = []

    async def opened() -> Stores:
        await asyncio.sleep(0)
        database = await open_database(url, data)
        databases.append(database)
        return Stores(
            SqlPostStore(database),
            SqlCommunityStore(database),
            SqlTallyStore(database, lambda: MONDAY_MORNING),
            SqlDeliveryStore(database),
            database.check,
        )

    yield LazyStores(opened, is_empty=lambda: True), databases
    for database in databases:
        await database.close()


async def test_where_nothing_was_kept_nothing_is_opened_to_find_nothing(tmp_path: Path) -> None:
    async with later(None, tmp_path) as (stores, databases):
        assert stores.is_empty
        for posts in (
            await stores.posts.all(),
            await stores.posts.at(PLACE),
            await stores.posts.of(PLACE.platform, PLACE.community),
        ):
            assert not posts
        assert not await stores.posts.unfinished()
        assert not await stores.posts.begun()
        assert await stores.communities.settings(Platform.SLACK, "T1") is None
        assert await stores.tallies.tallies(Platform.SLACK, "T1", WEEK) == {}
        assert await stores.tallies.reports(Platform.SLACK, WEEK) == {}
        assert stores.is_empty
        assert databases == []


async def test_all_three_share_one_database_that_is_opened_once(tmp_path: Path) -> None:
    async with later(None, tmp_path) as (stores, databases):
        reservation, *_ = await asyncio.gather(
            stores.posts.reserve(PLACE, "ldn", "dose", "Dose", reply_to="m1"),
            stores.communities.change(Platform.SLACK, "T1", {"plain": True}, CommunitySettings()),
            stores.tallies.add({ASKED: 1}, {UNCLEAR: 2}),
        )
        assert len(databases) == 1
        assert not stores.is_empty
        assert isinstance(reservation, Reservation)
        assert reservation.reply_to == "m1"
        assert await stores.posts.unfinished() == [reservation]
        assert await stores.communities.settings(Platform.SLACK, "T1") == CommunitySettings(
            plain=True
        )
        assert await stores.tallies.tallies(Platform.SLACK, "T1", WEEK) == {ASKED: 1}
        assert await stores.tallies.reports(Platform.SLACK, WEEK) == {UNCLEAR: 2}
        assert len(databases) == 1


async def test_a_cooldown_reaches_the_store_behind(tmp_path: Path) -> None:
    async with later(None, tmp_path) as (stores, _):
        cooldown = timedelta(minutes=5)
        first = await stores.posts.reserve(PLACE, "ldn", "a", "A", cooldown=cooldown)
        second = await stores.posts.reserve(PLACE, "ldn", "b", "B", cooldown=cooldown)
        assert isinstance(first, Reservation)
        assert second == CoolingDown(first.made + cooldown)


async def test_a_database_that_can_only_be_read_counts_as_one_that_is_away(
    postgres_url: str, tmp_path: Path
) -> None:
    async with later(postgres_url, tmp_path) as (stores, _):
        await stores.open()
        assert await stores.reachable() is True
    read_only = f"{postgres_url}?default_transaction_read_only=on"
    async with later(read_only, tmp_path) as (stores, _):
        await stores.open()
        assert await stores.reachable() is False


async def test_what_cannot_be_opened_is_opened_at_the_next_use() -> None:
    attempts = []

    async def opened() -> Stores:
        attempts.append(1)
        raise StoreError("The disk is full.")

    stores = LazyStores(opened, is_empty=lambda: False)
    for _ in range(2):
        with pytest.raises(StoreError, match="disk is full"):
            await stores.communities.settings(Platform.SLACK, "T1")
    assert len(attempts) == 2


async def test_who_does_not_wait_for_the_opening_does_not_end_it() -> None:
    """Else a database that opens slowly never would, for nobody waits long enough."""
    attempts: list[int] = []
    ready = asyncio.Event()
    nothing = cast(Any, None)
    stores = Stores(nothing, nothing, nothing, nothing, nothing)

    async def opened() -> Stores:
        attempts.append(1)
        await ready.wait()
        return stores

    later_stores = LazyStores(opened, is_empty=lambda: False)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await later_stores.open()
    ready.set()
    assert await later_stores.open() is stores
    assert len(attempts) == 1
