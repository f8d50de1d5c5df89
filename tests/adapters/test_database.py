"""The store, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import os
import resource
import signal
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Executable, Row, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import SQLITE_FILE, engine, migrations, postgresql, sqlite
from adapters.database import posts as sql_posts
from adapters.database.engine import Database, open_database
from adapters.database.errors import StoreError
from adapters.database.posts import SqlPostStore
from adapters.database.tables import metadata
from knowledge.errors import SettingsError
from knowledge.posts import (
    MAX_CLOCK_SKEW,
    RESERVED_FOR,
    SHARE_AGAIN_AFTER,
    CoolingDown,
    Place,
    Platform,
    Post,
    PostState,
    PostStore,
    Reservation,
)
from tests.adapters.wire import wire_to

if TYPE_CHECKING:
    from tests.adapters.postgres import PostgresServer

pytest_plugins = ["tests.adapters.postgres"]

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
PLACE = Place(Platform.SLACK, "T1", "C1")
MOMENT = timedelta(microseconds=1)
HANGS_AFTER_S = 20.0
"""Nothing here takes that long; what does is waiting for itself."""

COLUMNS = {
    "alembic_version": {"version_num"},
    "post_locks": {"post_id"},
    "posts": {
        *("id", "platform", "community", "channel", "message", "command", "section", "title"),
        *("revision", "pinned", "state", "reason", "posted", "begun", "reply_to"),
    },
    "reservations": {
        *("id", "platform", "community", "channel", "command", "section", "title", "nonce", "made"),
        "reply_to",
    },
    "communities": {"platform", "community", "share", "visibility", "plain", "cooldown"},
    "tallies": {"week", "platform", "community", "command", "topic", "outcome", "count"},
    "reports": {"week", "platform", "command", "section", "reason", "count"},
    "deliveries": {"delivery", "claimed", "done"},
    "slack_bots": {
        *("id", "client_id", "app_id", "enterprise_id", "enterprise_name", "team_id", "team_name"),
        *("bot_token", "bot_id", "bot_user_id", "bot_scopes", "bot_refresh_token"),
        *("bot_token_expires_at", "is_enterprise_install", "installed_at"),
    },
    "slack_oauth_states": {"state", "expires"},
}
"""Every column there is. Who adds one says here that it holds no member."""


class Clock:
    """A clock that goes when it is told to. Its zone is not UTC, to see that the store minds."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 0, 30, 15, 123456, timezone(timedelta(hours=2)))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: Database, clock: Clock) -> SqlPostStore:
    return SqlPostStore(database, clock)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried again at once, so that giving up takes no time."""
    monkeypatch.setattr(engine, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.01)


async def reserved(
    store: PostStore,
    section: str = "dose",
    place: Place = PLACE,
    title: str = "Dose",
    reply_to: str = "",
) -> Reservation:
    reservation = await store.reserve(place, "ldn", section, title, reply_to=reply_to)
    assert isinstance(reservation, Reservation)
    return reservation


async def posted(
    store: PostStore, section: str = "dose", place: Place = PLACE, message: str = ""
) -> Post:
    reservation = await reserved(store, section, place)
    return await store.record(reservation, message or f"message of {section}", "r1")


# Reservations


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
    post = await posted(store)
    async with store.claim(post.id) as claim:
        assert claim
        await claim.finish("r2", PostState.WITHDRAWN)
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


# Cooling down

COOLDOWN = timedelta(minutes=30)


async def asked(store: PostStore, section: str = "next", place: Place = PLACE) -> Any:
    """What a reservation comes to where the channel has to cool down."""
    return await store.reserve(place, "ldn", section, "Next", cooldown=COOLDOWN)


async def withdraw(store: PostStore, post: Post) -> None:
    async with store.claim(post.id) as claim:
        assert claim
        await claim.finish("r2", PostState.WITHDRAWN)


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


# Posts


async def test_posts_are_listed_by_place_and_oldest_first(
    store: SqlPostStore, clock: Clock
) -> None:
    discord = Place(Platform.DISCORD, "9", "1")
    elsewhere = Place(Platform.SLACK, "T2", "C0")
    channel_2 = replace(PLACE, channel="C2")
    made = []
    for number, place in enumerate((elsewhere, channel_2, PLACE, discord, PLACE)):
        made.append(await posted(store, f"s{number}", place))
        clock.forward(timedelta(seconds=1))
    of_t2, of_c2, first, of_discord, second = made
    assert await store.at(PLACE) == [first, second]
    assert await store.of(Platform.SLACK, "T1") == [first, second, of_c2]
    assert await store.all() == [of_discord, first, second, of_c2, of_t2]


@pytest.mark.parametrize("page", [1, 2, 3, 12, 500])
async def test_however_many_posts_there_are_the_same_list_is_read_in_pages(
    store: SqlPostStore,
    database: Database,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    page: int,
) -> None:
    read, sizes = database.read, []

    async def counted(statement: Executable) -> Sequence[Row[Any]]:
        rows = await read(statement)
        sizes.append(len(rows))
        return rows

    places = [replace(PLACE, channel=f"C{number}") for number in range(3)]
    # The ids of messages are not in the order of time: they have got more digits over the years.
    made: dict[Place, list[Post]] = {place: [] for place in places}
    for number in (12, 11, 9, 10):
        for place in places:
            made[place].append(await posted(store, f"s{number}", place, str(number)))
        clock.forward(timedelta(seconds=1))
    monkeypatch.setattr(sql_posts, "PAGE", page)
    monkeypatch.setattr(database, "read", counted)
    assert await store.all() == [post for place in places for post in made[place]]
    assert max(sizes) <= page
    assert await store.of(PLACE.platform, PLACE.community) == await store.all()
    assert await store.at(places[1]) == made[places[1]]


async def test_whether_a_message_is_pinned_is_remembered(store: SqlPostStore) -> None:
    post, other = await posted(store, "a"), await posted(store, "b")
    await store.set_pinned(post, True)
    assert await store.at(PLACE) == [replace(post, pinned=True), other]
    await store.set_pinned(post, False)
    assert await store.at(PLACE) == [post, other]


async def test_a_forgotten_post_is_gone_and_its_id_is_not_given_to_another(
    store: SqlPostStore,
) -> None:
    post = await posted(store)
    await store.forget(post)
    assert await store.all() == []
    assert (await posted(store, "other")).id != post.id


# Claims


async def test_a_claimed_post_is_held_until_the_block_ends(store: SqlPostStore) -> None:
    post, other = await posted(store, "a"), await posted(store, "b")
    async with store.claim(post.id) as claim:
        assert claim
        assert claim.post == post
        async with store.claim(post.id) as second, store.claim(other.id) as of_other:
            assert second is None
            assert of_other is not None
        async with store.claim(post.id) as third:
            assert third is None
    async with store.claim(post.id) as claim:
        assert claim is not None


async def test_a_block_that_fails_lets_go_of_its_post(store: SqlPostStore) -> None:
    post = await posted(store)
    with pytest.raises(RuntimeError, match="gave up"):
        async with store.claim(post.id):
            raise RuntimeError("gave up")
    async with store.claim(post.id) as claim:
        assert claim is not None


async def test_a_task_that_is_cancelled_lets_go_of_its_post(store: SqlPostStore) -> None:
    post = await posted(store)
    held = asyncio.Event()

    async def hold() -> None:
        async with store.claim(post.id):
            held.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await held.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    async with store.claim(post.id) as claim:
        assert claim is not None


async def test_more_posts_than_may_be_held_at_once_are_held_one_after_the_other(
    store: SqlPostStore,
) -> None:
    posts = [await posted(store, f"s{number}") for number in range(3 * postgresql.MAX_LOCKS)]

    async def edit(post: Post) -> None:
        async with store.claim(post.id) as claim:
            assert claim
            await claim.begin("r2")
            await claim.finish("r2", PostState.CURRENT)

    await asyncio.wait_for(asyncio.gather(*map(edit, posts)), HANGS_AFTER_S)
    assert {post.revision for post in await store.all()} == {"r2"}


async def test_an_edit_that_was_begun_and_not_finished_is_known_to_the_next_claim(
    store: SqlPostStore,
) -> None:
    post, other = await posted(store, "a"), await posted(store, "b")
    async with store.claim(post.id) as claim:
        assert claim
        assert claim.begun is None
        await claim.begin("r2")
        assert claim.begun == "r2"
        assert await store.begun() == [post.id]
    async with store.claim(post.id) as claim, store.claim(other.id) as of_other:
        assert claim
        assert of_other
        assert (claim.begun, of_other.begun) == ("r2", None)
        await claim.finish("r2", PostState.CURRENT)
        assert claim.begun is None
    assert await store.begun() == []


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (PostState.CURRENT, ""),
        (PostState.OUTDATED, "The channel is archived."),
        (PostState.WITHDRAWN, ""),
    ],
)
async def test_the_outcome_of_an_edit_is_kept(
    store: SqlPostStore, state: PostState, reason: str
) -> None:
    post, other = await posted(store, "a"), await posted(store, "b")
    expected = replace(post, revision="r2", state=state, reason=reason)
    async with store.claim(post.id) as claim:
        assert claim
        await claim.begin("r2")
        await claim.finish("r2", state, reason)
        assert claim.post == expected
    assert await store.at(PLACE) == [expected, other]


async def test_a_reason_goes_when_the_post_is_current_again(store: SqlPostStore) -> None:
    post = await posted(store)
    async with store.claim(post.id) as claim:
        assert claim
        await claim.finish("r1", PostState.OUTDATED, "No permission.")
        await claim.finish("r2", PostState.CURRENT)
    [again] = await store.all()
    assert (again.state, again.reason) == (PostState.CURRENT, "")


async def test_while_a_post_is_held_others_may_still_unpin_it(store: SqlPostStore) -> None:
    post = await posted(store)
    async with store.claim(post.id) as claim:
        assert claim
        await asyncio.wait_for(store.set_pinned(post, True), HANGS_AFTER_S)
        await claim.finish("r2", PostState.CURRENT)
    [again] = await store.all()
    assert (again.pinned, again.revision) == (True, "r2")


async def test_a_claim_can_forget_its_post(store: SqlPostStore) -> None:
    post = await posted(store)
    async with store.claim(post.id) as claim:
        assert claim
        await claim.begin("r2")
        await claim.forget()
    assert await store.all() == []
    assert await store.begun() == []
    async with store.claim(post.id) as claim:
        assert claim is None


# Several processes

_CLAIMANT = """
import asyncio, sys
from pathlib import Path
from adapters.database.engine import open_database
from adapters.database.posts import SqlPostStore
from knowledge.posts import PostState

async def edit_all(store):
    while stale := [post.id for post in await store.all() if post.revision != "r2"]:
        for id in stale:
            async with store.claim(id) as claim:
                if claim and claim.post.revision != "r2":
                    await claim.begin("r2")
                    print(id, flush=True)
                    await claim.finish("r2", PostState.CURRENT)

async def hold_one(store):
    [post] = await store.all()
    async with store.claim(post.id) as claim:
        await claim.begin("r2")
        print("begun", flush=True)
        sys.stdin.readline()

async def main():
    database = await open_database(sys.argv[2] or None, Path(sys.argv[3]))
    print("ready", flush=True)
    sys.stdin.readline()
    await globals()[sys.argv[1]](SqlPostStore(database))
    await database.close()

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def python(
    program: str, *arguments: str, options: Sequence[str] = ()
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that fails on every warning."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", *options, "-c", program, *arguments),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def said(process: asyncio.subprocess.Process) -> str:
    """The next line, or all that it complained of."""
    assert process.stdout
    assert process.stderr
    line = await process.stdout.readline()
    assert line, (await process.stderr.read()).decode()
    return line.decode().strip()


async def output(process: asyncio.subprocess.Process) -> str:
    """What it prints from here to its end, which has to be a good one, without complaints."""
    out, err = await process.communicate(b"\n")
    assert (process.returncode, err.decode()) == (0, "")
    return out.decode()


@pytest.mark.long
async def test_of_two_processes_each_post_is_claimed_and_finished_by_one(
    store: SqlPostStore, migrated_url: str | None, tmp_path: Path
) -> None:
    posts = [await posted(store, f"s{number}") for number in range(200)]
    arguments = (_CLAIMANT, "edit_all", migrated_url or "", str(tmp_path))
    async with python(*arguments) as one, python(*arguments) as two:
        assert [await said(one), await said(two)] == ["ready", "ready"]
        outputs = await asyncio.gather(output(one), output(two))
    by_one, by_two = ([int(id) for id in each.split()] for each in outputs)
    assert sorted(by_one + by_two) == [post.id for post in posts]
    assert by_one
    assert by_two
    assert {post.revision for post in await store.all()} == {"r2"}
    assert await store.begun() == []


async def test_a_process_killed_in_the_middle_of_an_edit_leaves_no_lock_and_a_begun_edit(
    store: SqlPostStore, migrated_url: str | None, tmp_path: Path
) -> None:
    post = await posted(store)
    async with python(_CLAIMANT, "hold_one", migrated_url or "", str(tmp_path)) as holder:
        assert await said(holder) == "ready"
        assert holder.stdin
        holder.stdin.write(b"\n")
        assert await said(holder) == "begun"
        async with store.claim(post.id) as claim:
            assert claim is None
        holder.send_signal(signal.SIGKILL)
        await holder.wait()

    async def next_claim() -> str | None:
        while True:  # the server takes a moment to see that its client is gone
            async with store.claim(post.id) as claim:
                if claim:
                    return claim.begun

    assert await asyncio.wait_for(next_claim(), HANGS_AFTER_S) == "r2"


# Opening

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


# DATABASE_URL


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


# Tables


async def seen(database: Database, look: Callable[[Connection], T]) -> T:
    async with database.engine.connect() as connection:
        return await connection.run_sync(look)


async def test_there_is_no_column_but_those_that_are_listed_here(database: Database) -> None:
    def columns(connection: Connection) -> dict[str, set[str]]:
        tables = inspect(connection)
        return {
            table: {column["name"] for column in tables.get_columns(table)}
            for table in tables.get_table_names()
        }

    assert await seen(database, columns) == COLUMNS


def revisions() -> list[str]:
    """Every migration, in the order in which they are applied."""
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def test_migrations_are_numbered_one_after_the_other_up_to_the_head() -> None:
    assert revisions() == [f"{number:04}" for number in range(1, len(revisions()) + 1)]
    assert revisions()[-1] == migrations.HEAD


def not_migrated(url: str | None, data: Path) -> Database:
    return Database(postgresql.PostgresBackend(url) if url else sqlite.SqliteBackend(data))


async def migrate(database: Database, revision: str) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(migrations.upgrade, revision)


async def test_the_migrations_one_by_one_lead_to_the_tables_of_this_version(
    url: str | None, tmp_path: Path
) -> None:
    def differences(connection: Connection) -> Sequence[Any]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        found: Sequence[Any] = compare_metadata(context, metadata)
        return found

    database = not_migrated(url, tmp_path)
    assert await seen(database, differences)
    for revision in revisions():
        await migrate(database, revision)
    assert await seen(database, differences) == []
    await database.close()


OF_0001 = (
    """
    INSERT INTO posts (
        platform, community, channel, message, command, section, title, revision, pinned, state,
        reason, posted, begun
    ) VALUES
        ('slack', 'T1', 'C1', '1700.1', 'ldn', 'dose', 'Dose', 'r1', true, 'outdated',
        'No permission.', '2026-03-01 00:30:15.123456{utc}', 'r2')
    """,
    "INSERT INTO post_locks SELECT id FROM posts",
    """
    INSERT INTO reservations (
        platform, community, channel, command, section, title, nonce, made
    ) VALUES
        ('slack', 'T1', 'C1', 'ldn', 'forms', 'Forms', 'n1', '2026-03-01 00:30:16.000000{utc}'),
        ('slack', 'T1', 'C2', 'ldn', 'forms', 'Forms', 'n2', '2026-03-01 00:30:17.000000{utc}')
    """,
)
"""What a version without replies wrote; `{utc}` is how the database writes that zone."""


async def test_posts_and_reservations_of_the_first_version_are_kept_and_answer_no_message(
    url: str | None, tmp_path: Path
) -> None:
    old = not_migrated(url, tmp_path)
    await migrate(old, "0001")
    for statement in OF_0001:
        await old.execute(text(statement.format(utc="+00" if url else "")))
    await old.close()
    database = await open_database(url, tmp_path)
    store = SqlPostStore(database, Clock())
    [post] = await store.all()
    assert post == Post(
        id=post.id,
        place=PLACE,
        message="1700.1",
        command="ldn",
        section="dose",
        title="Dose",
        revision="r1",
        pinned=True,
        state=PostState.OUTDATED,
        reason="No permission.",
        posted=datetime(2026, 3, 1, 0, 30, 15, 123456, UTC),
        reply_to="",
    )
    made = datetime(2026, 3, 1, 0, 30, 16, tzinfo=UTC)
    one, two = await store.unfinished()
    assert one == Reservation(one.id, PLACE, "ldn", "forms", "Forms", "n1", made, "")
    assert two == Reservation(
        *(two.id, replace(PLACE, channel="C2"), "ldn", "forms", "Forms", "n2"),
        *(made + timedelta(seconds=1), ""),
    )
    async with store.claim(post.id) as claim:
        assert claim
        assert (claim.post, claim.begun) == (post, "r2")
    await store.release(two)
    assert (await reserved(store, "other")).id not in (one.id, two.id)
    await database.close()


async def test_a_migration_that_fails_leaves_the_database_as_it_was(
    url: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = migrations.upgrade

    def fail(connection: Connection) -> None:
        upgrade(connection)
        raise RuntimeError("the power went out")

    monkeypatch.setattr(migrations, "upgrade", fail)
    with pytest.raises(RuntimeError, match="power"):
        await open_database(url, tmp_path)
    monkeypatch.undo()
    database = not_migrated(url, tmp_path)
    assert await seen(database, lambda connection: inspect(connection).get_table_names()) == []
    await database.bring_up_to_date()
    await database.close()
