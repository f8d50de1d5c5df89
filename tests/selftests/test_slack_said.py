"""Threads, events that need no answer, and what everyone sees on stand-in Slack."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import (
    SlackPerson,
    SlackStandIn,
    bot_message_event,
    changed_event,
    message_event,
)
from tests.standins.small_slack_app import JSON, answer_blocks


@pytest.fixture
def standin(slack_standin: SlackStandIn) -> SlackStandIn:
    """What these tests are about."""
    return slack_standin


@pytest.fixture
def seen(app: AsyncApp) -> list[JSON]:
    """Every payload that the app gets."""
    payloads: list[JSON] = []

    @app.middleware
    async def watch(body: JSON, next: Any) -> None:
        payloads.append(body)
        await next()

    return payloads


@pytest.fixture
def answering(app: AsyncApp) -> None:
    """The app answers mentions, messages and opened Home tabs."""

    @app.event("app_mention")
    async def mentioned(event: JSON, say: Any) -> None:
        await say(text="mentioned", thread_ts=event.get("thread_ts") or event["ts"])

    @app.event("message")
    async def written(event: JSON, client: AsyncWebClient) -> None:
        if "subtype" in event:
            return
        # In a direct message's thread, bolt's `say` would read the history first.
        await client.chat_postMessage(
            channel=event["channel"],
            text=f"About {event['text']}",
            thread_ts=event.get("thread_ts"),
        )

    @app.event("app_home_opened")
    async def opened(event: JSON, client: AsyncWebClient) -> None:
        view = {"type": "home", "blocks": [{"type": "divider"}]}
        await client.views_publish(user_id=event["user"], view=view)


# People


async def test_a_locale_is_told_to_those_who_ask_for_it(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    lee = standin.add_person(SlackPerson("U00000009", "lee", locale="pt-BR"))
    for person, locale in ((standin.member, "en-US"), (lee, "pt-BR")):
        assert "locale" not in (await client.users_info(user=person.id))["user"]
        told = await client.users_info(user=person.id, include_locale=True)
        assert told["user"]["locale"] == locale


# Threads and public messages


async def test_a_message_in_a_thread_can_be_edited_and_pinned_and_has_its_own_link(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    parent = standin.post_as(standin.member, "a question")
    channel = standin.channel.id
    sent = await client.chat_postMessage(channel=channel, thread_ts=parent.ts, text="an answer")
    message = standin.channel.messages[sent["ts"]]
    assert message.thread_ts == parent.ts
    await client.chat_update(channel=channel, ts=message.ts, text="a better answer")
    await client.pins_add(channel=channel, timestamp=message.ts)
    assert (message.text, message.thread_ts, message.pinned) == (
        "a better answer",
        parent.ts,
        True,
    )
    assert message.link.endswith(f"?thread_ts={parent.ts}&cid={channel}")
    assert "?" not in parent.link


@pytest.mark.parametrize("thread_ts", [None, "1.000001"])
async def test_anyone_can_press_a_button_of_a_public_message(
    standin: SlackStandIn, seen: list[JSON], client: AsyncWebClient, thread_ts: str | None
) -> None:
    sent = await client.chat_postMessage(
        channel=standin.channel.id, text="shared", blocks=answer_blocks("x"), thread_ts=thread_ts
    )
    message = standin.channel.messages[sent["ts"]]
    await standin.press(message, "next", user=standin.moderator)
    payload = seen[-1]
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": standin.channel.id,
        "is_ephemeral": False,
    }
    if thread_ts is not None:
        container["thread_ts"] = thread_ts
    assert payload["container"] == container
    assert payload["message"]["ts"] == message.ts
    assert payload["channel"]["id"] == standin.channel.id
    assert payload["response_url"].startswith(standin.url)
    assert payload["user"]["id"] == standin.moderator.id


# Events


@pytest.mark.usefixtures("answering")
async def test_a_direct_message_may_lie_in_a_thread_and_is_the_persons_own(
    standin: SlackStandIn, seen: list[JSON]
) -> None:
    reply = await standin.direct_message("forms", thread_ts="1.000001")
    assert (reply.text, reply.message.thread_ts) == ("About forms", "1.000001")
    event = seen[-1]["event"]
    assert (event["type"], event["channel_type"], event["thread_ts"]) == (
        "message",
        "im",
        "1.000001",
    )
    other = await standin.direct_message("forms", user=standin.moderator)
    assert reply.message.channel is standin.dm
    assert other.message.channel.id == f"D{standin.moderator.id[1:]}"


@pytest.mark.usefixtures("answering")
async def test_mentions_messages_and_the_home_tab_can_be_delivered_again(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    seen: list[tuple[str, list[str], list[str]]] = []

    @app.middleware
    async def watch(body: JSON, request: Any, next: Any) -> None:
        headers = request.headers
        retry = headers["x-slack-retry-num"], headers["x-slack-retry-reason"]
        seen.append((body["event_id"], *retry))
        await next()

    for reply in (
        await standin.mention("forms"),
        await standin.direct_message("forms"),
        await standin.open_home(),
    ):
        seen.clear()
        again = await standin.redeliver(reply)
        last = await standin.redeliver(reply, attempt=2, reason="http_error")
        assert again.acked
        assert again.event_id == last.event_id == reply.delivery.event_id
        assert seen == [
            (again.event_id, ["1"], ["timeout"]),
            (again.event_id, ["2"], ["http_error"]),
        ]
        # This app answers every delivery, which the reply's further answers tell.
        assert (await standin.another(reply)).via == reply.via


@pytest.mark.usefixtures("answering")
async def test_what_a_bot_does_after_an_event_is_overheard(
    standin: SlackStandIn, seen: list[JSON]
) -> None:
    written = standin.post_as(standin.member, "forms")
    answered = await standin.overhear(message_event(written))
    assert [call.route for call in answered.said] == ["chat.postMessage"]
    changed = await standin.overhear(changed_event(written, "reports"))
    assert (seen[-1]["event"]["subtype"], changed.calls) == ("message_changed", [])
    assert seen[-1]["event"]["message"]["text"] == "reports"
    of_bot = await standin.overhear(bot_message_event(standin.dm, "forms", thread_ts="1.1"))
    assert (seen[-1]["event"]["subtype"], of_bot.calls) == ("bot_message", [])
    assert answered.acked
    assert changed.acked


async def test_an_event_that_nobody_handles_is_not_acknowledged(
    standin: SlackStandIn, app: AsyncApp
) -> None:
    standin.ack_timeout = 0.2
    overheard = await standin.overhear(bot_message_event(standin.channel, "x"), wait=0)
    assert not overheard.acked


# What everyone sees


async def test_every_public_message_and_edit_is_noted_with_its_way_and_place(
    standin: SlackStandIn, app: AsyncApp, client: AsyncWebClient
) -> None:
    @app.command("/public")
    async def public(ack: Any, respond: Any, command: JSON) -> None:
        if command["text"] == "ack":
            await ack(text="by ack", response_type="in_channel")
        else:
            await ack()
            await respond(text="by url", response_type="in_channel")

    channel = standin.channel.id
    sent = await client.chat_postMessage(
        channel=channel, thread_ts="1.1", text="posted", blocks=answer_blocks("in a block")
    )
    await client.chat_update(channel=channel, ts=sent["ts"], text="edited")
    await standin.press(standin.channel.messages[sent["ts"]], "next")
    await standin.command("/public", "ack")
    await standin.command("/public", "url")
    noted = [
        (said.method, said.text, said.thread_ts, said.is_edit) for said in standin.everyone_sees
    ]
    assert noted == [
        ("chat.postMessage", "posted", "1.1", False),
        ("chat.update", "edited", "1.1", True),
        ("response_url", "Next", "1.1", True),
        ("ack", "by ack", None, False),
        ("response_url", "by url", None, False),
    ]
    assert standin.everyone_sees[0].everything == "posted\nin a block"
    assert {said.channel.id for said in standin.everyone_sees} == {channel}
    assert standin.everyone_sees[0].ts == sent["ts"]


@pytest.mark.usefixtures("answering")
async def test_what_one_person_sees_is_not_noted(
    standin: SlackStandIn, client: AsyncWebClient
) -> None:
    await standin.press(await standin.command("/ldn", "forms"), "next")
    await client.chat_postEphemeral(
        channel=standin.channel.id, user=standin.member.id, text="for you"
    )
    await standin.direct_message("forms")
    await standin.open_home()
    assert standin.everyone_sees == []
