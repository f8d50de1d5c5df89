"""What a community's moderators have set holds there; elsewhere, what the operator has set."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from cachetools import TTLCache

from knowledge.communities import (
    REMEMBERED_FOR,
    Communities,
    CommunitySettings,
    CommunityStore,
    Sharers,
    Visibility,
)
from knowledge.errors import LdnBotError
from knowledge.posts import Platform

DEFAULT = CommunitySettings(share=Sharers.MODERATORS)
PLAIN = CommunitySettings(plain=True, cooldown=timedelta(minutes=5))
PRIVATE = CommunitySettings(visibility=Visibility.PRIVATE)


class BrokenError(LdnBotError):
    """The store cannot be used."""


class MemoryStore(CommunityStore):
    """A `CommunityStore` in memory, which counts how often it is read and fails on demand."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Platform, str], CommunitySettings] = {}
        self.reads = 0
        self.broken = False

    async def settings(self, platform: Platform, community: str) -> CommunitySettings | None:
        self.reads += 1
        if self.broken:
            raise BrokenError("The database is away.")
        return self.kept.get((platform, community))

    async def set_settings(
        self, platform: Platform, community: str, settings: CommunitySettings
    ) -> None:
        if self.broken:
            raise BrokenError("The database is away.")
        self.kept[platform, community] = settings


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def known(store: MemoryStore) -> Communities:
    return Communities(store, DEFAULT)


def test_without_any_setting_everyone_may_share_what_was_answered_privately() -> None:
    usual = CommunitySettings()
    assert (usual.share, usual.visibility) == (Sharers.EVERYONE, Visibility.SELECTABLE)
    assert (usual.plain, usual.cooldown) == (False, timedelta())


async def test_where_nothing_was_set_the_default_holds(known: Communities) -> None:
    assert await known.held(Platform.SLACK, "T1") == DEFAULT
    assert await known.shown(Platform.SLACK, "T1") == DEFAULT


async def test_what_was_set_holds_in_its_own_community_alone(
    known: Communities, store: MemoryStore
) -> None:
    await known.change(Platform.SLACK, "T1", PLAIN)
    assert store.kept == {(Platform.SLACK, "T1"): PLAIN}
    for platform, community, settings in (
        (Platform.SLACK, "T1", PLAIN),
        (Platform.SLACK, "T2", DEFAULT),
        (Platform.DISCORD, "T1", DEFAULT),
    ):
        assert await known.held(platform, community) == settings
        assert await known.shown(platform, community) == settings


async def test_outside_every_community_the_default_is_shown_and_nothing_is_read(
    known: Communities, store: MemoryStore
) -> None:
    assert await known.shown(Platform.DISCORD, "") == DEFAULT
    assert store.reads == 0


async def test_what_only_shows_reads_once_in_a_while(
    known: Communities, store: MemoryStore
) -> None:
    store.kept[Platform.SLACK, "T1"] = PLAIN
    for _ in range(3):
        assert await known.shown(Platform.SLACK, "T1") == PLAIN
    assert store.reads == 1


async def test_what_allows_reads_every_time(known: Communities, store: MemoryStore) -> None:
    assert await known.held(Platform.SLACK, "T1") == DEFAULT
    store.kept[Platform.SLACK, "T1"] = PRIVATE  # by another process
    assert await known.held(Platform.SLACK, "T1") == PRIVATE
    assert await known.shown(Platform.SLACK, "T1") == PRIVATE, "what was read is known at once"


async def test_a_change_of_another_process_is_shown_after_a_while(
    known: Communities, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    cache: TTLCache[tuple[str, str], CommunitySettings] = TTLCache(
        10, REMEMBERED_FOR, timer=lambda: clock[0]
    )
    monkeypatch.setattr(known, "_known", cache)
    assert await known.shown(Platform.SLACK, "T1") == DEFAULT
    store.kept[Platform.SLACK, "T1"] = PLAIN
    clock[0] = REMEMBERED_FOR - 1
    assert await known.shown(Platform.SLACK, "T1") == DEFAULT
    clock[0] = REMEMBERED_FOR + 1
    assert await known.shown(Platform.SLACK, "T1") == PLAIN


async def test_ones_own_change_is_shown_at_once(known: Communities) -> None:
    assert await known.shown(Platform.SLACK, "T1") == DEFAULT
    await known.change(Platform.SLACK, "T1", PLAIN)
    assert await known.shown(Platform.SLACK, "T1") == PLAIN


async def test_while_the_store_fails_answers_are_shown_as_usual_and_nothing_is_allowed(
    known: Communities, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.broken = True
    with caplog.at_level(logging.WARNING):
        assert await known.shown(Platform.SLACK, "T12345") == DEFAULT
    assert "could not be read" in caplog.text
    assert "T12345" not in caplog.text
    with pytest.raises(BrokenError):
        await known.held(Platform.SLACK, "T12345")


async def test_a_failure_is_not_remembered(known: Communities, store: MemoryStore) -> None:
    store.kept[Platform.SLACK, "T1"] = PLAIN
    store.broken = True
    assert await known.shown(Platform.SLACK, "T1") == DEFAULT
    store.broken = False
    assert await known.shown(Platform.SLACK, "T1") == PLAIN


async def test_what_could_not_be_kept_does_not_hold(known: Communities, store: MemoryStore) -> None:
    assert await known.shown(Platform.SLACK, "T1") == DEFAULT
    store.broken = True
    with pytest.raises(BrokenError):
        await known.change(Platform.SLACK, "T1", PLAIN)
    store.broken = False
    assert await known.held(Platform.SLACK, "T1") == DEFAULT
    assert await known.shown(Platform.SLACK, "T1") == DEFAULT
