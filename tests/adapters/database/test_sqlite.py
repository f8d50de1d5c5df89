"""The database as a file: what can be wrong with it, and what is said then."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.database import SQLITE_FILE, engine, migrations, sqlite
from adapters.database.engine import open_database
from adapters.database.errors import StoreError
from adapters.database.posts import SqlPostStore
from tests.adapters.database.posting import HANGS_AFTER_S, posted


async def test_the_folder_of_the_data_is_made_and_is_private(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    database = await open_database(None, data)
    await posted(SqlPostStore(database))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (data, *data.iterdir())}
    await database.close()
    assert modes.pop("data") == 0o700
    assert "ldn-bot.sqlite3" in modes
    assert set(modes.values()) == {0o600}


async def test_sqlite_keeps_a_write_ahead_log_and_foreign_keys(tmp_path: Path) -> None:
    database = await open_database(None, tmp_path)
    values = [
        (await database.read(text(f"PRAGMA {name}")))[0][0]
        for name in ("journal_mode", "foreign_keys", "busy_timeout")
    ]
    await database.close()
    assert values == ["wal", 1, 1000 * sqlite.BUSY_TIMEOUT_S]


async def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / SQLITE_FILE
    path.write_text("This is a letter. " * 500, encoding="ascii")
    with pytest.raises(StoreError, match="damaged, or not a database") as caught:
        await open_database(None, tmp_path)
    assert str(path) in str(caught.value)


async def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="LDN_DATA"):
        await open_database(None, tmp_path / "file")


async def test_a_database_file_that_cannot_be_opened_is_named_with_what_to_do(
    tmp_path: Path,
) -> None:
    (tmp_path / SQLITE_FILE).mkdir()
    with pytest.raises(StoreError, match="LDN_DATA"):
        await open_database(None, tmp_path)


async def test_of_several_files_the_one_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    locks = tmp_path / "ldn-bot.locks"
    locks.mkdir()
    with pytest.raises(StoreError, match=f"^{locks} cannot be written"):
        await open_database(None, tmp_path)


def move_away(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def move_and_begin_anew(path: Path) -> None:
    move_away(path)
    sqlite3.connect(path).close()
    path.touch()


@pytest.mark.parametrize("lose", [move_away, move_and_begin_anew, Path.unlink])
async def test_nothing_is_kept_in_a_file_that_is_not_in_its_place_any_more(
    lose: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / SQLITE_FILE
    database = await open_database(None, tmp_path)
    store = SqlPostStore(database)
    await posted(store)
    lose(path)
    there = path.exists()
    for use in (store.all, lambda: posted(store, message="2"), database.check):
        with pytest.raises(StoreError, match=f"{path} was moved, deleted or replaced"):
            await use()
    assert path.exists() is there, "an empty one was made"
    if lose is move_away:
        path.with_name("elsewhere").rename(path)
        assert len(await store.all()) == 1
    await database.close()


def owners_in(folder: Path) -> list[tuple[int, int]]:
    return [(found.st_uid, found.st_gid) for found in map(Path.stat, folder.iterdir())]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
async def test_what_root_makes_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12346)
    database = await open_database(None, tmp_path)
    post = await posted(SqlPostStore(database))
    async with database.lock_post(post.id):
        owners = owners_in(tmp_path)
    await database.close()
    # Of the database, its log, what that is shared by, and the locks.
    assert owners == [(12345, 12346)] * 4


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
async def test_what_a_link_leads_to_is_not_given_away(tmp_path: Path) -> None:
    elsewhere, data = tmp_path / "elsewhere", tmp_path / "data"
    elsewhere.touch()
    data.mkdir()
    (data / SQLITE_FILE).symlink_to(elsewhere)
    os.chown(data, 12345, 12346)
    await (await open_database(None, data)).close()
    assert elsewhere.stat().st_uid == 0


async def test_a_disk_without_room_for_what_is_shared_beside_the_file_is_named(
    tmp_path: Path,
) -> None:
    await (await open_database(None, tmp_path)).close()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))  # SQLite begins with 32 KB
    try:
        with pytest.raises(StoreError, match=r"^The disk that holds .* is full, or fails"):
            await open_database(None, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("impatient")
async def test_a_file_that_stays_locked_is_a_sentence(tmp_path: Path) -> None:
    database = await open_database(None, tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / SQLITE_FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use by another program"):
            await posted(SqlPostStore(database))
    await database.close()


@pytest.mark.usefixtures("impatient")
async def test_a_check_writes_unless_something_was_written_lately_and_nothing_failed_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await open_database(None, tmp_path)
    await posted(SqlPostStore(database))
    with contextlib.closing(sqlite3.connect(tmp_path / SQLITE_FILE)) as other:
        other.execute("BEGIN IMMEDIATE")  # who writes now has to wait
        await database.check()
        with monkeypatch.context() as later:
            later.setattr(engine, "WRITTEN_LATELY_S", 0)
            with pytest.raises(StoreError):
                await database.check()
        with pytest.raises(StoreError):
            await database.check()
    await database.check()
    await database.close()


async def test_a_check_really_writes_and_alters_nothing(tmp_path: Path) -> None:
    await (await open_database(None, tmp_path)).close()
    database = await open_database(None, tmp_path)
    await SqlPostStore(database).all()
    log = tmp_path / f"{SQLITE_FILE}-wal"
    assert log.stat().st_size == 0
    await database.check()
    assert log.stat().st_size > 0
    assert await database.version() == migrations.HEAD
    await database.close()


@pytest.mark.usefixtures("impatient")
async def test_that_a_database_does_not_answer_is_not_told_at_each_attempt(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await open_database(None, tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / SQLITE_FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(StoreError):
                await posted(SqlPostStore(database))
        assert len(caplog.messages) == 1
        monkeypatch.setattr(engine, "TOLD_EVERY_S", 0.0)
        with pytest.raises(StoreError):
            await posted(SqlPostStore(database))
        assert len(caplog.messages) == engine.ATTEMPTS
    await database.close()


@pytest.mark.usefixtures("impatient")
async def test_a_file_that_is_locked_for_a_while_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await open_database(None, tmp_path)
    refused = asyncio.Event()
    monkeypatch.setattr(engine.log, "warning", lambda *_: refused.set())
    with contextlib.closing(sqlite3.connect(tmp_path / SQLITE_FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(posted(SqlPostStore(database)))
        await asyncio.wait_for(refused.wait(), HANGS_AFTER_S)
        other.rollback()
        await waiting
    assert len(await SqlPostStore(database).all()) == 1
    await database.close()
