"""Both adapters in this process, talking to their stand-ins over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from adapters.discord.client import DiscordAdapter
from adapters.slack.app import SlackAdapter
from bot.bootstrap import Adapter
from knowledge.desk import Desks
from tests.standins.discord import DiscordStandIn
from tests.standins.slack import SlackStandIn


class Memory(dict[str, str]):
    """Keeps texts for as long as a test lasts."""

    def set(self, key: str, value: str) -> None:
        self[key] = value


@pytest_asyncio.fixture
async def discord(discord_standin: DiscordStandIn, desks: Desks) -> AsyncIterator[DiscordStandIn]:
    """A stand-in Discord with the bot connected to it."""
    adapter = DiscordAdapter(
        desks,
        discord_standin.token,
        Memory(),
        api_url=discord_standin.api_url,
        gateway_url=discord_standin.gateway_url,
    )
    async with _running(adapter):
        await discord_standin.connected()
        yield discord_standin


@pytest_asyncio.fixture
async def slack(slack_standin: SlackStandIn, desks: Desks) -> AsyncIterator[SlackStandIn]:
    """A stand-in Slack with the bot connected to it."""
    adapter = SlackAdapter(
        desks, slack_standin.bot_token, slack_standin.app_token, api_url=slack_standin.api_url
    )
    async with _running(adapter):
        await slack_standin.connected()
        yield slack_standin


@asynccontextmanager
async def _running(adapter: Adapter) -> AsyncIterator[None]:
    task = asyncio.create_task(adapter.run())
    try:
        yield
    finally:
        await adapter.close()
        task.cancel()
        await asyncio.wait([task], timeout=5)
        if not task.cancelled() and task.exception():
            pytest.fail(f"the adapter broke: {task.exception()!r}")
