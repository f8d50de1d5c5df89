"""Writing to the bot on Slack: by its name in a channel, and in a direct message."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from adapters.slack.render import render_public
from adapters.wording import MENTIONED
from tests.conversations.conftest import House
from tests.conversations.on_slack import answers, post, routes
from tests.shipped import FORMS, QUESTION
from tests.standins.base import UnansweredError
from tests.standins.recording import reset, slow
from tests.standins.slack import (
    BOT_USER_ID,
    SlackMessage,
    SlackStandIn,
    changed_event,
    message_event,
    rate_limited,
)
from tests.standins.slack_payloads import event_payload

DESPAIRED = "Please talk to someone now"


@pytest.mark.parametrize(
    "typed", ["ldn help", "LDN help", "/Ldn help", "ldn\nhelp", "ldn\u00a0help"]
)
async def test_the_command_may_stand_before_a_question_however_it_is_written(
    slack: SlackStandIn, typed: str
) -> None:
    expected = (await slack.direct_message("help")).text
    assert (await slack.direct_message(typed)).text == expected
    called = await slack.mention(typed)
    [element] = [each for block in called.blocks for each in block.get("elements", ())]
    assert element["value"] == "help"


# Called by name


async def test_called_by_name_it_says_in_public_only_where_to_press(slack: SlackStandIn) -> None:
    reply = await slack.mention(QUESTION)
    assert reply.text == MENTIONED
    assert reply.message.data["thread_ts"]
    [block] = [each for each in reply.blocks if each["type"] == "section"]
    assert block["text"]["text"] == MENTIONED
    for word in ("LDN", "capsule", slack.member.id, slack.member.name):
        assert word not in reply.text


async def test_the_answer_to_a_mention_opens_for_whoever_presses_and_for_them_alone(
    slack: SlackStandIn,
) -> None:
    reply = await slack.mention(QUESTION)
    for person in (slack.member, slack.moderator):
        modal = await slack.press(reply, "ldn:ask::1", user=person)
        assert modal.view is not None
        assert FORMS in modal.text
        assert "Please discuss with your specialist" in modal.text
        assert "Source: Reflex" in modal.text
    assert [message.data["text"] for message in answers(slack)] == [MENTIONED]


async def test_in_a_thread_it_replies_in_that_thread(slack: SlackStandIn) -> None:
    root = slack.post_as(slack.moderator, "has anyone tried it?")
    reply = await slack.mention(QUESTION, thread_ts=root.ts)
    assert reply.message.data["thread_ts"] == root.ts


async def test_in_a_modal_people_read_on_and_come_back(slack: SlackStandIn) -> None:
    reply = await slack.mention("mechanism")
    modal = await slack.press(reply, "ldn:ask::1")
    brief = await slack.press(modal, modal.labels["In short"])
    assert "no pain relief from the natural opioids" in brief.text
    menu = await slack.press(brief, brief.labels["All topics"])
    assert "what would you like to know?" in menu.text
    forms = await slack.select(menu, "ldn:choose::1", "forms")
    assert FORMS in forms.text


async def test_from_a_modal_it_can_be_shared_in_the_thread_it_was_asked_in(
    slack: SlackStandIn, house: House
) -> None:
    reply = await slack.mention(QUESTION)
    modal = await slack.press(reply, "ldn:ask::1")
    preview = await slack.press(modal, modal.labels["Share in this thread"])
    assert len(answers(slack)) == 1
    done = await post(slack, preview, "Post in this thread")
    assert done.text.startswith("Posted.")
    [_, shared] = answers(slack)
    assert shared.data["text"] == render_public(house.desks["ldn"].ask("forms"))["text"]
    assert shared.data["thread_ts"] == reply.message.data["thread_ts"]


async def test_a_mention_delivered_again_is_answered_once(slack: SlackStandIn) -> None:
    reply = await slack.mention(QUESTION)
    for attempt in (1, 2, 3):
        await slack.redeliver(reply, attempt)
    await slack.quiet()
    assert len(answers(slack)) == 1


@pytest.mark.parametrize("before", ["", f"{QUESTION} " * 80])
async def test_words_of_a_crisis_are_answered_in_private_too(
    slack: SlackStandIn, before: str
) -> None:
    """People may come to it at the end of a message that is longer than a button's value."""
    reply = await slack.mention(f"{before}i want to die")
    assert reply.text == MENTIONED
    modal = await slack.press(reply, "ldn:ask::1")
    assert "Please talk to someone now" in modal.text


def mentioned(message: SlackMessage, **more: Any) -> dict[str, Any]:
    """The event of a message that calls the bot by name."""
    return {**message.data, "type": "app_mention", "channel": message.channel.id, **more}


async def test_an_edit_of_a_message_that_calls_it_is_not_answered_again(
    slack: SlackStandIn,
) -> None:
    """Slack sends a new event, with a name of its own."""
    for words in ("forms", "status"):
        message = slack.post_as(slack.member, f"<@{BOT_USER_ID}> {words}")
        await slack.overhear(mentioned(message), wait=0.1)
        for version in range(3):
            edited = {"user": slack.member.id, "ts": message.ts}
            text = f"{message.data['text']} {version}"
            await slack.overhear(mentioned(message, text=text, edited=edited), wait=0.1)
    assert [message.data["text"] for message in answers(slack)] == [MENTIONED] * 2


async def test_events_without_a_name_are_answered_each(slack_by_socket: SlackStandIn) -> None:
    slack = slack_by_socket
    for _ in range(3):
        message = slack.post_as(slack.member, f"<@{BOT_USER_ID}> forms")
        payload = event_payload(mentioned(message), "")
        del payload["event_id"]
        await slack.socket.send("events_api", payload, answerable=False, timeout=3)
    await slack.quiet()
    assert len(answers(slack)) == 3


async def test_in_socket_mode_an_event_is_acknowledged_when_its_answer_is_sent(
    slack_by_socket: SlackStandIn,
) -> None:
    """Earlier, a process that is killed would lose the event; later, it would be answered twice."""
    slack = slack_by_socket
    dm = slack.channels.dm_with(slack.member.id)
    event = message_event(slack.post_as(slack.member, "forms", dm))
    slack.faults.add(slow(0.3), route="users.info")
    slack.faults.add(slow(0.3), route="chat.postMessage")
    assert (await slack.event(event)).acked
    assert "users.info" in routes(slack)
    await slack.until(lambda: "chat.postMessage" in routes(slack), "the answer to be sent")
    [call] = slack.requests_to("POST", "chat.postMessage")
    assert call.status is None


async def test_delivered_at_once_several_times_a_mention_is_answered_once(
    slack: SlackStandIn,
) -> None:
    message = slack.post_as(slack.member, f"<@{BOT_USER_ID}> forms")
    event = mentioned(message)
    await asyncio.gather(*(slack.event(event, event_id="Ev1") for _ in range(4)))
    await slack.quiet()
    assert len(answers(slack)) == 1


async def test_a_connection_that_breaks_behind_the_post_makes_no_second_one(
    slack: SlackStandIn,
) -> None:
    slack.answer_timeout = 0.5
    slack.faults.add(reset(applied=True), route="chat.postMessage")
    with suppress(UnansweredError):
        await slack.mention("forms")
    dm = slack.channels.dm_with(slack.member.id)
    slack.faults.add(reset(applied=True), route="chat.postMessage")
    with suppress(UnansweredError):
        await slack.direct_message("forms")
    await slack.quiet(1)  # longer than slack_sdk waits before it tries again
    assert len(answers(slack)) == 1
    said = [m for m in dm.messages.values() if m.data["user"] != slack.member.id]
    assert sum(FORMS in str(message.data) for message in said) == 1


@pytest.mark.long
async def test_a_limit_is_waited_out(slack: SlackStandIn) -> None:
    slack.faults.add(rate_limited(1), route="chat.postMessage")
    assert (await slack.mention("forms")).text == MENTIONED
    slack.faults.add(rate_limited(1), route="chat.postMessage")
    assert FORMS in (await slack.direct_message("forms")).text


# In a direct message


async def told(slack: SlackStandIn, text: str, **more: Any) -> str:
    """What a direct message of a particular kind is answered; empty if nothing."""
    dm = slack.channels.dm_with(slack.member.id)
    event = message_event(slack.post_as(slack.member, text, dm))
    heard = await slack.overhear({**event, **more}, wait=0.4)
    return "".join(str(call.body["text"]) for call in heard.said)


@pytest.mark.parametrize(
    "more",
    [
        {"subtype": "file_share", "files": [{"id": "F1"}]},
        {"subtype": "thread_broadcast", "thread_ts": "1700000000.000100"},
        {"subtype": "me_message"},
        {"subtype": None},
    ],
    ids=lambda more: more["subtype"],
)
async def test_whatever_a_person_writes_to_it_is_answered(
    slack: SlackStandIn, more: dict[str, Any]
) -> None:
    assert DESPAIRED in await told(slack, "i want to die", **more)


@pytest.mark.parametrize(
    "more",
    [
        {"subtype": "bot_message"},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"bot_id": "B1"},
        {"app_id": "A1"},
        {"user": None},
        {"channel_type": "mpim"},
        {"channel_type": "channel"},
    ],
    ids=str,
)
async def test_what_no_person_writes_to_it_alone_is_not_answered(
    slack: SlackStandIn, more: dict[str, Any]
) -> None:
    assert await told(slack, "i want to die", **more) == ""


async def test_a_changed_message_is_not_answered(slack: SlackStandIn) -> None:
    dm = slack.channels.dm_with(slack.member.id)
    message = slack.post_as(slack.member, "forms", dm)
    heard = await slack.overhear(changed_event(message, "i want to die"))
    assert heard.said == []


@pytest.mark.parametrize(
    "typed",
    [
        f"<@{BOT_USER_ID}> forms",
        f"<@{BOT_USER_ID}|ldn-bot> forms",
        f"<@{BOT_USER_ID}> ldn forms",
        "/ldn forms",
        "<https://example.org/forms|forms>",
    ],
)
async def test_what_is_asked_is_what_a_person_sees(slack: SlackStandIn, typed: str) -> None:
    assert FORMS in await told(slack, typed)


async def test_a_direct_message_is_simply_answered(slack: SlackStandIn) -> None:
    reply = await slack.direct_message(QUESTION)
    assert FORMS in reply.text
    again = await slack.press(reply, reply.labels["All topics"])
    assert again.replaced_original
    assert not [label for label in reply.labels if "Share" in label or "Pin" in label]
