"""Black box: the shards of one bot, spread over two processes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.bot.folders import small_folder
from tests.bot.running import running_bot
from tests.shipped import FORMS
from tests.standins.base import UnansweredError
from tests.standins.discord import Channel, DiscordStandIn, Place


@pytest.mark.long
async def test_two_processes_share_the_servers_and_the_one_with_the_first_shard_does_the_rest(
    tmp_path: Path, discord_standin: DiscordStandIn
) -> None:
    discord_standin.recommend_shards(5, max_concurrency=4)
    discord_standin.guild_ids = [str(number << 22) for number in range(4, 8)]
    channels = [
        discord_standin.channels.add(Channel(f"51000000000000000{shard}", "c", guild))
        for shard, guild in enumerate(discord_standin.guild_ids)
    ]

    async def answered(**where: object) -> bool:
        try:
            reply = await discord_standin.command("ldn", {"question": "forms"}, **where)  # type: ignore[arg-type]
        except UnansweredError:
            return False
        return FORMS in reply.content

    settings = {"LDN_DOCUMENTS": str(small_folder(tmp_path / "documents"))}
    first = running_bot(
        tmp_path / "one", discord_standin, development=False, LDN_DISCORD_SHARDS="0-1/4", **settings
    )
    second = running_bot(
        tmp_path / "other",
        discord_standin,
        development=False,
        LDN_DISCORD_SHARDS="2-3/4",
        **settings,
    )
    async with first, second as process:
        await discord_standin.connected(shards=4)
        sessions = discord_standin.gateway.sessions.values()
        assert sorted(session.shard for session in sessions) == [(0, 4), (1, 4), (2, 4), (3, 4)]
        assert all([await answered(channel=channel) for channel in channels])
        registered = discord_standin.requests_to("PUT", "/applications/{application_id}/commands")
        assert len(registered) == 1

        process.process.kill()
        await process.ended()
        discord_standin.first_answer_timeout = 1.0
        assert await answered(place=Place.BOT_DM)
        reached = await asyncio.gather(*(answered(channel=channel) for channel in channels))
        assert reached == [True, True, False, False]
