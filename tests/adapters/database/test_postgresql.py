"""The database as a server: its URL, its refusals, its restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import postgresql
from adapters.database.engine import open_database
from adapters.database.errors import StoreError
from adapters.database.posts import SqlPostStore
from knowledge.errors import SettingsError
from knowledge.posts import PostState, Reservation
from tests.adapters.database.posting import asked, posted, reserved
from tests.adapters.wire import wire_to

if TYPE_CHECKING:
    from tests.adapters.postgres import PostgresServer

pytest_plugins = ["tests.adapters.postgres"]


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:hunter2@host/database",
        "sqlite:///hunter2.db",
        "hunter2",
        "postgresql:hunter2",
        "postgresql://user:hunter2/x@host/database",
        "postgresql://user:hunter2@host:port/database",
        "postgresql://user:hunter2@[host/database",
        "postgresql://user:hunter2@host/database?sslmode=hunter2",
    ],
)
async def test_a_url_that_cannot_be_used_is_named_and_not_repeated(
    url: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL") as caught:
        await open_database(url, tmp_path)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
async def test_the_usual_spellings_of_a_url_are_understood(
    scheme: str, postgres_url: str, tmp_path: Path
) -> None:
    rest = postgres_url.partition("://")[2]
    database = await open_database(f"{scheme}://{rest}?sslmode=prefer", tmp_path)
    assert database.engine.dialect.name == "postgresql"
    await database.close()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda url: url.replace("not-a-secret", "hunter2"), "refuses the user or the password"),
        (lambda url: url + "-hunter2", "does not exist"),
        (lambda url: url + "?hunter2=1", "option that PostgreSQL does not know"),
        (lambda url: url.replace("127.0.0.1", "host.invalid"), "cannot be reached"),
    ],
)
async def test_a_server_that_refuses_us_is_a_sentence_with_the_mend(
    spoil: Callable[[str], str], sentence: str, postgres_url: str, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=sentence) as caught:
        await open_database(spoil(postgres_url), tmp_path)
    assert "DATABASE_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_work_goes_on_while_postgresql_restarts(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    database = await open_database(postgres_url, tmp_path)
    store = SqlPostStore(database)
    post = await posted(store)
    restarted = asyncio.Event()

    async def work() -> None:
        while not restarted.is_set():
            await store.set_pinned(post, True)
            assert await store.all() == [replace(post, pinned=True)]

    async with asyncio.TaskGroup() as group:
        for _ in range(postgresql.CONNECTIONS):
            group.create_task(work())
        await asyncio.to_thread(postgres_server.stop)
        await asyncio.to_thread(postgres_server.start)
        restarted.set()
    await database.close()


async def test_who_stops_waiting_for_a_server_that_fell_silent_goes_on_at_once(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    async with wire_to(postgres_server.port) as wire:
        at, instead = (f":{port}/" for port in (postgres_server.port, wire.port))
        database = await open_database(postgres_url.replace(at, instead), tmp_path)
        statement = text("SELECT 1")
        for work in (database.read, database.execute):
            await work(statement)  # over a connection that is kept
            wire.kill()
            # SQLAlchemy would wait two seconds for the server's farewell.
            async with asyncio.timeout(1.5):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await work(statement)
            wire.mend()
        assert await database.read(statement)
        await database.close()


async def test_a_hold_that_a_restart_took_away_begins_no_edit_but_finishes_one(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    database = await open_database(postgres_url, tmp_path)
    store = SqlPostStore(database)
    one, two = await posted(store, "one"), await posted(store, "two")
    async with store.claim(one.id) as of_one, store.claim(two.id) as of_two:
        assert of_one
        assert of_two
        await of_two.begin("r2")
        await asyncio.to_thread(postgres_server.stop)
        await asyncio.to_thread(postgres_server.start)
        with pytest.raises(StoreError, match="lost the lock"):
            await of_one.begin("r2")
        await of_two.finish("r2", PostState.CURRENT)
    assert await store.begun() == []
    async with store.claim(one.id) as claim:
        assert claim
    await database.close()


@pytest.mark.usefixtures("impatient")
async def test_work_whose_confirmation_is_lost_is_done_once(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await open_database(postgres_url, tmp_path)
    store = SqlPostStore(database)
    commit = AsyncConnection.commit
    commits: list[AsyncConnection] = []

    async def commit_and_break_every_other_time(connection: AsyncConnection) -> None:
        await commit(connection)
        commits.append(connection)
        if len(commits) % 2:
            raise ConnectionResetError

    monkeypatch.setattr(AsyncConnection, "commit", commit_and_break_every_other_time)
    reservation = await reserved(store)
    assert await store.unfinished() == [reservation]
    post = await store.record(reservation, "1", "r1")
    async with store.claim(post.id) as claim:
        assert claim
        await claim.begin("r2")
        await claim.finish("r2", PostState.CURRENT)
    assert await store.all() == [replace(post, revision="r2")]
    other = await reserved(store, "other")
    await store.release(other)
    assert await store.unfinished() == []
    await store.forget(post)
    assert await store.all() == []
    assert isinstance(await asked(store), Reservation)
    assert len(commits) == 2 * 8
    await database.close()


async def test_a_server_that_only_lets_us_read_does_not_pass_for_one_that_can_be_used(
    postgres_url: str, tmp_path: Path
) -> None:
    await (await open_database(postgres_url, tmp_path)).close()
    read_only = f"{postgres_url}?default_transaction_read_only=on"
    database = await open_database(read_only, tmp_path)
    assert await SqlPostStore(database).all() == []
    with pytest.raises(StoreError, match="only lets us read"):
        await database.check()
    await database.close()
