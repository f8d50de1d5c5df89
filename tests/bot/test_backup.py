"""`ldn-bot backup` and `ldn-bot restore`, with real files and a real writer."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.database import SQLITE_FILE
from adapters.database.engine import Database, open_database
from adapters.database.posts import SqlPostStore
from bot.backup import BackupError, back_up_database, restore_database
from bot.cli import main
from bot.settings import Settings
from knowledge.posts import Place, Platform, Post
from tests.adapters.database.posting import posted
from tests.bot.users import unwritable
from tests.documents import UNASKABLE

ROOT = Path(__file__).parents[2]

WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from adapters.database.engine import open_database
from adapters.database.posts import SqlPostStore
from knowledge.posts import Place, Platform

async def write() -> None:
    store = SqlPostStore(await open_database(None, Path(sys.argv[1])))
    for number in itertools.count():
        place = Place(Platform.DISCORD, "1", str(number))
        post = await store.record(await store.reserve(place, "ldn", "dose", "Dose"), "m", "r")
        await store.set_pinned(post, True)
        print(number, flush=True)

asyncio.run(write())
"""
"""Posts and pins without end; says the number of each post that is kept."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def settings(data: Path) -> Settings:
    return Settings(data=data)


@asynccontextmanager
async def opened(data: Path) -> AsyncIterator[Database]:
    database = await open_database(None, data)
    try:
        yield database
    finally:
        await database.close()


async def post(database: Database, channel: str) -> Post:
    """One post that is kept."""
    return await posted(SqlPostStore(database), place=Place(Platform.SLACK, "T1", channel))


async def kept(data: Path) -> list[Post]:
    async with opened(data) as database:
        return list(await SqlPostStore(database).all())


def rows(file: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchall()


def run(data: Path, *arguments: str, **settings: str) -> Result:
    environment = {"LDN_DATA": str(data), "DATABASE_URL": "", **settings}
    return CliRunner().invoke(main, arguments, env=environment)


@contextmanager
def writing(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that keeps posts one after the other, as fast as it can."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(data)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "0\n"
            yield process
        finally:
            process.kill()


async def test_what_was_backed_up_is_there_again_after_a_restore_in_two_commands(
    data: Path, tmp_path: Path
) -> None:
    async with opened(data) as database:
        before = [await post(database, "C1"), await post(database, "C2")]
    file = tmp_path / "backup.sqlite3"
    assert run(data, "backup", str(file)).exit_code == 0
    shutil.rmtree(data)

    result = run(data, "restore", str(file))
    assert (result.exit_code, result.stderr) == (0, "")
    assert await kept(data) == before


async def test_a_backup_while_another_process_writes_is_whole_and_of_one_moment(
    data: Path, settings: Settings, tmp_path: Path
) -> None:
    with writing(data) as process:
        assert process.stdout is not None
        for number in range(5):
            seen = int(process.stdout.readline())
            file = tmp_path / f"{number}.sqlite3"
            back_up_database(settings, file)
            assert rows(file, "PRAGMA integrity_check") == [("ok",)]
            [(count, highest)] = rows(file, "SELECT count(*), max(id) FROM posts")
            assert isinstance(count, int)
            assert count == highest
            assert count > seen, "a post that was kept before is not in it"
            # Each post is pinned before the next is made: at most the last is not yet.
            assert rows(file, "SELECT count(*) FROM posts WHERE NOT pinned") in [[(0,)], [(1,)]]
            assert rows(file, "SELECT count(*) FROM post_locks") == [(count,)]
        assert process.poll() is None, "the writer was disturbed"


async def test_a_backup_is_one_file_that_only_its_owner_can_read(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    async with opened(settings.data) as database:
        await post(database, "C1")
        back_up_database(settings, folder / "today.sqlite3")
    assert [path.name for path in folder.iterdir()] == ["today.sqlite3"]
    assert stat.S_IMODE((folder / "today.sqlite3").stat().st_mode) == 0o600
    assert rows(folder / "today.sqlite3", "PRAGMA journal_mode") == [("delete",)]


async def test_a_backup_replaces_no_file(settings: Settings, tmp_path: Path) -> None:
    async with opened(settings.data):
        pass
    file = tmp_path / "backup.sqlite3"
    file.write_text("something else", encoding="utf-8")
    with pytest.raises(BackupError, match="exists"):
        back_up_database(settings, file)
    assert file.read_text(encoding="utf-8") == "something else"


def test_with_nothing_kept_there_is_nothing_to_back_up_and_nothing_is_made(
    data: Path, tmp_path: Path
) -> None:
    result = run(data, "backup", str(tmp_path / "backup.sqlite3"))
    assert result.exit_code == 1
    assert "nothing to back up" in result.stderr
    assert list(tmp_path.iterdir()) == []

    data.mkdir()
    (data / SQLITE_FILE).touch()
    result = run(data, "backup", str(tmp_path / "backup.sqlite3"))
    assert result.exit_code == 1
    assert "nothing to back up" in result.stderr
    assert list(tmp_path.iterdir()) == [data]


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_with_postgresql_both_commands_point_to_its_own_programs(
    data: Path, tmp_path: Path, command: str
) -> None:
    url = "postgresql://ldn:a-password@localhost/ldn"
    result = run(data, command, str(tmp_path / "file"), DATABASE_URL=url)
    assert result.exit_code == 1
    assert "pg_dump" in result.stderr
    assert "a-password" not in result.stderr


async def test_a_restore_is_refused_while_the_bot_has_the_database_open(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "backup.sqlite3"
    async with opened(settings.data) as database:
        back_up_database(settings, file)
        later = await post(database, "C1")
        with pytest.raises(BackupError, match="Stop the bot"):
            restore_database(settings, file)
        assert await SqlPostStore(database).all() == [later]
    assert await kept(settings.data) == [later]
    assert sorted(path.suffix for path in settings.data.iterdir()) == [".locks", ".sqlite3"]


async def test_what_a_restore_replaces_is_kept_with_all_that_was_in_its_log(
    data: Path, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "backup.sqlite3"
    async with opened(data):
        back_up_database(settings, file)
    with writing(data) as process:  # killed, so its log stays behind
        assert process.stdout is not None
        process.stdout.readline()
    assert (data / f"{SQLITE_FILE}-wal").exists()

    replaced = restore_database(settings, file)
    assert replaced is not None
    [(count,)] = rows(replaced, "SELECT count(*) FROM posts")
    assert isinstance(count, int)
    assert count >= 2
    assert await kept(data) == []

    # What the next restore replaces stands beside no log of what this one did.
    log = replaced.with_name(f"{replaced.name}-wal")
    log.write_bytes(b"of an earlier one")
    assert restore_database(settings, file) == replaced
    assert not log.exists()


def spoil_file(data: Path) -> None:
    (data / SQLITE_FILE).write_bytes(b"no database at all" * 1000)
    (data / f"{SQLITE_FILE}-wal").write_bytes(b"no log either")


def spoil_disk(data: Path) -> None:
    """Leaves a whole log behind, which cannot be taken in for a fault of the disk."""
    with writing(data):
        pass
    assert (data / f"{SQLITE_FILE}-wal").exists()
    (data / f"{SQLITE_FILE}-journal").mkdir()  # reading it is an input/output error


@pytest.mark.parametrize("spoil", [spoil_file, spoil_disk])
async def test_a_database_that_cannot_be_read_can_be_restored_and_its_log_does_not_come_back(
    data: Path, settings: Settings, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    file = tmp_path / "backup.sqlite3"
    async with opened(data) as database:
        before = await post(database, "C1")
        back_up_database(settings, file)
    spoil(data)
    restore_database(settings, file)
    assert await kept(data) == [before]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a database of ldn-bot"),
        (b"words " * 1000, "not a database of ldn-bot"),
    ],
)
async def test_what_is_no_backup_is_not_restored(
    settings: Settings, tmp_path: Path, content: bytes, says: str
) -> None:
    async with opened(settings.data) as database:
        before = await post(database, "C1")
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(BackupError, match=says):
        restore_database(settings, file)
    assert await kept(settings.data) == [before]


async def test_a_backup_with_damaged_pages_is_not_restored(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "backup.sqlite3"
    async with opened(settings.data) as database:
        before = await post(database, "C1")
        back_up_database(settings, file)
    content = bytearray(file.read_bytes())
    [(root,)] = rows(file, "SELECT rootpage FROM sqlite_master WHERE name = 'posts'")
    assert isinstance(root, int)
    content[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    file.write_bytes(content)
    with pytest.raises(BackupError, match="damaged"):
        restore_database(settings, file)
    assert await kept(settings.data) == [before]


async def test_a_backup_of_a_newer_version_is_not_restored(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "backup.sqlite3"
    async with opened(settings.data):
        back_up_database(settings, file)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BackupError, match="newer version"):
        restore_database(settings, file)


async def test_a_copy_made_by_hand_of_a_stopped_bot_can_be_restored_too(
    settings: Settings, tmp_path: Path
) -> None:
    async with opened(settings.data) as database:
        before = await post(database, "C1")
    file = tmp_path / "copy.sqlite3"
    shutil.copy(settings.data / SQLITE_FILE, file)
    shutil.rmtree(settings.data)
    restore_database(settings, file)
    assert await kept(settings.data) == [before]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
async def test_what_root_restores_belongs_to_the_owner_of_the_data_folder(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "backup.sqlite3"
    async with opened(settings.data):
        back_up_database(settings, file)
    os.chown(settings.data, 12345, 12346)
    restore_database(settings, file)
    found = (settings.data / SQLITE_FILE).stat()
    assert (found.st_uid, found.st_gid) == (12345, 12346)


async def test_a_folder_that_cannot_be_written_is_named(settings: Settings, tmp_path: Path) -> None:
    async with opened(settings.data):
        pass
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(BackupError, match="cannot be written"):
        back_up_database(settings, tmp_path / "file" / "backup.sqlite3")


async def test_a_folder_that_cannot_be_written_is_backed_up_if_its_database_was_closed(
    public: Path,
) -> None:
    settings, file = Settings(data=public / "data"), public / "backup.sqlite3"
    async with opened(settings.data) as database:
        await post(database, "C1")
    with unwritable(settings.data):
        back_up_database(settings, file)
    assert rows(file, "SELECT channel FROM posts") == [("C1",)]


async def test_in_a_folder_that_cannot_be_written_nothing_of_a_log_is_left_out(
    public: Path,
) -> None:
    killed = public / "killed"
    async with opened(public / "data") as database:
        await post(database, "C1")
        shutil.copytree(public / "data", killed)
    with unwritable(killed):
        back_up_database(Settings(data=killed), public / "whole.sqlite3")
    assert rows(public / "whole.sqlite3", "SELECT channel FROM posts") == [("C1",)]

    (killed / f"{SQLITE_FILE}-shm").unlink()
    with unwritable(killed), pytest.raises(BackupError, match="Copy the folder"):
        back_up_database(Settings(data=killed), public / "none.sqlite3")


def test_where_the_backup_has_no_room_it_says_so_and_leaves_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    settings.data.mkdir()
    with closing(sqlite3.connect(settings.data / SQLITE_FILE)) as connection:
        connection.execute("CREATE TABLE alembic_version AS SELECT zeroblob(100000) AS version_num")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "backup", str(tmp_path / "backup.sqlite3")],
        cwd=ROOT,
        env={"LDN_DATA": str(settings.data), "PYTHONDONTWRITEBYTECODE": "1"},
        # Of no file may this process write more.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)),
        capture_output=True,
        text=True,
        check=False,
    )
    new = tmp_path / ".backup.sqlite3.ldn-bot-new"
    said = f"There is no room for {new}. Make room there, or name a file on another disk.\n"
    assert (done.returncode, done.stderr) == (1, said)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_what_cannot_be_looked_for_is_not_said_to_be_missing(
    settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="cannot be looked for"):
        restore_database(settings, tmp_path / UNASKABLE)
    with pytest.raises(BackupError, match="cannot be looked for"):
        back_up_database(Settings(data=tmp_path / UNASKABLE), tmp_path / "backup.sqlite3")


def test_a_folder_is_not_restored_and_not_said_to_be_missing(
    settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match=f"^{tmp_path} is a folder. Name the file in it"):
        restore_database(settings, tmp_path)


async def test_a_backup_leaves_the_files_beside_it_alone(data: Path, tmp_path: Path) -> None:
    async with opened(data) as database:
        await post(database, "C1")
    beside = tmp_path / "backup.sqlite3.new"
    beside.write_text("somebody else's", encoding="utf-8")
    assert run(data, "backup", str(tmp_path / "backup.sqlite3")).exit_code == 0
    assert beside.read_text(encoding="utf-8") == "somebody else's"
