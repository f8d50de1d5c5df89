"""Slack over HTTP while PostgreSQL hangs: everybody hears something in time, and no event is lost.

The stand-in takes no acknowledgement that comes later than Slack's three seconds.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from adapters.slack.app import CANNOT_ANSWER
from tests.adapters.wire import Wire, silent_server, wire_to
from tests.bot.folders import small_folder
from tests.bot.over_http import SECRET, for_many, install, over_http
from tests.bot.running import running_bot
from tests.conversations.on_slack import share
from tests.ports import free_port
from tests.shipped import FORMS
from tests.standins.recording import slow
from tests.standins.slack import SlackStandIn
from tests.standins.slack_http import HttpDelivery
from tests.standins.slack_state import TEAM_ID, SlackPerson

if TYPE_CHECKING:
    from tests.adapters.postgres import PostgresServer

pytest_plugins = ["tests.adapters.postgres"]

DESPAIRED = "Please talk to someone now"
OTHER_TEAM = "T000OTHER"
MENU = "All topics"


@dataclass
class Hanging:
    """A bot that has served, and whose database says nothing any more."""

    http: HttpDelivery
    wire: Wire


Hangs = Callable[[bool], AbstractAsyncContextManager[Hanging]]
"""A bot for one workspace or, if that is true, for many."""


@pytest.fixture
def hanging(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path, slack_standin: SlackStandIn
) -> Hangs:
    return functools.partial(_hanging, postgres_server, postgres_url, tmp_path, slack_standin)


@asynccontextmanager
async def _hanging(
    server: PostgresServer, url: str, folder: Path, slack: SlackStandIn, many: bool
) -> AsyncIterator[Hanging]:
    """A bot whose connections to the database are open and silent; it ends well in time."""
    port = free_port()
    documents = small_folder(folder / "documents")
    async with wire_to(server.port) as wire:
        database = url.replace(f":{server.port}/", f":{wire.port}/")
        assert database != url
        key = Fernet.generate_key().decode()
        settings = (
            for_many(slack, documents, port, LDN_ENCRYPTION_KEYS=key)
            if many
            else over_http(documents, port)
        )
        async with running_bot(
            *(folder / "data", None, slack), development=False, **settings, DATABASE_URL=database
        ) as bot:
            await bot.says("connected to Slack")
            address = f"http://127.0.0.1:{port}"
            http = slack.deliver_to(f"{address}/slack/events", SECRET)
            for team in (TEAM_ID, OTHER_TEAM) if many else ():
                assert await install(slack, address, address, team) == 200
            # All at once, so that each connection to the database is open and stays.
            await asyncio.gather(*(slack.command("/ldn", "forms") for _ in range(8)))
            wire.kill()
            yield Hanging(http, wire)
            assert await bot.stop() == 0
            assert "Traceback" not in bot.output


@pytest.fixture(params=[False, True], ids=["one workspace", "many"])
def many(request: pytest.FixtureRequest) -> bool:
    found: bool = request.param
    return found


@pytest.mark.long
async def test_a_bot_whose_connections_all_hang_ends_within_five_seconds(hanging: Hangs) -> None:
    """As the fixture does at its end: the driver alone would take leave of each for a minute."""
    async with hanging(False):
        pass


def strangers(slack: SlackStandIn) -> list[SlackPerson]:
    """People whom the bot has not seen before, so that it has to ask who they are."""
    return [slack.add_person(SlackPerson(f"U{n:07}NEW", f"new{n}")) for n in range(8)]


@pytest.mark.long
async def test_commands_and_presses_are_answered_in_time_though_slack_is_slow_to_say_who_asks(
    hanging: Hangs, slack_standin: SlackStandIn, many: bool
) -> None:
    slack = slack_standin
    async with hanging(many):
        people = slack.member, slack.moderator, *strangers(slack)
        slack.faults.add(slow(2.0), route="users.info", times=len(people))
        # The second ones meet connections that are new.
        for question, expected in (("forms", FORMS), ("i want to die", DESPAIRED)):
            answers = await asyncio.gather(
                *(slack.command("/ldn", question, user=person) for person in people)
            )
            assert all(expected in each.text for each in answers)
        answer = await slack.command("/ldn", "forms")
        assert FORMS in answer.text
        menu = await slack.press(answer, answer.labels[MENU])
        assert menu.replaced_original


@pytest.mark.long
async def test_an_event_is_refused_in_time_and_answered_once_when_slack_repeats_it(
    hanging: Hangs, slack_standin: SlackStandIn, many: bool
) -> None:
    slack = slack_standin
    async with hanging(many) as hung:
        event = {
            "type": "app_mention",
            "user": slack.member.id,
            "text": "forms",
            "ts": "1700000000.000100",
            "channel": slack.channel.id,
            "event_ts": "1700000000.000100",
        }
        delivery = await slack.event(event)
        assert hung.http.status == 503
        delivery = await slack.redeliver(delivery)
        assert hung.http.status == 503
        assert slack.requests_to("POST", "chat.postMessage") == []
        hung.wire.mend()
        for attempt in (2, 3):
            delivery = await slack.redeliver(delivery, attempt)
            assert hung.http.status == 200
        assert len(slack.requests_to("POST", "chat.postMessage")) == 1


@pytest.mark.long
async def test_a_press_that_needs_the_database_is_acknowledged_in_time_and_told_that_later(
    hanging: Hangs, slack_standin: SlackStandIn, many: bool
) -> None:
    slack = slack_standin
    slack.answer_timeout = 70.0  # as long as a statement may take, and some more
    async with hanging(many):
        sentence = await share(slack)
        assert not sentence.replaced_original


@pytest.mark.long
async def test_a_workspace_that_the_process_has_not_seen_yet_has_its_commands_answered(
    hanging: Hangs, slack_standin: SlackStandIn
) -> None:
    """Its token cannot be looked up, and to answer a command none is needed."""
    slack = slack_standin
    async with hanging(True) as hung:
        hung.http.team = OTHER_TEAM
        assert DESPAIRED in (await slack.command("/ldn", "i want to die")).text
        answer = await slack.command("/ldn", "forms")
        assert FORMS in answer.text
        pressed = await slack.press(answer, answer.labels[MENU])
        assert pressed.text == CANNOT_ANSWER
        assert (await slack.command("/ldn-mod", "pins")).text == CANNOT_ANSWER
        hung.wire.mend()
        menu = await slack.press(answer, answer.labels[MENU])
        assert menu.replaced_original


@pytest.mark.long
async def test_with_a_database_that_never_said_a_word_commands_and_presses_are_answered_in_time(
    tmp_path: Path, slack_standin: SlackStandIn
) -> None:
    slack, port = slack_standin, free_port()
    documents = small_folder(tmp_path / "documents")
    async with silent_server() as silent:
        settings = over_http(
            documents, port, DATABASE_URL=f"postgresql://user:password@127.0.0.1:{silent}/ldn"
        )
        async with running_bot(
            tmp_path / "data", slack=slack, development=False, **settings
        ) as bot:
            await bot.says("connected to Slack")
            slack.deliver_to(f"http://127.0.0.1:{port}/slack/events", SECRET)
            for question, expected in (("i want to die", DESPAIRED), ("forms", FORMS)):
                answer = await slack.command("/ldn", question)
                assert expected in answer.text
            menu = await slack.press(answer, answer.labels[MENU])
            assert menu.replaced_original
            assert await bot.stop() == 0
