"""Asks Slack about people: whether they moderate, and which language they read.

Moderators are the admins and owners of the workspace, and the users and user groups in the
settings. In a channel that two workspaces share, an admin of the other one is no moderator. Channel
managers are not known, because a bot's token cannot read them
(https://docs.slack.dev/reference/methods/admin.roles.listAssignments needs an admin's).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from cachetools import TTLCache
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import describe_error, error_name
from knowledge.language import ENGLISH, language_for

log = logging.getLogger(__name__)

CACHE_TTL = 570.0
"""Seconds for which an answer may rely on what is cached. Posting never does."""
SWEPT_EVERY = 30.0
"""Seconds between two removals of expired entries, so that none is left after ten minutes."""
CACHE_SIZE = 2000
"""People in the cache, at most."""
FETCH_TIMEOUT = 1.0
"""Seconds that an answer waits, at most, for Slack to say who asks."""

_FAILURES = (SlackClientError, aiohttp.ClientError, OSError)


@dataclass(frozen=True, slots=True)
class Person:
    """What is known about a person: whether they moderate, and the language of the interface."""

    moderator: bool = False
    language: str = ENGLISH


class SlackPeople:
    """Asks Slack who somebody is, and caches that in memory under a salted hash.

    Args:
        listed: ids of users (U…, W…) and of user groups (S…) that moderate besides the admins.
    """

    def __init__(self, listed: Collection[str] = ()) -> None:
        self._users = frozenset(each for each in listed if not each.startswith("S"))
        self._groups = sorted(each for each in listed if each.startswith("S"))
        self._salt = secrets.token_bytes(16)
        self._seen: TTLCache[bytes, Person] = TTLCache(CACHE_SIZE, CACHE_TTL)
        self._sweeping = False
        self._without_groups: set[str] = set()

    async def fetch(self, client: AsyncWebClient, user: str, team: str) -> Person:
        """Who a user is at this moment, in the workspace `team`, asked for with its client.

        If Slack does not answer, only those whose user id is listed count as moderators.
        """
        try:
            found = await client.users_info(user=user, include_locale=True)
            info = found.get("user") or {}
        except _FAILURES as error:
            log.warning("Slack did not say who someone is (%s)", describe_error(error))
            return Person(user in self._users)
        rules = any(info.get(role) for role in ("is_admin", "is_owner", "is_primary_owner"))
        is_admin = rules and team in _workspaces(info, team)
        person = Person(
            is_admin or user in self._users or await self._is_in_group(client, user, team),
            language_for(info.get("locale")),
        )
        self._seen[self._key(user, team)] = person
        if not self._sweeping:
            self._sweep()
        return person

    async def cached(self, client: AsyncWebClient, user: str, team: str) -> Person:
        """Who a user is, from the cache if possible: for what is shown, never to permit anything.

        Without an answer within `FETCH_TIMEOUT`, or without a token to ask with, it is a member who
        reads English.
        """
        if known := self._seen.get(self._key(user, team)):
            return known
        if not client.token:
            return Person()
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                return await self.fetch(client, user, team)
        except TimeoutError:
            return Person()

    def _sweep(self) -> None:
        """Remove expired entries. The cache itself does so only when it is next used."""
        self._seen.expire()
        self._sweeping = len(self._seen) > 0
        if self._sweeping:
            asyncio.get_running_loop().call_later(SWEPT_EVERY, self._sweep)

    def _key(self, user: str, team: str) -> bytes:
        return hashlib.blake2b(f"{team} {user}".encode(), key=self._salt, digest_size=16).digest()

    async def _is_in_group(self, client: AsyncWebClient, user: str, team: str) -> bool:
        for group in [] if team in self._without_groups else self._groups:
            try:
                members = await client.usergroups_users_list(usergroup=group)
            except _FAILURES as error:
                if error_name(error) == "plan_upgrade_required":
                    self._without_groups.add(team)
                    log.warning(
                        "LDN_SLACK_MODERATORS names a user group, and this workspace's plan has "
                        "none. List the moderators' user ids instead."
                    )
                    return False
                log.warning("Slack did not say who is in a user group (%s)", describe_error(error))
            else:
                if user in (members.get("users") or ()):
                    return True
        return False


def _workspaces(info: Mapping[str, Any], asked: str) -> set[str]:
    """The workspaces that a user belongs to: one, or several of an organisation.

    If Slack names none, it is the workspace `asked`; for users of another one, it names theirs
    (https://docs.slack.dev/reference/objects/user-object).
    """
    several = (info.get("enterprise_user") or {}).get("teams") or ()
    return {info.get("team_id", asked), *several}
