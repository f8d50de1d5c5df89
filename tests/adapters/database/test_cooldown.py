"""How long a channel cools down after a post, whoever asks. On SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.engine import open_database
from adapters.database.posts import SqlPostStore
from knowledge.posts import (
    MAX_CLOCK_SKEW,
    RESERVED_FOR,
    SHARE_AGAIN_AFTER,
    CoolingDown,
    Place,
    Platform,
    Reservation,
)
from tests.adapters.database.posting import (
    COOLDOWN,
    MOMENT,
    PLACE,
    asked,
    posted,
    reserved,
    withdraw,
)
from tests.clock import Clock

pytest_plugins = ["tests.adapters.postgres"]


async def test_after_a_post_its_channel_cools_down_for_just_as_long_as_asked(
    store: SqlPostStore, clock: Clock
) -> None:
    post = await posted(store)
    clock.forward(COOLDOWN - MOMENT)
    cooling = await asked(store)
    assert cooling == CoolingDown(post.posted + COOLDOWN)
    assert cooling.ends.tzinfo == UTC
    assert await store.unfinished() == []
    clock.forward(MOMENT)
    assert isinstance(await asked(store), Reservation)


async def test_the_newest_post_says_how_long_a_channel_cools_down(
    store: SqlPostStore, clock: Clock
) -> None:
    await posted(store, "a")
    clock.forward(timedelta(minutes=7))
    newest = await posted(store, "b")
    assert await asked(store) == CoolingDown(newest.posted + COOLDOWN)


async def test_a_withdrawn_post_cools_its_channel_down_also_for_its_own_section(
    store: SqlPostStore,
) -> None:
    post = await posted(store)
    await withdraw(store, post)
    assert await asked(store) == CoolingDown(post.posted + COOLDOWN)
    assert await asked(store, "dose") == CoolingDown(post.posted + COOLDOWN)


async def test_a_post_that_is_not_recent_any_more_still_cools_its_own_section_down(
    store: SqlPostStore, clock: Clock
) -> None:
    post = await posted(store)
    clock.forward(SHARE_AGAIN_AFTER + MOMENT)
    assert await asked(store, "dose") == CoolingDown(post.posted + COOLDOWN)


async def test_a_posting_under_way_cools_its_channel_down_until_its_process_counts_as_dead(
    store: SqlPostStore, clock: Clock
) -> None:
    under_way = await reserved(store)
    clock.forward(RESERVED_FOR - MOMENT)
    assert await asked(store) == CoolingDown(under_way.made + COOLDOWN)
    assert await store.unfinished() == [under_way]
    clock.forward(MOMENT)
    assert isinstance(await asked(store), Reservation)


async def test_what_was_posted_or_reserved_by_a_clock_that_was_ahead_cools_nothing_down(
    store: SqlPostStore, clock: Clock
) -> None:
    post = await posted(store)
    under_way = await reserved(store, "forms")
    clock.forward(-MAX_CLOCK_SKEW)
    assert await asked(store) == CoolingDown(post.posted + COOLDOWN)
    clock.forward(-MOMENT)
    assert isinstance(await asked(store), Reservation)
    await store.release(under_way)


async def test_the_same_section_as_an_answer_to_another_message_has_to_wait_as_well(
    store: SqlPostStore,
) -> None:
    under_way = await reserved(store, reply_to="m1")
    assert await asked(store, "dose") == CoolingDown(under_way.made + COOLDOWN)


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, channel="C2"),
        replace(PLACE, community="T2"),
        replace(PLACE, platform=Platform.DISCORD),
    ],
)
async def test_a_channel_does_not_cool_down_for_what_is_posted_in_another(
    store: SqlPostStore, place: Place
) -> None:
    await posted(store, "dose", place)
    await reserved(store, "forms", place)
    assert isinstance(await asked(store), Reservation)


async def test_what_is_gone_cools_nothing_down(store: SqlPostStore) -> None:
    await store.forget(await posted(store))
    await store.release(await reserved(store))
    assert isinstance(await asked(store), Reservation)


async def test_without_a_cooldown_one_post_may_follow_the_other(store: SqlPostStore) -> None:
    await posted(store, "a")
    await reserved(store, "b")
    assert isinstance(await store.reserve(PLACE, "ldn", "c", "C"), Reservation)


async def test_what_was_posted_or_reserved_just_so_is_said_rather_than_that_the_channel_cools_down(
    store: SqlPostStore,
) -> None:
    post = await posted(store, "a")
    await reserved(store, "b")
    assert await asked(store, "a") == post
    assert await asked(store, "b") is None


async def test_a_dead_reservation_that_has_to_wait_stays_as_it_was(
    store: SqlPostStore, clock: Clock
) -> None:
    dead = await reserved(store)
    clock.forward(RESERVED_FOR)
    post = await posted(store, "other")
    assert await asked(store, "dose") == CoolingDown(post.posted + COOLDOWN)
    assert await store.unfinished() == [dead]


async def test_of_all_who_ask_at_once_in_two_programs_a_channel_lets_one_through(
    store: SqlPostStore, clock: Clock, migrated_url: str | None, tmp_path: Path
) -> None:
    database = await open_database(migrated_url, tmp_path)
    second = SqlPostStore(database, clock)
    for number in range(20):
        place = replace(PLACE, channel=f"C{number}")
        results = await asyncio.gather(
            *(asked(each, f"{n} of {id(each)}", place) for n in (1, 2) for each in (store, second))
        )
        [reservation] = [each for each in results if isinstance(each, Reservation)]
        results.remove(reservation)
        assert results == [CoolingDown(reservation.made + COOLDOWN)] * 3
    assert len(await store.unfinished()) == 20
    await database.close()


def after(work: Callable[[], Awaitable[Any]], number: int) -> Callable[..., Awaitable[Any]]:
    """`AsyncConnection.execute`, whose statement of that number comes after some other work."""
    execute = AsyncConnection.execute
    statements = itertools.count(1)

    async def execute_after(connection: AsyncConnection, *arguments: Any) -> Any:
        if next(statements) == number:
            await work()
        return await execute(connection, *arguments)

    return execute_after


async def test_a_posting_that_is_recorded_between_any_two_statements_does_not_slip_through(
    postgres_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await open_database(postgres_url, tmp_path)
    store = SqlPostStore(database, clock)
    for number in itertools.count(1):
        place = replace(PLACE, channel=f"C{number}")
        record = functools.partial(store.record, await reserved(store, place=place), "1", "r1")
        with monkeypatch.context() as patched:
            patched.setattr(AsyncConnection, "execute", after(record, number))
            assert await asked(store, place=place) == CoolingDown(clock.now + COOLDOWN)
        if not await store.at(place):
            break  # so many statements there are not
    assert number > 3
    await database.close()
