"""Discord: events in, answers out.

The client asks for no intent at all: commands, buttons and menus reach it as interactions, which
need none (https://docs.discord.com/developers/events/gateway#gateway-intents). It sees nothing
but what is sent to it, and keeps no cache of members, messages or presences.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from typing import Any, Protocol

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord.render import NO_MENTIONS, render
from adapters.discord.views import AnswerItem
from adapters.wording import APOLOGY, QUESTION_HINT, STALE_BUTTON, UNKNOWN_COMMAND, invite
from knowledge.actions import Action, clip
from knowledge.answer import Answer
from knowledge.desk import Desks
from knowledge.errors import PlatformError

log = logging.getLogger(__name__)

CHOICES_LIMIT = 25
CHOICE_NAME_LIMIT = 100
COMMAND_DESCRIPTION_LIMIT = 100

Interaction = discord.Interaction["DiscordClient"]


class Memory(Protocol):
    """Keeps short texts from one start to the next."""

    def get(self, key: str) -> str | None:
        """The text kept under a key."""

    def set(self, key: str, value: str) -> None:
        """Keep a text under a key."""


class DiscordAdapter:
    """Serves `/ldn` on Discord until it is closed."""

    name = "Discord"

    def __init__(
        self,
        desks: Desks,
        token: str,
        memory: Memory,
        *,
        api_url: str | None = None,
        gateway_url: str | None = None,
    ) -> None:
        self._desks = desks
        self._token = token
        self._memory = memory
        self._client: DiscordClient | None = None
        use_addresses(api_url, gateway_url)

    @property
    def connected(self) -> bool:
        """Whether questions reach us at this moment."""
        return self._client is not None and self._client.is_ready()

    async def run(self) -> None:
        """Connect, and serve. Dropped connections are taken up again by discord.py.

        Raises:
            PlatformError: Discord refuses the token, for good.
        """
        async with DiscordClient(self._desks, self._memory) as client:
            self._client = client
            try:
                await client.start(self._token)
            except discord.LoginFailure:
                raise PlatformError(_WRONG_TOKEN) from None
            except discord.ConnectionClosed as error:
                if error.code == 4004:  # "authentication failed"
                    raise PlatformError(_WRONG_TOKEN) from None
                raise

    async def register(self, *, force: bool) -> bool:
        """Register the commands without serving, if they changed or by `force`; whether it did.

        Raises:
            PlatformError: Discord refuses the token.
        """
        async with DiscordClient(self._desks, self._memory, force=force) as client:
            try:
                await client.login(self._token)
            except discord.LoginFailure:
                raise PlatformError(_WRONG_TOKEN) from None
            return client.registered

    async def close(self) -> None:
        """Leave Discord."""
        if self._client is not None:
            await self._client.close()


_WRONG_TOKEN = (
    "Discord does not accept the token in DISCORD_TOKEN. Copy it again from your application's "
    "page (Bot → Reset Token), then restart."
)


class DiscordClient(discord.Client):
    """discord.py's client, with the documents' commands."""

    def __init__(self, desks: Desks, memory: Memory, *, force: bool = False) -> None:
        """`force`: register the commands even if they did not change."""
        super().__init__(
            intents=discord.Intents.none(),
            allowed_mentions=NO_MENTIONS,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self.desks = desks
        self.tree = command_tree(self, desks)
        self.registered = False
        self._memory = memory
        self._force = force

    async def setup_hook(self) -> None:
        """Between login and connection: buttons of earlier runs, and the commands."""
        self.add_dynamic_items(AnswerItem)
        self.registered = await self._register()

    async def _register(self) -> bool:
        """Register the commands if they changed since the last time; whether it was done.

        Discord counts creations (200 a day), so an unchanged payload is not sent again
        (https://docs.discord.com/developers/interactions/application-commands).
        """
        payload = json.dumps(commands_payload(self.desks), sort_keys=True)
        key = f"discord commands {self.application_id} {Route.BASE}"
        fingerprint = hashlib.sha256(payload.encode()).hexdigest()
        if not self._force and self._memory.get(key) == fingerprint:
            return False
        await self.tree.sync()
        self._memory.set(key, fingerprint)
        log.info("commands registered with Discord")
        return True

    async def on_ready(self) -> None:
        """Called by discord.py after each new session."""
        log.info("connected to Discord")

    async def ask(self, interaction: Interaction, command: str, question: str) -> None:
        """Answer a command, seen by the asker alone."""
        if command not in self.desks:
            await self._say(interaction, UNKNOWN_COMMAND)
            return
        await self._respond(interaction, lambda: (self.desks[command].ask(question), 1))

    async def perform(self, interaction: Interaction, action: Action | None) -> None:
        """Do what a button or menu says, in place of the answer it stands under."""
        if action is None or action.command not in self.desks:
            await self._say(interaction, STALE_BUTTON)
            return
        desk = self.desks[action.command]
        # A topic that is gone since the button was made is asked like any question.
        await self._respond(
            interaction, lambda: (desk.ask(action.topic), action.page), in_place=True
        )

    async def suggest(
        self, interaction: Interaction, command: str, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Titles for what was typed so far. A failure offers nothing: it must not disturb."""
        desk = self.desks.get(command)
        choices = desk.suggest(typed, CHOICES_LIMIT) if desk else []
        return [
            app_commands.Choice(name=clip(choice.title, CHOICE_NAME_LIMIT), value=choice.topic)
            for choice in choices
        ]

    async def _respond(
        self,
        interaction: Interaction,
        find: Callable[[], tuple[Answer, int]],
        *,
        in_place: bool = False,
    ) -> None:
        try:
            message = render(*find())
            if in_place:
                await interaction.response.edit_message(content=message.content, view=message.view)
            else:
                await interaction.response.send_message(
                    message.content, view=message.view, ephemeral=True, suppress_embeds=True
                )
        except discord.HTTPException as error:
            # The person has gone on, or Discord has trouble; there is no one left to tell.
            log.warning("an answer did not reach Discord (status %s)", error.status)
        except Exception:
            log.exception("an interaction failed")
            await self._say(interaction, APOLOGY)

    async def _say(self, interaction: Interaction, sentence: str) -> None:
        try:
            if interaction.response.is_done():
                await interaction.followup.send(sentence, ephemeral=True)
            else:
                await interaction.response.send_message(sentence, ephemeral=True)
        except discord.HTTPException as error:
            log.warning("a sentence did not reach Discord (status %s)", error.status)


class DocumentTree(app_commands.CommandTree[DiscordClient]):
    """discord.py's command tree, with errors in words."""

    async def on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """A command that failed before it reached its desk."""
        unknown = isinstance(
            error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch
        )
        if not unknown:
            log.error("a command failed", exc_info=error)
        if interaction.type is not discord.InteractionType.autocomplete:
            await interaction.client._say(interaction, UNKNOWN_COMMAND if unknown else APOLOGY)


def command_tree(client: Any, desks: Desks) -> DocumentTree:
    """One command for each document, for servers, direct messages, and personal installs."""
    tree = DocumentTree(
        client,
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        allowed_contexts=app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=True
        ),
    )
    for command, desk in desks.items():
        tree.add_command(_question_command(command, desk.document.title))
    return tree


def commands_payload(desks: Desks) -> list[dict[str, Any]]:
    """What registers the commands: the body of `PUT /applications/{id}/commands`."""
    tree = command_tree(discord.Client(intents=discord.Intents.none()), desks)
    return [dict(command.to_dict(tree)) for command in tree.get_commands()]


def _question_command(name: str, title: str) -> app_commands.Command[Any, ..., None]:
    @app_commands.describe(question=QUESTION_HINT)
    async def callback(interaction: Interaction, question: str = "") -> None:
        await interaction.client.ask(interaction, name, question)

    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await interaction.client.suggest(interaction, name, typed)

    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=name,
        description=clip(invite(title), COMMAND_DESCRIPTION_LIMIT),
        callback=callback,
    )
    command.autocomplete("question")(complete)
    return command


def use_addresses(api_url: str | None, gateway_url: str | None) -> None:
    """Other base addresses than Discord's own, for this whole process.

    discord.py keeps them as class attributes; it has no other place for them.
    """
    if api_url:
        Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
