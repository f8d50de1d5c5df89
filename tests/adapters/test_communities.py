"""What communities have set, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.database.communities import SqlCommunityStore
from adapters.database.engine import Database, open_database
from knowledge.communities import LONGEST_COOLDOWN, CommunitySettings, Sharers, Visibility
from knowledge.posts import Platform

pytest_plugins = ["tests.adapters.postgres"]

OTHER_THAN_USUAL = CommunitySettings(
    share=Sharers.MODERATORS,
    visibility=Visibility.PRIVATE,
    plain=True,
    cooldown=timedelta(minutes=90),
)


@pytest.fixture
def store(database: Database) -> SqlCommunityStore:
    return SqlCommunityStore(database)


async def test_where_nothing_was_set_there_is_nothing(store: SqlCommunityStore) -> None:
    assert await store.settings(Platform.SLACK, "T1") is None


@pytest.mark.parametrize(
    "settings",
    [
        CommunitySettings(),
        OTHER_THAN_USUAL,
        *(CommunitySettings(share=each) for each in Sharers),
        *(CommunitySettings(visibility=each) for each in Visibility),
        CommunitySettings(plain=True),
        CommunitySettings(cooldown=timedelta(minutes=1)),
        CommunitySettings(cooldown=LONGEST_COOLDOWN),
    ],
)
async def test_what_was_set_comes_back(
    store: SqlCommunityStore, settings: CommunitySettings
) -> None:
    await store.set_settings(Platform.SLACK, "T1", settings)
    found = await store.settings(Platform.SLACK, "T1")
    assert found == settings
    assert found
    assert (type(found.share), type(found.visibility), type(found.plain)) == (
        *(Sharers, Visibility, bool),
    )


async def test_what_is_set_takes_the_place_of_what_was_set_before(
    store: SqlCommunityStore,
) -> None:
    await store.set_settings(Platform.DISCORD, "9", CommunitySettings())
    await store.set_settings(Platform.DISCORD, "9", OTHER_THAN_USUAL)
    assert await store.settings(Platform.DISCORD, "9") == OTHER_THAN_USUAL
    await store.set_settings(Platform.DISCORD, "9", CommunitySettings())
    assert await store.settings(Platform.DISCORD, "9") == CommunitySettings()


async def test_a_community_has_settings_of_its_own(store: SqlCommunityStore) -> None:
    usual = CommunitySettings()
    await store.set_settings(Platform.SLACK, "1", usual)
    await store.set_settings(Platform.SLACK, "2", replace(usual, plain=True))
    await store.set_settings(Platform.DISCORD, "1", OTHER_THAN_USUAL)
    assert await store.settings(Platform.SLACK, "1") == usual
    assert await store.settings(Platform.SLACK, "2") == replace(usual, plain=True)
    assert await store.settings(Platform.DISCORD, "1") == OTHER_THAN_USUAL
    assert await store.settings(Platform.DISCORD, "2") is None


async def test_of_a_cooldown_its_whole_minutes_are_kept(store: SqlCommunityStore) -> None:
    settings = CommunitySettings(cooldown=timedelta(minutes=5, seconds=59))
    await store.set_settings(Platform.SLACK, "T1", settings)
    found = await store.settings(Platform.SLACK, "T1")
    assert found == CommunitySettings(cooldown=timedelta(minutes=5))


async def test_set_for_the_first_time_by_several_at_once_one_of_them_holds(
    store: SqlCommunityStore,
) -> None:
    wanted = [CommunitySettings(cooldown=timedelta(minutes=n)) for n in range(10)]
    await asyncio.gather(*(store.set_settings(Platform.SLACK, "T1", each) for each in wanted))
    assert await store.settings(Platform.SLACK, "T1") in wanted


async def test_what_was_set_holds_in_other_processes_and_after_a_restart(
    store: SqlCommunityStore, url: str | None, tmp_path: Path
) -> None:
    await store.set_settings(Platform.SLACK, "T1", OTHER_THAN_USUAL)
    again = await open_database(url, tmp_path)
    assert await SqlCommunityStore(again).settings(Platform.SLACK, "T1") == OTHER_THAN_USUAL
    await again.close()
