"""PostgreSQL by `DATABASE_URL`, for one process or for several at once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Dialect, Table, event, func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from adapters.database.errors import StoreError
from adapters.database.tables import post_locks
from knowledge.errors import SettingsError

SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg")
CONNECTIONS = 4
"""For everything but holds."""
HOLDS = 8
"""Posts that one process holds at once. Each hold is a connection: together they are `CONNECTIONS`
+ `HOLDS` at most, and holds alone never use up all of them."""
CONNECT_TIMEOUT_S = 10.0
COMMAND_TIMEOUT_S = 60.0

LEAVE_WITHIN_S = 0.5
"""For taking leave of the server; where it is silent, the driver alone would wait a minute."""
_SCHEMA_LOCK = 0x6C646E626F74
"""The key under which processes that start at once queue up. Any number; it spells the bot."""
_LOST_AFTER = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""Seconds, and probes: when the server gives up on a machine that vanished while it held a post."""
_UNREADABLE = (ValueError, OverflowError)
"""What the driver raises for a URL with a part that cannot be, such as a port beyond 65535."""
_UNUSABLE = (
    "DATABASE_URL cannot be used as it is. Write postgresql://USER:PASSWORD@HOST/DATABASE, or "
    "leave it out to use SQLite in LDN_DATA."
)
_NOT_REACHED = "PostgreSQL cannot be reached as DATABASE_URL says. Start it, or correct the URL."
_TOO_LATE = "PostgreSQL did not answer in time. Try again."
_SENTENCES = {
    "08": _NOT_REACHED,
    "57": _NOT_REACHED,
    "57014": _TOO_LATE,
    "28": "PostgreSQL refuses the user or the password in DATABASE_URL. Correct them.",
    "3D": "The database that DATABASE_URL names does not exist. Create it, or correct the name.",
    "42704": "DATABASE_URL holds an option that PostgreSQL does not know. Take that out.",
    "42501": "The user in DATABASE_URL has too few rights. Make that user the database's owner.",
    "25006": "PostgreSQL only lets us read. Point DATABASE_URL to the server that takes writes.",
    "53300": "PostgreSQL has no connection left. Raise its max_connections, or run fewer bots.",
    "53100": "The disk of PostgreSQL is full. Make room, and try again.",
}
_OTHERWISE = "PostgreSQL does not do what the bot asks of it. Try again; its own log may say why."
_TRANSIENT = ("08", "40", "53300", "57P01", "57P02", "57P03")


class PostgresBackend:
    """A PostgreSQL server.

    Raises:
        SettingsError: the URL is none of PostgreSQL. Its content is not repeated: it may hold a
            password. Connecting raises it, too, where the driver cannot read the URL.
    """

    faults = (SQLAlchemyError, OSError)

    def __init__(self, url: str) -> None:
        self.engine = create_async_engine(
            "postgresql+asyncpg://",
            pool_size=CONNECTIONS,
            max_overflow=HOLDS,
            hide_parameters=True,
            # The driver reads the URL itself: it knows what providers write, such as `?sslmode=`.
            connect_args={
                "dsn": _driver_url(url),
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": COMMAND_TIMEOUT_S,
            },
        )
        event.listen(self.engine.sync_engine, "do_connect", _connect)
        event.listen(self.engine.sync_engine, "invalidate", _hang_up)
        self.reads = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._slots = asyncio.Semaphore(HOLDS)

    async def prepare(self) -> None:
        """Nothing: a server is there, or is not."""

    async def look(self) -> None:
        """Nothing: the first statement shows whether the server can be used."""

    def insert(self, table: Table) -> Insert:
        """An INSERT that knows ON CONFLICT."""
        return insert(table)

    async def lock_schema(self, connection: AsyncConnection) -> None:
        """Keep other processes from altering tables until this transaction ends."""
        await connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))

    async def serialize(self, connection: AsyncConnection, key: str) -> None:
        """Wait until no other transaction is at `key`; be at it until this one ends.

        Two keys whose hashes are the same wait for one another needlessly, and that is all.
        """
        # Not Python's own hash, which differs from process to process.
        digest = hashlib.sha256(key.encode()).digest()
        number = int.from_bytes(digest[:8], signed=True)
        await connection.execute(select(func.pg_advisory_xact_lock(number)))

    async def hold(self, post_id: int) -> RowHold | None:
        """A post's row lock, in a transaction that is open until it is released.

        Waits while this process holds `HOLDS` others.
        """
        await self._slots.acquire()
        hold = RowHold(self.engine.connect(), self._slots)
        try:
            if await hold.take(post_id):
                return hold
        except BaseException:
            await hold.release()
            raise
        await hold.release()
        return None

    def is_transient(self, error: Exception) -> bool:
        """Whether another attempt may succeed: the server restarts, or broke a tie."""
        if isinstance(error, DBAPIError):
            return error.connection_invalidated or _state(error).startswith(_TRANSIENT)
        return isinstance(error, OSError) and not isinstance(error, TimeoutError)

    def explain(self, error: Exception) -> str:
        """What to mend. Never says what DATABASE_URL holds."""
        if isinstance(error, TimeoutError):
            return _TOO_LATE
        if isinstance(error, OSError) or getattr(error, "connection_invalidated", False):
            return _NOT_REACHED
        state = _state(error)
        return _SENTENCES.get(state) or _SENTENCES.get(state[:2]) or _OTHERWISE

    async def close(self) -> None:
        """Close every connection; at once where the server does not take leave."""
        try:
            async with asyncio.timeout(LEAVE_WITHIN_S):
                await self.engine.dispose()
        except TimeoutError:
            event.listen(self.engine.sync_engine, "close", _hang_up)
            await self.engine.dispose()


class RowHold:
    """A post's row lock, on a connection of its own and in one of the process's slots."""

    def __init__(self, connection: AsyncConnection, slots: asyncio.Semaphore) -> None:
        self._connection = connection
        self._slots: asyncio.Semaphore | None = slots

    async def take(self, post_id: int) -> bool:
        """Lock the row; False if another process has it, or if there is none."""
        await self._connection.start()
        locking = (
            select(*(func.set_config(name, value, True) for name, value in _LOST_AFTER.items()))
            .where(post_locks.c.post_id == post_id)
            .with_for_update(of=post_locks, skip_locked=True)
        )
        return (await self._connection.execute(locking)).first() is not None

    async def check(self) -> None:
        """See that the lock is still ours: the server forgets it when it restarts.

        Raises:
            StoreError: it is not; someone else may hold the post now.
        """
        try:
            await self._connection.execute(select(1))
        except (SQLAlchemyError, OSError) as error:
            raise StoreError("PostgreSQL lost the lock on a post. Try again.") from error

    async def release(self) -> None:
        """Let go; a second time does nothing. A lock that was lost is let go of already."""
        slots, self._slots = self._slots, None
        if slots is None:
            return
        try:
            with suppress(SQLAlchemyError, OSError):
                await asyncio.shield(self._connection.close())
        finally:
            slots.release()


def _driver_url(url: str) -> str:
    scheme, separator, rest = url.strip().partition("://")
    if not separator or scheme not in SCHEMES:
        raise SettingsError(_UNUSABLE)
    return f"postgresql://{rest}"


def _connect(
    dialect: Dialect, _: ConnectionPoolEntry, args: Sequence[Any], options: Mapping[str, Any]
) -> DBAPIConnection:
    try:
        return dialect.connect(*args, **options)
    except (*_UNREADABLE, dialect.loaded_dbapi.Error) as error:
        if not isinstance(error, _UNREADABLE) and not isinstance(error.__cause__, _UNREADABLE):
            raise
        # What the driver says about a URL that it cannot read quotes from it.
        raise SettingsError(_UNUSABLE) from None


def _hang_up(connection: DBAPIConnection, *_: Any) -> None:
    """End a connection at once that broke, or on which nobody waits for an answer any more.

    SQLAlchemy would take leave of the server first. Where that is silent, whoever has just given up
    waiting would wait two seconds more.
    """
    connection.driver_connection.terminate()


def _state(error: Exception) -> str:
    """PostgreSQL's five characters for what went wrong; empty if it was not PostgreSQL."""
    original = error.orig if isinstance(error, DBAPIError) else None
    return getattr(original, "sqlstate", None) or ""
