"""The Discord adapter and its client: interactions in, responses out.

The client asks for no gateway intent: commands, buttons and menus arrive as interactions, which
need none (https://docs.discord.com/developers/events/gateway#gateway-intents). So it receives only
what is sent to it, and it caches no servers, members, messages or presences.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord

from adapters.closing import finish
from adapters.conversation import Aside
from adapters.discord.answers import defer, edit_answer, replace_message, send, send_aside
from adapters.discord.callers import caller_of, posting_caller_of
from adapters.discord.commands import command_tree
from adapters.discord.errors import DISCORD_ERRORS, describe_error, wrong_token
from adapters.discord.gateway import GatewayClient
from adapters.discord.publisher import DiscordPublisher
from adapters.discord.registration import KeyValueStore, Registration
from adapters.discord.shards import Shards
from adapters.discord.views import action_of
from adapters.moderation import Subcommand
from adapters.reception import Reception
from adapters.wording import APOLOGY
from knowledge.actions import GUARDED, NEEDS_STORE, Action
from knowledge.errors import PlatformError
from knowledge.language import language_for, translator_for
from knowledge.posts import Platform

log = logging.getLogger(__name__)

Interaction = discord.Interaction["DiscordClient"]


class DiscordAdapter:
    """Serves `/ldn` on Discord until it is cancelled."""

    def __init__(
        self,
        reception: Reception,
        token: str,
        key_values: KeyValueStore,
        publisher: DiscordPublisher,
        *,
        shards: Shards | None = None,
    ) -> None:
        """An adapter that does nothing until `run`.

        Args:
            reception: answers what people type and press.
            token: the bot's token.
            key_values: holds the fingerprint of the commands that were registered last.
            publisher: works through this adapter's client while it runs.
            shards: the shards of this process; None for all.
        """
        self._reception = reception
        self._token = token
        self._key_values = key_values
        self._publisher = publisher
        self._shards = shards
        self._client: DiscordClient | None = None

    @property
    def connected(self) -> bool:
        """Whether questions reach us at this moment."""
        return self._client is not None and self._client.is_connected

    async def run(self) -> None:
        """Connect, and serve until cancelled. discord.py reopens dropped connections.

        Raises:
            PlatformError: Discord refuses the token, or the shards, for good.
        """
        async with DiscordClient(self._reception, self._key_values, self._shards) as client:
            self._client = self._publisher.client = client
            try:
                await client.start(self._token)
            except discord.LoginFailure:
                raise wrong_token() from None
            except discord.ConnectionClosed as error:
                if error.code == 4004:  # "authentication failed"
                    raise wrong_token() from None
                if error.code in _WRONG_SHARDS and self._shards:
                    raise PlatformError(_OTHER_SHARDS) from None
                if error.code in _OUTDATED:
                    log.error(_UPDATE, error.code)
                raise
            except discord.PrivilegedIntentsRequired:
                log.error(_UPDATE, 4014)
                raise
            except discord.HTTPException as error:
                if error.code in _OUTDATED:
                    log.error(_UPDATE, error.code)
                raise
            finally:
                await client.finish()

    async def documents_changed(self) -> None:
        """Register the commands again if the present documents have other ones."""
        if self._client is not None:
            self._client.registration.refresh()

    def describe_error(self, error: Exception) -> str:
        """An error of `run`, for the log."""
        return describe_error(error)


_WRONG_SHARDS = frozenset({4010, 4011})
"""Gateway close codes: no such shard, and more shards are required."""
_OTHER_SHARDS = (
    "Discord does not accept the shards in LDN_DISCORD_SHARDS: so many servers need more of them. "
    "Raise the number behind the slash in every process, and restart them."
)


_OUTDATED = frozenset({4012, 4013, 50041})
"""Codes that depend on nothing but this version of the bot. The gateway's: invalid API version, and
invalid intents; of 4014 (disallowed intents) discord.py makes an exception. The API's: invalid API
version."""
_UPDATE = "Discord does not let this version of the bot connect (%d). It goes on trying; update it"


class DiscordClient(GatewayClient):
    """discord.py's client, with the documents' commands."""

    def __init__(
        self, reception: Reception, key_values: KeyValueStore, shards: Shards | None
    ) -> None:
        super().__init__(shards, reception.metrics)
        self.reception = reception
        self.registration = Registration(
            command_tree(self, reception.desks), reception.desks, key_values
        )
        self._registering: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[Any]] = set()

    async def connect(self, *, reconnect: bool = True) -> None:
        """Serve. The commands are registered meanwhile, as Discord may know them already.

        Of several processes, only the one with the first shard registers them.
        """
        if self.has_first_shard:
            self._registering = asyncio.create_task(self.registration.keep())
        await super().connect(reconnect=reconnect)

    async def close(self) -> None:
        """Disconnect. Commands that are not registered yet are registered at the next start."""
        if self._registering is not None:
            self._registering.cancel()
        await super().close()

    # What people do

    async def ask(self, interaction: Interaction, command: str, question: str) -> None:
        """Answer a question that was typed as a command; only the asker sees it."""
        async with self._handle_errors(interaction):
            caller = caller_of(interaction)
            response = await self.reception.ask(caller, command, question)
            await send(interaction, response)
            self.reception.count(caller, response)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Called by discord.py for each button or menu that is used; see `GatewayClient.dispatch`.

        The custom_id of a button or menu says what to do, also if it was sent before a restart.
        discord.py's own dispatch would rebuild every item of the message first.
        """
        await self.perform(interaction, action_of(interaction.data or {}))

    async def perform(self, interaction: Interaction, action: Action | None) -> None:
        """Do what a button or menu says; the response replaces its message."""
        async with self._handle_errors(interaction):
            verb = action.verb if action else None
            waits = verb in NEEDS_STORE
            if action and verb in GUARDED:
                # Their detail is the message that is to be answered.
                caller = posting_caller_of(interaction, replying=bool(action.detail))
            else:
                caller = caller_of(interaction)
            if waits:
                await defer(interaction)
            response = await self.reception.act(caller, action)
            if isinstance(response, Aside):
                await send_aside(interaction, response)
            elif waits:
                await edit_answer(interaction, response)
            else:
                await replace_message(interaction, response)
            self.reception.count(caller, response)

    async def draft(self, interaction: Interaction, command: str, message: discord.Message) -> None:
        """Show what could be posted as an answer to a message."""
        async with self._handle_errors(interaction):
            caller = posting_caller_of(interaction)
            words = message.content or _forwarded_text(message)
            response = await self.reception.draft(caller, command, words, str(message.id))
            await send(interaction, response)

    async def moderate(
        self, interaction: Interaction, command: str, subcommand: Subcommand, words: str = ""
    ) -> None:
        """Do what a moderator typed; only the moderator sees the outcome."""
        async with self._handle_errors(interaction):
            await defer(interaction, thinking=True)
            response = await self.reception.moderation.command(
                posting_caller_of(interaction), command, subcommand, words
            )
            await edit_answer(interaction, response)

    async def notify(self, interaction: Interaction, sentence: str) -> None:
        """Show an English sentence, translated, to the person who acted alone.

        Never raises: a failure is logged.
        """
        try:
            sentence = translator_for(language_for(interaction.locale.value))(sentence)
            await send_aside(interaction, Aside(sentence))
        except Exception as error:  # the interaction itself may be malformed
            log.warning("a sentence did not reach Discord (%s)", describe_error(error))

    @asynccontextmanager
    async def _handle_errors(self, interaction: Interaction) -> AsyncIterator[None]:
        """Handle every error of the block: log it without anybody's words, and apologise.

        The time until the block's end is measured, and `finish` waits for the task.
        """
        began = time.perf_counter()
        task = asyncio.current_task()
        assert task is not None  # discord.py begins one for each interaction
        self._under_way.add(task)
        try:
            yield
            self._metrics.sent(Platform.DISCORD, time.perf_counter() - began)
        except DISCORD_ERRORS as error:
            # The interaction has expired, or Discord fails: the person cannot be told.
            log.warning("an answer did not reach Discord (%s)", describe_error(error))
        except Exception:
            log.exception("an interaction failed")
            await self.notify(interaction, APOLOGY)
        finally:
            self._under_way.discard(task)

    async def finish(self) -> None:
        """Wait a while for the interactions under way (`adapters.closing`)."""
        await finish(self._under_way)


def _forwarded_text(message: discord.Message) -> str:
    """The text of a forwarded message, which is kept in its snapshots."""
    return "\n".join(snapshot.content for snapshot in message.message_snapshots)
