"""What a community's moderators have set holds there; elsewhere, what the operator has set."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from knowledge import communities
from knowledge.communities import (
    CACHE_TTL,
    STORE_TIMEOUT,
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
    """A `CommunityStore` in memory, which counts its reads, and fails or hangs on demand."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Platform, str], CommunitySettings] = {}
        self.reads = 0
        self.broken = False
        self.hangs = False
        self.late: asyncio.Event | None = None
        """Once it is set, what was read before comes back."""

    async def settings(self, platform: Platform, community: str) -> CommunitySettings | None:
        self.reads += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.broken:
            raise BrokenError("The database is away.")
        found = self.kept.get((platform, community))
        if self.late:
            await self.late.wait()
        return found

    async def change(
        self,
        platform: Platform,
        community: str,
        changes: Mapping[str, Any],
        default: CommunitySettings,
    ) -> CommunitySettings:
        if self.broken:
            raise BrokenError("The database is away.")
        held = replace(self.kept.get((platform, community), default), **changes)
        self.kept[platform, community] = held
        return held


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def known(store: MemoryStore, clock: Clock) -> Communities:
    return Communities(store, DEFAULT, clock)


def test_without_any_setting_everyone_may_share_what_was_answered_privately() -> None:
    usual = CommunitySettings()
    assert (usual.share, usual.visibility) == (Sharers.EVERYONE, Visibility.SELECTABLE)
    assert (usual.plain, usual.cooldown) == (False, timedelta())


async def test_where_nothing_was_set_the_default_holds(known: Communities) -> None:
    assert await known.fetch(Platform.SLACK, "T1") == DEFAULT
    assert await known.cached(Platform.SLACK, "T1") == DEFAULT


async def test_what_was_set_holds_in_its_own_community_alone(
    known: Communities, store: MemoryStore
) -> None:
    plain = replace(DEFAULT, plain=True)
    assert await known.change(Platform.SLACK, "T1", {"plain": True}) == plain
    assert store.kept == {(Platform.SLACK, "T1"): plain}
    for platform, community, settings in (
        (Platform.SLACK, "T1", plain),
        (Platform.SLACK, "T2", DEFAULT),
        (Platform.DISCORD, "T1", DEFAULT),
    ):
        assert await known.fetch(platform, community) == settings
        assert await known.cached(platform, community) == settings


async def test_outside_every_community_the_default_is_shown_and_nothing_is_read(
    known: Communities, store: MemoryStore
) -> None:
    assert await known.cached(Platform.DISCORD, "") == DEFAULT
    assert store.reads == 0


async def test_what_only_shows_reads_once_in_a_while(
    known: Communities, store: MemoryStore
) -> None:
    store.kept[Platform.SLACK, "T1"] = PLAIN
    for _ in range(3):
        assert await known.cached(Platform.SLACK, "T1") == PLAIN
    assert store.reads == 1


async def test_what_allows_reads_every_time(known: Communities, store: MemoryStore) -> None:
    assert await known.fetch(Platform.SLACK, "T1") == DEFAULT
    store.kept[Platform.SLACK, "T1"] = PRIVATE  # by another process
    assert await known.fetch(Platform.SLACK, "T1") == PRIVATE
    assert await known.cached(Platform.SLACK, "T1") == PRIVATE, "what was read is known at once"


async def test_a_change_of_another_process_is_shown_after_a_while(
    known: Communities, store: MemoryStore, clock: Clock
) -> None:
    assert await known.cached(Platform.SLACK, "T1") == DEFAULT
    store.kept[Platform.SLACK, "T1"] = PLAIN
    clock.now = CACHE_TTL - 1
    assert await known.cached(Platform.SLACK, "T1") == DEFAULT
    clock.now = CACHE_TTL + 1
    assert await known.cached(Platform.SLACK, "T1") == PLAIN


async def test_ones_own_change_is_shown_at_once(known: Communities) -> None:
    assert await known.cached(Platform.SLACK, "T1") == DEFAULT
    plain = await known.change(Platform.SLACK, "T1", {"plain": True})
    assert plain == replace(DEFAULT, plain=True)
    assert await known.cached(Platform.SLACK, "T1") == plain


async def test_while_the_store_fails_answers_are_shown_as_usual_and_nothing_is_allowed(
    known: Communities, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.broken = True
    assert await known.cached(Platform.SLACK, "T12345") == DEFAULT
    [line] = caplog.messages
    assert "could not be read" in line
    assert "T12345" not in line
    with pytest.raises(BrokenError):
        await known.fetch(Platform.SLACK, "T12345")


@pytest.mark.parametrize("how", ["broken", "hangs"])
async def test_while_the_store_does_not_answer_what_was_known_last_is_shown(
    known: Communities, store: MemoryStore, clock: Clock, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(communities, "STORE_TIMEOUT", 0.01)
    store.kept[Platform.SLACK, "T1"] = PRIVATE
    assert await known.cached(Platform.SLACK, "T1") == PRIVATE
    setattr(store, how, True)
    for _ in range(3):
        clock.now += CACHE_TTL + 1
        assert await known.cached(Platform.SLACK, "T1") == PRIVATE
        assert await known.cached(Platform.SLACK, "T2") == DEFAULT


async def test_no_answer_waits_long_for_a_store_that_hangs(
    known: Communities, store: MemoryStore
) -> None:
    """Slack and Discord allow three seconds in all."""
    assert STORE_TIMEOUT <= 1
    store.hangs = True
    async with asyncio.timeout(STORE_TIMEOUT + 1):
        assert await known.cached(Platform.SLACK, "T1") == DEFAULT


async def test_a_change_is_not_undone_by_a_look_that_began_before_it_and_never_came_back(
    known: Communities, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(communities, "STORE_TIMEOUT", 0.05)
    store.hangs = True
    look = asyncio.create_task(known.cached(Platform.SLACK, "T1"))
    await asyncio.sleep(0)
    plain = await known.change(Platform.SLACK, "T1", {"plain": True})
    assert await look == await known.cached(Platform.SLACK, "T1") == plain


async def test_a_change_is_not_undone_by_a_look_that_began_before_it_and_came_back_after(
    known: Communities, store: MemoryStore
) -> None:
    store.late = asyncio.Event()
    looking = asyncio.create_task(known.fetch(Platform.SLACK, "T1"))
    await asyncio.sleep(0)
    await known.change(Platform.SLACK, "T1", {"visibility": Visibility.PRIVATE})
    store.late.set()
    assert (await looking).visibility is Visibility.SELECTABLE
    assert (await known.cached(Platform.SLACK, "T1")).visibility is Visibility.PRIVATE


@pytest.mark.parametrize("how", ["broken", "hangs"])
async def test_a_store_that_did_not_answer_is_left_alone_for_a_while_and_asked_again(
    known: Communities, store: MemoryStore, clock: Clock, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(communities, "STORE_TIMEOUT", 0.01)
    store.kept[Platform.SLACK, "T1"] = PLAIN
    setattr(store, how, True)
    for _ in range(3):
        assert await known.cached(Platform.SLACK, "T1") == DEFAULT
    clock.now = CACHE_TTL - 1
    assert await known.cached(Platform.SLACK, "T1") == DEFAULT
    assert store.reads == 1
    setattr(store, how, False)
    clock.now = CACHE_TTL + 1
    assert await known.cached(Platform.SLACK, "T1") == PLAIN


async def test_a_store_that_did_not_answer_is_asked_again_by_what_allows(
    known: Communities, store: MemoryStore
) -> None:
    store.kept[Platform.SLACK, "T1"] = PLAIN
    store.broken = True
    assert await known.cached(Platform.SLACK, "T1") == DEFAULT
    store.broken = False
    assert await known.fetch(Platform.SLACK, "T1") == PLAIN
    assert await known.cached(Platform.SLACK, "T1") == PLAIN


async def test_what_could_not_be_kept_does_not_hold(known: Communities, store: MemoryStore) -> None:
    assert await known.cached(Platform.SLACK, "T1") == DEFAULT
    store.broken = True
    with pytest.raises(BrokenError):
        await known.change(Platform.SLACK, "T1", {"plain": True})
    store.broken = False
    assert await known.fetch(Platform.SLACK, "T1") == DEFAULT
    assert await known.cached(Platform.SLACK, "T1") == DEFAULT
