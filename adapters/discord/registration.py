"""Registration: tells Discord the documents' commands, at the start and when they change.

Discord limits creations (200 a day), so an unchanged payload is not sent again
(https://docs.discord.com/developers/interactions/application-commands).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from contextlib import suppress
from typing import Protocol

import discord
import tenacity
from discord.http import Route

from adapters.discord.commands import (
    DocumentCommandTree,
    add_commands,
    command_tree,
    payload_of,
)
from adapters.discord.errors import DISCORD_ERRORS, describe_error, wrong_token
from adapters.discord.gateway import LONGEST_LIMIT
from knowledge.desk import Desks
from knowledge.errors import PlatformError

log = logging.getLogger(__name__)

FIRST_PAUSE = 30.0
LONGEST_PAUSE = 3600.0
"""Seconds between two attempts to register commands: `FIRST_PAUSE` after the first attempt, then
twice as many each time, up to `LONGEST_PAUSE`."""


class KeyValueStore(Protocol):
    """Stores short texts that outlive a restart."""

    def get(self, key: str) -> str | None:
        """The text under a key; None if there is none."""

    def set(self, key: str, value: str) -> None:
        """Store a text under a key."""


class Registration:
    """Keeps the commands of a client's tree registered.

    Args:
        tree: the commands; its client is logged in before anything is registered.
        desks: the documents that the commands are made from.
        key_values: holds the fingerprint of the commands that were registered last.
    """

    def __init__(self, tree: DocumentCommandTree, desks: Desks, key_values: KeyValueStore) -> None:
        self._tree = tree
        self._desks = desks
        self._key_values = key_values
        self._changed = asyncio.Event()

    async def register(self, *, force: bool = False) -> bool:
        """Register the commands if they changed since the last time, or with `force`.

        Returns:
            Whether they were registered.

        Raises:
            discord.HTTPException, aiohttp.ClientError, OSError: Discord did not accept them.
        """
        client = self._tree.client
        commands = await payload_of(self._tree)
        key = f"discord commands {client.application_id} {Route.BASE}"
        fingerprint = hashlib.sha256(json.dumps(commands, sort_keys=True).encode()).hexdigest()
        if not force and self._key_values.get(key) == fingerprint:
            return False
        self._key_values.set(key, "")  # a request that fails may have been carried out
        await client.http.bulk_upsert_global_commands(client.application_id, commands)
        self._key_values.set(key, fingerprint)
        log.info("commands registered with Discord")
        return True

    def refresh(self) -> None:
        """Replace the commands by those of the present documents, and register them soon."""
        self._tree.clear_commands(guild=None)
        add_commands(self._tree, self._desks)
        self._changed.set()

    async def keep(self) -> None:
        """Register the commands now and after each change, until cancelled; retry after errors."""
        attempts = tenacity.AsyncRetrying(
            wait=tenacity.wait_exponential(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE),
            sleep=self._until_changed,
            before_sleep=_report,
        )
        while True:
            async for attempt in attempts:
                with attempt:
                    await self.register()
            await self._until_changed()

    async def _until_changed(self, seconds: float | None = None) -> None:
        """Wait until the commands change, for at most `seconds`; None for no limit."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()


def _report(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning(
        "commands could not be registered with Discord; trying again (%s)", describe_error(error)
    )


async def register(desks: Desks, token: str, key_values: KeyValueStore, *, force: bool) -> bool:
    """Register the commands without serving, if they changed or with `force`.

    Returns:
        Whether they were registered.

    Raises:
        PlatformError: Discord refuses the token, or does not take the commands.
    """
    none = discord.Intents.none()
    async with discord.Client(intents=none, max_ratelimit_timeout=LONGEST_LIMIT) as client:
        try:
            await client.login(token)
            tree = command_tree(client, desks)
            return await Registration(tree, desks, key_values).register(force=force)
        except discord.LoginFailure:
            raise wrong_token() from None
        except DISCORD_ERRORS as error:
            raise PlatformError(
                f"Discord did not take the commands ({describe_error(error)}). Those that it knows "
                "go on working. Try again later."
            ) from None
