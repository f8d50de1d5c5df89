"""SqlDeliveryStore: `adapters.deliveries.DeliveryStore` in a database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.engine import Database
from adapters.database.posts import utc_now
from adapters.database.tables import deliveries as table
from adapters.deliveries import KEPT_FOR, Standing

FORGET_EVERY = timedelta(minutes=1)
"""How often a process drops what is older than `KEPT_FOR`."""


class SqlDeliveryStore:
    """A `DeliveryStore`. Of a delivery, a hash of its id is kept, and when it was claimed.

    Every method is one transaction, and raises `StoreError`.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._forgotten: datetime | None = None

    async def claim(self, *deliveries: str) -> tuple[Standing, ...]:
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

        async def work(connection: AsyncConnection) -> tuple[Standing, ...]:
            first = set(await connection.scalars(claiming))
            done: set[str] = set()
            if len(first) < len(keys):
                done = set(await connection.scalars(looking))
            if forgetting:
                await connection.execute(delete(table).where(table.c.claimed < now - KEPT_FOR))
            return tuple(
                Standing.FIRST if key in first else Standing.DONE if key in done else Standing.BEGUN
                for key in keys
            )

        standings = await self._database.write(work)
        if forgetting:
            self._forgotten = now
        return standings

    async def finish(self, delivery: str) -> None:
        """See `DeliveryStore.finish`."""
        await self._database.execute(
            update(table).where(table.c.delivery == _key(delivery)).values(done=True)
        )


def _key(delivery: str) -> str:
    # Whatever was sent: JSON can hold halves of characters, which are no UTF-8.
    return hashlib.sha256(delivery.encode(errors="surrogatepass")).hexdigest()
