"""Communities: the settings that moderators have made for their server or workspace."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

from cachetools import LRUCache

from knowledge.errors import LdnBotError
from knowledge.posts import Platform

log = logging.getLogger(__name__)

CACHE_TTL = 60.0
"""Seconds for which `Communities.cached` returns a setting without reading the store."""
CACHE_SIZE = 20_000
"""Communities whose settings are cached, at most."""
STORE_TIMEOUT = 0.5
"""Seconds that `Communities.cached` waits for the store, at most."""

MAX_COOLDOWN = timedelta(days=1)


class Sharers(StrEnum):
    """Who may post an answer for everyone."""

    EVERYONE = "everyone"
    MODERATORS = "moderators"


class Visibility(StrEnum):
    """Who may see an answer."""

    SELECTABLE = "selectable"
    """The asker alone, until someone chooses to share it."""
    PRIVATE = "private"
    """The asker alone: nothing can be posted."""


@dataclass(frozen=True, slots=True)
class CommunitySettings:
    """The settings of one community.

    Args:
        share: who may post an answer for everyone.
        visibility: whether anything may be posted at all.
        plain: whether answers are shown without decoration.
        cooldown: the least time between two public posts in one channel, for those who do not
            moderate; whole minutes, at most `MAX_COOLDOWN`.
    """

    share: Sharers = Sharers.EVERYONE
    visibility: Visibility = Visibility.SELECTABLE
    plain: bool = False
    cooldown: timedelta = timedelta()


class CommunityStore(Protocol):
    """Stores settings, for one process or for several at once."""

    async def settings(self, platform: Platform, community: str) -> CommunitySettings | None:
        """The settings of a community; None if it has set nothing yet.

        Raises:
            LdnBotError: the store cannot be read.
        """

    async def change(
        self,
        platform: Platform,
        community: str,
        changes: Mapping[str, Any],
        default: CommunitySettings,
    ) -> CommunitySettings:
        """Change some settings of a community, given by their names.

        Only these are written, so two people who change different settings at the same time both
        succeed. A community that has set nothing yet starts from `default`.

        Returns:
            All settings of the community after the change.

        Raises:
            LdnBotError: the store cannot be written.
        """


class Communities:
    """Reads and changes communities' settings, with a cache so that answers need not wait."""

    def __init__(
        self,
        store: CommunityStore,
        default: CommunitySettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`default` applies until a moderator sets something; `clock` returns seconds."""
        self._store = store
        self._default = default
        self._clock = clock
        self._known: LRUCache[tuple[str, str], tuple[CommunitySettings, float]] = LRUCache(
            CACHE_SIZE
        )
        self._changes = 0
        """How many changes this process has made."""

    async def cached(self, platform: Platform, community: str) -> CommunitySettings:
        """The settings as last read, to choose how to show something; never to allow something.

        They may be `CACHE_TTL` old. If the store does not answer within `STORE_TIMEOUT`, the last
        known settings (or the default) are returned and cached again, so that not every answer
        waits. Without a community (it is empty), the default.
        """
        if not community:
            return self._default
        known, until = self._known.get((platform, community), (self._default, 0.0))
        if self._clock() < until:
            return known
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                return await self.fetch(platform, community)
        except (LdnBotError, TimeoutError) as error:
            log.warning("a community's settings could not be read (%s)", type(error).__name__)
            # They may have been changed in this process while we waited.
            known, _ = self._known.get((platform, community), (known, 0.0))
            self._remember(platform, community, known)
            return known

    async def fetch(self, platform: Platform, community: str) -> CommunitySettings:
        """Read a community's settings from the store, and cache them.

        Raises:
            LdnBotError: the store cannot be read.
        """
        changes = self._changes
        settings = await self._store.settings(platform, community) or self._default
        if changes == self._changes:  # otherwise the cache may hold something newer
            self._remember(platform, community, settings)
        return settings

    async def change(
        self, platform: Platform, community: str, changes: Mapping[str, Any]
    ) -> CommunitySettings:
        """Change some settings of a community, given by their names; see `CommunityStore.change`.

        Returns:
            All settings of the community after the change.

        Raises:
            LdnBotError: they could not be stored.
        """
        settings = await self._store.change(platform, community, changes, self._default)
        self._changes += 1
        self._remember(platform, community, settings)
        return settings

    def _remember(self, platform: Platform, community: str, settings: CommunitySettings) -> None:
        self._known[platform, community] = settings, self._clock() + CACHE_TTL
