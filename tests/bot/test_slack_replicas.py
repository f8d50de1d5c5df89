"""Two replicas on one PostgreSQL behind a plain balancer, and one of them is killed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.bot.balancer import balanced
from tests.bot.folders import small_folder
from tests.bot.running import RunningBot, running_bot
from tests.ports import free_port
from tests.shipped import FORMS
from tests.standins.slack import SlackStandIn
from tests.standins.slack_http import HttpDelivery
from tests.standins.slack_state import BOT_USER_ID, TEAM_ID

pytest_plugins = ["tests.adapters.postgres"]

SECRET = "not-a-secret"
DELIVERIES = 1200
IN_FLIGHT = 40
KILLED_AFTER = 400
"""Deliveries acknowledged before one replica is killed."""
ATTEMPTS = 3
"""How often Slack delivers an event that is not acknowledged."""


@dataclass
class Load:
    """Commands and mentions in turn, delivered as Slack does, and what became of each."""

    delivery: HttpDelivery
    acknowledged: set[int] = field(default_factory=set)
    answered: Counter[int] = field(default_factory=Counter)
    """Commands by the answers that came for them."""
    cut: int = 0
    refused: int = 0

    async def run(self) -> None:
        slots = asyncio.Semaphore(IN_FLIGHT)

        async def one(number: int) -> None:
            async with slots:
                await (self.command if number % 2 else self.mention)(number)

        await asyncio.gather(*(one(number) for number in range(DELIVERIES)))

    async def command(self, number: int) -> None:
        """A command; Slack delivers it once."""
        fields = {
            "command": "/ldn",
            "text": "forms",
            "team_id": TEAM_ID,
            "user_id": "U00000001",
            "channel_id": "C00000001",
            "trigger_id": f"trigger.{number}",
        }
        kind = "application/x-www-form-urlencoded"
        text = await self.deliver(number, kind, urlencode(fields))
        if text is not None:
            assert FORMS in json.loads(text)["text"]
            self.answered[number] += 1

    async def mention(self, number: int) -> None:
        """An event: delivered until it is acknowledged, and every fifth once more after that."""
        event = {
            "type": "app_mention",
            "user": "U00000001",
            "text": f"<@{BOT_USER_ID}> forms",
            "ts": f"{number}.000001",
            "channel": "C00000001",
        }
        body = {
            "type": "event_callback",
            "team_id": TEAM_ID,
            "event_id": f"Ev{number}",
            "event": event,
        }
        for attempt in range(ATTEMPTS):
            # Another signature each time, as by a later second.
            text = json.dumps(body) + " " * attempt
            done = await self.deliver(number, "application/json", text)
            if done is not None and (number % 5 or attempt):
                return

    async def deliver(self, number: int, kind: str, body: str) -> str | None:
        """What an acknowledgement says; None if there is none."""
        try:
            status, text = await self.delivery.post({"Content-Type": kind}, body.encode())
        except (aiohttp.ClientError, OSError):
            self.cut += 1
            return None
        if status == 503:  # whoever had begun with it was killed, or is at it still
            self.refused += 1
            return None
        assert status == 200, (status, text)
        self.acknowledged.add(number)
        return text


@pytest.mark.long
async def test_of_two_replicas_one_is_killed_and_nothing_is_answered_twice_or_lost(
    postgres_url: str, tmp_path: Path, slack_standin: SlackStandIn
) -> None:
    documents = small_folder(tmp_path / "documents")
    ports = free_port(), free_port()
    async with AsyncExitStack() as stack:

        async def replica(port: int) -> RunningBot:
            bot = await stack.enter_async_context(
                running_bot(
                    tmp_path / str(port),
                    slack=slack_standin,
                    development=False,
                    SLACK_SIGNING_SECRET=SECRET,
                    SLACK_APP_TOKEN="",
                    LDN_SLACK_PORT=str(port),
                    DATABASE_URL=postgres_url,
                    LDN_DOCUMENTS=str(documents),
                )
            )
            await bot.says(f"listening on 127.0.0.1, port {port}")
            return bot

        doomed, survivor = [await replica(port) for port in ports]
        balancer, url = await stack.enter_async_context(balanced(*ports))
        load = Load(HttpDelivery(f"{url}/slack/events", SECRET))
        loading = asyncio.create_task(load.run())
        await slack_standin.until(
            lambda: loading.done() or len(load.acknowledged) >= KILLED_AFTER, "half the load", 60
        )
        doomed.process.kill()
        before = dict(balancer.served)
        await loading
        await slack_standin.quiet(0.5)
        assert min(before.values()) > KILLED_AFTER / 4, "one of them did it all"
        assert await survivor.stop() == 0
        assert "Traceback" not in survivor.output

    asked = [call for call in slack_standin.requests if call.route == "chat.postMessage"]
    mentions = Counter(int(str(call.body["thread_ts"]).split(".")[0]) for call in asked)
    answers = load.answered + mentions
    assert max(answers.values()) == 1, "a delivery was answered twice"
    assert load.acknowledged <= set(answers), "an acknowledged delivery was lost"
    assert len(load.acknowledged) > DELIVERIES - IN_FLIGHT
    print(
        f"{DELIVERIES} deliveries, {len(load.acknowledged)} acknowledged, "
        f"{load.cut} connections cut, {load.refused} not acknowledged, served {balancer.served}"
    )
