"""What stands at the beginning and at the end of a connection to Discord, with something wrong in
it: nothing hangs, nothing is left behind, and whoever asks afterwards is answered.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from adapters.discord import gateway
from adapters.discord.client import DiscordAdapter
from adapters.discord.publisher import DiscordPublisher
from tests.conversations.conftest import House, Memory, end
from tests.fuzz.mutations import VALUES, Mutator, written
from tests.shipped import FORMS
from tests.standins.discord import DiscordStandIn
from tests.standins.discord_gateway import Gateway, Session
from tests.standins.recording import JSON

pytestmark = pytest.mark.long

GREETINGS, ORDERS = 100, 300
ENDS_WITHIN = 30.0
"""Seconds for a connection that cannot be had to be given up."""


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "IDENTIFY_EVERY", 0.0)
    monkeypatch.setattr(gateway, "CONNECT_WITHIN", 0.3)


def threads() -> int:
    return len([each for each in threading.enumerate() if "keep-alive" in each.name])


# What is cancelled while discord.py connects leaves aiohttp's object to the collector; the
# connection itself is closed with the session.
@pytest.mark.filterwarnings("ignore:.*Connection.__del__:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("greeting", ["HELLO", "READY"])
async def test_a_greeting_that_cannot_be_read_ends_in_an_error_and_leaves_nothing_behind(
    discord_standin: DiscordStandIn,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    greeting: str,
) -> None:
    """From the error, `ldn-bot run` starts anew."""
    mutator = Mutator(7)
    tasks, alive, ended = len(asyncio.all_tasks()), threads(), 0

    async def greet(ws: web.WebSocketResponse, op: int, data: Any) -> None:
        # Its one number is how long to wait: that is to be believed.
        wrong = mutator.random.choice(({}, [], None, "", {"heartbeat_interval": "x"}, 5, [[]]))
        await ws.send_str(written({"op": op, "d": wrong if op == 10 else data, "t": None}))

    async def make_ready(session: Session, event: str, data: JSON) -> None:
        assert session.ws
        # Which shard it is of is to be believed, too.
        changed = mutator.changed({name: data[name] for name in data.keys() - {"shard"}})
        if isinstance(changed, dict):
            changed["shard"] = data["shard"]
        await session.ws.send_str(written({"op": 0, "t": event, "s": 1, "d": changed}))

    if greeting == "HELLO":
        monkeypatch.setattr(Gateway, "_send", staticmethod(greet))
    else:
        monkeypatch.setattr(Session, "send", make_ready)

    async def one() -> bool:
        """Connect, and say whether that was in vain."""
        adapter = DiscordAdapter(
            house.reception, discord_standin.token, Memory(), DiscordPublisher()
        )
        running = asyncio.create_task(adapter.run())
        try:
            await discord_standin.until(
                lambda: adapter.connected or running.done(), "the end of it", ENDS_WITHIN
            )
        finally:
            await end(running)
        return not running.cancelled() and running.exception() is not None

    for _ in range(GREETINGS // 20):
        ended += sum(await asyncio.gather(*(one() for _ in range(20))))
    assert ended == GREETINGS if greeting == "HELLO" else ended > GREETINGS // 10
    await discord_standin.disconnected()
    gc.collect()  # here, where it may warn
    assert len(asyncio.all_tasks()) <= tasks + 2
    assert threads() == alive


async def test_after_every_order_to_connect_anew_and_every_broken_frame_it_is_there_again(
    discord: DiscordStandIn,
) -> None:
    mutator = Mutator(7)
    choose = mutator.random
    tasks, alive = len(asyncio.all_tasks()), threads()
    for _ in range(ORDERS):
        [session] = discord.gateway.connected
        ws = session.ws
        assert ws
        match choose.randrange(5):
            case 0:
                op = choose.choice((7, 9))
                await ws.send_str(written({"op": op, "d": choose.choice(VALUES), "t": None}))
            case 1:
                await ws.close(code=choose.choice((1000, 1001, 4000, 4001, 4003, 4007, 4009, 4999)))
            case 2:
                assert ws._req
                assert ws._req.transport
                ws._req.transport.abort()
            case 3:  # no UTF-8
                assert ws._writer
                await ws._writer.send_frame(choose.randbytes(40) + b"\xff", WSMsgType.TEXT)
            case 4:  # reserved bits, unknown kinds, lengths that do not fit
                assert ws._req
                assert ws._req.transport
                ws._req.transport.write(b"\xff" + choose.randbytes(choose.randrange(40)))
                await asyncio.sleep(0.01)
                await ws.close()
        await discord.until(lambda ws=ws: ws.closed or ws not in sockets(discord), "the end")  # type: ignore[misc]
        await discord.connected()
    assert FORMS in (await discord.command("ldn", {"question": "forms"})).content
    await discord.until(lambda: threads() <= alive + 1, "the threads to end")
    await discord.until(lambda: len(asyncio.all_tasks()) <= tasks + 5, "the tasks to end")


def sockets(discord: DiscordStandIn) -> list[web.WebSocketResponse | None]:
    return [each.ws for each in discord.gateway.connected]
