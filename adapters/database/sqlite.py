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
"""One may write while another reads; each is a thread."""
BUSY_TIMEOUT_S = 5.0
"""How long a statement waits for another process that writes."""

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
            # The driver begins no transaction by itself: `_begin` does, before reads and tables
            # are made or altered, too.
            connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_S},
        )
        self.reads = self.engine.execution_options(**{_READS_ONLY: True})
        for moment in ("do_connect", "checkout"):
            event.listen(self.engine.sync_engine, moment, self._check_in_place)
        event.listen(self.engine.sync_engine, "connect", _keep_references)
        event.listen(self.engine.sync_engine, "begin", _begin)

    async def prepare(self) -> None:
        """Make what is missing, and have the file keep a write-ahead log from now on.

        Raises:
            StoreError: the folder or a file cannot be made.
        """
        locks = self._path.with_suffix(".locks")

        def make() -> None:
            try:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                for path in (self._path, locks):
                    path.touch(mode=0o600)
                    with suppress(OSError):  # where it cannot be given away, it can be used
                        leave_to_owner(path)
                self._locks = self._locks or FileLocks(locks)
            except OSError as error:
                raise StoreError(_UNWRITABLE.format(path=error.filename)) from error

        await asyncio.to_thread(make)
        await self._ask("PRAGMA journal_mode = WAL")

    async def look(self) -> None:
        """See that the file can be used."""
        await self._ask("PRAGMA schema_version")

    async def _ask(self, pragma: str) -> None:
        """Without the driver, which leaves a thread behind when it cannot connect."""

        def ask() -> None:
            # Not made where it is not there. Not `mode=ro`, which leaves an empty log behind.
            address = f"{self._path.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(address, timeout=BUSY_TIMEOUT_S, uri=True)) as connection:
                connection.execute(pragma)
            self._file = self._file or self._path.stat()

        await asyncio.to_thread(ask)

    def _check_in_place(self, *_: object) -> None:
        """See that the file is still the one that was opened.

        SQLite itself would go on with a file that has no name any more, and everything would be
        lost that is kept from then on; or begin an empty one.

        Raises:
            StoreError: it is not.
        """
        try:
            in_place = self._file is None or samestat(self._file, self._path.stat())
        except OSError:  # it is not there, or is not to be seen
            in_place = False
        if not in_place:
            raise StoreError(_MOVED.format(path=self._path))

    def insert(self, table: Table) -> Insert:
        """An INSERT that knows ON CONFLICT."""
        return insert(table)

    async def lock_schema(self, connection: AsyncConnection) -> None:
        """Nothing: a transaction keeps every other writer away from its beginning."""

    async def serialize(self, connection: AsyncConnection, key: str) -> None:
        """Nothing, for the same reason."""

    async def hold(self, post_id: int) -> FileHold | None:
        """A post's byte in the file of locks, until it is released or the process ends."""
        assert self._locks is not None  # callers prepare
        return FileHold(self._locks, post_id) if self._locks.take(post_id) else None

    def is_transient(self, error: Exception) -> bool:
        """Whether another attempt may succeed: someone else was writing."""
        return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

    def explain(self, error: Exception) -> str:
        """What to mend."""
        sentence = _SENTENCES.get(_code(error), "{path} cannot be used. Try again; then restart.")
        return sentence.format(path=self._path)

    async def close(self) -> None:
        """Close the files."""
        await self.engine.dispose()
        if self._locks:
            self._locks.close()


class FileLocks:
    """Locks on the bytes of a file, one for each post.

    The operating system frees them when the process ends, however it ends. They keep two processes
    apart (a bot, and someone who refreshes on the command line); within one, the set does.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR)
        self._held: set[int] = set()

    def take(self, post_id: int) -> bool:
        """Lock a post; False if someone else has."""
        if post_id in self._held:
            return False
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, post_id)
        except (BlockingIOError, PermissionError):  # the two that POSIX allows for "taken"
            return False
        self._held.add(post_id)
        return True

    def release(self, post_id: int) -> None:
        """Let go of a post; nothing happens to one that is not held."""
        if post_id in self._held:
            self._held.remove(post_id)
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, post_id)

    def close(self) -> None:
        """Let go of all."""
        os.close(self._file)


class FileHold:
    """A post that is held."""

    def __init__(self, locks: FileLocks, post_id: int) -> None:
        self._locks = locks
        self._post_id = post_id

    async def check(self) -> None:
        """Nothing: such a lock is not lost while the process lives."""

    async def release(self) -> None:
        """Let go; a second time does nothing."""
        self._locks.release(self._post_id)


def _keep_references(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that writes says so at once: one that turns from reading to writing may be
    # refused without having waited.
    if not connection.get_execution_options().get(_READS_ONLY):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _code(error: Exception) -> int:
    original = error.orig if isinstance(error, DBAPIError) else error
    return getattr(original, "sqlite_errorcode", 0) & 0xFF
