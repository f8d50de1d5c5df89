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
from adapters.database.posts import utc_now
from adapters.database.tables import deliveries as table
from adapters.deliveries import KEPT_FOR, DeliveryState

FORGET_EVERY = timedelta(minutes=1)
"""How often a process drops what is older than `KEPT_FOR`."""
AGAIN_AFTER = 15.0
"""Seconds until a claim is taken back again, where the database did not answer."""
CLOSED_WITHIN = 1.0
"""Seconds that closing waits, at most, for claims to be taken back."""


class SqlDeliveryStore:
    """A `DeliveryStore`. Of a delivery, a hash of its id is kept, and when it was claimed.

    Every method is one transaction, and raises `StoreError`. A claim is told from others by its
    moment.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._forgotten: datetime | None = None
        self._owed: deque[tuple[datetime, Callable[[AsyncConnection], Awaitable[None]]]] = deque()
        self._paying: asyncio.Task[None] | None = None

    async def claim(self, *deliveries: str, surely: bool = False) -> tuple[DeliveryState, ...]:
        """See `DeliveryStore.claim`."""
        now = self._clock()
        keys = [_key(each) for each in deliveries]
        # In one order for all: of two that claim the same, neither has what the other waits for.
        rows = [{"delivery": key, "claimed": now, "done": False} for key in sorted(keys)]
        claiming = (
            self._database.insert(table)
            .values(rows)
            .on_conflict_do_update(
                index_elements=["delivery"],
                set_={"claimed": now, "done": False},
                # It is ourselves, before a confirmation was lost; or it does not count any more.
                where=(table.c.claimed == now) | (table.c.claimed < now - KEPT_FOR),
            )
            .returning(table.c.delivery)
        )
        looking = select(table.c.delivery).where(table.c.delivery.in_(keys), table.c.done)
        forgetting = self._forgotten is None or now - self._forgotten >= FORGET_EVERY

        async def work(connection: AsyncConnection) -> tuple[DeliveryState, ...]:
            first = set(await connection.scalars(claiming))
            done: set[str] = set()
            if len(first) < len(keys):
                done = set(await connection.scalars(looking))
            if forgetting:
                await connection.execute(delete(table).where(table.c.claimed < now - KEPT_FOR))
            states = dict.fromkeys(keys, DeliveryState.BEGUN)
            states |= dict.fromkeys(done, DeliveryState.DONE)
            states |= dict.fromkeys(first, DeliveryState.FIRST)
            return tuple(states[key] for key in keys)

        async def take_back(connection: AsyncConnection) -> None:
            # Claimed once more: that waits for the first time, which may be under way still.
            ours = list(await connection.scalars(claiming))
            await connection.execute(delete(table).where(table.c.delivery.in_(ours)))

        try:
            states = await self._database.write(work)
        except (StoreError, asyncio.CancelledError):
            if surely:  # nobody will do it, and the server may have kept the claim, or keep it yet
                self._owe(now, take_back)
            raise
        if forgetting:
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
        # What is claimed later, when this is done twice, is somebody else's.
        ours = table.c.delivery == _key(delivery), table.c.claimed <= now, ~table.c.done

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(table).where(*ours))

        await asyncio.shield(self._owe(now, work))

    async def close(self) -> None:
        """Wait a moment until claims are taken back; what is not by then stays claimed."""
        if self._paying:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSED_WITHIN):
                    await self._paying

    def _owe(
        self, since: datetime, work: Callable[[AsyncConnection], Awaitable[None]]
    ) -> asyncio.Task[None]:
        """Have work done as soon as the database answers, while it matters."""
        self._owed.append((since, work))
        if self._paying is None or self._paying.done():
            self._paying = asyncio.create_task(self._pay())
        return self._paying

    async def _pay(self) -> None:
        while self._owed:
            since, work = self._owed[0]
            if since >= self._clock() - KEPT_FOR:
                try:
                    await self._database.write(work)
                except StoreError:
                    await asyncio.sleep(AGAIN_AFTER)
                    continue
            self._owed.popleft()


def _key(delivery: str) -> str:
    # Whatever was sent: JSON can hold halves of characters, which are no UTF-8.
    return hashlib.sha256(delivery.encode(errors="surrogatepass")).hexdigest()
