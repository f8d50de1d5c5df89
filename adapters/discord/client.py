"""Discord: events in, answers out.

The client asks for no intent at all: commands, buttons and menus reach it as interactions, which
need none (https://docs.discord.com/developers/events/gateway#gateway-intents). It sees nothing
but what is sent to it, and keeps no cache of servers, members, messages or presences.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import discord
import tenacity
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.closing import finish
from adapters.conversation import Aside
from adapters.discord.answers import (
    UNREACHED,
    defer,
    edit_answer,
    replace_message,
    send,
    send_aside,
    why,
)
from adapters.discord.callers import caller_of, poster_of
from adapters.discord.commands import (
    CommandTranslator,
    add_commands,
    command_tree,
    payload_of,
)
from adapters.discord.gateway import GatewayClient
from adapters.discord.publisher import DiscordPublisher
from adapters.discord.render import render_reply, render_response
from adapters.discord.shards import Shards
from adapters.discord.views import pressed
from adapters.moderation import Subcommand
from adapters.reception import Reception
from adapters.wording import APOLOGY
from knowledge.actions import GUARDED, NEEDS_STORE, Action, clip
from knowledge.desk import Desks
from knowledge.errors import PlatformError
from knowledge.language import language_for, words_in
from knowledge.metrics import Metrics
from knowledge.posts import Platform

log = logging.getLogger(__name__)

CHOICES_LIMIT = 25
CHOICE_NAME_LIMIT = 100
FIRST_PAUSE = 30.0
LONGEST_PAUSE = 3600.0
"""Seconds between two attempts to register commands that Discord does not take: twice as many each
time, from the first to the longest."""

Interaction = discord.Interaction["DiscordClient"]


class Memory(Protocol):
    """Keeps short texts from one start to the next."""

    def get(self, key: str) -> str | None:
        """The text kept under a key."""

    def set(self, key: str, value: str) -> None:
        """Keep a text under a key."""


class DiscordAdapter:
    """Serves `/ldn` on Discord until it is cancelled."""

    name = "Discord"

    def __init__(
        self,
        reception: Reception,
        token: str,
        memory: Memory,
        publisher: DiscordPublisher,
        *,
        shards: Shards | None = None,
        api_url: str | None = None,
        gateway_url: str | None = None,
    ) -> None:
        """`shards`: those of this process; all by default."""
        self._reception = reception
        self._token = token
        self._memory = memory
        self._publisher = publisher
        self._shards = shards
        self._client: DiscordClient | None = None
        use_addresses(api_url, gateway_url)

    @property
    def connected(self) -> bool:
        """Whether questions reach us at this moment."""
        return self._client is not None and self._client.is_connected

    async def run(self) -> None:
        """Connect, and serve. Dropped connections are taken up again by discord.py.

        Raises:
            PlatformError: Discord refuses the token, or the shards, for good.
        """
        reception, shards = self._reception, self._shards
        async with DiscordClient(reception.desks, self._memory, reception, shards) as client:
            self._client = self._publisher.client = client
            try:
                await client.start(self._token)
            except discord.LoginFailure:
                raise PlatformError(_WRONG_TOKEN) from None
            except discord.ConnectionClosed as error:
                if error.code == 4004:  # "authentication failed"
                    raise PlatformError(_WRONG_TOKEN) from None
                if error.code in _WRONG_SHARDS and shards:
                    raise PlatformError(_OTHER_SHARDS) from None
                raise
            finally:
                await client.finish()

    async def documents_changed(self) -> None:
        """Register the commands anew, if the documents that are served now have others."""
        if self._client is not None:
            self._client.refresh_commands()


_WRONG_TOKEN = (
    "Discord does not accept the token in DISCORD_TOKEN. Copy it again from your application's "
    "page (Bot → Reset Token), then restart."
)

_WRONG_SHARDS = frozenset({4010, 4011})
"""No such shard; more shards are required."""
_OTHER_SHARDS = (
    "Discord does not accept the shards in LDN_DISCORD_SHARDS: so many servers need more of them. "
    "Raise the number behind the slash in every process, and restart them."
)


async def register(
    desks: Desks, token: str, memory: Memory, *, force: bool, api_url: str | None
) -> bool:
    """Register the commands without serving, if they changed or by `force`; whether it did.

    Raises:
        PlatformError: Discord refuses the token, or does not take the commands.
    """
    use_addresses(api_url, None)
    async with DiscordClient(desks, memory) as client:
        try:
            await client.login(token)
            return await client.register(force=force)
        except discord.LoginFailure:
            raise PlatformError(_WRONG_TOKEN) from None
        except UNREACHED as error:
            raise PlatformError(
                f"Discord did not take the commands ({why(error)}). Those that it knows go on "
                "working. Try again later."
            ) from None


class DiscordClient(GatewayClient):
    """discord.py's client, with the documents' commands."""

    def __init__(
        self,
        desks: Desks,
        memory: Memory,
        reception: Reception | None = None,
        shards: Shards | None = None,
    ) -> None:
        """Without a `reception`, it can register the commands, and not serve."""
        super().__init__(shards, reception.metrics if reception else Metrics())
        self.desks = desks
        self.tree = command_tree(self, desks)
        self._memory = memory
        self._reception = reception
        self._changed = asyncio.Event()
        self._registering: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[Any]] = set()

    @property
    def reception(self) -> Reception:
        """Where everything that people do is handed in."""
        assert self._reception is not None  # what only registers is not connected
        return self._reception

    async def setup_hook(self) -> None:
        """Called by discord.py between login and connection."""
        await self.tree.set_translator(CommandTranslator())

    async def connect(self, *, reconnect: bool = True) -> None:
        """Serve. Nobody who asks waits until Discord takes the commands: it may know them."""
        self._registering = asyncio.create_task(self._keep_registered())
        await super().connect(reconnect=reconnect)

    async def close(self) -> None:
        """Leave Discord; what it did not take by now is registered by the next start."""
        if self._registering is not None:
            self._registering.cancel()
        await super().close()

    async def register(self, *, force: bool = False) -> bool:
        """Register the commands if they changed since the last time; whether it was done.

        Of several processes, the one with the first shard does it.
        Discord counts creations (200 a day), so an unchanged payload is not sent again
        (https://docs.discord.com/developers/interactions/application-commands).
        """
        if not self.has_first_shard:
            return False
        payload = json.dumps(await payload_of(self.tree), sort_keys=True)
        key = f"discord commands {self.application_id} {Route.BASE}"
        fingerprint = hashlib.sha256(payload.encode()).hexdigest()
        if not force and self._memory.get(key) == fingerprint:
            return False
        self._memory.set(key, "")  # what fails may have been done all the same
        await self.tree.sync()
        self._memory.set(key, fingerprint)
        log.info("commands registered with Discord")
        return True

    def refresh_commands(self) -> None:
        """Take the commands of the documents that are served now, and register them soon."""
        self.tree.clear_commands(guild=None)
        add_commands(self.tree, self.desks)
        self._changed.set()

    async def _keep_registered(self) -> None:
        """Register the commands now and after each change; what fails, once more later."""
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
        """Wait for other documents, for so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()

    # What people do

    async def ask(self, interaction: Interaction, command: str, question: str) -> None:
        """Answer a command, seen by the asker alone."""
        async with self._apologetic(interaction):
            caller = caller_of(interaction)
            response = await self.reception.ask(caller, command, question)
            await send(interaction, response)
            self.reception.count(caller, response)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Called by discord.py for everything that people do; commands go to the tree.

        Buttons and menus say by themselves what they do, also forged ones and those of earlier
        runs. discord.py's own way to them would build every item of the message anew.
        """
        if interaction.type is discord.InteractionType.component:
            await self.perform(interaction, pressed(interaction.data or {}))

    async def perform(self, interaction: Interaction, action: Action | None) -> None:
        """Do what a button or menu says, in place of the message it stands under."""
        async with self._apologetic(interaction):
            verb = action.verb if action else None
            waits = verb in NEEDS_STORE
            if action and verb in GUARDED:
                # What they carry beside the topic is the message that is to be answered.
                caller = poster_of(interaction, replying=bool(action.detail))
            else:
                caller = caller_of(interaction)
            if waits:
                await defer(interaction)
            response = await self.reception.act(caller, action)
            if isinstance(response, Aside):
                await self.tell(interaction, response.text)
            elif waits:
                await edit_answer(interaction, render_response(response))
            else:
                await replace_message(interaction, render_response(response))
            self.reception.count(caller, response)

    async def draft(self, interaction: Interaction, command: str, message: discord.Message) -> None:
        """Show what could be posted as an answer to a message."""
        async with self._apologetic(interaction):
            caller = poster_of(interaction)
            words = message.content or _passed_on(message)
            response = await self.reception.draft(caller, command, words, str(message.id))
            await send(interaction, response)

    async def moderate(
        self, interaction: Interaction, command: str, subcommand: Subcommand, words: str = ""
    ) -> None:
        """Do what a moderator typed; the outcome is seen by the moderator alone."""
        async with self._apologetic(interaction):
            await defer(interaction, thinking=True)
            reply = await self.reception.moderation.command(
                poster_of(interaction), command, subcommand, words
            )
            await edit_answer(interaction, render_reply(reply))

    async def suggest(self, command: str, typed: str) -> list[app_commands.Choice[str]]:
        """Titles for what was typed so far. A failure offers nothing: it must not disturb."""
        desk = self.desks.get(command)
        choices = desk.suggest(typed, CHOICES_LIMIT) if desk else []
        return [
            app_commands.Choice(name=clip(choice.title, CHOICE_NAME_LIMIT), value=choice.topic)
            for choice in choices
        ]

    async def tell(self, interaction: Interaction, sentence: str) -> None:
        """Tell the one who acted, and nobody else; in their language, if it is in the catalogue."""
        try:
            sentence = words_in(language_for(interaction.locale.value))(sentence)
            await send_aside(interaction, Aside(sentence))
        except Exception as error:  # the interaction, too, may not be as Discord makes them
            log.warning("a sentence did not reach Discord (%s)", why(error))

    @asynccontextmanager
    async def _apologetic(self, interaction: Interaction) -> AsyncIterator[None]:
        """The one place for everything unexpected: a discreet log line, and a sentence."""
        began = time.perf_counter()
        task = asyncio.current_task()
        assert task is not None  # discord.py begins one for each interaction
        self._under_way.add(task)
        try:
            yield
            self._metrics.sent(Platform.DISCORD, time.perf_counter() - began)
        except UNREACHED as error:
            # The person has gone on, or Discord has trouble; there is no one left to tell.
            log.warning("an answer did not reach Discord (%s)", why(error))
        except Exception:
            log.exception("an interaction failed")
            await self.tell(interaction, APOLOGY)
        finally:
            self._under_way.discard(task)

    async def finish(self) -> None:
        """Wait a while for what is under way."""
        await finish(self._under_way)


def _passed_on(message: discord.Message) -> str:
    """The words of another message that somebody has forwarded, for a forward has none itself."""
    return "\n".join(snapshot.content for snapshot in message.message_snapshots)


def _report(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, Exception)  # nothing else is tried again
    log.warning("commands could not be registered with Discord; trying again (%s)", why(error))


def use_addresses(api_url: str | None, gateway_url: str | None) -> None:
    """Other base addresses than Discord's own, for this whole process.

    discord.py keeps them as class attributes; it has no other place for them.
    """
    if api_url:
        Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
