"""`ldn-bot backup` and `ldn-bot restore`: what SQLite keeps, as one file.

What PostgreSQL keeps is backed up with its own programs (docs/deploy.md).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from adapters.database import SQLITE_FILE
from adapters.database.ownership import leave_to_owner
from bot.settings import Settings
from knowledge.errors import LdnBotError

_BESIDE = ("", "-wal", "-shm", "-journal")
"""The endings of the files that together are one database of SQLite."""
_NO_DATABASE = (
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_ERROR,  # it has no such table
)
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
"""Of the copy, which is all that is written."""


class BackupError(LdnBotError):
    """Nothing was copied or replaced; the text says what to mend."""


def back_up(settings: Settings, file: Path) -> None:
    """Copy the database, as it is at one moment, into the new `file`, whole or not at all.

    Others may read and write meanwhile: the copy is a snapshot.

    Raises:
        BackupError: there is nothing to copy, or it cannot be copied.
    """
    database = _database(settings)
    if not _exists(database):
        raise BackupError(f"There is no {database} yet, so there is nothing to back up.")
    if _exists(file):
        raise BackupError(f"{file} exists. Name a file that does not, for example with the date.")
    with _copy_beside(database, file) as copy:
        copy.replace(file)


def put_back(settings: Settings, file: Path) -> Path | None:
    """Put a copy of a backup in the database's place; tables are brought up to date when it opens.

    Returns:
        Where the database that was there is kept now; None if there was none.

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
        return path.exists()
    except OSError as error:
        raise BackupError(
            f"{path} cannot be looked for ({error.strerror}). Let this user into its folder."
        ) from error


@contextmanager
def _copy_beside(source: Path, target: Path) -> Iterator[Path]:
    """A checked copy in the folder of `target`, until the block ends; readable by us alone."""
    new = target.with_name(f".{target.name}.ldn-bot-new")  # nobody has a file of that name
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
            # One file that needs no log beside it, and can be read where nothing can be written.
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
    """A connection that does not make the database, and does not alter it; its log is read with it.

    Where nothing can be written, SQLite cannot keep the file by which it shares a log with others.
    It need not where there is no log: then nobody has the database open, and who opens it now
    begins with a log.

    Raises:
        BackupError: nothing can be written there, and there is a log.
    """
    uri = f"{database.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True)
    try:
        connection.execute("PRAGMA schema_version")
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        if any(Path(f"{database}{ending}").exists() for ending in _BESIDE[1:]):
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
    """Rename the database, so that a wrong restore can be undone; refused while it is in use."""
    if not database.exists():
        # What a lost database has left behind must not be taken for the new one's.
        _discard(database)
        return None
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            # Takes what its log holds into the file. Only who is alone with a database may.
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise BackupError(f"{database} is in use. Stop the bot, then restore.") from error
        # A damaged one is why somebody restores.
    aside = database.with_name(f"{database.name}.replaced")
    _discard(aside)
    for ending in _BESIDE:
        with suppress(FileNotFoundError):
            os.replace(f"{database}{ending}", f"{aside}{ending}")
    return aside


def _discard(database: Path) -> None:
    for ending in _BESIDE:
        Path(f"{database}{ending}").unlink(missing_ok=True)
