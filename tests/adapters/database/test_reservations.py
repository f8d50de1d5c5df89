"""Reservations: who may post a section now, and what becomes of it. On SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.database.engine import Database
from adapters.database.errors import StoreError
from adapters.database.posts import SqlPostStore
from knowledge.posts import (
    MAX_CLOCK_SKEW,
    RESERVED_FOR,
    SHARE_AGAIN_AFTER,
    Place,
    Platform,
    Post,
    PostState,
    Reservation,
)
from tests.adapters.database.posting import MOMENT, PLACE, posted, reserved, withdraw
from tests.clock import Clock

pytest_plugins = ["tests.adapters.postgres"]


async def test_a_reservation_becomes_a_post_that_is_current_and_not_pinned(
    store: SqlPostStore, clock: Clock
) -> None:
    reservation = await reserved(store)
    clock.forward(timedelta(seconds=3))
    post = await store.record(reservation, "1700.1", "r1")
    assert post == Post(
        id=post.id,
        place=PLACE,
        message="1700.1",
        command="ldn",
        section="dose",
        title="Dose",
        revision="r1",
        pinned=False,
        state=PostState.CURRENT,
        reason="",
        posted=clock.now,
    )
    assert await store.all() == [post]
    assert await store.unfinished() == []


async def test_times_come_back_as_the_same_instant_in_utc(
    store: SqlPostStore, clock: Clock
) -> None:
    reservation = await reserved(store)
    assert (reservation.made, reservation.made.tzinfo) == (clock.now, UTC)
    [post] = [await store.record(reservation, "1", "r1")]
    [again] = await store.all()
    assert post.posted == again.posted == clock.now
    assert again.posted.tzinfo == UTC


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    store = SqlPostStore(database, lambda: datetime(2026, 3, 1))
    with pytest.raises(StoreError):
        await store.reserve(PLACE, "ldn", "dose", "Dose")


async def test_a_section_shared_a_moment_ago_is_not_posted_again(
    store: SqlPostStore, clock: Clock
) -> None:
    post = await posted(store)
    clock.forward(SHARE_AGAIN_AFTER)
    assert await store.reserve(PLACE, "ldn", "dose", "Dose") == post
    assert await store.unfinished() == []
    clock.forward(MOMENT)
    assert isinstance(await store.reserve(PLACE, "ldn", "dose", "Dose"), Reservation)


async def test_a_section_shared_by_a_clock_that_was_ahead_can_be_shared_again(
    store: SqlPostStore, clock: Clock
) -> None:
    post = await posted(store)
    clock.forward(-MAX_CLOCK_SKEW)
    assert await store.reserve(PLACE, "ldn", "dose", "Dose") == post
    clock.forward(-MOMENT)
    again = await posted(store, message="again")
    assert await store.reserve(PLACE, "ldn", "dose", "Dose") == again


async def test_of_two_recent_posts_the_newer_one_is_linked(
    store: SqlPostStore, clock: Clock
) -> None:
    await posted(store, message="older")
    clock.forward(SHARE_AGAIN_AFTER + MOMENT)
    newer = await posted(store, message="newer")
    assert await store.reserve(PLACE, "ldn", "dose", "Dose") == newer


@pytest.mark.parametrize(
    ("place", "command", "section"),
    [
        (replace(PLACE, channel="C2"), "ldn", "dose"),
        (replace(PLACE, community="T2"), "ldn", "dose"),
        (replace(PLACE, platform=Platform.DISCORD), "ldn", "dose"),
        (PLACE, "other", "dose"),
        (PLACE, "ldn", "forms"),
    ],
)
async def test_a_post_or_reservation_keeps_nothing_else_away(
    store: SqlPostStore, place: Place, command: str, section: str
) -> None:
    await posted(store)
    assert isinstance(await store.reserve(place, command, section, "T"), Reservation)
    await posted(store, "history", PLACE)
    await reserved(store, "safety", PLACE)
    assert isinstance(
        await store.reserve(replace(place, channel="C3"), command, "safety", "T"), Reservation
    )


async def test_an_answer_to_another_message_is_posted_on_its_own(store: SqlPostStore) -> None:
    held = await reserved(store, reply_to="m1")
    assert held.reply_to == "m1"
    other = await reserved(store, reply_to="m2")
    nobody = await reserved(store)
    assert await store.unfinished() == [held, other, nobody]
    assert await store.reserve(PLACE, "ldn", "dose", "Dose", reply_to="m1") is None
    post = await store.record(held, "1", "r1")
    assert post.reply_to == "m1"
    assert await store.reserve(PLACE, "ldn", "dose", "Dose", reply_to="m1") == post
    assert await store.at(PLACE) == [post]
    assert await store.unfinished() == [other, nobody]


async def test_a_withdrawn_post_does_not_keep_its_section_from_being_shared(
    store: SqlPostStore,
) -> None:
    await withdraw(store, await posted(store))
    assert isinstance(await store.reserve(PLACE, "ldn", "dose", "Dose"), Reservation)


async def test_a_forgotten_post_does_not_keep_its_section_from_being_shared(
    store: SqlPostStore,
) -> None:
    await store.forget(await posted(store))
    assert isinstance(await store.reserve(PLACE, "ldn", "dose", "Dose"), Reservation)


async def test_whoever_reserves_first_keeps_others_away_until_it_is_given_back(
    store: SqlPostStore,
) -> None:
    first = await reserved(store)
    assert await store.reserve(PLACE, "ldn", "dose", "Dose") is None
    await store.release(first)
    assert isinstance(await store.reserve(PLACE, "ldn", "dose", "Dose"), Reservation)


async def test_a_reservation_of_a_dead_process_is_taken_over_with_its_nonce(
    store: SqlPostStore, clock: Clock
) -> None:
    first = await reserved(store)
    clock.forward(RESERVED_FOR - MOMENT)
    assert await store.reserve(PLACE, "ldn", "dose", "Dose") is None
    clock.forward(MOMENT)
    second = await reserved(store, title="Doses")
    assert second == replace(first, title="Doses", made=clock.now)
    assert await store.unfinished() == [second]


async def test_a_reservation_made_by_a_clock_that_was_ahead_is_taken_over(
    store: SqlPostStore, clock: Clock
) -> None:
    first = await reserved(store)
    clock.forward(-MAX_CLOCK_SKEW)
    assert first.is_active(clock.now)
    assert await store.reserve(PLACE, "ldn", "dose", "Dose") is None
    clock.forward(-MOMENT)
    assert not first.is_active(clock.now)
    assert await reserved(store) == replace(first, made=clock.now)


async def test_a_reservation_that_was_taken_over_cannot_be_given_back_by_its_first_holder(
    store: SqlPostStore, clock: Clock
) -> None:
    first = await reserved(store)
    clock.forward(RESERVED_FOR)
    second = await reserved(store)
    await store.release(first)
    assert await store.unfinished() == [second]


async def test_a_message_that_two_processes_posted_with_one_nonce_is_one_post(
    store: SqlPostStore, clock: Clock
) -> None:
    first = await reserved(store)
    clock.forward(RESERVED_FOR)
    second = await reserved(store)
    post = await store.record(first, "1", "r1")
    assert await store.record(second, "1", "r2") == post
    assert await store.all() == [post]
    assert await store.unfinished() == []


async def test_a_nonce_fits_discord_and_is_its_own(store: SqlPostStore) -> None:
    nonces = {(await reserved(store, section)).nonce for section in ("a", "b", "c")}
    assert len(nonces) == 3
    assert all(0 < len(nonce) <= 25 for nonce in nonces)


async def test_pressed_twenty_times_at_once_there_is_one_reservation(store: SqlPostStore) -> None:
    results = await asyncio.gather(
        *(store.reserve(PLACE, "ldn", "dose", "Dose") for _ in range(20))
    )
    [reservation] = [result for result in results if result is not None]
    assert isinstance(reservation, Reservation)
    assert await store.unfinished() == [reservation]


async def test_unfinished_reservations_come_oldest_first(store: SqlPostStore, clock: Clock) -> None:
    made = []
    for section in ("c", "a", "b"):
        made.append(await reserved(store, section))
        clock.forward(timedelta(seconds=1))
    assert await store.unfinished() == made
