"""Tallies: how often each topic was asked for, by week, without anyone's words or name.

They tell moderators what their community looks for, and editors which sections are unclear.
Nothing about crises is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from knowledge.answer import Answer, Kind
from knowledge.posts import Platform

KEPT_FOR = timedelta(weeks=26)
"""Older weeks are deleted."""


class TallyOutcome(StrEnum):
    """Whether the article answered a question."""

    ASKED = "asked"
    """A section was shown; it is the topic."""
    NOT_COVERED = "not covered"
    """The article does not cover it; the topic is one of the document's `not_covered`, or empty."""


class Reason(StrEnum):
    """What a reader finds wrong with a section."""

    UNCLEAR = "unclear"
    OUTDATED = "outdated"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted: questions about one topic of one document, in one community and week.

    `week` is the Monday of the week, in UTC. `command` names the document.
    """

    week: date
    platform: Platform
    community: str
    command: str
    topic: str
    outcome: TallyOutcome


@dataclass(frozen=True, slots=True)
class SectionReport:
    """What is counted of readers' reports: section, reason, platform and week; no community."""

    week: date
    platform: Platform
    command: str
    section: str
    reason: Reason


class TallyStore(Protocol):
    """Stores tallies, for one process or for several. Every method may raise `LdnBotError`."""

    async def add(self, tallies: Mapping[Tally, int], reports: Mapping[SectionReport, int]) -> None:
        """Add to the stored numbers, in one transaction, and delete weeks older than `KEPT_FOR`.

        If the database's confirmation is lost, the numbers may be added twice.
        """

    async def tallies(self, platform: Platform, community: str, week: date) -> Mapping[Tally, int]:
        """The questions of one community in a week, given by its Monday."""

    async def reports(self, platform: Platform, week: date) -> Mapping[SectionReport, int]:
        """The reports on one platform in a week, given by its Monday."""


@lru_cache(1)  # called for every answer
def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _today() -> date:
    return datetime.now(UTC).date()


class TallyCounter:
    """Counts in memory, so that no answer waits for a database; `flush` writes to the store.

    A process that is killed loses what it has not flushed.
    """

    def __init__(self, store: TallyStore, today: Callable[[], date] = _today) -> None:
        """`today` returns the present day in UTC."""
        self._store = store
        self._today = today
        self._tallies: Counter[Tally] = Counter()
        self._reports: Counter[SectionReport] = Counter()
        self._oldest = date.min
        """The week before which nothing is kept here."""

    @property
    def this_week(self) -> date:
        """The Monday of the current week."""
        return week_of(self._today())

    def count(self, platform: Platform, community: str, answer: Answer) -> None:
        """Count the answer to a question; nothing without a community, or in a crisis."""
        if not community or answer.crisis:
            return
        if answer.section:
            topic, outcome = answer.section, TallyOutcome.ASKED
        elif answer.kind in {Kind.NOT_COVERED, Kind.ADVICE}:
            topic, outcome = answer.not_covered, TallyOutcome.NOT_COVERED
        else:
            return
        self._forget_old_weeks()
        tally = Tally(self.this_week, platform, community, answer.command, topic, outcome)
        self._tallies[tally] += 1

    def report(self, platform: Platform, command: str, section: str, reason: Reason) -> None:
        """Count a reader's report about a section."""
        self._forget_old_weeks()
        self._reports[SectionReport(self.this_week, platform, command, section, reason)] += 1

    def _forget_old_weeks(self) -> None:
        """Drop weeks older than `KEPT_FOR`. While there is no database, nothing is flushed."""
        oldest = self.this_week - KEPT_FOR
        if oldest == self._oldest:
            return
        self._oldest = oldest
        self._tallies = Counter({t: n for t, n in self._tallies.items() if t.week >= oldest})
        self._reports = Counter({r: n for r, n in self._reports.items() if r.week >= oldest})

    async def flush(self) -> None:
        """Add what was counted to the store; if that fails, it is kept for the next flush.

        Raises:
            LdnBotError: the store cannot be written.
        """
        tallies, reports = self._tallies, self._reports
        if not tallies and not reports:
            return
        self._tallies, self._reports = Counter(), Counter()
        try:
            await self._store.add(tallies, reports)
        except BaseException:
            self._tallies.update(tallies)
            self._reports.update(reports)
            raise

    async def of_week(
        self, platform: Platform, community: str, week: date
    ) -> tuple[Mapping[Tally, int], Mapping[SectionReport, int]]:
        """The questions of a community, and the reports on its platform, in a week.

        What was counted in this process is flushed first.

        Raises:
            LdnBotError: the store cannot be used.
        """
        await self.flush()
        return (
            await self._store.tallies(platform, community, week),
            await self._store.reports(platform, week),
        )
