"""Makes a `Caller` from an interaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord

from adapters.conversation import Caller
from knowledge.language import Translator, language_for
from knowledge.posts import Platform

Interaction = discord.Interaction[Any]


def caller_of(interaction: Interaction) -> Caller:
    """Who acts, where, and in which role; `cannot_post` and `cannot_pin` are left empty."""
    language = language_for(interaction.locale.value)
    if interaction.guild_id is None:
        return Caller(Platform.DISCORD, language)
    # Nothing can be posted where only a person has installed the app, nor where the channel is not
    # known: Discord may leave it out, or discord.py may not know its kind.
    here, channel = interaction.is_guild_integration(), interaction.channel_id
    return Caller(
        Platform.DISCORD,
        language,
        community=str(interaction.guild_id) if here else "",
        channel=str(channel) if here and channel else "",
        # Since February 2026 Manage Messages does not allow pinning any more.
        moderator=interaction.permissions.pin_messages,
    )


def posting_caller_of(interaction: Interaction, *, replying: bool = False) -> Caller:
    """Who acts, for actions that may post: with the reasons why the bot may not post or pin here.

    `replying`: the post would be a reply to a message, which needs a further permission.
    """
    caller = caller_of(interaction)
    to_post = _missing_permission(interaction, caller.say, reading=replying)
    to_pin = _missing_permission(interaction, caller.say, reading=True, pinning=True)
    return replace(caller, cannot_post=to_post, cannot_pin=to_pin)


def _missing_permission(
    interaction: Interaction, say: Translator, *, reading: bool, pinning: bool = False
) -> str:
    """A sentence that names the permissions that the bot lacks; empty if it lacks none.

    `reading`, `pinning`: whether it has to read earlier messages, and to pin one, besides posting.
    """
    if interaction.guild_id is None:
        return ""
    ours = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    needed = {
        say("View Channel"): ours.view_channel,
        say("Send Messages in Threads") if in_thread else say("Send Messages"): (
            ours.send_messages_in_threads if in_thread else ours.send_messages
        ),
    }
    if reading:
        needed[say("Read Message History")] = ours.read_message_history
    if pinning:
        needed[say("Pin Messages")] = ours.pin_messages
    missing = ", ".join(name for name, given in needed.items() if not given)
    if not missing:
        return ""
    return say("I lack a permission in this channel: {names}.", names=missing)
