"""Deliveries: claimed by one, whoever asks; known for a while; not lost with a database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast
from unittest.mock import AsyncMock

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters import deliveries as shared
from adapters.database import deliveries as sql
from adapters.database.deliveries import SqlDeliveryStore
from adapters.database.engine import Database, open_database
from adapters.database.errors import StoreError
from adapters.database.tables import deliveries as table
from adapters.deliveries import KEPT_FOR, Deliveries, DeliveryState, RecentDeliveries
from tests.clock import Clock

pytest_plugins = ["tests.adapters.postgres"]

T = TypeVar("T")

FIRST, BEGUN, DONE, UNKNOWN = DeliveryState
MOMENT = timedelta(microseconds=1)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


async def test_a_delivery_is_claimed_once_and_then_begun_and_then_done(database: Database) -> None:
    store = SqlDeliveryStore(database)
    assert await store.claim("a", "b") == (FIRST, FIRST)
    assert await store.claim("b", "c", "a") == (BEGUN, FIRST, BEGUN)
    await store.finish("a")
    assert await store.claim("a", "b") == (DONE, BEGUN)


async def test_of_forty_that_ask_at_once_in_two_processes_one_is_the_first(
    migrated_url: str | None, tmp_path: Path
) -> None:
    one, other = [await open_database(migrated_url, tmp_path) for _ in range(2)]
    stores = [SqlDeliveryStore(each) for each in (one, other)]
    claims = await asyncio.gather(
        # In either order, so that they would wait for one another if they could.
        *(stores[n % 2].claim(*(("a", "b") if n % 3 else ("b", "a"))) for n in range(40))
    )
    firsts = [state for claim in claims for state in claim if state is FIRST]
    assert len(firsts) == 2
    await one.close()
    await other.close()


async def test_a_delivery_is_known_for_as_long_as_slack_repeats_it_and_then_forgotten(
    database: Database,
) -> None:
    clock = Clock(MARCH)
    store = SqlDeliveryStore(database, clock)
    await store.claim("a")
    await store.finish("a")
    clock.now += KEPT_FOR
    assert await store.claim("a") == (DONE,)
    clock.now += MOMENT
    assert await store.claim("a") == (FIRST,)
    clock.now += MOMENT
    assert await store.claim("a") == (BEGUN,)
    clock.now += KEPT_FOR
    await store.claim("b")
    assert len(await database.read(select(table))) == 1


async def test_deliveries_are_forgotten_also_once_a_clock_that_was_ahead_is_set_right(
    database: Database,
) -> None:
    clock = Clock(MARCH)
    store = SqlDeliveryStore(database, clock)
    clock.now += timedelta(days=1)
    await store.claim("by a clock that is ahead")
    clock.now -= timedelta(days=1)
    for number in range(3):
        await store.claim(f"{number}")
        clock.now += KEPT_FOR + MOMENT
    await store.claim("last")
    kept = await database.read(select(table))
    assert len(kept) == 2, "the last one, and that of the wrong clock"


async def test_a_claim_whose_confirmation_was_lost_is_still_ours(database: Database) -> None:
    clock = Clock(MARCH)
    # The database does the same work again; to it, it is the same moment.
    assert await SqlDeliveryStore(database, clock).claim("a") == (FIRST,)
    assert await SqlDeliveryStore(database, clock).claim("a") == (FIRST,)


async def test_no_id_stands_in_the_table(database: Database) -> None:
    await SqlDeliveryStore(database).claim("Ev0123456789")
    [row] = await database.read(select(table))
    assert "Ev0123456789" not in repr(row)
    assert len(row.delivery) == 64


# In one process


class Broken:
    """A store that cannot say."""

    async def claim(self, *deliveries: str, strict: bool = False) -> tuple[DeliveryState, ...]:
        raise StoreError("The disk is full.")

    async def finish(self, delivery: str) -> None:
        raise StoreError("The disk is full.")

    async def release(self, delivery: str) -> None:
        raise StoreError("The disk is full.")


class Slow:
    """A store that says nothing."""

    async def claim(self, *deliveries: str, strict: bool = False) -> tuple[DeliveryState, ...]:
        await asyncio.Event().wait()
        return ()

    async def finish(self, delivery: str) -> None:
        await asyncio.Event().wait()

    async def release(self, delivery: str) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("store", [None, Broken(), Slow()])
async def test_without_a_store_that_answers_a_process_goes_by_itself(
    store: Broken | Slow | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "STORE_TIMEOUT", 0.01)
    deliveries = Deliveries(store)
    assert await deliveries.claim("a", "b") == (FIRST, FIRST)
    await deliveries.finish("a")
    assert await deliveries.claim("a", "b", "c") == (DONE, BEGUN, FIRST)
    await deliveries.release("b")
    assert await deliveries.claim("b") == (FIRST,)
    strict = await deliveries.claim("a", "d", strict=True)
    assert strict == (DONE, FIRST if store is None else UNKNOWN)


class Away:
    """A store that does not answer until it is back."""

    def __init__(self, store: SqlDeliveryStore) -> None:
        self._store = store
        self.back = False

    async def claim(self, *deliveries: str, strict: bool = False) -> tuple[DeliveryState, ...]:
        if not self.back:
            raise StoreError("PostgreSQL cannot be reached.")
        return await self._store.claim(*deliveries, strict=strict)

    async def finish(self, delivery: str) -> None:
        raise StoreError("PostgreSQL cannot be reached.")

    async def release(self, delivery: str) -> None:
        raise StoreError("PostgreSQL cannot be reached.")


async def test_what_was_done_while_the_store_was_away_is_not_done_again_when_it_is_back(
    database: Database,
) -> None:
    away = Away(SqlDeliveryStore(database))
    deliveries = Deliveries(away)
    assert await deliveries.claim("a") == (FIRST,)
    assert await deliveries.claim("b") == (FIRST,)
    await deliveries.finish("b")
    away.back = True
    assert await deliveries.claim("a", "b", "c") == (BEGUN, DONE, FIRST)
    # Nor what the store knows as begun, because it was away when it was done.
    await deliveries.finish("c")
    assert await deliveries.claim("c", strict=True) == (DONE,)


async def test_what_was_put_off_while_the_store_was_away_is_done_when_it_is_back(
    database: Database,
) -> None:
    away = Away(SqlDeliveryStore(database))
    deliveries = Deliveries(away)
    assert await deliveries.claim("a", strict=True) == (UNKNOWN,)
    assert await deliveries.claim("a", strict=True) == (UNKNOWN,)
    away.back = True
    assert await deliveries.claim("a", strict=True) == (FIRST,)
    assert await deliveries.claim("a", strict=True) == (BEGUN,)


async def test_a_store_that_answers_one_and_not_the_other_is_told_of_once(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", shared.__name__)
    away = Away(SqlDeliveryStore(database))
    deliveries = Deliveries(away)
    for name in "abcdef":
        await deliveries.claim(name)
        away.back = not away.back
    [told] = caplog.messages
    assert told == "what other processes have answered is not known now (StoreError)"


async def test_a_store_that_is_away_is_told_of_once_and_so_is_its_return(
    database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "SETTLED_AFTER", 0.0)
    caplog.set_level("INFO", shared.__name__)
    away = Away(SqlDeliveryStore(database))
    deliveries = Deliveries(away)
    for name in "abc":
        await deliveries.claim(name)
    away.back = True
    for name in "def":
        await deliveries.claim(name)
    assert [record.getMessage() for record in caplog.records] == [
        "what other processes have answered is not known now (StoreError)",
        "what other processes have answered is known again",
    ]


@pytest.mark.parametrize("tell", [Deliveries.finish, Deliveries.release])
async def test_a_store_that_does_not_take_what_came_of_a_delivery_is_told_of(
    tell: Callable[[Deliveries, str], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    await tell(Deliveries(Broken()), "a")
    assert caplog.messages == ["what other processes have answered is not known now (StoreError)"]


async def test_what_others_have_claimed_counts(database: Database) -> None:
    one, other = (Deliveries(SqlDeliveryStore(database)) for _ in range(2))
    assert await one.claim("a") == (FIRST,)
    assert await other.claim("a") == (BEGUN,)
    await one.finish("a")
    assert await other.claim("a") == (DONE,)


async def test_what_is_released_is_done_by_whoever_gets_it_next_and_what_is_done_is_not(
    database: Database,
) -> None:
    one, other = (Deliveries(SqlDeliveryStore(database)) for _ in range(2))
    assert await one.claim("a", "b", strict=True) == (FIRST, FIRST)
    await one.finish("b")
    for each in "ab":
        await one.release(each)
    assert await other.claim("a", "b", strict=True) == (FIRST, DONE)
    assert await one.claim("a", strict=True) == (BEGUN,)


async def test_what_cannot_be_released_at_once_is_when_the_store_is_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "AGAIN_AFTER", 0.01)
    store = SqlDeliveryStore(database)
    one, other = Deliveries(store), Deliveries(SqlDeliveryStore(database))
    await one.claim("a", strict=True)
    write, tried = database.write, asyncio.Event()

    async def fail(_: object) -> None:
        tried.set()
        raise StoreError("PostgreSQL cannot be reached.")

    monkeypatch.setattr(shared, "STORE_TIMEOUT", 0.05)
    monkeypatch.setattr(database, "write", fail)
    await one.release("a")
    assert tried.is_set()
    monkeypatch.setattr(shared, "STORE_TIMEOUT", 60.0)
    monkeypatch.setattr(database, "write", write)
    await store.close()
    assert await other.claim("a", strict=True) == (FIRST,)


async def test_whatever_waits_to_be_released_is_released_once_the_store_is_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "AGAIN_AFTER", 0.01)
    store, other = SqlDeliveryStore(database), SqlDeliveryStore(database)
    await store.claim(*"abc")
    write = database.write
    failing = AsyncMock(side_effect=StoreError("Away."))
    monkeypatch.setattr(database, "write", failing)
    releases = [asyncio.create_task(store.release(each)) for each in "abc"]
    async with asyncio.timeout(10):
        while failing.await_count < len(releases):  # noqa: ASYNC110 - nothing signals it
            await asyncio.sleep(0)
    monkeypatch.setattr(database, "write", write)
    await asyncio.gather(*releases)
    assert await other.claim(*"abc") == (FIRST, FIRST, FIRST)


async def test_closing_does_not_wait_long_for_a_store_that_is_away(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "CLOSED_WITHIN", 0.01)
    store = SqlDeliveryStore(database)
    await store.claim("a")
    monkeypatch.setattr(database, "write", AsyncMock(side_effect=StoreError("Away.")))
    release = asyncio.create_task(store.release("a"))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await store.close()
    with pytest.raises(asyncio.CancelledError):
        await release


class Unconfirmed:
    """A database that keeps claims and does not say so."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        done = await self._database.write(work)
        if isinstance(done, tuple):  # states
            raise StoreError("PostgreSQL cannot be reached.")
        return done


class SlowToCommit:
    """A database that commits later than it is waited for, and then says nothing of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.commit = asyncio.Event()
        self.committing: asyncio.Task[None] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        if self.committing:
            return await self._database.write(work)

        async def then_stall(connection: AsyncConnection) -> None:
            await work(connection)
            await self.commit.wait()

        self.committing = asyncio.create_task(self._database.write(then_stall))
        await asyncio.shield(self.committing)
        raise StoreError("PostgreSQL cannot be reached.")


@pytest.mark.parametrize("waited", [False, True], ids=["not waited for", "never confirmed"])
async def test_what_was_claimed_too_late_is_done_by_whoever_gets_it_next(
    database: Database, monkeypatch: pytest.MonkeyPatch, waited: bool
) -> None:
    monkeypatch.setattr(shared, "STORE_TIMEOUT", 60.0 if waited else 0.2)
    slow = SlowToCommit(database)
    store = SqlDeliveryStore(cast(Any, slow))
    one, other = Deliveries(store), Deliveries(SqlDeliveryStore(database))
    claim = asyncio.create_task(one.claim("signature", "a", strict=True))
    if waited:
        slow.commit.set()
    assert await claim == (UNKNOWN, UNKNOWN)
    slow.commit.set()
    assert slow.committing
    await slow.committing
    monkeypatch.setattr(shared, "STORE_TIMEOUT", 60.0)
    await store.close()
    assert await other.claim("signature anew", "a", strict=True) == (FIRST, FIRST)
    assert await one.claim("a", strict=True) == (BEGUN,)


async def test_what_is_taken_back_is_what_was_claimed_then_and_nothing_else(
    database: Database,
) -> None:
    store = SqlDeliveryStore(cast(Any, Unconfirmed(database)))
    other = SqlDeliveryStore(database)
    await other.claim("begun")
    await other.claim("done")
    await other.finish("done")
    with pytest.raises(StoreError):
        await store.claim("begun", "done", "new", strict=True)
    with pytest.raises(StoreError):
        await store.claim("of a command")
    await store.close()
    assert await other.claim("begun", "done", "new") == (BEGUN, DONE, FIRST)
    assert await other.claim("of a command") == (BEGUN,)


async def test_what_another_process_has_begun_and_lets_go_is_done_here_when_it_comes_again(
    database: Database,
) -> None:
    deliveries = Deliveries(SqlDeliveryStore(database))
    await SqlDeliveryStore(database).claim("a")
    assert await deliveries.claim("a", strict=True) == (BEGUN,)
    await database.execute(delete(table))
    assert await deliveries.claim("a", strict=True) == (FIRST,)


@pytest.mark.parametrize(
    ("times", "known"), [([0.0], True), ([0.9], True), ([0.6, 1.2, 1.8], True), ([2.1], False)]
)
def test_memory_knows_what_was_claimed_of_late_and_forgets_the_rest(
    times: list[float], known: bool
) -> None:
    now = 0.0
    memory = RecentDeliveries(lambda: now)
    for at in times:
        memory.claim("a")
        now = at * KEPT_FOR.total_seconds()
    assert (memory.claim("a") is BEGUN) is known


def test_what_is_let_go_of_is_free_although_the_generations_have_changed_since() -> None:
    now = 0.0
    memory = RecentDeliveries(lambda: now)
    assert memory.claim("a") is FIRST
    now = KEPT_FOR.total_seconds()
    assert memory.claim("b") is FIRST
    memory.forget("a")
    assert memory.claim("a") is FIRST


def test_memory_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "MAX_REMEMBERED", 100)
    memory = RecentDeliveries()
    for number in range(1000):
        assert memory.claim(str(number)) is FIRST
    assert memory.claim("999") is BEGUN
    assert memory.claim("900") is BEGUN
    assert len(memory._young) + len(memory._old) <= 200
