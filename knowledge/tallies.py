"""Tallies: how often something was asked, by week, without anyone's words or name.

They tell moderators what their community looks for, and editors where the document is unclear.
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
"""Older weeks are dropped."""


class Outcome(StrEnum):
    """What came of a question."""

    ASKED = "asked"
    """A section was opened."""
    NOT_COVERED = "not covered"
    """The article does not say; the topic is one of the document's `not_covered`, or empty."""


class Reason(StrEnum):
    """What a reader finds wrong with a section."""

    UNCLEAR = "unclear"
    OUTDATED = "outdated"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted: a topic of the document with this command, in one community and week.

    `week` is the Monday of the week, in UTC.
    """

    week: date
    platform: Platform
    community: str
    command: str
    topic: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """That a section is unclear: which, why, and on which platform; not by whom, nor where."""

    week: date
    platform: Platform
    command: str
    section: str
    reason: Reason


class TallyStore(Protocol):
    """Keeps tallies, for one process or for several at once."""

    async def add(self, tallies: Mapping[Tally, int], reports: Mapping[Report, int]) -> None:
        """Add to what was counted, all or nothing, and drop weeks older than `KEPT_FOR`.

        Should the database's confirmation get lost, a count may be added twice.
        """

    async def tallies(self, platform: Platform, community: str, week: date) -> Mapping[Tally, int]:
        """What was counted in one community in the week that begins on a Monday."""

    async def reports(self, platform: Platform, week: date) -> Mapping[Report, int]:
        """What was reported on a platform in the week that begins on a Monday."""


@lru_cache(1)  # it is asked for with every answer
def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _today() -> date:
    return datetime.now(UTC).date()


class Tallying:
    """Counts in memory, and hands over to the store from time to time.

    An answer never waits for a database. A process that is killed loses what it has not handed
    over; one that is stopped loses nothing.
    """

    def __init__(self, store: TallyStore, today: Callable[[], date] = _today) -> None:
        """`today`: the day in UTC."""
        self._store = store
        self._today = today
        self._tallies: Counter[Tally] = Counter()
        self._reports: Counter[Report] = Counter()

    @property
    def this_week(self) -> date:
        """The Monday of the current week."""
        return week_of(self._today())

    def count(self, platform: Platform, community: str, answer: Answer) -> None:
        """Count what came of a question in a community; elsewhere, and in a crisis, nothing."""
        if not community or answer.crisis:
            return
        if answer.section:
            topic, outcome = answer.section, Outcome.ASKED
        elif answer.kind in {Kind.NOT_COVERED, Kind.ADVICE}:
            topic, outcome = answer.not_covered, Outcome.NOT_COVERED
        else:
            return
        tally = Tally(self.this_week, platform, community, answer.command, topic, outcome)
        self._tallies[tally] += 1

    def report(self, platform: Platform, command: str, section: str, reason: Reason) -> None:
        """Count that a section is unclear."""
        self._reports[Report(self.this_week, platform, command, section, reason)] += 1

    async def hand_over(self) -> None:
        """Give what was counted to the store; what it does not take is kept for the next time.

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
    ) -> tuple[Mapping[Tally, int], Mapping[Report, int]]:
        """What was asked in a community, and reported on its platform, in a week.

        Raises:
            LdnBotError: the store cannot be used.
        """
        await self.hand_over()
        return (
            await self._store.tallies(platform, community, week),
            await self._store.reports(platform, week),
        )
