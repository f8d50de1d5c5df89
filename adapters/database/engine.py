"""The database: opened, brought up to date, asked, closed; patient with what passes by itself."""

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
"""How often a piece of work is tried while the fault is one that passes."""
FIRST_WAIT_S = 0.1
"""The pause after the first attempt; each further one is twice as long, about 3 s in all."""
TOLD_EVERY_S = 10.0
"""Between two lines of the log, at least, that say that something is tried again: while a database
is away, everybody's work is."""
WRITTEN_LATELY_S = 30.0
"""For how long it counts that something was written. After that, only another write can show that
something still can be: one page of SQLite's log, where there is nothing else to write."""


class Hold(Protocol):
    """A post that no other process holds."""

    async def check(self) -> None:
        """Raise `StoreError` if it is not held any more."""

    async def release(self) -> None:
        """Let go; a second time does nothing."""


class Backend(Protocol):
    """What differs between the kinds of database."""

    @property
    def engine(self) -> AsyncEngine:
        """For what writes: a transaction that begins with the right to."""

    @property
    def reads(self) -> AsyncEngine:
        """The same connections, for single statements that only read."""

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """What comes up where the database is at fault."""

    async def prepare(self) -> None:
        """Make what is missing before something can be kept."""

    async def look(self) -> None:
        """See, before the first connection of the engine, whether it can be used; make nothing."""

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT."""

    async def lock_schema(self, connection: AsyncConnection) -> None:
        """Keep other processes from altering tables until this transaction ends."""

    async def serialize(self, connection: AsyncConnection, key: str) -> None:
        """Wait until no other transaction is at `key`; be at it until this one ends."""

    async def hold(self, post_id: int) -> Hold | None:
        """Hold a post until it is released or the process ends; None if someone else does."""

    def is_transient(self, error: Exception) -> bool:
        """Whether another attempt may succeed."""

    def explain(self, error: Exception) -> str:
        """A sentence that says what to mend, without any secret."""

    async def close(self) -> None:
        """Let go of every file and connection."""


class Database:
    """An open database whose tables are those of `tables`. Work on it is safe to run twice."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.insert = backend.insert
        """An INSERT that knows ON CONFLICT."""
        self.serialize = backend.serialize
        """Within `write`: wait until no other transaction is at a key; be at it until the end."""
        self._wrote = -inf
        """When something was last written, and nothing has failed to be since."""
        self._told = -inf
        """When the log last said that something is tried again."""

    @property
    def engine(self) -> AsyncEngine:
        """For libraries that bring their own statements."""
        return self._backend.engine

    async def read(self, statement: Executable) -> Sequence[Row[Any]]:
        """The rows of one statement that only reads.

        Raises:
            StoreError: it could not be read, not even when tried again.
        """

        async def work() -> Sequence[Row[Any]]:
            async with self._backend.reads.connect() as connection:
                return (await connection.execute(statement)).all()

        return await self._attempt(work)

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What `work` returns, after its transaction has been committed.

        `work` may run several times, also after a commit whose confirmation was lost, so it has
        to come to the same end each time.

        Raises:
            StoreError: it could not be done, not even when tried again.
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
        """One statement that writes, in a transaction of its own, as `write` does it."""
        await self.write(lambda connection: connection.execute(statement))

    async def check(self) -> None:
        """See that what is kept can be read, and that something can be kept. Nothing is altered.

        A server that is a standby now, or a disk that is full, can still be read. So unless
        something was written lately, this writes.

        Raises:
            StoreError: one or the other is not so.
        """
        if monotonic() - self._wrote < WRITTEN_LATELY_S:
            await self.read(text(f"SELECT version_num FROM {migrations.VERSION_TABLE}"))
        else:
            unaltered = f"UPDATE {migrations.VERSION_TABLE} SET version_num = version_num"
            await self.execute(text(unaltered))

    @asynccontextmanager
    async def hold(self, post_id: int) -> AsyncIterator[Hold | None]:
        """Hold a post until the block or the process ends; None if someone else does.

        Raises:
            StoreError: the database cannot say.
        """
        hold = await self._attempt(lambda: self._backend.hold(post_id))
        try:
            yield hold
        finally:
            if hold:
                await hold.release()

    async def close(self) -> None:
        """Let go of every file and connection."""
        await self._backend.close()

    async def version(self) -> str:
        """The last migration that was applied; empty if there was none.

        Raises:
            StoreError: the database cannot be used.
        """

        async def look() -> str:
            await self._backend.look()
            async with self._backend.reads.connect() as connection:
                return await _version(connection)

        return await self._attempt(look)

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
    """The database at `url` (PostgreSQL), or SQLite in the folder `data`, with current tables.

    Raises:
        SettingsError: `url` is none of PostgreSQL. It is not repeated.
        StoreError: the database cannot be reached or written, is damaged, or of a newer version.
    """
    return await _opened(url, data, Database.bring_up_to_date)


async def look_into(url: str | None, data: Path) -> Database:
    """The database that `open_database` would open, as it is: nothing is made, no table altered.

    For reading alone, and for tables that are known to be current.

    Raises:
        SettingsError: `url` is none of PostgreSQL. It is not repeated.
        StoreError: the database cannot be used.
    """
    return await _opened(url, data, Database.version)


async def _opened(
    url: str | None, data: Path, first: Callable[[Database], Awaitable[object]]
) -> Database:
    """The database, once that was done first; closed if it fails."""
    database = Database(_backend(url, data))
    try:
        await first(database)
    except BaseException:
        await database.close()
        raise
    return database


async def version_at(url: str | None, data: Path) -> str:
    """The last migration of the database that `open_database` would open; no table is altered.

    Raises:
        SettingsError: `url` is none of PostgreSQL. It is not repeated.
        StoreError: the database cannot be used: not be read, or, if it has tables, not be written.
    """
    database = Database(_backend(url, data))
    try:
        if version := await database.version():
            await database.check()
        return version
    finally:
        await database.close()


def _backend(url: str | None, data: Path) -> Backend:
    # Imported here, so that a process pays for one driver alone.
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
