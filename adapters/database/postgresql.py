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
"""Connections for everything but locks on posts."""
MAX_LOCKS = 8
"""Posts that one process locks at once, at most. Each lock is a connection of its own, so a process
has at most `CONNECTIONS` + `MAX_LOCKS`, and locks alone never use up all of them."""
CONNECT_TIMEOUT_S = 10.0
COMMAND_TIMEOUT_S = 60.0

LEAVE_WITHIN_S = 0.5
"""Seconds for closing connections properly; if the server does not answer, the driver by itself
would wait a minute."""
_SCHEMA_LOCK = 0x6C646E626F74
"""The key of the advisory lock for migrations: any number; its bytes spell "ldnbot"."""
_LOST_AFTER = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""TCP keepalive for locks (seconds, seconds, number): when the server gives up a lock whose machine
has vanished."""
_UNREADABLE = (ValueError, OverflowError)
"""What the driver raises for an invalid part of a URL, such as a port beyond 65535."""
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
        SettingsError: the URL is no PostgreSQL URL. The text does not repeat it, as it may hold a
            password. Connecting raises it too, if the driver cannot parse the URL.
    """

    faults = (SQLAlchemyError, OSError)

    def __init__(self, url: str) -> None:
        self.engine = create_async_engine(
            "postgresql+asyncpg://",
            pool_size=CONNECTIONS,
            max_overflow=MAX_LOCKS,
            hide_parameters=True,
            # The driver parses the URL, as it knows what providers write, such as `?sslmode=`.
            connect_args={
                "dsn": _driver_url(url),
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": COMMAND_TIMEOUT_S,
            },
        )
        event.listen(self.engine.sync_engine, "do_connect", _connect)
        event.listen(self.engine.sync_engine, "invalidate", _terminate)
        self.reads = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._slots = asyncio.Semaphore(MAX_LOCKS)

    async def prepare(self) -> None:
        """Nothing: the database exists on the server, or it does not."""

    async def probe(self) -> None:
        """Nothing: the first statement shows whether the server can be used."""

    def insert(self, table: Table) -> Insert:
        """See `Backend.insert`."""
        return insert(table)

    async def lock_schema(self, connection: AsyncConnection) -> None:
        """See `Backend.lock_schema`."""
        await connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))

    async def lock_key(self, connection: AsyncConnection, key: str) -> None:
        """See `Backend.lock_key`. Two keys with the same hash wait for each other needlessly."""
        # Python's own hash would differ from process to process.
        digest = hashlib.sha256(key.encode()).digest()
        number = int.from_bytes(digest[:8], signed=True)
        await connection.execute(select(func.pg_advisory_xact_lock(number)))

    async def lock_post(self, post_id: int) -> RowLock | None:
        """Lock a post's row, in a transaction that stays open until the lock is released.

        Waits while this process has `MAX_LOCKS` others.
        """
        await self._slots.acquire()
        lock = RowLock(self.engine.connect(), self._slots)
        try:
            if await lock.acquire(post_id):
                return lock
        except BaseException:
            await lock.release()
            raise
        await lock.release()
        return None

    def is_transient(self, error: Exception) -> bool:
        """Whether another attempt may succeed: the server restarts, or resolved a deadlock."""
        if isinstance(error, DBAPIError):
            return error.connection_invalidated or _sqlstate(error).startswith(_TRANSIENT)
        return isinstance(error, OSError) and not isinstance(error, TimeoutError)

    def explain(self, error: Exception) -> str:
        """See `Backend.explain`. It never repeats anything of DATABASE_URL."""
        if isinstance(error, TimeoutError):
            return _TOO_LATE
        if isinstance(error, OSError) or getattr(error, "connection_invalidated", False):
            return _NOT_REACHED
        state = _sqlstate(error)
        return _SENTENCES.get(state) or _SENTENCES.get(state[:2]) or _OTHERWISE

    async def close(self) -> None:
        """Close every connection; forcibly if the server does not answer in time."""
        try:
            async with asyncio.timeout(LEAVE_WITHIN_S):
                await self.engine.dispose()
        except TimeoutError:
            event.listen(self.engine.sync_engine, "close", _terminate)
            await self.engine.dispose()


class RowLock:
    """A `PostLock`: a row lock, on a connection of its own and in one of the process's slots."""

    def __init__(self, connection: AsyncConnection, slots: asyncio.Semaphore) -> None:
        self._connection = connection
        self._slots: asyncio.Semaphore | None = slots

    async def acquire(self, post_id: int) -> bool:
        """Lock the row; False if it is locked already, or does not exist."""
        await self._connection.start()
        locking = (
            select(*(func.set_config(name, value, True) for name, value in _LOST_AFTER.items()))
            .where(post_locks.c.post_id == post_id)
            .with_for_update(of=post_locks, skip_locked=True)
        )
        return (await self._connection.execute(locking)).first() is not None

    async def check(self) -> None:
        """Check that the lock still exists; it is lost when the server restarts.

        Raises:
            StoreError: it is lost, and another process may have locked the post.
        """
        try:
            await self._connection.execute(select(1))
        except (SQLAlchemyError, OSError) as error:
            raise StoreError("PostgreSQL lost the lock on a post. Try again.") from error

    async def release(self) -> None:
        """Release the lock; a second call does nothing, and errors of a lost lock are ignored."""
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
        # The driver's own message would quote the URL.
        raise SettingsError(_UNUSABLE) from None


def _terminate(connection: DBAPIConnection, *_: Any) -> None:
    """End a connection without telling the server.

    SQLAlchemy would close it properly, and wait up to two more seconds for a server that does not
    answer.
    """
    connection.driver_connection.terminate()


def _sqlstate(error: Exception) -> str:
    """PostgreSQL's five-character error code (SQLSTATE); empty for other errors."""
    original = error.orig if isinstance(error, DBAPIError) else None
    return getattr(original, "sqlstate", None) or ""
