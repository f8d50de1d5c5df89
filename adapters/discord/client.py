"""Discord: events in, answers out.

The client asks for no intent at all: commands, buttons and menus reach it as interactions, which
need none (https://docs.discord.com/developers/events/gateway#gateway-intents). It sees nothing
but what is sent to it, and keeps no cache of members, messages or presences.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord.commands import add_commands, command_tree, commands_payload
from adapters.discord.publisher import DiscordPublisher
from adapters.discord.render import (
    NO_MENTIONS,
    DiscordMessage,
    render,
    render_preview,
    render_reply,
)
from adapters.discord.views import AnswerItem
from adapters.moderation import (
    NO_CHANNEL,
    NOT_A_MODERATOR,
    ONLY_MODERATORS_SHARE,
    Moderation,
    Subcommand,
)
from adapters.wording import APOLOGY, STALE_BUTTON, UNKNOWN_COMMAND
from knowledge.actions import MODERATORS_ONLY, Action, Button, Verb, clip
from knowledge.answer import Answer
from knowledge.desk import Desks
from knowledge.errors import PlatformError
from knowledge.posts import Place, Platform

log = logging.getLogger(__name__)

CHOICES_LIMIT = 25
CHOICE_NAME_LIMIT = 100

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
        publisher: DiscordPublisher | None = None,
        moderation: Moderation | None = None,
        *,
        api_url: str | None = None,
        gateway_url: str | None = None,
    ) -> None:
        self._desks = desks
        self._token = token
        self._memory = memory
        self._publisher = publisher or DiscordPublisher()
        self._moderation = moderation
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
        async with DiscordClient(self._desks, self._memory, self._moderation) as client:
            self._client = self._publisher.client = client
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

    async def documents_changed(self) -> None:
        """Register the commands anew, if the documents that are served now have others."""
        if self._client is not None and self._client.is_ready():
            await self._client.refresh_commands()

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

    def __init__(
        self,
        desks: Desks,
        memory: Memory,
        moderation: Moderation | None = None,
        *,
        force: bool = False,
    ) -> None:
        """`force`: register the commands even if they did not change."""
        super().__init__(
            intents=discord.Intents.none(),
            allowed_mentions=NO_MENTIONS,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self.desks = desks
        self.moderation = moderation
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

    async def refresh_commands(self) -> None:
        """Take the commands of the documents that are served now."""
        self.tree.clear_commands(guild=None)
        add_commands(self.tree, self.desks)
        await self._register()

    async def on_ready(self) -> None:
        """Called by discord.py after each new session."""
        log.info("connected to Discord")

    # What people do

    async def ask(self, interaction: Interaction, command: str, question: str) -> None:
        """Answer a command, seen by the asker alone."""
        if command not in self.desks:
            await self.say(interaction, UNKNOWN_COMMAND)
            return
        async with self._apologetic(interaction):
            message = self._answer(interaction, self.desks[command].ask(question))
            await interaction.response.send_message(
                message.content, view=message.view, ephemeral=True, suppress_embeds=True
            )

    async def perform(self, interaction: Interaction, action: Action | None) -> None:
        """Do what a button or menu says, in place of the message it stands under."""
        if action is None or action.command not in self.desks:
            await self.say(interaction, STALE_BUTTON)
            return
        async with self._apologetic(interaction):
            match action.verb:
                case Verb.OPEN | Verb.CHOOSE:
                    # A topic that is gone since the button was made is asked like any question.
                    answer = self.desks[action.command].ask(action.topic)
                    message = self._answer(interaction, answer, action.page)
                    await _edit(interaction, message)
                case Verb.SHARE | Verb.PIN:
                    await self._preview(interaction, action)
                case Verb.POST | Verb.KEEP | Verb.REPLACE:
                    await self._publish(interaction, action)

    async def moderate(
        self, interaction: Interaction, command: str, subcommand: Subcommand, topic: str = ""
    ) -> None:
        """Do what a moderator typed; the outcome is seen by the moderator alone."""
        async with self._apologetic(interaction):
            if reason := self._hindrance(interaction, Verb.KEEP):
                await self.say(interaction, reason)
                return
            assert self.moderation is not None  # `_hindrance` has looked
            await interaction.response.defer(ephemeral=True, thinking=True)
            place = _place(interaction)
            reply = await self.moderation.command(place, command, subcommand, topic)
            await _edit_original(interaction, render_reply(reply))

    async def suggest(self, command: str, typed: str) -> list[app_commands.Choice[str]]:
        """Titles for what was typed so far. A failure offers nothing: it must not disturb."""
        desk = self.desks.get(command)
        choices = desk.suggest(typed, CHOICES_LIMIT) if desk else []
        return [
            app_commands.Choice(name=clip(choice.title, CHOICE_NAME_LIMIT), value=choice.topic)
            for choice in choices
        ]

    async def say(self, interaction: Interaction, sentence: str) -> None:
        """Tell the one who acted, and nobody else."""
        try:
            if interaction.response.is_done():
                await interaction.followup.send(sentence, ephemeral=True)
            else:
                await interaction.response.send_message(sentence, ephemeral=True)
        except discord.HTTPException as error:
            log.warning("a sentence did not reach Discord (status %s)", error.status)

    async def _preview(self, interaction: Interaction, action: Action) -> None:
        reason = self._hindrance(interaction, action.verb)
        shown = self.moderation.preview(action) if self.moderation and not reason else None
        if shown is None:
            await self.say(interaction, reason or STALE_BUTTON)
            return
        await _edit(interaction, render_preview(*shown))

    async def _publish(self, interaction: Interaction, action: Action) -> None:
        if reason := self._hindrance(interaction, action.verb):
            await self.say(interaction, reason)
            return
        assert self.moderation is not None  # `_hindrance` has looked
        await interaction.response.defer()
        reply = await self.moderation.perform(_place(interaction), action)
        await _edit_original(interaction, render_reply(reply))

    def _answer(self, interaction: Interaction, answer: Answer, page: int = 1) -> DiscordMessage:
        offers: tuple[Button, ...] = ()
        if self.moderation and interaction.guild_id is not None:
            offers = self.moderation.offers(answer, moderator=_is_moderator(interaction))
        return render(answer, page, offers)

    def _hindrance(self, interaction: Interaction, verb: Verb) -> str | None:
        """Why this person, or we, may not do this here; None if nothing is in the way.

        Asked at every use: a button may be old, or forged, or pressed by somebody else.
        """
        if self.moderation is None or not interaction.is_guild_integration():
            return NO_CHANNEL
        moderator = _is_moderator(interaction)
        if verb in MODERATORS_ONLY and not moderator:
            return NOT_A_MODERATOR
        if not self.moderation.may_share(moderator):
            return ONLY_MODERATORS_SHARE
        return _missing_permission(interaction, verb)

    @asynccontextmanager
    async def _apologetic(self, interaction: Interaction) -> AsyncIterator[None]:
        """The one place for everything unexpected: a discreet log line, and a sentence."""
        try:
            yield
        except discord.HTTPException as error:
            # The person has gone on, or Discord has trouble; there is no one left to tell.
            log.warning("an answer did not reach Discord (status %s)", error.status)
        except Exception:
            log.exception("an interaction failed")
            await self.say(interaction, APOLOGY)


def _is_moderator(interaction: Interaction) -> bool:
    # Since February 2026 Manage Messages does not allow pinning any more.
    return interaction.guild_id is not None and interaction.permissions.pin_messages


def _missing_permission(interaction: Interaction, verb: Verb) -> str | None:
    ours = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    needed = {
        "View Channel": ours.view_channel,
        "Send Messages in Threads" if in_thread else "Send Messages": (
            ours.send_messages_in_threads if in_thread else ours.send_messages
        ),
    }
    if verb in MODERATORS_ONLY:
        needed |= {
            "Read Message History": ours.read_message_history,
            "Pin Messages": ours.pin_messages,
        }
    missing = ", ".join(name for name, given in needed.items() if not given)
    return f"I lack a permission in this channel: {missing}." if missing else None


def _place(interaction: Interaction) -> Place:
    return Place(Platform.DISCORD, str(interaction.guild_id), str(interaction.channel_id))


async def _edit(interaction: Interaction, message: DiscordMessage) -> None:
    await interaction.response.edit_message(content=message.content, view=message.view)


async def _edit_original(interaction: Interaction, message: DiscordMessage) -> None:
    await interaction.edit_original_response(content=message.content, view=message.view)


def use_addresses(api_url: str | None, gateway_url: str | None) -> None:
    """Other base addresses than Discord's own, for this whole process.

    discord.py keeps them as class attributes; it has no other place for them.
    """
    if api_url:
        Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
