"""SqlTallyStore: `knowledge.tallies.TallyStore` in a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, astuple
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import Insert, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import tables
from adapters.database.engine import Database
from adapters.database.tables import utc_now
from knowledge.posts import Platform
from knowledge.tallies import KEPT_FOR, Reason, SectionReport, Tally, TallyOutcome, week_of

Counted = TypeVar("Counted", Tally, SectionReport)


class SqlTallyStore:
    """A `TallyStore`. Every method is one transaction, and raises `StoreError`."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def add(self, tallies: Mapping[Tally, int], reports: Mapping[SectionReport, int]) -> None:
        """See `TallyStore.add`."""
        rows = {tables.tallies: _rows(tallies), tables.reports: _rows(reports)}
        oldest = week_of(self._clock().astimezone(UTC).date()) - KEPT_FOR

        async def work(connection: AsyncConnection) -> None:
            for table, added in rows.items():
                if added:
                    await connection.execute(self._adding(table), added)
                await connection.execute(delete(table).where(table.c.week < oldest))

        await self._database.write(work)

    async def tallies(self, platform: Platform, community: str, week: date) -> Mapping[Tally, int]:
        """See `TallyStore.tallies`."""
        table = tables.tallies
        rows = await self._database.read(
            select(
                table.c.command, table.c.topic, table.c.outcome, table.c.count.label("number")
            ).where(
                table.c.week == week,
                table.c.platform == platform,
                table.c.community == community,
            )
        )
        return {
            Tally(
                week, platform, community, row.command, row.topic, TallyOutcome(row.outcome)
            ): row.number
            for row in rows
        }

    async def reports(self, platform: Platform, week: date) -> Mapping[SectionReport, int]:
        """See `TallyStore.reports`."""
        table = tables.reports
        rows = await self._database.read(
            select(
                table.c.command, table.c.section, table.c.reason, table.c.count.label("number")
            ).where(table.c.week == week, table.c.platform == platform)
        )
        return {
            SectionReport(week, platform, row.command, row.section, Reason(row.reason)): row.number
            for row in rows
        }

    def _adding(self, table: Table) -> Insert:
        insert = self._database.insert(table)
        return insert.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_={"count": table.c.count + insert.excluded.count},
        )


def _rows(counts: Mapping[Counted, int]) -> list[dict[str, Any]]:
    # Sorted, so that two processes that add to the same rows cannot deadlock.
    return [asdict(each) | {"count": counts[each]} for each in sorted(counts, key=astuple)]
