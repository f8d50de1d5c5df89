"""The Web API, the refusals, the connections and the faults of stand-in Slack."""

import asyncio
import sys
from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.base import UnansweredError, at_once
from tests.standins.recording import reset
from tests.standins.slack import SlackPerson, SlackReply, SlackStandIn, not_ok, rate_limited
from tests.standins.small_slack_app import (
    JSON,
    answer_blocks,
    error_of,
    plain,
    running,
    small_app,
)


@pytest.fixture
def standin(slack_standin: SlackStandIn) -> SlackStandIn:
    """What these tests are about."""
    return slack_standin


# The Web API


async def test_messages_are_posted_edited_linked_and_deleted(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    sent = await client.chat_postMessage(
        channel=standin.channel.id, text="first", blocks=answer_blocks("first")
    )
    message = standin.channel.messages[sent["ts"]]
    await client.chat_update(channel=standin.channel.id, ts=message.ts, text="second")
    assert (message.text, len(message.edits)) == ("second", 1)
    assert message.blocks[0]["text"]["text"] == "first"
    link = await client.chat_getPermalink(channel=standin.channel.id, message_ts=message.ts)
    assert link["permalink"] == message.link
    await client.chat_delete(channel=standin.channel.id, ts=message.ts)
    late = client.chat_update(channel=standin.channel.id, ts=message.ts, text="third")
    assert await error_of(late) == "message_not_found"
    assert len(standin.requests_to("POST", "chat.update")) == 2


async def test_pins_are_set_listed_and_taken_off(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    channel = standin.channel.id
    sent = [(await client.chat_postMessage(channel=channel, text=text))["ts"] for text in "ab"]
    for ts in sent:
        await client.pins_add(channel=channel, timestamp=ts)
    assert standin.requests_to("POST", "pins.add")[0].body["timestamp"] == sent[0]
    listed = await client.pins_list(channel=channel)
    assert [item["message"]["text"] for item in listed["items"]] == ["b", "a"]
    again = client.pins_add(channel=channel, timestamp=sent[0])
    assert await error_of(again) == "already_pinned"
    await client.pins_remove(channel=channel, timestamp=sent[0])
    assert [m.pinned for m in standin.channels.posts()] == [False, True]
    assert await error_of(client.pins_remove(channel=channel, timestamp=sent[0])) == "no_pin"


async def test_a_channel_holds_100_pins(standin: SlackStandIn, client: AsyncWebClient) -> None:
    channel = standin.channel.id
    for number in range(101):
        sent = await client.chat_postMessage(channel=channel, text=str(number))
        if number < 100:
            await client.pins_add(channel=channel, timestamp=sent["ts"])
    assert await error_of(client.pins_add(channel=channel, timestamp=sent["ts"])) == "too_many_pins"


async def test_a_channel_refuses_as_slack_does(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    channel = standin.channel

    def post() -> Awaitable[Any]:
        return client.chat_postMessage(channel=channel.id, text="x")

    channel.errors["chat.postMessage"] = "restricted_action"
    assert await error_of(post()) == "restricted_action"
    channel.errors.clear()
    channel.is_archived = True
    assert await error_of(post()) == "is_archived"
    channel.is_archived, channel.is_member = False, False
    assert await error_of(post()) == "not_in_channel"
    await client.conversations_join(channel=channel.id)
    await post()
    assert await error_of(client.chat_postMessage(channel="C0", text="x")) == "channel_not_found"


async def test_people_and_groups_are_known(standin: SlackStandIn, client: AsyncWebClient) -> None:
    owner = standin.add_person(SlackPerson("U00000009", "lee", is_owner=True, locale="de-DE"))
    user = (await client.users_info(user=owner.id, include_locale=True))["user"]
    assert (user["is_owner"], user["is_admin"], user["locale"]) == (True, False, "de-DE")
    assert await error_of(client.users_info(user="U0")) == "user_not_found"
    standin.api.usergroups = {"S1": [owner.id]}
    assert (await client.usergroups_users_list(usergroup="S1"))["users"] == [owner.id]
    standin.api.usergroups = None
    assert await error_of(client.usergroups_users_list(usergroup="S1")) == "plan_upgrade_required"


async def test_a_file_is_uploaded_and_completed(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    await client.files_upload_v2(filename="answer.txt", content="words", channel="C00000001")
    file = next(iter(standin.surfaces.files.values()))
    assert (file["name"], file["size"]) == ("answer.txt", 5)


async def test_wrong_and_revoked_tokens_are_refused(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    assert (await client.auth_test())["bot_id"]
    wrong = AsyncWebClient(token="xoxb-wrong", base_url=standin.api_url)
    assert await error_of(wrong.auth_test()) == "invalid_auth"
    assert await error_of(wrong.apps_connections_open(app_token="xapp-wrong")) == "invalid_auth"
    mixed = client.apps_connections_open(app_token=standin.bot_token)
    assert await error_of(mixed) == "not_allowed_token_type"
    standin.api.token_error = "token_revoked"
    assert await error_of(client.auth_test()) == "token_revoked"


async def test_a_scope_that_was_not_granted_is_missed(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    standin.api.scopes = frozenset({"chat:write"})
    sent = await client.chat_postMessage(channel="C00000001", text="x")
    assert sent.headers["x-oauth-scopes"] == "chat:write"
    pin = client.pins_add(channel="C00000001", timestamp=sent["ts"])
    assert await error_of(pin) == "missing_scope"


# What Slack refuses, and what it lets pass but we do not


@pytest.mark.parametrize(
    ("arguments", "error", "problem"),
    [
        ({"text": "x" * 40_001}, "msg_too_long", "at most 40000"),
        (
            {"text": "x", "blocks": [{"type": "header", "text": plain("x" * 151)}]},
            "invalid_blocks",
            "cannot exceed 150 characters",
        ),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks", "at most 50"),
    ],
)
async def test_an_impossible_message_is_refused_and_recorded(
    standin: SlackStandIn, client: AsyncWebClient, arguments: JSON, error: str, problem: str
) -> None:
    assert await error_of(client.chat_postMessage(channel="C00000001", **arguments)) == error
    assert problem in str(standin.violations[0])
    assert standin.channels.posts() == []
    standin.violations.clear()


async def test_a_ping_is_recorded_though_slack_lets_it_pass(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="C00000001", text="<!channel> news")
    assert [str(violation) for violation in standin.violations] == [
        "POST /api/chat.postMessage: text: <!channel… notifies people"
    ]
    standin.violations.clear()


async def test_an_unknown_method_is_recorded(standin: SlackStandIn, client: AsyncWebClient) -> None:
    assert await error_of(client.api_call("chat.nope")) == "unknown_method"
    assert "the stand-in has no such method" in str(standin.violations[0])
    standin.violations.clear()


# Connections and faults


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "link_disabled"])
async def test_a_client_told_to_disconnect_comes_back(
    standin: SlackStandIn, app: AsyncApp, reason: str
) -> None:
    before = len(standin.requests_to("POST", "apps.connections.open"))
    await standin.disconnect(reason)
    await standin.until(
        lambda: len(standin.requests_to("POST", "apps.connections.open")) > before, "a reconnect"
    )
    await standin.connected()
    assert (await standin.command("/ldn", "again")).text == "About again"


async def test_a_cut_connection_comes_back(standin: SlackStandIn, app: AsyncApp) -> None:
    standin.drop_connections()
    await standin.disconnected()
    await standin.connected()
    assert (await standin.command("/ldn", "again")).text == "About again"


async def test_a_stopped_stand_in_comes_back_on_the_same_port(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    port = standin.port
    await standin.stop()
    await standin.start()
    assert standin.port == port
    await standin.connected(timeout=30)
    assert (await standin.command("/ldn", "back")).text == "About back"


async def test_envelopes_go_to_one_connection_each(standin: SlackStandIn, app: AsyncApp) -> None:
    async with running(small_app(standin), standin):
        await standin.connected(connections=2)
        for _ in range(4):
            await standin.command("/ldn", "x")
    assert standin.socket.envelopes == 4
    assert len(standin.requests_to("POST", "response_url")) == 4


async def test_a_rate_limit_is_obeyed_by_a_client_that_knows_how(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    standin.faults.add(rate_limited(1), route="chat.postMessage")
    await client.chat_postMessage(channel="C00000001", text="once")
    assert [call.status for call in standin.requests] == [429, 200]
    assert len(standin.channels.posts()) == 1


async def test_errors_can_be_made_to_come_back(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    standin.faults.add(not_ok("fatal_error"), route="auth.test")
    assert await error_of(client.auth_test()) == "fatal_error"
    await client.auth_test()


async def test_a_lost_answer_leaves_the_message_posted(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    client.retry_handlers.clear()
    standin.faults.add(reset(applied=True), route="chat.postMessage")
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await client.chat_postMessage(channel="C00000001", text="posted all the same")
    assert [message.text for message in standin.channels.posts()] == ["posted all the same"]


async def test_a_failing_response_url_is_recorded_by_its_name(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    standin.faults.add(not_ok("fatal_error"), route="response_url")
    standin.answer_timeout = 0.2
    with pytest.raises(UnansweredError):
        await standin.command("/ldn")
    assert standin.faults.waiting == 0


# Load, and other processes


async def test_many_people_can_ask_at_once(standin: SlackStandIn, app: AsyncApp) -> None:
    async def ask(number: int) -> SlackReply:
        return await standin.command("/ldn", str(number))

    replies = await at_once(40, ask)
    assert [reply.text for reply in replies] == [f"About {number}" for number in range(40)]
    assert (standin.waiting, standin.most_waiting) == (0, 40)


SEPARATE_BOT = """
import asyncio, sys
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

async def main():
    client = AsyncWebClient(token=sys.argv[2], base_url=sys.argv[1])
    app = AsyncApp(client=client, signing_secret="unused")

    @app.command("/ldn")
    async def ldn(ack):
        await ack(text="from another process")

    await AsyncSocketModeHandler(app, sys.argv[3]).start_async()

asyncio.run(main())
"""


async def test_a_bot_in_another_process_is_driven_the_same_way(standin: SlackStandIn) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", SEPARATE_BOT, standin.api_url, standin.bot_token, standin.app_token),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await standin.connected(timeout=30)
        assert (await standin.command("/ldn")).text == "from another process"
    finally:
        process.terminate()
        await process.wait()
