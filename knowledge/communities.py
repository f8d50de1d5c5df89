"""Communities: what moderators have set for their server or workspace."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from cachetools import TTLCache

from knowledge.errors import LdnBotError
from knowledge.posts import Platform

log = logging.getLogger(__name__)

REMEMBERED_FOR = 60.0
"""Seconds after which another process's change is noticed by what only shows."""
REMEMBERED = 20_000
"""Communities, at most."""

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

    async def set_settings(
        self, platform: Platform, community: str, settings: CommunitySettings
    ) -> None:
        """Let these settings hold from now on."""


class Communities:
    """What holds where. Remembers for a moment what it read, so that answers need not wait."""

    def __init__(self, store: CommunityStore, default: CommunitySettings) -> None:
        """`default` holds where no moderator has set anything."""
        self._store = store
        self._default = default
        self._known: TTLCache[tuple[str, str], CommunitySettings] = TTLCache(
            REMEMBERED, REMEMBERED_FOR
        )

    async def shown(self, platform: Platform, community: str) -> CommunitySettings:
        """What most likely holds, to choose how to show something; never to allow it.

        Outside every community (it is empty), and where the store cannot be read, the default.
        """
        if not community:
            return self._default
        if known := self._known.get((platform, community)):
            return known
        try:
            return await self.held(platform, community)
        except LdnBotError as error:
            log.warning("a community's settings could not be read: %s", error)
            return self._default

    async def held(self, platform: Platform, community: str) -> CommunitySettings:
        """What holds at this moment.

        Raises:
            LdnBotError: the store cannot be read.
        """
        settings = await self._store.settings(platform, community) or self._default
        self._known[platform, community] = settings
        return settings

    async def change(self, platform: Platform, community: str, settings: CommunitySettings) -> None:
        """Let these settings hold in a community from now on.

        Raises:
            LdnBotError: they could not be kept.
        """
        await self._store.set_settings(platform, community, settings)
        self._known[platform, community] = settings
