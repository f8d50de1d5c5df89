"""Opening a database: brought up to date once, private, nothing left open."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.database import SQLITE_FILE, migrations
from adapters.database.engine import Database, open_database
from adapters.database.errors import StoreError
from adapters.database.posts import SqlPostStore
from tests.adapters.database.posting import posted
from tests.adapters.database.processes import output, python

pytest_plugins = ["tests.adapters.postgres"]

_OPEN = """
import asyncio, sys
from pathlib import Path
from adapters.database.engine import open_database
from adapters.database.posts import SqlPostStore

async def main():
    asyncio.get_running_loop().slow_callback_duration = 60  # being slow is no complaint here
    try:
        database = await open_database(sys.argv[1] or None, Path(sys.argv[2]))
    except Exception as error:
        return type(error).__name__
    await SqlPostStore(database).all()
    await database.close()
    return "opened"

print(asyncio.run(main()), *sorted({"alembic", "mako"} & sys.modules.keys()))
"""


async def open_elsewhere(url: str | None, data: Path, *options: str) -> str:
    async with python(_OPEN, url or "", str(data), options=options) as process:
        return (await output(process)).strip()


async def test_processes_that_start_at_once_bring_an_empty_database_up_to_date_together(
    url: str | None, tmp_path: Path
) -> None:
    done = await asyncio.gather(*(open_elsewhere(url, tmp_path) for _ in range(3)))
    assert "opened alembic mako" in done
    database = await open_database(url, tmp_path)
    rows = await database.read(text("SELECT version_num FROM alembic_version"))
    assert [row.version_num for row in rows] == [migrations.HEAD]
    await database.close()


async def test_alembic_is_not_imported_where_the_tables_are_current(
    database: Database, migrated_url: str | None, tmp_path: Path
) -> None:
    assert await open_elsewhere(migrated_url, tmp_path) == "opened"


async def test_opening_and_closing_leaves_nothing_open(
    database: Database, migrated_url: str | None, tmp_path: Path
) -> None:
    assert await open_elsewhere(migrated_url, tmp_path, "-X", "dev") == "opened"


@pytest.mark.parametrize("content", [None, "This is a letter. " * 500])
async def test_a_file_that_cannot_be_opened_leaves_nothing_open(
    content: str | None, tmp_path: Path
) -> None:
    path = tmp_path / SQLITE_FILE
    path.write_text(content, encoding="ascii") if content else path.mkdir()
    assert await open_elsewhere(None, tmp_path, "-X", "dev") == "StoreError"


async def test_an_empty_database_may_be_opened_several_times_at_once(
    url: str | None, tmp_path: Path
) -> None:
    opened = await asyncio.gather(*(open_database(url, tmp_path) for _ in range(4)))
    await asyncio.gather(*(posted(SqlPostStore(each), f"s{id(each)}") for each in opened))
    assert len(await SqlPostStore(opened[0]).all()) == len(opened)
    for each in opened:
        await each.close()


async def test_what_was_recorded_is_there_after_a_restart(
    store: SqlPostStore, migrated_url: str | None, tmp_path: Path
) -> None:
    post = await posted(store)
    again = await open_database(migrated_url, tmp_path)
    assert await SqlPostStore(again).all() == [post]
    await again.close()


async def test_a_database_of_a_newer_version_is_refused_in_a_sentence(
    database: Database, migrated_url: str | None, tmp_path: Path
) -> None:
    await database.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version of ldn-bot"):
        await open_database(migrated_url, tmp_path)
