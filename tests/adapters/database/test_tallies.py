"""Tallies and reports, on SQLite and on a real PostgreSQL; and stores that are opened later."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
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
from knowledge.tallies import KEPT_FOR, Reason, SectionReport, Tally, TallyOutcome, week_of
from tests.clock import Clock

pytest_plugins = ["tests.adapters.postgres"]

ROOT = Path(__file__).parents[2]
WEEK = date(2026, 3, 2)
"""A Monday."""
# In UTC it is still the Sunday before: the zone is there to see that the store minds.
MONDAY_MORNING = datetime(2026, 3, 9, 0, 30, tzinfo=timezone(timedelta(hours=2)))
ASKED = Tally(WEEK, Platform.SLACK, "T1", "ldn", "dose", TallyOutcome.ASKED)
UNCLEAR = SectionReport(WEEK, Platform.SLACK, "ldn", "dose", Reason.UNCLEAR)
PLACE = Place(Platform.SLACK, "T1", "C1")


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY_MORNING)


@pytest.fixture
def store(database: Database, clock: Clock) -> SqlTallyStore:
    return SqlTallyStore(database, clock)


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (date(2026, 3, 2), date(2026, 3, 2)),
        (date(2026, 3, 8), date(2026, 3, 2)),
        (date(2026, 1, 1), date(2025, 12, 29)),
    ],
)
def test_a_week_is_named_by_its_monday(day: date, monday: date) -> None:
    assert week_of(day) == monday


async def test_where_nothing_was_counted_there_is_nothing(store: SqlTallyStore) -> None:
    await store.add({}, {})
    assert await store.tallies(Platform.SLACK, "T1", WEEK) == {}
    assert await store.reports(Platform.SLACK, WEEK) == {}


async def test_what_is_counted_is_added_to_what_was_counted(store: SqlTallyStore) -> None:
    other = replace(ASKED, topic="forms")
    not_covered = replace(ASKED, topic="", outcome=TallyOutcome.NOT_COVERED)
    missing = replace(UNCLEAR, reason=Reason.MISSING)
    await store.add({ASKED: 2, other: 1}, {UNCLEAR: 1})
    await store.add({ASKED: 3, not_covered: 5}, {UNCLEAR: 1, missing: 4})
    await store.add({}, {missing: 1})
    tallies = await store.tallies(Platform.SLACK, "T1", WEEK)
    assert tallies == {ASKED: 5, other: 1, not_covered: 5}
    assert {type(each.outcome) for each in tallies} == {TallyOutcome}
    reports = await store.reports(Platform.SLACK, WEEK)
    assert reports == {UNCLEAR: 2, missing: 5}
    assert {type(each.reason) for each in reports} == {Reason}


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, platform=Platform.DISCORD),
        replace(ASKED, community="T2"),
        replace(ASKED, week=WEEK - timedelta(weeks=1)),
    ],
)
async def test_a_community_and_a_week_have_tallies_of_their_own(
    store: SqlTallyStore, other: Tally
) -> None:
    await store.add({ASKED: 1, other: 2}, {})
    assert await store.tallies(ASKED.platform, ASKED.community, WEEK) == {ASKED: 1}
    assert await store.tallies(other.platform, other.community, other.week) == {other: 2}


@pytest.mark.parametrize(
    "other",
    [replace(UNCLEAR, platform=Platform.DISCORD), replace(UNCLEAR, week=date(2026, 2, 23))],
)
async def test_a_platform_and_a_week_have_reports_of_their_own(
    store: SqlTallyStore, other: SectionReport
) -> None:
    await store.add({}, {UNCLEAR: 1, other: 2})
    assert await store.reports(UNCLEAR.platform, WEEK) == {UNCLEAR: 1}
    assert await store.reports(other.platform, other.week) == {other: 2}


async def test_all_that_is_counted_of_one_command_is_apart_from_another(
    store: SqlTallyStore,
) -> None:
    tallied, reported = replace(ASKED, command="other"), replace(UNCLEAR, command="other")
    await store.add({ASKED: 1, tallied: 2}, {UNCLEAR: 3, reported: 4})
    assert await store.tallies(Platform.SLACK, "T1", WEEK) == {ASKED: 1, tallied: 2}
    assert await store.reports(Platform.SLACK, WEEK) == {UNCLEAR: 3, reported: 4}


async def test_a_week_is_kept_for_half_a_year_and_no_longer(
    store: SqlTallyStore, clock: Clock
) -> None:
    older = WEEK - timedelta(weeks=1)
    tallied, reported = replace(ASKED, week=older), replace(UNCLEAR, week=older)
    await store.add({ASKED: 1, tallied: 2}, {UNCLEAR: 3, reported: 4})

    clock.now = MONDAY_MORNING + KEPT_FOR - timedelta(weeks=1)
    await store.add({}, {})
    assert await store.tallies(Platform.SLACK, "T1", older) == {tallied: 2}
    assert await store.reports(Platform.SLACK, older) == {reported: 4}

    clock.now += timedelta(hours=2)  # by now it is Monday in UTC, too
    await store.add({}, {})
    assert await store.tallies(Platform.SLACK, "T1", older) == {}
    assert await store.reports(Platform.SLACK, older) == {}
    assert await store.tallies(Platform.SLACK, "T1", WEEK) == {ASKED: 1}
    assert await store.reports(Platform.SLACK, WEEK) == {UNCLEAR: 3}


async def test_what_was_counted_too_long_ago_is_not_kept_at_all(
    store: SqlTallyStore, clock: Clock
) -> None:
    clock.now = MONDAY_MORNING + KEPT_FOR + timedelta(weeks=1)
    await store.add({ASKED: 1}, {UNCLEAR: 1})
    assert await store.tallies(Platform.SLACK, "T1", WEEK) == {}
    assert await store.reports(Platform.SLACK, WEEK) == {}


async def test_all_is_added_or_nothing_is(store: SqlTallyStore) -> None:
    await store.add({ASKED: 1}, {UNCLEAR: 1})
    cannot_be_kept: dict[SectionReport, int] = {UNCLEAR: None}  # type: ignore[dict-item]
    with pytest.raises(StoreError):
        await store.add({ASKED: 1}, cannot_be_kept)
    assert await store.tallies(Platform.SLACK, "T1", WEEK) == {ASKED: 1}
    assert await store.reports(Platform.SLACK, WEEK) == {UNCLEAR: 1}


async def test_of_what_many_add_at_once_in_two_programs_nothing_is_lost(
    store: SqlTallyStore, clock: Clock, migrated_url: str | None, tmp_path: Path
) -> None:
    database = await open_database(migrated_url, tmp_path)
    tallies = [replace(ASKED, topic=str(number)) for number in range(20)]
    reports = [replace(UNCLEAR, section=str(number)) for number in range(20)]
    await asyncio.gather(
        *(
            each.add(dict.fromkeys(tallies[::way], 1), dict.fromkeys(reports[::way], 2))
            for each in (store, SqlTallyStore(database, clock))
            for way in (1, -1) * 5
        )
    )
    await database.close()
    assert await store.tallies(Platform.SLACK, "T1", WEEK) == dict.fromkeys(tallies, 20)
    assert await store.reports(Platform.SLACK, WEEK) == dict.fromkeys(reports, 40)


async def test_more_kinds_than_a_statement_may_hold_values_are_added(store: SqlTallyStore) -> None:
    tallies = {replace(ASKED, topic=str(number)): 1 for number in range(6000)}
    await store.add(tallies, {})
    assert await store.tallies(Platform.SLACK, "T1", WEEK) == tallies


# Opened later


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


def test_what_talks_to_a_database_is_not_imported_before_it_is_opened() -> None:
    program = "import sys, bot.lazy; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
