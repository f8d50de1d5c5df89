"""What is kept of posts, and how it is listed. On SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Executable, Row

from adapters.database import posts as sql_posts
from adapters.database.engine import Database
from adapters.database.posts import SqlPostStore
from knowledge.posts import Place, Platform, Post
from tests.adapters.database.posting import PLACE, posted
from tests.clock import Clock

pytest_plugins = ["tests.adapters.postgres"]


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
