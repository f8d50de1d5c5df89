"""What people do on Discord in several steps, and what everyone sees of it."""

from __future__ import annotations

from typing import Unpack

from tests.standins.discord import MEMBER, By, DiscordStandIn, Message, Permission, Reply

MODERATE: By = {"permissions": MEMBER | Permission.PIN_MESSAGES}
"""What a moderator may do; to be given to whatever one does."""


def posted(discord: DiscordStandIn) -> list[Message]:
    """What everyone sees in the channel, but for notices of pins."""
    return [
        message
        for message in discord.channel.messages.values()
        if message.data.get("type", 0) in {0, 19}  # a message, a reply
        and not message.deleted
        and not int(message.data.get("flags", 0)) & 64
    ]


async def ask_to_share(discord: DiscordStandIn, topic: str = "forms", **by: Unpack[By]) -> Reply:
    """Ask for a topic and press Share: what is shown before anything is posted."""
    reply = await discord.command("ldn", {"question": topic}, **by)
    return await discord.press(reply, reply.labels["Share in this channel"], **by)


async def share(discord: DiscordStandIn, topic: str = "forms", **by: Unpack[By]) -> Reply:
    """Ask for a topic and post it: what is said to the one who did."""
    shown = await ask_to_share(discord, topic, **by)
    return await discord.press(shown, shown.labels["Post"], **by)


async def moderate(discord: DiscordStandIn, name: str, **options: str | int) -> Reply:
    """A moderator uses /ldn-mod."""
    return await discord.command(f"ldn-mod {name}", dict(options), **MODERATE)


async def forge(discord: DiscordStandIn, custom_id: str, **by: Unpack[By]) -> Reply:
    """A hostile client presses what was never offered."""
    answer = await discord.command("ldn", {"question": "forms"}, **by)
    rows = discord.message(answer.message_id).data["components"]
    rows[-1]["components"][0]["custom_id"] = custom_id
    return await discord.press(answer, custom_id, forged=True, **by)
