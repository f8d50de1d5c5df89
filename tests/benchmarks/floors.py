"""The floors: the client libraries alone, answering constants. Each is a process of its own.

    python -m tests.benchmarks.floors NAME '{"port": …, …}'

Those that answer have a command and a button for each name in `sizes`, which answer so many
characters. Those that edit put as many into each of the messages, as many at a time as ldn-bot.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

import aiohttp
import discord
import yarl
from aiohttp import web
from discord import app_commands, ui
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from knowledge.refreshing import CHANNELS_AT_ONCE
from tests.benchmarks import discord_load, slack_load

Sizes = Mapping[str, int]
Messages = Mapping[str, Sequence[str]]
"""By channel."""

FLAT_OUT = 8


async def bare_discord(sizes: Sizes, port: int) -> None:
    """discord.py as its documentation begins: a client without intents, and a command tree."""
    discord.http.Route.BASE = f"http://127.0.0.1:{port}/api/v10"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"ws://127.0.0.1:{port}/gateway/")
    client = discord.Client(intents=discord.Intents.none())
    tree = app_commands.CommandTree(client)

    def add(name: str, constant: str) -> None:
        async def answer(interaction: discord.Interaction, question: str = "") -> None:
            await interaction.response.send_message(constant, ephemeral=True)

        async def update(interaction: discord.Interaction) -> None:
            await interaction.response.edit_message(content=constant)

        tree.add_command(app_commands.Command(name=name, description=name, callback=answer))
        view, button = ui.View(timeout=None), ui.Button[ui.View](label=name, custom_id=name)
        button.callback = update  # type: ignore[method-assign]
        client.add_view(view.add_item(button))

    for name, size in sizes.items():
        add(name, "x" * size)
    async with client:
        await client.start(discord_load.TOKEN)


async def bolt_ack(sizes: Sizes, port: int) -> None:
    """Bolt as its documentation begins; the answer is in the acknowledgement."""
    await _over_socket(AsyncApp(client=_client(port)), sizes, _in_the_ack)


async def bolt_ack_at_once(sizes: Sizes, port: int) -> None:
    """The same, but bolt waits for the listener, instead of looking every 10 ms if it has acked."""
    app = AsyncApp(client=_client(port), process_before_response=True)
    await _over_socket(app, sizes, _in_the_ack)


async def bolt_respond(sizes: Sizes, port: int) -> None:
    """The answer goes to the response_url, behind an empty acknowledgement."""
    await _over_socket(AsyncApp(client=_client(port)), sizes, _behind_the_ack)


async def bolt_http(sizes: Sizes, port: int, bot_port: int) -> None:
    """Bolt on aiohttp, which comes with it; requests are signed, and checked."""
    await _over_http(sizes, port, bot_port)


async def bolt_http_at_once(sizes: Sizes, port: int, bot_port: int) -> None:
    """The same, but bolt waits for the listener, as above."""
    await _over_http(sizes, port, bot_port, process_before_response=True)


async def _over_http(sizes: Sizes, port: int, bot_port: int, **options: bool) -> None:
    app = AsyncApp(client=_client(port), signing_secret=slack_load.SIGNING_SECRET, **options)
    _add_listeners(app, sizes, _in_the_ack)
    runner = web.AppRunner(app.web_app(path=slack_load.PATH), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", bot_port).start()
    await asyncio.Event().wait()


async def discord_edits(messages: Messages, size: int, port: int, token: str) -> None:
    """discord.py, logged in and not connected."""
    discord.http.Route.BASE = f"http://127.0.0.1:{port}/api/v10"
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login(token)

        async def edit(channel: str, message: str) -> None:
            place = client.get_partial_messageable(int(channel))
            await place.get_partial_message(int(message)).edit(content="x" * size)

        await _by_channel(messages, edit, CHANNELS_AT_ONCE)


async def slack_edits(messages: Messages, size: int, port: int, token: str) -> None:
    """slack_sdk; one call at a time, as Slack's limit is one for all channels."""
    client = AsyncWebClient(token=token, base_url=f"http://127.0.0.1:{port}/api/")

    async def edit(channel: str, message: str) -> None:
        await client.chat_update(channel=channel, ts=message, text="x" * size)

    await _by_channel(messages, edit, 1)


async def raw_discord_edits(messages: Messages, size: int, port: int, token: str) -> None:
    """No library but the HTTP client: what the stand-in itself can do."""
    headers = {"Authorization": f"Bot {token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def edit(channel: str, message: str) -> None:
            url = f"http://127.0.0.1:{port}/api/v10/channels/{channel}/messages/{message}"
            async with session.patch(url, json={"content": "x" * size}) as response:
                response.raise_for_status()
                await response.read()

        await _by_channel(messages, edit, FLAT_OUT)


async def raw_slack_edits(messages: Messages, size: int, port: int, token: str) -> None:
    """The same."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def edit(channel: str, message: str) -> None:
            body = {"channel": channel, "ts": message, "text": "x" * size}
            url = f"http://127.0.0.1:{port}/api/chat.update"
            async with session.post(url, json=body) as response:
                assert (await response.json())["ok"]

        await _by_channel(messages, edit, FLAT_OUT)


async def _by_channel(
    messages: Messages, edit: Callable[[str, str], Awaitable[None]], at_once: int
) -> None:
    """Edit channel by channel, as many of them at a time; in a channel, one after the other."""
    turns = asyncio.Semaphore(at_once)

    async def edit_all(channel: str, names: Sequence[str]) -> None:
        async with turns:
            for name in names:
                await edit(channel, name)

    await asyncio.gather(*(edit_all(*each) for each in messages.items()))


Listener = Callable[..., Awaitable[None]]


def _in_the_ack(constant: str) -> Listener:
    async def listener(ack: AsyncAck) -> None:
        await ack(constant)

    return listener


def _behind_the_ack(constant: str) -> Listener:
    async def listener(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(constant)

    return listener


def _add_listeners(app: AsyncApp, sizes: Sizes, answer: Callable[[str], Listener]) -> None:
    for name, size in sizes.items():
        app.command(f"/{name}")(answer("x" * size))
        app.action(name)(_behind_the_ack("x" * size))


async def _over_socket(app: AsyncApp, sizes: Sizes, answer: Callable[[str], Listener]) -> None:
    _add_listeners(app, sizes, answer)
    handler = AsyncSocketModeHandler(app, slack_load.APP_TOKEN)
    await handler.start_async()  # type: ignore[no-untyped-call]


def _client(port: int) -> AsyncWebClient:
    return AsyncWebClient(token=slack_load.BOT_TOKEN, base_url=f"http://127.0.0.1:{port}/api/")


FLOORS: Mapping[str, Callable[..., Coroutine[Any, Any, None]]] = {
    floor.__name__: floor
    for floor in (
        bare_discord,
        bolt_ack,
        bolt_ack_at_once,
        bolt_respond,
        bolt_http,
        bolt_http_at_once,
        discord_edits,
        raw_discord_edits,
        slack_edits,
        raw_slack_edits,
    )
}

if __name__ == "__main__":
    asyncio.run(FLOORS[sys.argv[1]](**json.loads(sys.argv[2])))
