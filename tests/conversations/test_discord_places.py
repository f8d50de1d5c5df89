"""Every kind of channel in which Discord lets people use the bot."""

from __future__ import annotations

import pytest

from tests.standins.discord import MEMBER, Channel, DiscordStandIn, Permission, Place
from tests.standins.discord_ids import snowflake
from tests.standins.discord_state import (
    ANNOUNCEMENT,
    ANNOUNCEMENT_THREAD,
    GROUP_DM,
    GUILD_ID,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    STAGE,
    THREADS,
    VOICE,
)
from tests.standins.recording import JSON

FORMS = "It is delivered by capsule"
OURS = MEMBER | Permission.SEND_MESSAGES_IN_THREADS | Permission.PIN_MESSAGES
KINDS = (ANNOUNCEMENT, VOICE, STAGE, ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)


class PartialChannel(Channel):
    """A channel of which an interaction carries no more than which one it is, and its kind.

    Discord calls this object partial, without a word on which parts are there.
    """

    def as_json(self, *_: object) -> JSON:
        return {"id": self.id, "type": self.type}


def place(
    discord: DiscordStandIn, kind: int, permissions: int = OURS, made: type[Channel] = Channel
) -> Channel:
    """A new channel of a kind, in the server where the bot is."""
    return discord.channels.add(made(snowflake(), "somewhere", GUILD_ID, kind, permissions))


@pytest.mark.parametrize("made", [Channel, PartialChannel])
@pytest.mark.parametrize("kind", KINDS)
async def test_questions_are_answered_and_shared_in_every_kind_of_channel(
    discord: DiscordStandIn, kind: int, made: type[Channel]
) -> None:
    channel = place(discord, kind, made=made)
    reply = await discord.command("ldn", {"question": "forms"}, channel=channel)
    assert reply.ephemeral
    assert FORMS in reply.content
    preview = await discord.press(reply, reply.labels["Share in this channel"])
    await discord.press(preview, preview.labels["Post"])
    [post] = discord.channels.posts()
    assert post.channel is channel
    assert FORMS in post.data["content"]


@pytest.mark.parametrize("made", [Channel, PartialChannel])
@pytest.mark.parametrize("kind", sorted({*KINDS, 0}))
async def test_the_permission_that_the_bot_lacks_is_named_as_it_is_called_there(
    discord: DiscordStandIn, kind: int, made: type[Channel]
) -> None:
    needed = Permission.SEND_MESSAGES_IN_THREADS if kind in THREADS else Permission.SEND_MESSAGES
    name = "Send Messages in Threads" if kind in THREADS else "Send Messages"
    channel = place(discord, kind, OURS & ~needed, made)
    reply = await discord.command("ldn", {"question": "forms"}, channel=channel)
    said = await discord.press(reply, reply.labels["Share in this channel"])
    assert f"I lack a permission in this channel: {name}." in said.content
    assert not discord.channels.posts()


@pytest.mark.parametrize("made", [Channel, PartialChannel])
async def test_questions_are_answered_in_a_group_of_people(
    discord: DiscordStandIn, made: type[Channel]
) -> None:
    group = discord.channels.add(
        made(snowflake(), "", type=GROUP_DM, bot_permissions=0, between_people=True)
    )
    reply = await discord.command(
        "ldn", {"question": "forms"}, place=Place.PRIVATE_CHANNEL, channel=group
    )
    assert reply.ephemeral
    assert FORMS in reply.content
