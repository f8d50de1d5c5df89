"""What Discord really sends: one of everything that people do, as the stand-in has sent it."""

from __future__ import annotations

from typing import Any

from tests.bot.marked import TYPED, WORD
from tests.standins.discord import DiscordStandIn, Place
from tests.standins.recording import JSON

OTHERS: tuple[JSON, ...] = (
    {"t": "RESUMED", "d": {"_trace": [WORD]}},
    {"t": "GUILD_CREATE", "d": {"id": "300000000000000009", "name": WORD, "unavailable": False}},
    {"t": "GUILD_DELETE", "d": {"id": "300000000000000009", "unavailable": True}},
    {"t": "MESSAGE_CREATE", "d": {"id": "1", "channel_id": "2", "content": TYPED, "author": {}}},
    {"t": "CHANNEL_PINS_UPDATE", "d": {"channel_id": "2", "last_pin_timestamp": WORD}},
    {"t": "USER_UPDATE", "d": {"id": "3", "username": WORD, "avatar": None}},
    {"t": "ENTITLEMENT_CREATE", "d": {"id": "4", "sku_id": "5", "application_id": "6", "type": 8}},
    {"t": "PRESENCE_UPDATE", "d": {"user": {"id": "7", "username": WORD}, "guild_id": "8"}},
    {"t": "APPLICATION_COMMAND_PERMISSIONS_UPDATE", "d": {"id": "9", "permissions": []}},
    {"t": WORD.upper(), "d": {"text": TYPED}},
)
"""Events that nobody asked for."""


async def one_of_everything(discord: DiscordStandIn) -> list[JSON]:
    """Do everything that people can do, and bring the frames that the bot was sent for it."""
    moderating: Any = {"user": discord.moderator}
    for place in (Place.GUILD, Place.BOT_DM, Place.USER_INSTALL, Place.PRIVATE_CHANNEL):
        await discord.command("ldn", {"question": TYPED}, place=place)
    await discord.autocomplete("ldn", {"question": WORD}, focused="question")
    await discord.autocomplete("ldn-mod pin", {"topic": WORD}, focused="topic", **moderating)
    for subcommand in ("pins", "stats", "refresh"):
        await discord.command(f"ldn-mod {subcommand}", {}, **moderating)
    await discord.command("ldn-mod pin", {"topic": "overview"}, **moderating)
    await discord.command("ldn-mod settings", {"plain": "on", "cooldown": 5}, **moderating)
    asked = discord.post_as(discord.member, TYPED)
    preview = await discord.context_menu("Answer with LDN", asked, **moderating)
    await discord.select(preview, f"ldn:draft::1:{asked.id}", ["forms"], **moderating)
    answer = await discord.command("ldn", {"question": "forms"}, **moderating)
    why = await discord.press(answer, answer.labels["Unclear or out of date?"])
    await discord.press(why, why.labels["It is out of date"])
    answer = await discord.command("ldn", {"question": "forms"}, **moderating)
    preview = await discord.press(answer, answer.labels["Share in this channel"])
    await discord.press(preview, preview.labels["Post"])
    [session] = discord.gateway.sessions.values()
    asked_for = [frame for frame in session.events if frame["t"] == "INTERACTION_CREATE"]
    modal = {"custom_id": WORD, "components": [{"type": 1, "components": []}]}
    asked_for.append({**asked_for[-1], "d": {**asked_for[-1]["d"], "type": 5, "data": modal}})
    return asked_for
