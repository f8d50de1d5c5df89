"""Many shards in one process, through real discord.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import discord as library
import pytest
import pytest_asyncio
from cachetools import LRUCache
from discord.state import AutoShardedConnectionState

from adapters.discord import client, gateway
from adapters.discord.client import DiscordAdapter, DiscordClient
from adapters.discord.publisher import DiscordPublisher
from adapters.discord.shards import Shards
from knowledge.errors import PlatformError
from knowledge.metrics import Metrics
from knowledge.posts import Platform
from tests.conversations.conftest import House, Memory, running
from tests.standins.discord import Channel, DiscordStandIn, Place
from tests.standins.recording import Fault

PACE = 0.3
"""Seconds between IDENTIFYs that the stand-in wants; Discord itself wants five."""


@dataclass
class Connections(Metrics):
    """Remembers the shard of every connection that came up."""

    shards: list[int] = field(default_factory=list)

    def connected(self, platform: Platform, shard: int = 0) -> None:
        self.shards.append(shard)


@pytest.fixture
def connections(house: House) -> Connections:
    """What is counted of connections."""
    house.reception.metrics = counted = Connections()
    return counted


def adapter(
    house: House, discord: DiscordStandIn, publisher: DiscordPublisher, shards: Shards | None = None
) -> DiscordAdapter:
    return DiscordAdapter(house.reception, discord.token, Memory(), publisher, shards=shards)


@dataclass(frozen=True)
class Sharded:
    """A bot with four shards, and a server on each."""

    discord: DiscordStandIn
    adapter: DiscordAdapter
    publisher: DiscordPublisher
    channels: list[Channel]

    @property
    def client(self) -> DiscordClient:
        client = self.publisher.client
        assert isinstance(client, DiscordClient)
        return client

    async def is_connected(self) -> None:
        await self.discord.until(lambda: self.adapter.connected, "all shards")


@pytest_asyncio.fixture
async def sharded(
    house: House,
    connections: Connections,
    discord_standin: DiscordStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Sharded]:
    """Four shards, two of which may identify at once."""
    monkeypatch.setattr(gateway, "IDENTIFY_EVERY", PACE * 1.1)
    discord_standin.recommend_shards(4, max_concurrency=2, identify_every=PACE)
    discord_standin.guild_ids = [str(number << 22) for number in range(1, 401)]
    channels = [
        discord_standin.channels.add(Channel(f"51000000000000000{shard}", f"c{shard}", guild))
        for shard, guild in zip((1, 2, 3, 0), discord_standin.guild_ids, strict=False)
    ]
    publisher = DiscordPublisher()
    bot = Sharded(discord_standin, adapter(house, discord_standin, publisher), publisher, channels)
    async with running(bot.adapter):
        await bot.is_connected()
        yield bot


async def test_one_process_answers_on_every_shard_that_discord_recommends(
    sharded: Sharded,
) -> None:
    sessions = sharded.discord.gateway.sessions.values()
    assert sorted(session.shard for session in sessions) == [(0, 4), (1, 4), (2, 4), (3, 4)]
    for channel in sharded.channels:
        reply = await sharded.discord.command("ldn", {"question": "forms"}, channel=channel)
        assert reply.content.startswith("## How LDN is delivered")
    reply = await sharded.discord.command("ldn", {"question": "forms"}, place=Place.BOT_DM)
    assert reply.content.startswith("## How LDN is delivered")


async def test_no_server_is_kept_although_discord_names_them_all(sharded: Sharded) -> None:
    await sharded.discord.command("ldn", {"question": "forms"}, channel=sharded.channels[0])
    assert list(sharded.client.guilds) == []


async def test_a_place_holder_is_kept_for_those_servers_alone_that_were_last_heard_of(
    sharded: Sharded, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = sharded.client._connection
    made: list[int] = []
    make = AutoShardedConnectionState._get_or_create_unavailable_guild

    def counted(self: Any, guild_id: int, **data: Any) -> Any:
        made.append(guild_id)
        return make(self, guild_id, **data)

    monkeypatch.setattr(AutoShardedConnectionState, "_get_or_create_unavailable_guild", counted)
    monkeypatch.setattr(state, "_recent", LRUCache(2))
    first, second, third, _ = sharded.channels
    for channel in (first, second, first, third, first, second):
        await sharded.discord.command("ldn", {"question": "forms"}, channel=channel)
    assert made == [int(channel.guild_id or 0) for channel in (first, second, third, second)]


async def test_each_lost_connection_is_counted_when_it_is_back(
    sharded: Sharded, connections: Connections, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", gateway.__name__)
    assert sorted(connections.shards) == [0, 1, 2, 3]
    sharded.discord.faults.add(Fault(delay=0.2), route="/gateway")
    await sharded.discord.close_connections(4000)
    await sharded.discord.until(lambda: not sharded.adapter.connected, "it to know")
    await sharded.discord.until(lambda: len(connections.shards) == 8, "all to be back")
    assert sorted(connections.shards[4:]) == [0, 1, 2, 3]
    await sharded.is_connected()
    assert sorted(caplog.messages) == [f"connected to Discord again (shard {n})" for n in range(4)]


async def test_invalidated_sessions_identify_anew_at_the_pace_that_is_allowed(
    sharded: Sharded,
) -> None:
    await sharded.discord.invalidate_sessions()
    identifies = sharded.discord.gateway.identifies
    await sharded.discord.until(lambda: len(identifies) == 8, "every shard's IDENTIFY")
    await sharded.is_connected()  # what comes too early is a violation


async def test_a_process_with_shards_of_its_own_leaves_registering_to_the_first(
    house: House, discord_standin: DiscordStandIn
) -> None:
    discord_standin.recommend_shards(1, max_concurrency=3)
    discord_standin.rest.starts_left = 2  # as many as this process needs
    discord_standin.rest.starts_left_anew_in = 3_600_000
    bot = adapter(house, discord_standin, DiscordPublisher(), Shards.parse("1-2/3"))
    async with running(bot):
        await discord_standin.until(lambda: bot.connected, "both shards")
        await bot.documents_changed()
        sessions = discord_standin.gateway.sessions.values()
        assert sorted(session.shard for session in sessions) == [(1, 3), (2, 3)]
    assert discord_standin.commands == {}


async def test_when_discord_allows_fewer_connections_than_there_are_shards_none_is_begun(
    house: House, discord_standin: DiscordStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    discord_standin.recommend_shards(2, max_concurrency=2)
    discord_standin.rest.starts_left = 1
    discord_standin.rest.starts_left_anew_in = 24 * 3600 * 1000
    async with running(adapter(house, discord_standin, DiscordPublisher())):
        said = "Discord allows no more connections today; waiting until it does"
        await discord_standin.until(lambda: said in caplog.messages, "a line of the log")
        assert discord_standin.gateway.identifies == []


async def test_when_discord_allows_connections_again_they_are_opened(
    house: House, discord_standin: DiscordStandIn
) -> None:
    discord_standin.recommend_shards(2, max_concurrency=2)
    discord_standin.rest.starts_left = 1
    discord_standin.rest.starts_left_anew_in = 1
    bot = adapter(house, discord_standin, DiscordPublisher())
    async with running(bot):
        await discord_standin.until(lambda: bot.connected, "both shards")


async def test_a_token_that_is_reset_while_the_bot_serves_is_one_sentence(
    house: House, discord_standin: DiscordStandIn
) -> None:
    bot = adapter(house, discord_standin, DiscordPublisher())
    serving = asyncio.create_task(bot.run())
    await discord_standin.until(lambda: bot.connected, "the bot")
    await discord_standin.close_connections(4004)
    with pytest.raises(PlatformError, match="DISCORD_TOKEN"):
        await asyncio.wait_for(serving, 10)


async def test_shards_that_discord_does_not_take_are_one_sentence(
    house: House, discord_standin: DiscordStandIn
) -> None:
    discord_standin.gateway.least_shards = 2
    bot = adapter(house, discord_standin, DiscordPublisher(), Shards.parse("0/1"))
    with pytest.raises(PlatformError, match="LDN_DISCORD_SHARDS"):
        await bot.run()


@pytest.mark.parametrize(
    ("code", "closed"), [(4012, True), (4013, True), (4014, True), (50041, False)]
)
async def test_where_discord_has_become_too_new_for_this_version_that_is_said_at_each_attempt(
    house: House,
    discord_standin: DiscordStandIn,
    caplog: pytest.LogCaptureFixture,
    code: int,
    closed: bool,
) -> None:
    if closed:
        discord_standin.gateway.refusing = code
    else:
        refusal = Fault(status=400, body={"code": code, "message": "Invalid API version"})
        discord_standin.faults.add(refusal, method="GET", route="/users/@me")
    bot = adapter(house, discord_standin, DiscordPublisher())
    errors = library.ConnectionClosed, library.PrivilegedIntentsRequired, library.HTTPException
    with pytest.raises(errors):
        await asyncio.wait_for(bot.run(), 10)
    ours = [each.getMessage() for each in caplog.records if each.name == client.__name__]
    said = "Discord does not let this version of the bot connect"
    assert ours == [f"{said} ({code}). It goes on trying; update it"]
