"""SqlDeliveryStore: `adapters.deliveries.DeliveryStore` in a database."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.engine import Database
from adapters.database.errors import StoreError
from adapters.database.tables import deliveries as table
from adapters.database.tables import utc_now
from adapters.deliveries import KEPT_FOR, DeliveryState

FORGET_EVERY = timedelta(minutes=1)
"""How often a process deletes what is older than `KEPT_FOR`."""
AGAIN_AFTER = 15.0
"""Seconds between two attempts to undo a claim, if the database does not answer."""
CLOSED_WITHIN = 1.0
"""Seconds that closing waits, at most, for claims to be undone."""


class SqlDeliveryStore:
    """A `DeliveryStore`. A row holds a hash of the delivery's id, and when it was claimed.

    Every method is one transaction, and raises `StoreError`. The time of a claim also identifies
    it: if a transaction is repeated, it finds its own claim by that.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._forgotten: datetime | None = None
        self._pending: deque[tuple[datetime, Callable[[AsyncConnection], Awaitable[None]]]] = (
            deque()
        )
        self._retrying: asyncio.Task[None] | None = None

    async def claim(self, *deliveries: str, strict: bool = False) -> tuple[DeliveryState, ...]:
        """See `DeliveryStore.claim`."""
        now = self._clock()
        keys = [_key(each) for each in deliveries]
        # Sorted, so that two processes that claim the same rows cannot deadlock.
        rows = [{"delivery": key, "claimed": now, "done": False} for key in sorted(keys)]
        claiming = (
            self._database.insert(table)
            .values(rows)
            .on_conflict_do_update(
                index_elements=["delivery"],
                set_={"claimed": now, "done": False},
                # Our own claim, whose confirmation was lost; or one that has expired.
                where=(table.c.claimed == now) | (table.c.claimed < now - KEPT_FOR),
            )
            .returning(table.c.delivery)
        )
        looking = select(table.c.delivery).where(table.c.delivery.in_(keys), table.c.done)
        # A time that is still to come is of a clock that was ahead.
        lately = self._forgotten and now - FORGET_EVERY < self._forgotten <= now

        async def work(connection: AsyncConnection) -> tuple[DeliveryState, ...]:
            first = set(await connection.scalars(claiming))
            done: set[str] = set()
            if len(first) < len(keys):
                done = set(await connection.scalars(looking))
            if not lately:
                await connection.execute(delete(table).where(table.c.claimed < now - KEPT_FOR))
            states = dict.fromkeys(keys, DeliveryState.BEGUN)
            states |= dict.fromkeys(done, DeliveryState.DONE)
            states |= dict.fromkeys(first, DeliveryState.FIRST)
            return tuple(states[key] for key in keys)

        async def take_back(connection: AsyncConnection) -> None:
            # The first statement may still be running on the server: claiming again waits for it.
            ours = list(await connection.scalars(claiming))
            await connection.execute(delete(table).where(table.c.delivery.in_(ours)))

        try:
            states = await self._database.write(work)
        except (StoreError, asyncio.CancelledError):
            if strict:  # the claim may have been stored, or may be stored yet
                self._retry_later(now, take_back)
            raise
        if not lately:
            self._forgotten = now
        return states

    async def finish(self, delivery: str) -> None:
        """See `DeliveryStore.finish`."""
        await self._database.execute(
            update(table).where(table.c.delivery == _key(delivery)).values(done=True)
        )

    async def release(self, delivery: str) -> None:
        """See `DeliveryStore.release`."""
        now = self._clock()
        # This may run a second time later; a claim that is newer then belongs to somebody else.
        ours = table.c.delivery == _key(delivery), table.c.claimed <= now, ~table.c.done

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(table).where(*ours))

        await asyncio.shield(self._retry_later(now, work))

    async def close(self) -> None:
        """Wait a moment until claims are undone; the others stay claimed."""
        if self._retrying:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSED_WITHIN):
                    await self._retrying

    def _retry_later(
        self, since: datetime, work: Callable[[AsyncConnection], Awaitable[None]]
    ) -> asyncio.Task[None]:
        """Do the work as soon as the database answers, unless the claim has expired by then."""
        self._pending.append((since, work))
        if self._retrying is None or self._retrying.done():
            self._retrying = asyncio.create_task(self._retry_pending())
        return self._retrying

    async def _retry_pending(self) -> None:
        while self._pending:
            since, work = self._pending[0]
            if since >= self._clock() - KEPT_FOR:
                try:
                    await self._database.write(work)
                except StoreError:
                    await asyncio.sleep(AGAIN_AFTER)
                    continue
            self._pending.popleft()


def _key(delivery: str) -> str:
    # JSON can hold lone surrogates, which have no UTF-8.
    return hashlib.sha256(delivery.encode(errors="surrogatepass")).hexdigest()
