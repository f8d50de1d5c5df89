"""What was asked is counted, by week; never by whom, nor in which words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta

import pytest

from knowledge.answer import Answer, Kind
from knowledge.errors import LdnBotError
from knowledge.posts import Platform
from knowledge.tallies import (
    KEPT_FOR,
    Reason,
    SectionReport,
    Tally,
    TallyCounter,
    TallyOutcome,
    TallyStore,
    week_of,
)
from tests.documents import watering

MONDAY = date(2026, 11, 16)
SUNDAY = date(2026, 11, 22)
NEXT_MONDAY = date(2026, 11, 23)

SECTION = watering()
UNKNOWN = replace(SECTION, kind=Kind.NOT_COVERED, topic="", section=None)
ASKED = Tally(MONDAY, Platform.SLACK, "T1", "garden", "water", TallyOutcome.ASKED)
MISSING = replace(ASKED, topic="", outcome=TallyOutcome.NOT_COVERED)
UNCLEAR = SectionReport(MONDAY, Platform.SLACK, "garden", "water", Reason.UNCLEAR)


class BrokenError(LdnBotError):
    """The store cannot be written."""


class MemoryStore(TallyStore):
    """A `TallyStore` that keeps everything in memory, and fails while `broken` is set."""

    def __init__(self) -> None:
        self.kept: Counter[Tally] = Counter()
        self.reported: Counter[SectionReport] = Counter()
        self.calls = 0
        self.broken: BaseException | None = None

    async def add(self, tallies: Mapping[Tally, int], reports: Mapping[SectionReport, int]) -> None:
        self.calls += 1
        if self.broken:
            raise self.broken
        self.kept.update(tallies)
        self.reported.update(reports)

    async def tallies(self, platform: Platform, community: str, week: date) -> Mapping[Tally, int]:
        return {
            tally: count
            for tally, count in self.kept.items()
            if (tally.platform, tally.community, tally.week) == (platform, community, week)
        }

    async def reports(self, platform: Platform, week: date) -> Mapping[SectionReport, int]:
        return {
            report: count
            for report, count in self.reported.items()
            if (report.platform, report.week) == (platform, week)
        }


class Calendar:
    """Says which day it is, as a test has it."""

    def __init__(self) -> None:
        self.today = SUNDAY

    def __call__(self) -> date:
        return self.today


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def tally_counter(store: MemoryStore, calendar: Calendar) -> TallyCounter:
    return TallyCounter(store, calendar)


def count(tally_counter: TallyCounter, *answers: Answer) -> None:
    for answer in answers:
        tally_counter.count(Platform.SLACK, "T1", answer)


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (MONDAY, MONDAY),
        (SUNDAY, MONDAY),
        (NEXT_MONDAY, NEXT_MONDAY),
        (date(2026, 1, 1), date(2025, 12, 29)),
    ],
)
def test_a_week_is_named_by_its_monday(day: date, monday: date) -> None:
    assert week_of(day) == monday


async def test_sections_that_were_opened_are_counted(
    tally_counter: TallyCounter, store: MemoryStore
) -> None:
    brief = replace(SECTION, topic="short water")
    other = replace(SECTION, topic="winter", section="winter")
    count(tally_counter, SECTION, other, SECTION, brief)
    await tally_counter.flush()
    assert store.kept == {ASKED: 3, replace(ASKED, topic="winter"): 1}


async def test_what_is_not_covered_is_counted_by_its_topic_where_that_is_known(
    tally_counter: TallyCounter, store: MemoryStore
) -> None:
    price = replace(UNKNOWN, not_covered="price")
    advice = replace(UNKNOWN, kind=Kind.ADVICE, not_covered="dose")
    count(tally_counter, UNKNOWN, price, advice, UNKNOWN)
    await tally_counter.flush()
    assert store.kept == {
        MISSING: 2,
        replace(MISSING, topic="price"): 1,
        replace(MISSING, topic="dose"): 1,
    }


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.SECTION, Kind.NOT_COVERED, Kind.ADVICE}))
async def test_what_is_neither_a_section_nor_missing_is_not_counted(
    tally_counter: TallyCounter, store: MemoryStore, kind: Kind
) -> None:
    count(tally_counter, replace(UNKNOWN, kind=kind, topic="something"))
    await tally_counter.flush()
    assert (store.calls, store.kept) == (0, {})


@pytest.mark.parametrize("answer", [SECTION, UNKNOWN, replace(UNKNOWN, kind=Kind.CRISIS)])
async def test_nothing_is_counted_in_a_crisis(
    tally_counter: TallyCounter, store: MemoryStore, answer: Answer
) -> None:
    count(tally_counter, replace(answer, crisis=True))
    await tally_counter.flush()
    assert (store.calls, store.kept) == (0, {})


@pytest.mark.parametrize("platform", list(Platform))
async def test_nothing_is_counted_outside_a_community(
    tally_counter: TallyCounter, store: MemoryStore, platform: Platform
) -> None:
    tally_counter.count(platform, "", SECTION)
    tally_counter.count(platform, "", UNKNOWN)
    await tally_counter.flush()
    assert (store.calls, store.kept) == (0, {})


async def test_a_report_says_which_section_why_and_on_which_platform(
    tally_counter: TallyCounter, store: MemoryStore
) -> None:
    for reason in (Reason.UNCLEAR, Reason.UNCLEAR, Reason.OUTDATED):
        tally_counter.report(Platform.SLACK, "garden", "water", reason)
    await tally_counter.flush()
    assert store.reported == {UNCLEAR: 2, replace(UNCLEAR, reason=Reason.OUTDATED): 1}
    assert store.kept == {}


def test_neither_a_person_nor_words_have_a_place_in_what_is_counted() -> None:
    assert [field.name for field in fields(Tally)] == [
        "week", "platform", "community", "command", "topic", "outcome",
    ]  # fmt: skip
    assert [field.name for field in fields(SectionReport)] == [
        "week", "platform", "command", "section", "reason",
    ]  # fmt: skip


async def test_every_count_belongs_to_the_week_in_which_it_was_made(
    tally_counter: TallyCounter, store: MemoryStore, calendar: Calendar
) -> None:
    count(tally_counter, SECTION)
    tally_counter.report(Platform.SLACK, "garden", "water", Reason.UNCLEAR)
    calendar.today = NEXT_MONDAY
    count(tally_counter, SECTION, SECTION)
    await tally_counter.flush()
    assert store.kept == {ASKED: 1, replace(ASKED, week=NEXT_MONDAY): 2}
    assert store.reported == {UNCLEAR: 1}
    assert tally_counter.this_week == NEXT_MONDAY


# Handing over


async def test_what_is_never_handed_over_does_not_pile_up_for_years() -> None:
    today, store = MONDAY, MemoryStore()
    tally_counter = TallyCounter(store, lambda: today)
    for _ in range(3 * 52):
        tally_counter.count(Platform.SLACK, "T1", SECTION)
        tally_counter.report(Platform.SLACK, "garden", "water", Reason.UNCLEAR)
        today += timedelta(weeks=1)
    await tally_counter.flush()
    oldest = today - timedelta(weeks=1) - KEPT_FOR
    assert min(each.week for each in store.kept) == oldest
    assert min(each.week for each in store.reported) == oldest
    assert len(store.kept) == len(store.reported) == KEPT_FOR // timedelta(weeks=1) + 1


async def test_what_was_handed_over_is_not_handed_over_again(
    tally_counter: TallyCounter, store: MemoryStore
) -> None:
    count(tally_counter, SECTION)
    await tally_counter.flush()
    await tally_counter.flush()
    assert (store.calls, store.kept) == (1, {ASKED: 1})


@pytest.mark.parametrize("failure", [BrokenError("full"), OSError(), KeyboardInterrupt()])
async def test_what_the_store_does_not_take_is_kept_for_the_next_time(
    tally_counter: TallyCounter, store: MemoryStore, failure: BaseException
) -> None:
    count(tally_counter, SECTION, SECTION, UNKNOWN)
    tally_counter.report(Platform.SLACK, "garden", "water", Reason.UNCLEAR)
    store.broken = failure
    for _ in range(2):
        with pytest.raises(type(failure)):
            await tally_counter.flush()
    assert (store.kept, store.reported) == ({}, {})
    count(tally_counter, SECTION)
    store.broken = None
    await tally_counter.flush()
    assert store.kept == {ASKED: 3, MISSING: 1}
    assert store.reported == {UNCLEAR: 1}


@pytest.mark.parametrize("fails", [False, True])
async def test_what_is_counted_while_the_store_writes_is_counted_once(
    calendar: Calendar, fails: bool
) -> None:
    class CountsMeanwhile(MemoryStore):
        async def add(
            self, tallies: Mapping[Tally, int], reports: Mapping[SectionReport, int]
        ) -> None:
            if not self.calls:
                count(counting, SECTION)
            await super().add(tallies, reports)

    store = CountsMeanwhile()
    counting = TallyCounter(store, calendar)
    count(counting, SECTION)
    if fails:
        store.broken = BrokenError("full")
        with pytest.raises(BrokenError):
            await counting.flush()
        store.broken = None
    else:
        await counting.flush()
    await counting.flush()
    assert store.kept == {ASKED: 2}


# Looking at a week


async def test_a_week_holds_what_was_counted_up_to_this_moment(tally_counter: TallyCounter) -> None:
    count(tally_counter, SECTION)
    tally_counter.report(Platform.SLACK, "garden", "water", Reason.UNCLEAR)
    found = await tally_counter.of_week(Platform.SLACK, "T1", MONDAY)
    assert found == ({ASKED: 1}, {UNCLEAR: 1})


async def test_a_community_sees_its_own_questions_and_its_platforms_reports(
    tally_counter: TallyCounter,
) -> None:
    count(tally_counter, SECTION)
    tally_counter.count(Platform.DISCORD, "T1", SECTION)
    tally_counter.report(Platform.SLACK, "garden", "water", Reason.UNCLEAR)
    assert await tally_counter.of_week(Platform.SLACK, "T2", MONDAY) == ({}, {UNCLEAR: 1})
    assert await tally_counter.of_week(Platform.SLACK, "T1", NEXT_MONDAY) == ({}, {})
    on_discord = {replace(ASKED, platform=Platform.DISCORD): 1}
    assert await tally_counter.of_week(Platform.DISCORD, "T1", MONDAY) == (on_discord, {})


async def test_a_week_cannot_be_seen_while_the_store_fails(
    tally_counter: TallyCounter, store: MemoryStore
) -> None:
    count(tally_counter, SECTION)
    store.broken = BrokenError("full")
    with pytest.raises(BrokenError):
        await tally_counter.of_week(Platform.SLACK, "T1", MONDAY)
    store.broken = None
    assert await tally_counter.of_week(Platform.SLACK, "T1", MONDAY) == ({ASKED: 1}, {})
