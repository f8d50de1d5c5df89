"""What stand-in Discord refuses, registers and does to connections."""

import asyncio
import sys
from typing import Any

import aiohttp
import discord
import pytest

from tests.standins.base import UnansweredError, at_once
from tests.standins.discord import (
    DiscordStandIn,
    Place,
    Reply,
)
from tests.standins.small_discord_bot import (
    SmallBot,
    running,
)

# What Discord refuses


async def test_an_interaction_can_be_answered_once(standin: DiscordStandIn, bot: SmallBot) -> None:
    reply = await standin.command("ldn")
    again = f"{standin.api_url}/interactions/{reply.interaction.id}/{reply.interaction.token}"
    body = {"type": 4, "data": {"content": "x", "allowed_mentions": {"parse": []}}}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{again}/callback", json=body) as response,
    ):
        assert response.status == 400
        assert (await response.json())["code"] == 40060


async def test_a_private_answer_cannot_be_fetched_through_its_channel(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    reply = await standin.command("ldn")
    channel = bot.get_partial_messageable(int(standin.channel.id))
    with pytest.raises(discord.NotFound) as caught:
        await channel.fetch_message(int(reply.message_id))
    assert caught.value.code == 10008


async def test_an_overlong_answer_is_refused_and_recorded(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    async def answer(interaction: discord.Interaction[Any], question: str) -> None:
        try:
            await interaction.response.send_message("x" * 2001)
        except discord.HTTPException as error:
            await interaction.response.send_message(f"{error.status} {error.code}")

    bot.answer = answer
    assert (await standin.command("ldn")).content == "400 50035"
    assert any("Must be 2000 or fewer" in str(violation) for violation in standin.violations)
    standin.violations.clear()


async def test_a_refused_answer_is_named_where_no_other_comes(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    async def answer(interaction: discord.Interaction[Any], question: str) -> None:
        with pytest.raises(discord.HTTPException):
            await interaction.response.send_message("x" * 2001)

    bot.answer = answer
    standin.first_answer_timeout = 0.2
    with pytest.raises(UnansweredError, match=r"refused: .*Must be 2000 or fewer"):
        await standin.command("ldn")
    standin.violations.clear()


async def test_two_buttons_with_one_custom_id_are_refused(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    view = discord.ui.View(timeout=None)
    for label in ("one", "two"):
        view.add_item(discord.ui.Button(label=label, custom_id="same"))
    with pytest.raises(discord.HTTPException, match="custom id cannot be duplicated"):
        await bot.get_partial_messageable(int(standin.channel.id)).send("x", view=view)
    standin.violations.clear()


async def test_mentions_left_on_are_recorded_though_discord_lets_them_pass(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    bot._connection.allowed_mentions = None
    await bot.get_partial_messageable(int(standin.channel.id)).send("@everyone")
    assert ["mentions are not off" in str(violation) for violation in standin.violations] == [True]
    standin.violations.clear()


async def test_a_route_that_the_stand_in_lacks_is_recorded(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    with pytest.raises(discord.NotFound):
        await bot.fetch_user(1)
    assert "GET /users/1: the stand-in has no such route" in [str(v) for v in standin.violations]
    standin.violations.clear()


async def test_a_wrong_token_is_refused_by_rest(standin: DiscordStandIn) -> None:
    bot = SmallBot()
    with pytest.raises(discord.LoginFailure):
        await bot.start("wrong")
    await bot.close()


async def test_a_token_that_became_wrong_is_refused_by_the_gateway(
    standin: DiscordStandIn,
) -> None:
    bot = SmallBot()
    await bot.login(standin.token)
    standin.token = "changed"
    with pytest.raises(discord.ConnectionClosed) as caught:
        await bot.connect()
    assert caught.value.code == 4004
    await bot.close()


# Registration


async def test_registered_commands_come_back_with_ids_that_stay(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    first = {command.name: command.id for command in await bot.tree.fetch_commands()}
    assert set(first) == {"ldn", "ldn-mod", "Answer this"}
    bot.tree.remove_command("ldn-mod")
    await bot.tree.sync()
    second = {command.name: command.id for command in await bot.tree.fetch_commands()}
    assert second == {name: first[name] for name in ("ldn", "Answer this")}
    assert len(standin.requests_to("PUT", "/applications/{application_id}/commands")) == 2


# Connections


@pytest.mark.parametrize("code", [4000, 1001])
async def test_a_closed_connection_is_resumed_with_what_was_missed(
    standin: DiscordStandIn, bot: SmallBot, code: int
) -> None:
    await standin.close_connections(code)
    assert not standin.gateway.connected
    reply = await standin.command("ldn", {"question": "meanwhile"})
    assert reply.content == "About meanwhile"
    assert len(standin.gateway.identifies) == 1
    assert len(standin.gateway.resumes) == 1


async def test_a_cut_connection_is_resumed(standin: DiscordStandIn, bot: SmallBot) -> None:
    standin.drop_connections()
    await standin.until(lambda: standin.gateway.resumes, "a resume")
    assert (await standin.command("ldn", {"question": "again"})).content == "About again"


async def test_an_unanswered_command_says_when_no_client_was_there(
    standin: DiscordStandIn,
) -> None:
    async with running(SmallBot(), standin):
        pass
    await standin.disconnected()
    standin.first_answer_timeout = 0.1
    with pytest.raises(UnansweredError, match=r"not answered .*no client was connected"):
        await standin.command("ldn")


async def test_a_requested_reconnect_is_a_resume(standin: DiscordStandIn, bot: SmallBot) -> None:
    await standin.request_reconnect()
    await standin.until(lambda: standin.gateway.resumes, "a resume")
    await standin.connected()


async def test_an_invalidated_session_identifies_anew(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    await standin.invalidate_sessions()
    await standin.until(lambda: len(standin.gateway.identifies) == 2, "a second identify")
    await standin.connected()
    assert (await standin.command("ldn", {"question": "again"})).content == "About again"


async def test_a_stopped_stand_in_comes_back_on_the_same_port(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    port = standin.port
    await standin.stop()
    await standin.start()
    assert standin.port == port
    await standin.connected(timeout=30)
    assert (await standin.command("ldn", {"question": "back"})).content == "About back"


async def test_each_shard_gets_its_own_servers_and_the_first_the_direct_messages(
    standin: DiscordStandIn,
) -> None:
    class Sharded(discord.AutoShardedClient):
        async def before_identify_hook(
            self, shard_id: int | None, *, initial: bool = False
        ) -> None:
            """Do not wait five seconds between shards."""

        async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
            await interaction.response.send_message("sharded")

    standin.rest.shards = 2
    standin.guild_ids = ["300000000000000001", "300000000004194305"]
    bot = Sharded(
        intents=discord.Intents(guilds=True), allowed_mentions=discord.AllowedMentions.none()
    )
    async with running(bot, standin):
        await standin.connected(shards=2)
        assert sorted(s.shard for s in standin.gateway.sessions.values()) == [(0, 2), (1, 2)]
        for place in (Place.GUILD, Place.BOT_DM):
            assert (await standin.command("ldn", place=place)).content == "sharded"
        await standin.until(lambda: len(bot.guilds) == 2, "both servers")
        assert {guild.id: guild.shard_id for guild in bot.guilds} == {
            int(guild_id): (int(guild_id) >> 22) % 2 for guild_id in standin.guild_ids
        }


async def test_a_shard_that_identifies_earlier_than_allowed_is_refused_and_recorded(
    standin: DiscordStandIn,
) -> None:
    async def identify(shard: int) -> int:
        """What a shard of four hears after its IDENTIFY: 0 (READY), or 9 (invalid session)."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(standin.gateway_url) as socket,
        ):
            await socket.receive_json()  # HELLO
            said = {"token": standin.token, "intents": 0, "shard": [shard, 4]}
            await socket.send_json({"op": 2, "d": said})
            return int((await socket.receive_json())["op"])

    standin.recommend_shards(4, max_concurrency=2)
    assert [await identify(shard) for shard in (0, 1, 2)] == [0, 0, 9]
    [violation] = standin.violations
    assert "IDENTIFY of shard 2 of 4" in str(violation)
    standin.violations.clear()


async def test_ready_names_the_servers_of_a_shard_also_without_any_intent(
    standin: DiscordStandIn,
) -> None:
    standin.guild_ids = [str(number << 22) for number in range(3)]
    bot = SmallBot()
    async with running(bot, standin):
        await standin.connected()
        await standin.until(lambda: len(bot.guilds) == 3, "three servers")
        [session] = standin.gateway.sessions.values()
        assert [event["t"] for event in session.events] == ["READY"]


# Load, and other processes


async def test_many_people_can_ask_at_once(standin: DiscordStandIn, bot: SmallBot) -> None:
    async def ask(number: int) -> Reply:
        return await standin.command("ldn", {"question": str(number)})

    replies = await at_once(40, ask)
    assert [reply.content for reply in replies] == [f"About {number}" for number in range(40)]
    assert (standin.waiting, standin.most_waiting) == (0, 40)


SEPARATE_BOT = """
import sys, discord, yarl
discord.http.Route.BASE, gateway = sys.argv[1:]
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)

class Bot(discord.Client):
    async def on_interaction(self, interaction):
        await interaction.response.send_message("from another process", ephemeral=True)

mentions = discord.AllowedMentions.none()
Bot(intents=discord.Intents.none(), allowed_mentions=mentions).run("discord-token")
"""


async def test_a_bot_in_another_process_is_driven_the_same_way(standin: DiscordStandIn) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", SEPARATE_BOT, standin.api_url, standin.gateway_url),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await standin.connected(timeout=30)
        assert (await standin.command("ldn")).content == "from another process"
    finally:
        process.terminate()
        await process.wait()
