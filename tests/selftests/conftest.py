"""Small bots on the stand-ins, which are what these tests are about."""

from __future__ import annotations

from collections.abc import AsyncIterator

import discord
import pytest
import yarl
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins import small_discord_bot, small_slack_app
from tests.standins.discord import DiscordStandIn
from tests.standins.slack import SlackStandIn
from tests.standins.small_discord_bot import SmallBot


def pytest_itemcollected(item: pytest.Item) -> None:
    """Together they take a minute, and concern only who alters the stand-ins."""
    item.add_marker(pytest.mark.long)


@pytest.fixture
def standin(discord_standin: DiscordStandIn, monkeypatch: pytest.MonkeyPatch) -> DiscordStandIn:
    """The stand-in, to which discord.py in this process now goes."""
    monkeypatch.setattr(discord.http.Route, "BASE", discord_standin.api_url)
    gateway = yarl.URL(discord_standin.gateway_url)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    return discord_standin


@pytest.fixture
async def bot(standin: DiscordStandIn) -> AsyncIterator[SmallBot]:
    """A connected discord.py client."""
    bot = SmallBot()
    async with small_discord_bot.running(bot, standin):
        yield bot


@pytest.fixture
async def app(slack_standin: SlackStandIn) -> AsyncIterator[AsyncApp]:
    """A connected slack-bolt app."""
    app = small_slack_app.small_app(slack_standin)
    async with small_slack_app.running(app, slack_standin):
        yield app


@pytest.fixture
def client(slack_standin: SlackStandIn) -> AsyncWebClient:
    """A Web API client with the bot's token."""
    return AsyncWebClient(token=slack_standin.bot_token, base_url=slack_standin.api_url)
