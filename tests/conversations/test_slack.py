"""What a member meets on Slack, through real slack-bolt, over Socket Mode and over HTTP."""

from __future__ import annotations

import asyncio
import linecache
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from unittest.mock import AsyncMock

import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from adapters.deliveries import Deliveries
from adapters.slack import socket_mode
from adapters.slack.people import SlackPeople
from adapters.slack.render import render
from adapters.slack.socket_mode import SlackSocketAdapter
from knowledge.desk import Desks
from knowledge.posts import Platform
from tests.conversations.conftest import House, by_socket, over_http
from tests.standins.recording import slow
from tests.standins.slack import SlackStandIn

Serve = Callable[[SlackStandIn, House], AbstractAsyncContextManager[object]]

HOSTILE = "<!channel> <@U00000001> \u202e\x00 *bold* `code` <https://example.org|x> & <"


async def test_an_answer_is_seen_by_the_asker_alone(slack: SlackStandIn) -> None:
    reply = await slack.command("/ldn", "forms")
    assert reply.ephemeral
    assert reply.text.startswith("How LDN is delivered")


async def test_what_is_sent_is_what_the_command_line_renders(
    slack: SlackStandIn, desks: Desks
) -> None:
    reply = await slack.command("/ldn", "mechanism", channel=slack.dm)
    assert reply.ack_payload == render(desks["ldn"].ask("mechanism")).to_json()


async def test_a_command_is_the_same_in_any_case(slack: SlackStandIn) -> None:
    """The keyboards of phones begin with a capital."""
    reply = await slack.command("/Ldn", "forms")
    assert reply.text.startswith("How LDN is delivered")
    assert "what I have posted" in (await slack.command("/LDN-Mod", user=slack.moderator)).text


async def test_no_question_is_the_menu(slack: SlackStandIn) -> None:
    assert "what would you like to know?" in (await slack.command("/ldn", "")).text


async def test_buttons_and_the_menu_replace_the_answer_in_place(slack: SlackStandIn) -> None:
    reply = await slack.command("/ldn", "mechanism")
    part = await slack.select(reply, "ldn:choose::1", "mechanism.immune")
    assert part.replaced_original
    assert "no pain relief from the natural opioids" in part.text
    menu = await slack.press(part, part.labels["All topics"])
    assert menu.replaced_original
    assert menu.ephemeral
    assert "what would you like to know?" in menu.text


@pytest.mark.parametrize("action_id", ["ldn:fly:forms:1", "ldn", "\u202e", "gone:open:forms:1"])
async def test_a_forged_or_ancient_button_is_answered_in_words(
    slack: SlackStandIn, action_id: str
) -> None:
    reply = await slack.command("/ldn", "forms")
    said = await slack.press(reply, action_id, forged=True)
    assert "older version" in said.text
    assert said.ephemeral
    assert not said.replaced_original


async def test_a_command_of_a_document_that_is_gone_is_answered_in_words(
    slack: SlackStandIn,
) -> None:
    assert "not known here" in (await slack.command("/gone", "forms")).text


async def test_hostile_text_is_not_echoed_and_pings_no_one(slack: SlackStandIn) -> None:
    reply = await slack.command("/ldn", HOSTILE * 60)
    assert "<!" not in reply.text
    assert "<@" not in reply.text
    assert "example.org" not in reply.text


async def test_slack_asking_to_reconnect_loses_no_question_and_is_counted(
    slack_by_socket: SlackStandIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack, counted = slack_by_socket, list[Platform]()
    monkeypatch.setattr(house.reception.metrics, "connected", counted.append)
    [before] = slack.socket.connected
    await slack.disconnect("refresh_requested")
    await slack.until(lambda: slack.socket.connected not in ([], [before]), "a new connection")
    assert (await slack.command("/ldn", "forms")).text
    await slack.until(lambda: counted == [Platform.SLACK], "the connection to be counted, once")


@pytest.mark.parametrize("serve", [by_socket, over_http])
async def test_a_question_that_is_under_way_is_answered_before_the_bot_ends(
    slack_standin: SlackStandIn, house: House, serve: Serve
) -> None:
    slack = slack_standin
    async with serve(slack, house):
        slack.faults.add(slow(0.3), route="users.info")
        asked = asyncio.create_task(slack.command("/ldn", "forms"))
        await slack.until(
            lambda: "users.info" in [call.route for call in slack.requests],
            "the bot to ask who it is",
        )
    assert (await asked).text.startswith("How LDN is delivered")


async def test_a_connection_that_stays_lost_is_given_up_to_be_started_anew(
    slack_standin: SlackStandIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_mode, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(socket_mode, "LOST_AFTER", 0.2)
    client = AsyncWebClient(token=slack_standin.bot_token, base_url=slack_standin.api_url)
    adapter = SlackSocketAdapter(
        *(house.reception, client, slack_standin.app_token, SlackPeople(), Deliveries())
    )
    assert not adapter.connected
    serving = asyncio.create_task(adapter.run())
    await slack_standin.until(lambda: adapter.connected, "the bot")
    is_connected = AsyncMock(return_value=False)
    monkeypatch.setattr(SocketModeClient, "is_connected", is_connected)
    await slack_standin.until(lambda: not adapter.connected, "it to know")
    is_connected.return_value = True
    await slack_standin.until(lambda: adapter.connected, "it to be back")
    is_connected.return_value = False
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(serving, 10)
    assert not adapter.connected


async def test_slack_is_asked_once_who_the_bot_is(slack: SlackStandIn) -> None:
    for _ in range(2):
        await slack.command("/ldn", "forms")
    assert [call.route for call in slack.requests].count("auth.test") == 1


@pytest.mark.parametrize("serve", [by_socket, over_http])
async def test_no_source_is_read_to_connect(
    slack_standin: SlackStandIn, house: House, serve: Serve
) -> None:
    linecache.clearcache()
    async with serve(slack_standin, house):
        assert not linecache.cache
