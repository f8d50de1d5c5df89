"""`ldn-bot doctor`: the database, and what is recorded there of posts."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.database import SQLITE_FILE, engine, migrations
from adapters.database.engine import open_database
from adapters.database.posts import SqlPostStore
from bot.backup import back_up_database, restore_database
from bot.doctor import Finding, Level
from bot.settings import Settings
from knowledge.compose import Composer
from knowledge.folder import load_library
from knowledge.posts import Place, Platform, Reservation, revision_of
from tests.bot.examining import SECRET, faultless, found, one
from tests.documents import UNASKABLE

pytest_plugins = ["tests.adapters.postgres"]


@pytest.fixture
def garden(tmp_path: Path) -> dict[str, str]:
    return faultless(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, garden: dict[str, str]) -> dict[str, str]:
    """Settings with a store of each kind."""
    if request.param == "postgresql":
        return garden | {"DATABASE_URL": request.getfixturevalue("postgres_url")}
    return garden


async def set_version(settings: Mapping[str, str], version: str) -> None:
    database = await open_database(settings.get("DATABASE_URL"), Path(settings["LDN_DATA"]))
    await database.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))
    await database.close()


async def test_a_database_that_does_not_exist_is_not_made(
    garden: dict[str, str], tmp_path: Path
) -> None:
    assert (await one(garden, "store")).level is Level.OK
    assert not any((tmp_path / "data").iterdir())


async def test_an_empty_postgresql_stays_empty(
    garden: dict[str, str], postgres_url: str, tmp_path: Path
) -> None:
    finding = await one(garden | {"DATABASE_URL": postgres_url}, "store")
    assert finding.level is Level.OK
    assert "is empty" in finding.text
    assert await engine.version_at(postgres_url, tmp_path) == ""


async def test_a_store_with_current_tables_is_ok(kept: dict[str, str]) -> None:
    await set_version(kept, migrations.HEAD)
    finding = await one(kept, "store")
    assert finding.level is Level.OK
    assert migrations.HEAD in finding.text


async def test_a_postgresql_that_only_lets_us_read_is_a_fault(
    garden: dict[str, str], postgres_url: str
) -> None:
    await set_version(garden | {"DATABASE_URL": postgres_url}, migrations.HEAD)
    read_only = f"{postgres_url}?default_transaction_read_only=on"
    finding = await one(garden | {"DATABASE_URL": read_only}, "store")
    assert finding.level is Level.FAULT
    assert "only lets us read" in finding.text


async def test_a_store_of_an_older_version_is_warned_of_and_left_as_it_is(
    kept: dict[str, str],
) -> None:
    await set_version(kept, "0001")
    finding = await one(kept, "store")
    assert finding.level is Level.WARNING
    assert f"(0001 to {migrations.HEAD})" in finding.text
    assert "backup" in finding.text
    data = Path(kept["LDN_DATA"])
    assert await engine.version_at(kept.get("DATABASE_URL"), data) == "0001"


async def test_a_store_of_a_newer_version_is_a_fault(kept: dict[str, str]) -> None:
    await set_version(kept, "9999")
    finding = await one(kept, "store")
    assert finding.level is Level.FAULT
    assert "newer version" in finding.text
    assert await found(kept, "posts") == []


async def test_a_store_that_cannot_be_looked_for_is_a_fault(garden: dict[str, str]) -> None:
    finding = await one(garden | {"LDN_DATA": f"{garden['LDN_DATA']}/{UNASKABLE}"}, "store")
    assert finding.level is Level.FAULT
    assert "LDN_DATA" in finding.text


async def test_a_damaged_database_is_a_fault(garden: dict[str, str]) -> None:
    (Path(garden["LDN_DATA"]) / SQLITE_FILE).write_bytes(b"no database" * 100)
    finding = await one(garden, "store")
    assert finding.level is Level.FAULT
    assert "Put a backup in its place" in finding.text


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"postgresql://ldn:{SECRET}@127.0.0.1:1/ldn", "cannot be reached"),
        (f"mysql://ldn:{SECRET}@127.0.0.1/ldn", "cannot be used as it is"),
        (f"postgresql://ldn:{SECRET}@127.0.0.1:65536/ldn", "cannot be used as it is"),
        (f"postgresql://ldn:{SECRET}@127.0.0.1/ldn?sslmode=some", "cannot be used as it is"),
    ],
)
async def test_a_postgresql_that_cannot_be_used_is_a_fault_that_does_not_tell_the_password(
    garden: dict[str, str], monkeypatch: pytest.MonkeyPatch, url: str, says: str
) -> None:
    monkeypatch.setattr(engine, "FIRST_WAIT_S", 0.001)
    finding = await one(garden | {"DATABASE_URL": url}, "store")
    assert finding.level is Level.FAULT
    assert says in finding.text


async def test_a_database_in_use_by_a_bot_is_ok(garden: dict[str, str]) -> None:
    await set_version(garden, migrations.HEAD)
    file = Path(garden["LDN_DATA"]) / SQLITE_FILE
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("DELETE FROM posts")  # what is written is in the log that the file has now
        assert (await one(garden, "store")).level is Level.OK


# What is posted


async def post(settings: Mapping[str, str], section: str, revision: str) -> None:
    """Record one post of a section of the garden."""
    database = await open_database(settings.get("DATABASE_URL"), Path(settings["LDN_DATA"]))
    store = SqlPostStore(database)
    place = Place(Platform.SLACK, "T1", "C1")
    reservation = await store.reserve(place, "garden", section, section)
    assert isinstance(reservation, Reservation)
    await store.record(reservation, f"message of {section}", revision)
    await database.close()


async def test_outdated_posts_are_counted_with_the_command_that_mends_them(
    kept: dict[str, str],
) -> None:
    [document] = load_library(Path(kept["LDN_DOCUMENTS"])).documents
    water = Composer(document).section(document.by_id["water"])
    await post(kept, "water", revision_of(water))
    assert await one(kept, "posts") == Finding("posts", Level.OK, "1 recorded, all up to date.")

    await post(kept, "winter", "as it was last year")
    finding = await one(kept, "posts")
    assert finding.level is Level.WARNING
    assert finding.text.startswith("1 of 2 are not up to date.")
    assert "ldn-bot pins --refresh" in finding.text


JOURNAL = slice(18, 20)
"""Where a file of SQLite says which kind of log is kept beside it."""


def made(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """What is in a folder: its mode, its owner, and of a database which log it keeps."""
    return {
        path.name: (
            path.stat().st_mode,
            path.stat().st_uid,
            path.read_bytes()[JOURNAL] if path.is_file() else b"",
        )
        for path in folder.iterdir()
    }


def restore_into_new(data: Path, settings: Settings, file: Path) -> None:
    back_up_database(settings, file)
    shutil.rmtree(data)
    data.mkdir()
    if os.geteuid() == 0:
        os.chown(data, 12345, 12346)
    restore_database(settings, file)


async def test_what_was_restored_and_not_started_yet_is_left_as_it_is(
    garden: dict[str, str], tmp_path: Path
) -> None:
    """Also by root, for a service with a user of its own."""
    await post(garden, "winter", "as it was last year")
    data = Path(garden["LDN_DATA"])
    restore_into_new(data, Settings.load(garden), tmp_path / "backup")
    before = made(data)
    assert list(before) == [SQLITE_FILE]
    assert (await one(garden, "posts")).text.startswith("1 of 1 are not up to date.")
    assert made(data) == before


async def test_posts_are_not_judged_by_documents_with_faults(garden: dict[str, str]) -> None:
    await post(garden, "water", "r1")
    (Path(garden["LDN_DOCUMENTS"]) / "garden.yaml").write_text("title:", encoding="utf-8")
    assert await found(garden, "posts") == []
