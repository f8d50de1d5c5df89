"""Communities: what moderators have set for their server or workspace."""

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

REMEMBERED_FOR = 60.0
"""Seconds after which another process's change is noticed by what only shows."""
REMEMBERED = 20_000
"""Communities, at most."""
PATIENCE = 0.5
"""Seconds that an answer waits, at most, for what its community has set."""

LONGEST_COOLDOWN = timedelta(days=1)


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
    """What holds in one community.

    `plain` drops all decoration from answers. `cooldown` is the time that has to pass between two
    public posts in one channel, for those who do not moderate; whole minutes, at most a day.
    """

    share: Sharers = Sharers.EVERYONE
    visibility: Visibility = Visibility.SELECTABLE
    plain: bool = False
    cooldown: timedelta = timedelta()


class CommunityStore(Protocol):
    """Keeps settings, for one process or for several at once."""

    async def settings(self, platform: Platform, community: str) -> CommunitySettings | None:
        """What was set for a community; None if nothing ever was."""

    async def change(
        self,
        platform: Platform,
        community: str,
        changes: Mapping[str, Any],
        default: CommunitySettings,
    ) -> CommunitySettings:
        """Let some settings hold from now on, by their names; what holds then.

        Only these are written, so that of two who change different things at once neither loses.
        `default` is where a community begins that has set nothing yet.
        """


class Communities:
    """What holds where. Remembers for a moment what it read, so that answers need not wait."""

    def __init__(
        self,
        store: CommunityStore,
        default: CommunitySettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`default` holds where no moderator has set anything; `clock` counts seconds."""
        self._store = store
        self._default = default
        self._clock = clock
        self._known: LRUCache[tuple[str, str], tuple[CommunitySettings, float]] = LRUCache(
            REMEMBERED
        )
        self._changes = 0
        """Made by this process so far."""

    async def shown(self, platform: Platform, community: str) -> CommunitySettings:
        """What most likely holds, to choose how to show something; never to allow it.

        Outside every community (it is empty), the default. Where the store does not answer at once,
        what was known last; it is left alone for a while then, for an answer must not wait.
        """
        if not community:
            return self._default
        known, until = self._known.get((platform, community), (self._default, 0.0))
        if self._clock() < until:
            return known
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.held(platform, community)
        except (LdnBotError, TimeoutError) as error:
            log.warning("a community's settings could not be read (%s)", type(error).__name__)
            # They may have been changed while we waited.
            known, _ = self._known.get((platform, community), (known, 0.0))
            self._remember(platform, community, known)
            return known

    async def held(self, platform: Platform, community: str) -> CommunitySettings:
        """What holds at this moment.

        Raises:
            LdnBotError: the store cannot be read.
        """
        changes = self._changes
        settings = await self._store.settings(platform, community) or self._default
        if changes == self._changes:  # else it may have been read before what is remembered now
            self._remember(platform, community, settings)
        return settings

    async def change(
        self, platform: Platform, community: str, changes: Mapping[str, Any]
    ) -> CommunitySettings:
        """Let some settings hold in a community from now on, by their names; what holds then.

        Raises:
            LdnBotError: they could not be kept.
        """
        settings = await self._store.change(platform, community, changes, self._default)
        self._changes += 1
        self._remember(platform, community, settings)
        return settings

    def _remember(self, platform: Platform, community: str, settings: CommunitySettings) -> None:
        self._known[platform, community] = settings, self._clock() + REMEMBERED_FOR
