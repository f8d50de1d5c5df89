"""What people do on stand-in Slack, driven through a real slack-bolt app."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.standins.base import NotConnectedError, NotOfferedError, UnansweredError
from tests.standins.slack import SlackStandIn
from tests.standins.small_slack_app import JSON, MODAL, error_of, plain


@pytest.fixture
def standin(slack_standin: SlackStandIn) -> SlackStandIn:
    """What these tests are about."""
    return slack_standin


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
    assert standin.views.homes[standin.member.id]["type"] == "home"


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
