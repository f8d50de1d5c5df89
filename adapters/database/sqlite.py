"""SQLite in the data folder: nothing to set up."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from contextlib import closing, suppress
from os.path import samestat
from pathlib import Path

from sqlalchemy import Connection, Table, event
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from adapters.database import SQLITE_FILE
from adapters.database.errors import StoreError
from adapters.database.ownership import leave_to_owner

CONNECTIONS = 2
"""Two, so that one can read while the other writes; each needs a thread."""
BUSY_TIMEOUT_S = 5.0
"""Seconds that a statement waits for another process that writes."""

_READS_ONLY = "ldn_bot_reads_only"
_UNWRITABLE = (
    "{path} cannot be written. Let this user write to it, or set LDN_DATA to another folder."
)
_DAMAGED = (
    "{path} is damaged, or not a database. Put a backup in its place. Without one, move it away: "
    "the bot starts with an empty store then, and no longer knows what it has posted."
)
_MOVED = (
    "{path} was moved, deleted or replaced while the bot was using it. Put it back; or put a "
    "backup in its place, and restart the bot."
)
_SENTENCES = {
    sqlite3.SQLITE_BUSY: "{path} is in use by another program. Close that, and try again.",
    sqlite3.SQLITE_LOCKED: "{path} is in use by another program. Close that, and try again.",
    sqlite3.SQLITE_FULL: "The disk that holds {path} is full. Make room, and try again.",
    # Also where there is no room for what the processes share that have it open.
    sqlite3.SQLITE_IOERR: "The disk that holds {path} is full, or fails. See to it, and try again.",
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
}


class SqliteBackend:
    """A file in the data folder."""

    faults = (SQLAlchemyError, sqlite3.Error)

    def __init__(self, data: Path) -> None:
        self._path = data / SQLITE_FILE
        self._locks: FileLocks | None = None
        self._file: os.stat_result | None = None
        """The file that was opened first."""
        self.engine = create_async_engine(
            f"sqlite+aiosqlite:///{self._path.absolute()}",
            pool_size=CONNECTIONS,
            max_overflow=0,
            hide_parameters=True,
            # The driver must not begin transactions: `_begin` does, also before reads and DDL.
            connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_S},
        )
        self.reads = self.engine.execution_options(**{_READS_ONLY: True})
        for moment in ("do_connect", "checkout"):
            event.listen(self.engine.sync_engine, moment, self._check_in_place)
        event.listen(self.engine.sync_engine, "connect", _enable_foreign_keys)
        event.listen(self.engine.sync_engine, "begin", _begin)

    async def prepare(self) -> None:
        """Create the folder and the files, and switch the database to a write-ahead log.

        Raises:
            StoreError: the folder or a file cannot be created.
        """
        locks = self._path.with_suffix(".locks")

        def make() -> None:
            try:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                for path in (self._path, locks):
                    path.touch(mode=0o600)
                    with suppress(OSError):  # the file can be used with another owner as well
                        leave_to_owner(path)
                self._locks = self._locks or FileLocks(locks)
            except OSError as error:
                raise StoreError(_UNWRITABLE.format(path=error.filename)) from error

        await asyncio.to_thread(make)
        await self._ask("PRAGMA journal_mode = WAL")

    async def probe(self) -> None:
        """See `Backend.probe`."""
        await self._ask("PRAGMA schema_version")

    async def _ask(self, pragma: str) -> None:
        """Execute a pragma without the driver, which leaks a thread if it cannot connect."""

        def ask() -> None:
            # `rw` does not create the file; `ro` would leave an empty log behind.
            address = f"{self._path.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(address, timeout=BUSY_TIMEOUT_S, uri=True)) as connection:
                connection.execute(pragma)
            self._file = self._file or self._path.stat()

        await asyncio.to_thread(ask)

    def _check_in_place(self, *_: object) -> None:
        """Check that the file is still the one that was opened.

        SQLite itself would go on with a deleted file, and lose everything that is stored from then
        on, or create an empty one.

        Raises:
            StoreError: it was deleted or replaced.
        """
        try:
            in_place = self._file is None or samestat(self._file, self._path.stat())
        except OSError:  # it does not exist, or may not be accessed
            in_place = False
        if not in_place:
            raise StoreError(_MOVED.format(path=self._path))

    def insert(self, table: Table) -> Insert:
        """See `Backend.insert`."""
        return insert(table)

    async def lock_schema(self, connection: AsyncConnection) -> None:
        """Nothing: a transaction that writes excludes every other one from its beginning."""

    async def lock_key(self, connection: AsyncConnection, key: str) -> None:
        """Nothing, for the same reason."""

    async def lock_post(self, post_id: int) -> FileLock | None:
        """Lock a post's byte in the lock file, until it is released or the process ends."""
        assert self._locks is not None  # `prepare` was called
        return FileLock(self._locks, post_id) if self._locks.acquire(post_id) else None

    def is_transient(self, error: Exception) -> bool:
        """Whether another attempt may succeed: another process was writing."""
        return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

    def explain(self, error: Exception) -> str:
        """See `Backend.explain`."""
        sentence = _SENTENCES.get(_code(error), "{path} cannot be used. Try again; then restart.")
        return sentence.format(path=self._path)

    async def close(self) -> None:
        """Close the files."""
        await self.engine.dispose()
        if self._locks:
            self._locks.close()


class FileLocks:
    """Locks on the bytes of a file, one byte for each post.

    They exclude other processes, such as `ldn-bot pins --refresh` beside the bot; the operating
    system releases them when the process ends, however it ends. Within one process, a set does.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR)
        self._held: set[int] = set()

    def acquire(self, post_id: int) -> bool:
        """Lock a post; False if it is locked already."""
        if post_id in self._held:
            return False
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, post_id)
        except (BlockingIOError, PermissionError):  # POSIX allows either for a lock that is taken
            return False
        self._held.add(post_id)
        return True

    def release(self, post_id: int) -> None:
        """Release a post's lock; does nothing if there is none."""
        if post_id in self._held:
            self._held.remove(post_id)
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, post_id)

    def close(self) -> None:
        """Release all locks, and close the file."""
        os.close(self._file)


class FileLock:
    """A `PostLock` of `FileLocks`."""

    def __init__(self, locks: FileLocks, post_id: int) -> None:
        self._locks = locks
        self._post_id = post_id

    async def check(self) -> None:
        """Nothing: such a lock is not lost while the process lives."""

    async def release(self) -> None:
        """See `PostLock.release`."""
        self._locks.release(self._post_id)


def _enable_foreign_keys(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that writes locks at its beginning: if it turned from reading to writing later,
    # SQLite might refuse that at once, without waiting for the other writer.
    if not connection.get_execution_options().get(_READS_ONLY):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _code(error: Exception) -> int:
    original = error.orig if isinstance(error, DBAPIError) else error
    return getattr(original, "sqlite_errorcode", 0) & 0xFF
