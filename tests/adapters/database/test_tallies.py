"""Tallies and reports, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from adapters.database.engine import Database, open_database
from adapters.database.errors import StoreError
from adapters.database.tallies import SqlTallyStore
from knowledge.posts import Platform
from knowledge.tallies import KEPT_FOR, Reason, SectionReport, Tally, TallyOutcome
from tests.clock import Clock

pytest_plugins = ["tests.adapters.postgres"]

WEEK = date(2026, 3, 2)
"""A Monday."""
# In UTC it is still the Sunday before: the zone is there to see that the store minds.
MONDAY_MORNING = datetime(2026, 3, 9, 0, 30, tzinfo=timezone(timedelta(hours=2)))
ASKED = Tally(WEEK, Platform.SLACK, "T1", "ldn", "dose", TallyOutcome.ASKED)
UNCLEAR = SectionReport(WEEK, Platform.SLACK, "ldn", "dose", Reason.UNCLEAR)


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY_MORNING)


@pytest.fixture
def store(database: Database, clock: Clock) -> SqlTallyStore:
    return SqlTallyStore(database, clock)


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
