"""`ldn-bot backup` and `ldn-bot restore`: copies the SQLite database into one file, and back.

A PostgreSQL database is backed up with its own programs (docs/deploy.md).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from adapters.database import SQLITE_FILE
from adapters.database.ownership import leave_to_owner
from bot.files import is_there
from bot.settings import Settings
from knowledge.errors import LdnBotError

_FILE_ENDINGS = ("", "-wal", "-shm", "-journal")
"""The endings of the files that together make one SQLite database."""
_NO_DATABASE = (
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_ERROR,  # it has no such table
)
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
"""These concern the copy, because nothing else is written."""


class BackupError(LdnBotError):
    """Nothing was copied or restored; the text says what to mend."""


def back_up_database(settings: Settings, file: Path) -> None:
    """Copy the database into the new `file`, completely or not at all.

    The copy is a snapshot; the bot may read and write meanwhile.

    Raises:
        BackupError: there is no database, `file` exists, or it cannot be copied.
    """
    database = _database(settings)
    # An empty file is an empty database, in which the bot has not made its tables yet.
    if not _exists(database) or not database.stat().st_size:
        raise BackupError(f"Nothing is kept in {database} yet, so there is nothing to back up.")
    if _exists(file):
        raise BackupError(f"{file} exists. Name a file that does not, for example with the date.")
    with _copy_beside(database, file) as copy:
        copy.replace(file)


def restore_database(settings: Settings, file: Path) -> Path | None:
    """Replace the database by a copy of a backup; its tables are migrated when it is opened.

    Returns:
        Where the replaced database was moved to; None if there was none.

    Raises:
        BackupError: `file` is no backup of this version or an older one, or the bot is running.
    """
    database = _database(settings)
    there = _exists(file)
    if there and file.is_dir():
        raise BackupError(f"{file} is a folder. Name the file in it that `ldn-bot backup` wrote.")
    if not (there and file.is_file()):
        raise BackupError(f"There is no file {file}.")
    with _copy_beside(file, database) as copy:
        leave_to_owner(copy)
        replaced = _set_aside(database)
        copy.replace(database)
    return replaced


def _database(settings: Settings) -> Path:
    if settings.database_url:
        raise BackupError(
            "DATABASE_URL is set, so PostgreSQL keeps everything. Use pg_dump and pg_restore "
            "(docs/deploy.md)."
        )
    return settings.data / SQLITE_FILE


def _exists(path: Path) -> bool:
    try:
        return is_there(path)
    except OSError as error:
        raise BackupError(
            f"{path} cannot be looked for ({error.strerror}). Let this user into its folder."
        ) from error


@contextmanager
def _copy_beside(source: Path, target: Path) -> Iterator[Path]:
    """A checked copy in the folder of `target`, readable by this user only, until the block ends.

    Raises:
        BackupError: it cannot be made, or is no database of this version or an older one.
    """
    new = target.with_name(f".{target.name}.ldn-bot-new")  # an unlikely name, so it may be deleted
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _discard(new)
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode=0o600))
        try:
            _copy(source, new)
            yield new
        finally:
            _discard(new)
    except OSError as error:
        raise BackupError(
            f"{target} cannot be written ({error.strerror}). Name another place, or make room."
        ) from error


def _copy(source: Path, new: Path) -> None:
    from adapters.database import migrations

    try:
        with closing(_readable(source)) as old, closing(sqlite3.connect(new)) as copy:
            old.backup(copy)
            # Without a log beside it, the copy can be read in a folder that cannot be written.
            copy.execute("PRAGMA journal_mode = DELETE")
            [whole] = copy.execute("PRAGMA quick_check(1)").fetchone()
            query = f"SELECT max(version_num) FROM {migrations.VERSION_TABLE}"
            [version] = copy.execute(query).fetchone()
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in _NO_DATABASE:
            raise BackupError(
                f"{source} is damaged, or not a database of ldn-bot. Restore another backup."
            ) from error
        if error.sqlite_errorcode in _NO_ROOM:
            raise BackupError(
                f"There is no room for {new}. Make room there, or name a file on another disk."
            ) from error
        name = error.sqlite_errorname
        raise BackupError(f"{source} cannot be copied to {new} ({name}). Try again.") from error
    if whole != "ok":
        raise BackupError(f"{source} is damaged. Restore another backup.")
    if version and version > migrations.HEAD:
        raise BackupError(f"{source} is of a newer version of ldn-bot. Install that version.")


def _readable(database: Path) -> sqlite3.Connection:
    """A connection that only reads, and creates no database; the write-ahead log is read too.

    To read with a log, SQLite has to create a file beside it, which fails in a folder that cannot
    be written. Without a log nobody has the database open, so it can be read as immutable.

    Raises:
        BackupError: the folder cannot be written, and there is a log.
    """
    uri = f"{database.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True)
    try:
        connection.execute("PRAGMA schema_version")
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        if any(Path(f"{database}{ending}").exists() for ending in _FILE_ENDINGS[1:]):
            raise BackupError(
                f"{database} was not closed well, or is in use, and nothing can be written beside "
                f"it. Copy the folder {database.parent} to a place that can be written, and set "
                "LDN_DATA to the copy."
            ) from error
        return sqlite3.connect(f"{uri}&immutable=1", uri=True)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_aside(database: Path) -> Path | None:
    """Rename the database, so that a wrong restore can be undone; where to, or None if there is
    none.

    Raises:
        BackupError: the database is in use.
    """
    if not is_there(database):
        # A log that a lost database has left behind must not be taken for the new one's.
        _discard(database)
        return None
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            # Moves the log's content into the file; possible only if nobody else has it open.
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise BackupError(f"{database} is in use. Stop the bot, then restore.") from error
        # A damaged database is no obstacle: it may be the reason for the restore.
    aside = database.with_name(f"{database.name}.replaced")
    _discard(aside)
    for ending in _FILE_ENDINGS:
        with suppress(FileNotFoundError):
            os.replace(f"{database}{ending}", f"{aside}{ending}")
    return aside


def _discard(database: Path) -> None:
    for ending in _FILE_ENDINGS:
        Path(f"{database}{ending}").unlink(missing_ok=True)
