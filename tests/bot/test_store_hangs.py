"""A database that takes connections and never says a word: nobody waits for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.adapters.wire import silent_server
from tests.bot.folders import small_folder
from tests.bot.running import running_bot
from tests.shipped import FORMS
from tests.standins.discord import DiscordStandIn, Place
from tests.standins.slack import SlackStandIn

DESPAIRED = "Please talk to someone now"


@pytest.mark.long
async def test_while_the_database_hangs_everyone_is_answered_in_time(
    tmp_path: Path, discord_standin: DiscordStandIn, slack_standin: SlackStandIn
) -> None:
    """The stand-ins take no answer that comes later than Slack's and Discord's three seconds."""
    documents = small_folder(tmp_path / "documents")
    # A direct message is answered by a call of its own, which Slack would wait for.
    slack_standin.answer_timeout = 3.0
    async with (
        silent_server() as port,
        running_bot(
            tmp_path / "data",
            discord_standin,
            slack_standin,
            development=False,
            LDN_DOCUMENTS=str(documents),
            DATABASE_URL=f"postgresql://user:password@127.0.0.1:{port}/ldn",
        ) as bot,
    ):
        await asyncio.gather(discord_standin.connected(), slack_standin.connected())
        for question, expected in (("i want to die", DESPAIRED), ("forms", FORMS)):
            on_discord, in_dm, on_slack, to_slack = await asyncio.gather(
                discord_standin.command("ldn", {"question": question}),
                discord_standin.command("ldn", {"question": question}, place=Place.BOT_DM),
                slack_standin.command("/ldn", question),
                slack_standin.direct_message(question),
            )
            assert expected in on_discord.content
            assert expected in in_dm.content
            assert expected in on_slack.text
            assert expected in to_slack.text
        assert await bot.stop() == 0
