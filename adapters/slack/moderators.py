"""Who moderates on Slack: workspace admins and owners, and whoever the settings list.

Channel managers cannot be read with a bot's token
(https://docs.slack.dev/reference/methods/admin.roles.listAssignments needs an admin's).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Collection

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)

REMEMBERED_FOR = 600.0
"""Seconds for which the buttons of an answer rely on an earlier look. A press never does."""
REMEMBERED = 2000
PATIENCE = 1.0
"""Seconds that an answer waits, at most, to learn whether it gets a button for moderators."""

_FAILURES = (SlackClientError, aiohttp.ClientError, OSError, asyncio.TimeoutError)


class SlackModerators:
    """Asks Slack who is a moderator.

    `listed` holds ids of users (U…, W…) and of user groups (S…). What is remembered of an earlier
    look is a salted hash and yes or no, in memory alone.
    """

    def __init__(self, client: AsyncWebClient, listed: Collection[str] = ()) -> None:
        self._client = client
        self._users = frozenset(each for each in listed if not each.startswith("S"))
        self._groups = sorted(each for each in listed if each.startswith("S"))
        self._salt = secrets.token_bytes(16)
        self._seen: dict[bytes, tuple[bool, float]] = {}
        self._groups_missing = False

    async def include(self, user: str) -> bool:
        """Whether someone is a moderator at this moment. When Slack does not say, they are not."""
        if user in self._users:
            return True
        is_moderator = await self._is_admin(user) or await self._is_in_group(user)
        if len(self._seen) >= REMEMBERED:
            self._seen.clear()
        self._seen[self._key(user)] = (is_moderator, time.monotonic() + REMEMBERED_FOR)
        return is_moderator

    async def seem_to_include(self, user: str) -> bool:
        """Whether someone is a moderator, quickly: to choose buttons, never to let them be used."""
        known, until = self._seen.get(self._key(user), (False, 0.0))
        if time.monotonic() < until:
            return known
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.include(user)
        except TimeoutError:
            return False

    def _key(self, user: str) -> bytes:
        return hashlib.blake2b(user.encode(), key=self._salt, digest_size=16).digest()

    async def _is_admin(self, user: str) -> bool:
        try:
            info = (await self._client.users_info(user=user)).get("user") or {}
        except _FAILURES as error:
            log.warning("Slack did not say who is an admin (%s)", type(error).__name__)
            return False
        return any(info.get(role) for role in ("is_admin", "is_owner", "is_primary_owner"))

    async def _is_in_group(self, user: str) -> bool:
        for group in [] if self._groups_missing else self._groups:
            try:
                members = await self._client.usergroups_users_list(usergroup=group)
            except SlackClientError as error:
                response = getattr(error, "response", None) or {}
                if response.get("error") == "plan_upgrade_required":
                    self._groups_missing = True
                    log.warning(
                        "LDN_SLACK_MODERATORS names a user group, and this workspace's plan has "
                        "none. List the moderators' user ids instead."
                    )
                    return False
                log.warning("Slack did not say who is in a user group (%s)", type(error).__name__)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                log.warning("Slack did not say who is in a user group (%s)", type(error).__name__)
            else:
                if user in (members.get("users") or ()):
                    return True
        return False
