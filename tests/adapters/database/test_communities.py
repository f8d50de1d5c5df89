"""What communities have set, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.database.communities import SqlCommunityStore
from adapters.database.engine import Database, open_database
from knowledge.communities import MAX_COOLDOWN, CommunitySettings, Sharers, Visibility
from knowledge.posts import Platform

pytest_plugins = ["tests.adapters.postgres"]

OTHER_THAN_USUAL = CommunitySettings(
    share=Sharers.MODERATORS,
    visibility=Visibility.PRIVATE,
    plain=True,
    cooldown=timedelta(minutes=90),
)
EACH: dict[str, Any] = {
    "share": Sharers.MODERATORS,
    "visibility": Visibility.PRIVATE,
    "plain": True,
    "cooldown": timedelta(minutes=90),
}
"""Every setting by its name, as it is in `OTHER_THAN_USUAL`."""
USUAL = CommunitySettings()


@pytest.fixture
def store(database: Database) -> SqlCommunityStore:
    return SqlCommunityStore(database)


async def test_where_nothing_was_set_there_is_nothing(store: SqlCommunityStore) -> None:
    assert await store.settings(Platform.SLACK, "T1") is None


async def keep(
    store: SqlCommunityStore, platform: Platform, community: str, settings: CommunitySettings
) -> None:
    """Set everything that a community can set."""
    everything = {name: getattr(settings, name) for name in EACH}
    assert await store.change(platform, community, everything, USUAL) == settings


@pytest.mark.parametrize(
    "settings",
    [
        CommunitySettings(),
        OTHER_THAN_USUAL,
        *(CommunitySettings(share=each) for each in Sharers),
        *(CommunitySettings(visibility=each) for each in Visibility),
        CommunitySettings(plain=True),
        CommunitySettings(cooldown=timedelta(minutes=1)),
        CommunitySettings(cooldown=MAX_COOLDOWN),
    ],
)
async def test_what_was_set_comes_back(
    store: SqlCommunityStore, settings: CommunitySettings
) -> None:
    await keep(store, Platform.SLACK, "T1", settings)
    found = await store.settings(Platform.SLACK, "T1")
    assert found == settings
    assert found
    assert (type(found.share), type(found.visibility), type(found.plain)) == (
        *(Sharers, Visibility, bool),
    )


async def test_what_is_set_takes_the_place_of_what_was_set_before(
    store: SqlCommunityStore,
) -> None:
    await keep(store, Platform.DISCORD, "9", CommunitySettings())
    await keep(store, Platform.DISCORD, "9", OTHER_THAN_USUAL)
    assert await store.settings(Platform.DISCORD, "9") == OTHER_THAN_USUAL
    await keep(store, Platform.DISCORD, "9", CommunitySettings())
    assert await store.settings(Platform.DISCORD, "9") == CommunitySettings()


async def test_a_community_has_settings_of_its_own(store: SqlCommunityStore) -> None:
    usual = CommunitySettings()
    await keep(store, Platform.SLACK, "1", usual)
    await keep(store, Platform.SLACK, "2", replace(usual, plain=True))
    await keep(store, Platform.DISCORD, "1", OTHER_THAN_USUAL)
    assert await store.settings(Platform.SLACK, "1") == usual
    assert await store.settings(Platform.SLACK, "2") == replace(usual, plain=True)
    assert await store.settings(Platform.DISCORD, "1") == OTHER_THAN_USUAL
    assert await store.settings(Platform.DISCORD, "2") is None


async def test_of_a_cooldown_its_whole_minutes_are_kept(store: SqlCommunityStore) -> None:
    odd = {"cooldown": timedelta(minutes=5, seconds=59)}
    found = await store.change(Platform.SLACK, "T1", odd, USUAL)
    assert found == await store.settings(Platform.SLACK, "T1")
    assert found == CommunitySettings(cooldown=timedelta(minutes=5))


@pytest.mark.parametrize("name", EACH)
async def test_only_what_is_named_is_changed(store: SqlCommunityStore, name: str) -> None:
    change = {name: EACH[name]}
    assert await store.change(Platform.SLACK, "T1", change, USUAL) == replace(USUAL, **change)
    back = {name: getattr(USUAL, name)}
    await keep(store, Platform.SLACK, "T2", OTHER_THAN_USUAL)
    # Where something was set, the default has no say any more.
    expected = replace(OTHER_THAN_USUAL, **back)
    assert await store.change(Platform.SLACK, "T2", back, USUAL) == expected
    assert await store.settings(Platform.SLACK, "T2") == expected


async def test_the_first_change_keeps_the_rest_as_the_default_had_it(
    store: SqlCommunityStore,
) -> None:
    found = await store.change(Platform.SLACK, "T1", {"plain": False}, OTHER_THAN_USUAL)
    assert found == await store.settings(Platform.SLACK, "T1")
    assert found == replace(OTHER_THAN_USUAL, plain=False)


async def test_no_change_at_all_is_answered_with_what_holds(store: SqlCommunityStore) -> None:
    await keep(store, Platform.SLACK, "T1", OTHER_THAN_USUAL)
    assert await store.change(Platform.SLACK, "T1", {}, USUAL) == OTHER_THAN_USUAL
    assert await store.settings(Platform.SLACK, "T1") == OTHER_THAN_USUAL


@pytest.mark.parametrize("order", list(itertools.permutations(EACH))[::5])
async def test_of_different_settings_that_are_changed_at_once_none_is_lost(
    store: SqlCommunityStore, order: tuple[str, ...]
) -> None:
    for community in ("new", "old"):
        if community == "old":
            await keep(store, Platform.SLACK, community, USUAL)
        changes = (
            store.change(Platform.SLACK, community, {name: EACH[name]}, USUAL) for name in order
        )
        await asyncio.gather(*changes)
        assert await store.settings(Platform.SLACK, community) == OTHER_THAN_USUAL


async def test_set_for_the_first_time_by_several_at_once_one_of_them_holds(
    store: SqlCommunityStore,
) -> None:
    wanted = [CommunitySettings(cooldown=timedelta(minutes=n)) for n in range(10)]
    await asyncio.gather(*(keep(store, Platform.SLACK, "T1", each) for each in wanted))
    assert await store.settings(Platform.SLACK, "T1") in wanted


async def test_what_was_set_holds_in_other_processes_and_after_a_restart(
    store: SqlCommunityStore, migrated_url: str | None, tmp_path: Path
) -> None:
    await keep(store, Platform.SLACK, "T1", OTHER_THAN_USUAL)
    again = await open_database(migrated_url, tmp_path)
    assert await SqlCommunityStore(again).settings(Platform.SLACK, "T1") == OTHER_THAN_USUAL
    await again.close()
