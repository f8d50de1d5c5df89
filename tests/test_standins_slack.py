"""Stand-in Slack, driven through a real slack-bolt app over real sockets."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.standins.base import NotConnectedError, NotOfferedError, UnansweredError, at_once
from tests.standins.recording import reset
from tests.standins.slack import SlackPerson, SlackReply, SlackStandIn, not_ok, rate_limited

JSON = dict[str, Any]
Setup = Callable[[AsyncApp], None]


def plain(text: str) -> JSON:
    return {"type": "plain_text", "text": text}


def answer_blocks(text: str) -> list[JSON]:
    options = [{"text": plain(value.title()), "value": value} for value in ("forms", "reports")]
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        {
            "type": "actions",
            "elements": [
                {"type": "button", "action_id": "next", "text": plain("Next"), "value": "n"},
                {"type": "button", "action_id": "modal", "text": plain("Ask"), "value": "m"},
                {"type": "static_select", "action_id": "menu", "options": options},
                {"type": "external_select", "action_id": "find", "min_query_length": 1},
            ],
        },
    ]


MODAL: JSON = {
    "type": "modal",
    "callback_id": "ask",
    "title": plain("Ask"),
    "submit": plain("Send"),
    "blocks": [
        {
            "type": "input",
            "block_id": "question",
            "label": plain("Question"),
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


def small_app(standin: SlackStandIn) -> AsyncApp:
    """A bot that answers, and whose buttons and menus replace the answer."""
    client = AsyncWebClient(token=standin.bot_token, base_url=standin.api_url)
    app = AsyncApp(client=client, signing_secret="unused in Socket Mode")

    @app.command("/ldn")
    async def ldn(ack: Any, respond: Any, command: JSON) -> None:
        await ack()
        text = f"About {command['text']}"
        await respond(text=text, blocks=answer_blocks(text), response_type="ephemeral")

    @app.action("next")
    async def on_next(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="Next", blocks=answer_blocks("Next"), replace_original=True)

    @app.action("menu")
    @app.action("find")
    async def on_choice(ack: Any, respond: Any, action: JSON) -> None:
        await ack()
        await respond(text=action["selected_option"]["value"], replace_original=True)

    @app.options("find")
    async def on_typing(ack: Any, payload: JSON) -> None:
        await ack(options=[{"text": plain(payload["value"]), "value": "found"}])

    return app


@asynccontextmanager
async def running(app: AsyncApp, standin: SlackStandIn) -> AsyncIterator[AsyncSocketModeHandler]:
    handler = AsyncSocketModeHandler(app, standin.app_token, ping_interval=0.2)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # bolt leaves it untyped
    try:
        await standin.connected()
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # bolt leaves it untyped


@pytest.fixture
async def app(slack_standin: SlackStandIn) -> AsyncIterator[AsyncApp]:
    app = small_app(slack_standin)
    async with running(app, slack_standin):
        yield app


@pytest.fixture
def standin(slack_standin: SlackStandIn) -> SlackStandIn:
    return slack_standin


@pytest.fixture
def client(standin: SlackStandIn) -> AsyncWebClient:
    return AsyncWebClient(token=standin.bot_token, base_url=standin.api_url)


async def error_of(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


# Commands, buttons, menus


async def test_a_command_is_answered_through_its_response_url(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    reply = await standin.command("/ldn", "forms")
    assert (reply.text, reply.via, reply.ephemeral) == ("About forms", "response_url", True)
    assert reply.blocks[0]["text"]["text"] == "About forms"
    assert reply.raw["response_type"] == "ephemeral"
    assert reply.ack_payload is None


async def test_a_command_can_be_answered_with_its_acknowledgement(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    @app.command("/quick")
    async def quick(ack: Any) -> None:
        await ack(text="at once", response_type="in_channel")

    reply = await standin.command("/quick")
    assert (reply.text, reply.via, reply.ephemeral) == ("at once", "ack", False)
    assert [message.text for message in standin.channels.posts()] == ["at once"]


async def test_a_command_can_be_answered_by_post_ephemeral(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    @app.command("/private")
    async def private(ack: Any, client: AsyncWebClient, command: JSON) -> None:
        await ack()
        await client.chat_postEphemeral(
            channel=command["channel_id"], user=command["user_id"], text="for you"
        )

    reply = await standin.command("/private")
    assert (reply.text, reply.via, reply.ephemeral) == ("for you", "chat.postEphemeral", True)
    assert standin.channels.posts() == []


async def test_a_command_that_nobody_acknowledges_fails_after_three_seconds(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    with pytest.raises(UnansweredError, match="/nope command was not acknowledged within 3 s"):
        await standin.command("/nope")


async def test_an_acknowledgement_that_nothing_follows_fails(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    @app.command("/silent")
    async def silent(ack: Any) -> None:
        await ack()

    standin.answer_timeout = 0.1
    with pytest.raises(UnansweredError, match="acknowledged but showed nothing"):
        await standin.command("/silent")


async def test_a_command_without_any_client_says_so(standin: SlackStandIn) -> None:
    with pytest.raises(NotConnectedError, match="no client is there"):
        await standin.command("/ldn")


async def test_a_button_replaces_the_private_answer(standin: SlackStandIn, app: AsyncApp) -> None:
    before = await standin.command("/ldn", "forms")
    after = await standin.press(before, before.labels["Next"])
    assert (after.text, after.replaced_original) == ("Next", True)
    assert after.message_ts == before.message_ts
    assert before.text == "About forms"
    assert before.message.text == "Next"


async def test_a_menu_gives_the_chosen_value(standin: SlackStandIn, app: AsyncApp) -> None:
    reply = await standin.command("/ldn")
    assert (await standin.select(reply, "menu", "reports")).text == "reports"


async def test_an_external_menu_is_filled_while_typing(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    reply = await standin.command("/ldn")
    options = await standin.suggest(reply, "find", "inf")
    assert [option["text"]["text"] for option in options] == ["inf"]
    assert (await standin.select(reply, "find", options[0]["value"])).text == "found"


async def test_what_a_message_does_not_offer_needs_forging(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    reply = await standin.command("/ldn")
    with pytest.raises(NotOfferedError, match=r"\('next', 'other'\) is not among"):
        await standin.press(reply, "next", value="other")
    with pytest.raises(NotOfferedError, match="'nope' is not among"):
        await standin.select(reply, "menu", "nope")
    assert (await standin.press(reply, "next", value="other", forged=True)).text == "Next"
    assert (await standin.select(reply, "menu", "nope", forged=True)).text == "nope"


async def test_the_payload_of_a_private_message_leaves_the_message_out(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    seen: list[JSON] = []

    @app.middleware
    async def watch(body: JSON, next: Any) -> None:
        seen.append(body)
        await next()

    reply = await standin.command("/ldn")
    await standin.press(reply, "next")
    assert seen[-1]["container"]["is_ephemeral"] is True
    assert "message" not in seen[-1]


async def test_an_answer_can_take_the_original_away(standin: SlackStandIn, app: AsyncApp) -> None:
    @app.action("modal")
    async def close(ack: Any, respond: Any) -> None:
        await ack()
        await respond(delete_original=True)

    reply = await standin.command("/ldn")
    after = await standin.press(reply, "modal")
    assert after.deleted_original
    assert reply.message.deleted


# response_url


async def test_a_response_url_is_good_for_five_messages(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    reply = await standin.command("/ldn")
    url = f"{standin.url}/response/{reply.interaction.response_token}"
    webhook = AsyncWebhookClient(url)
    statuses = [(await webhook.send(text="more")).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 404]
    assert [(await standin.another(reply)).text for _ in range(4)] == ["more"] * 4


async def test_an_expired_response_url_says_so(standin: SlackStandIn, app: AsyncApp) -> None:
    reply = await standin.command("/ldn")
    reply.interaction.response_url_expired = True
    url = f"{standin.url}/response/{reply.interaction.response_token}"
    response = await AsyncWebhookClient(url).send(text="late")
    assert (response.status_code, "expired_url" in response.body) == (404, True)


# Modals, Home, shortcuts, events


async def test_a_modal_is_opened_sent_and_checked(standin: SlackStandIn, app: AsyncApp) -> None:
    @app.action("modal")
    async def open_modal(ack: Any, body: JSON, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("ask")
    async def asked(ack: Any, view: JSON) -> None:
        if not view["state"]["values"]["question"]["text"]["value"]:
            await ack(response_action="errors", errors={"question": "Say something"})
            return
        await ack(response_action="update", view=MODAL)

    opened = await standin.press(await standin.command("/ldn"), "modal")
    assert opened.via == "views.open"
    assert opened.view is not None
    empty = await standin.submit(opened.view, {"question": {"text": {"value": ""}}})
    assert empty.raw["errors"] == {"question": "Say something"}
    updated = await standin.submit(opened.view, {"question": {"text": {"value": "forms"}}})
    assert updated.view is not None


async def test_a_trigger_opens_one_modal(standin: SlackStandIn, app: AsyncApp) -> None:
    errors: list[str] = []

    @app.action("modal")
    async def open_twice(ack: Any, body: JSON, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        again = client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        errors.append(await error_of(again))

    await standin.press(await standin.command("/ldn"), "modal")
    await standin.until(lambda: errors, "the second modal")
    assert errors == ["exchanged_trigger_id"]


async def test_the_home_tab_is_published(standin: SlackStandIn, app: AsyncApp) -> None:
    @app.event("app_home_opened")
    async def opened(event: JSON, client: AsyncWebClient) -> None:
        blocks = [{"type": "section", "text": plain("Welcome")}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    home = await standin.open_home()
    assert home.view is not None
    assert home.view["blocks"][0]["text"]["text"] == "Welcome"
    assert standin.surfaces.homes[standin.member.id]["type"] == "home"


async def test_a_shortcut_carries_the_message_that_it_is_used_on(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    @app.message_shortcut("answer")
    async def answer(ack: Any, respond: Any, shortcut: JSON) -> None:
        await ack()
        await respond(text=f"About {shortcut['message']['text']}")

    target = standin.post_as(standin.moderator, "does it help")
    assert (await standin.shortcut("answer", target)).text == "About does it help"


async def test_a_mention_and_a_direct_message_are_answered_in_place(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    @app.event("app_mention")
    async def mentioned(event: JSON, say: Any) -> None:
        await say(text="in the thread", thread_ts=event["thread_ts"])

    @app.event("message")
    async def direct(event: JSON, say: Any) -> None:
        await say(text=f"About {event['text']}")

    in_thread = await standin.mention("forms", thread_ts="1.000001")
    assert in_thread.message.data["thread_ts"] == "1.000001"
    in_private = await standin.direct_message("forms")
    assert (in_private.text, in_private.message.channel) == ("About forms", standin.dm)


async def test_an_event_delivered_again_keeps_its_id_and_names_the_attempt(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    seen: list[tuple[str, Any]] = []

    @app.event("app_mention")
    async def mentioned(body: JSON, request: Any) -> None:
        seen.append((body["event_id"], request.headers.get("x-slack-retry-num")))

    event = {"type": "app_mention", "user": standin.member.id, "text": "x", "ts": "1.1"}
    delivery = await standin.event({**event, "channel": standin.channel.id})
    again = await standin.redeliver(delivery)
    assert delivery.acked
    assert again.acked
    await standin.until(lambda: len(seen) == 2, "both deliveries")
    assert seen == [(delivery.event_id, ["0"]), (delivery.event_id, ["1"])]


async def test_native_pins_are_told_to_the_bot(standin: SlackStandIn, app: AsyncApp) -> None:
    seen: list[tuple[str, int]] = []

    @app.event("pin_added")
    @app.event("pin_removed")
    async def pinned(event: JSON) -> None:
        seen.append((event["type"], event["pin_count"]))

    message = standin.post_as(standin.member, "worth keeping")
    await standin.pin_natively(message)
    await standin.unpin_natively(message)
    await standin.until(lambda: len(seen) == 2, "both events")
    assert sorted(seen) == [("pin_added", 1), ("pin_removed", 0)]


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
