"""Database: opens, migrates, reads and writes a database, and tries again after passing faults."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import tenacity
from sqlalchemy import Connection, Executable, Row, Table, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.database import migrations
from adapters.database.errors import NEWER, StoreError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

log = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS = 6
"""How often an operation is tried, the first time included, while its errors are transient."""
FIRST_WAIT_S = 0.1
"""Seconds before the second attempt; twice as many before each further one, about 3 in all."""
TOLD_EVERY_S = 10.0
"""The least seconds between two log lines about retries: while a database is away, there are many.
"""
WRITTEN_LATELY_S = 30.0
"""Seconds after a successful write in which `Database.check` does not write by itself."""


class PostLock(Protocol):
    """An exclusive lock on a post, among all processes."""

    async def check(self) -> None:
        """Raise `StoreError` if the lock was lost."""

    async def release(self) -> None:
        """Release the lock; a second call does nothing."""


class Backend(Protocol):
    """What differs between SQLite and PostgreSQL."""

    @property
    def engine(self) -> AsyncEngine:
        """For transactions that write; the right to write is acquired at their beginning."""

    @property
    def reads(self) -> AsyncEngine:
        """The same connections, for single statements that only read, without a transaction."""

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """The exceptions that mean that the database failed."""

    async def prepare(self) -> None:
        """Create what has to exist before tables can be created, such as a file."""

    async def probe(self) -> None:
        """Raise one of `faults` if the database cannot be used; create nothing."""

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that supports ON CONFLICT."""

    async def lock_schema(self, connection: AsyncConnection) -> None:
        """Keep other processes from altering tables until this transaction ends."""

    async def lock_key(self, connection: AsyncConnection, key: str) -> None:
        """Wait for an exclusive lock on `key`, an arbitrary name; hold it until this transaction
        ends.
        """

    async def lock_post(self, post_id: int) -> PostLock | None:
        """Lock a post until it is released or the process ends; None if it is locked already."""

    def is_transient(self, error: Exception) -> bool:
        """Whether another attempt may succeed."""

    def explain(self, error: Exception) -> str:
        """A sentence for the operator that says what to mend, without any secret."""

    async def close(self) -> None:
        """Close every file and connection."""


class Database:
    """A database with the tables of `adapters.database.tables`.

    After a transient error an operation is tried again, up to `ATTEMPTS` times, so each must be
    safe to run twice.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.insert = backend.insert
        """An INSERT that supports ON CONFLICT."""
        self.lock_key = backend.lock_key
        """For use within `write`; see `Backend.lock_key`."""
        self._wrote = -inf
        """When the last write succeeded, by `time.monotonic`; `-inf` if one has failed since."""
        self._told = -inf
        """When the last retry was logged, by `time.monotonic`."""

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for libraries that execute their own statements."""
        return self._backend.engine

    async def read(self, statement: Executable) -> Sequence[Row[Any]]:
        """The rows of one statement that only reads.

        Raises:
            StoreError: it failed, also when tried again.
        """

        async def work() -> Sequence[Row[Any]]:
            async with self._backend.reads.connect() as connection:
                return (await connection.execute(statement)).all()

        return await self._attempt(work)

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run `work` in a transaction, commit it, and return its result.

        `work` may run several times, also after a commit whose confirmation was lost, so a
        repetition must have no further effect.

        Raises:
            StoreError: it failed, also when tried again.
        """

        async def transaction() -> T:
            async with self._backend.engine.connect() as connection:
                result = await work(connection)
                await connection.commit()
                return result

        try:
            result = await self._attempt(transaction)
        except StoreError:
            self._wrote = -inf
            raise
        self._wrote = monotonic()
        return result

    async def execute(self, statement: Executable) -> None:
        """Execute one statement that writes, in a transaction of its own; see `write`."""
        await self.write(lambda connection: connection.execute(statement))

    async def check(self) -> None:
        """Check that the database can be read and written; nothing is changed.

        Reading alone is not enough: a standby server, or a full disk, can still be read. So unless
        a write succeeded in the last `WRITTEN_LATELY_S` seconds, this makes one.

        Raises:
            StoreError: it cannot be read or written.
        """
        if monotonic() - self._wrote < WRITTEN_LATELY_S:
            await self.read(text(f"SELECT version_num FROM {migrations.VERSION_TABLE}"))
        else:
            unaltered = f"UPDATE {migrations.VERSION_TABLE} SET version_num = version_num"
            await self.execute(text(unaltered))

    @asynccontextmanager
    async def lock_post(self, post_id: int) -> AsyncIterator[PostLock | None]:
        """Lock a post until the block or the process ends; None if it is locked already.

        Raises:
            StoreError: the database cannot be used.
        """
        lock = await self._attempt(lambda: self._backend.lock_post(post_id))
        try:
            yield lock
        finally:
            if lock:
                await lock.release()

    async def close(self) -> None:
        """Close every file and connection."""
        await self._backend.close()

    async def version(self) -> str:
        """The revision of the last migration that was applied; empty if there was none.

        Raises:
            StoreError: the database cannot be used.
        """

        async def probe() -> str:
            await self._backend.probe()
            async with self._backend.reads.connect() as connection:
                return await _version(connection)

        return await self._attempt(probe)

    async def bring_up_to_date(self) -> None:
        """Apply the migrations that are missing.

        Raises:
            StoreError: the database comes from a newer version, or cannot be used.
        """
        await self._attempt(self._backend.prepare)
        if await self.version() == migrations.HEAD:
            return

        async def work(connection: AsyncConnection) -> None:
            await self._backend.lock_schema(connection)
            version = await _version(connection)
            if version > migrations.HEAD:
                raise StoreError(NEWER)
            if version < migrations.HEAD:
                await connection.run_sync(migrations.upgrade)

        await self.write(work)

    async def _attempt(self, work: Callable[[], Awaitable[T]]) -> T:
        attempts = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=tenacity.wait_exponential(FIRST_WAIT_S) + tenacity.wait_random(0, FIRST_WAIT_S),
            retry=tenacity.retry_if_exception(self._may_pass),
            before_sleep=self._report,
            reraise=True,
        )
        try:
            async for attempt in attempts:
                with attempt:
                    return await work()
        except self._backend.faults as error:
            raise StoreError(self._backend.explain(error)) from error
        raise AssertionError("the last attempt returns or raises")

    def _report(self, state: tenacity.RetryCallState) -> None:
        if monotonic() - self._told < TOLD_EVERY_S:
            return
        self._told = monotonic()
        error = state.outcome.exception() if state.outcome else None
        log.warning("the database does not answer; trying again (%s)", type(error).__name__)

    def _may_pass(self, error: BaseException) -> bool:
        return isinstance(error, self._backend.faults) and self._backend.is_transient(error)


async def open_database(url: str | None, data: Path) -> Database:
    """Open the database at `url` (PostgreSQL), or SQLite in the folder `data`; migrate its tables.

    Raises:
        SettingsError: `url` is no PostgreSQL URL. The text does not repeat it.
        StoreError: the database cannot be reached or written, is damaged, or of a newer version.
    """
    return await _opened(url, data, Database.bring_up_to_date)


async def open_existing(url: str | None, data: Path) -> Database:
    """Open an existing database to read it; nothing is created or migrated.

    The caller has to know that its tables are current.

    Raises:
        SettingsError: `url` is no PostgreSQL URL. The text does not repeat it.
        StoreError: the database cannot be used.
    """
    return await _opened(url, data, Database.version)


async def _opened(
    url: str | None, data: Path, first: Callable[[Database], Awaitable[object]]
) -> Database:
    """The database, after `first` was done with it; closed if that fails."""
    database = Database(_backend(url, data))
    try:
        await first(database)
    except BaseException:
        await database.close()
        raise
    return database


async def version_at(url: str | None, data: Path) -> str:
    """The last migration of an existing database (see `open_existing`); empty if it has no tables.

    Raises:
        SettingsError: `url` is no PostgreSQL URL. The text does not repeat it.
        StoreError: the database cannot be read, or it has tables and cannot be written.
    """
    database = Database(_backend(url, data))
    try:
        if version := await database.version():
            await database.check()
        return version
    finally:
        await database.close()


def _backend(url: str | None, data: Path) -> Backend:
    # Imported here, so that a process loads only one driver.
    if url:
        from adapters.database.postgresql import PostgresBackend

        return PostgresBackend(url)
    from adapters.database.sqlite import SqliteBackend

    return SqliteBackend(data)


async def _version(connection: AsyncConnection) -> str:
    """The last migration that was applied; empty if there was none."""

    def exists(connection: Connection) -> bool:
        return inspect(connection).has_table(migrations.VERSION_TABLE)

    if not await connection.run_sync(exists):
        return ""
    query = text(f"SELECT version_num FROM {migrations.VERSION_TABLE}")
    return await connection.scalar(query) or ""
