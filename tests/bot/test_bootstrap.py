"""The client with which Slack is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from bot import bootstrap
from bot.settings import Settings
from tests.standins.recording import reset
from tests.standins.slack import SlackStandIn, rate_limited


@pytest_asyncio.fixture
async def client(slack_standin: SlackStandIn) -> AsyncIterator[AsyncWebClient]:
    """What a bot asks Slack with."""
    settings = Settings(
        slack_bot_token=slack_standin.bot_token, slack_api_url=slack_standin.api_url
    )
    async with AsyncExitStack() as stack:
        yield bootstrap._web_client(settings, bootstrap._slack_session(stack))


async def test_requests_to_slack_share_a_connection(client: AsyncWebClient) -> None:
    opened = 0

    async def count(*_: object) -> None:
        nonlocal opened
        opened += 1

    assert client.session is not None
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(count)
    trace.freeze()
    client.session.trace_configs.append(trace)
    for _ in range(3):
        await client.auth_test()
    assert opened == 1


@pytest.mark.long
async def test_what_slack_may_have_done_is_not_asked_for_again(
    slack_standin: SlackStandIn, client: AsyncWebClient
) -> None:
    """A connection breaks behind the post: another attempt would make a second one."""
    channel = slack_standin.channel
    slack_standin.faults.add(reset(applied=True), route="chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=channel.id, text="hello")
    assert len(channel.messages) == 1
    slack_standin.faults.add(rate_limited(1), route="chat.postMessage")
    await client.chat_postMessage(channel=channel.id, text="hello")
    assert len(channel.messages) == 2
