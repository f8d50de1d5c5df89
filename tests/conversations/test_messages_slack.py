"""Wherever else people ask on Slack: by name, in a direct message, on a message, at Home."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.moderation import IN_A_CHANNEL, ONLY_MODERATORS_SHARE, Subcommand
from adapters.reception import MAY_BE_DESPAIR, NOTHING_TO_POST, PREVIEW
from adapters.slack.people import SlackPeople
from adapters.slack.render import render_public
from adapters.wording import APOLOGY, MENTIONED
from knowledge.communities import CommunitySettings, Visibility
from knowledge.posts import Platform
from tests.conversations.conftest import House
from tests.conversations.test_sharing_slack import posted
from tests.standins import slack_controls
from tests.standins.base import UnansweredError
from tests.standins.recording import Fault, reset, slow
from tests.standins.slack import (
    BOT_USER_ID,
    SlackMessage,
    SlackPerson,
    SlackReply,
    SlackStandIn,
    changed_event,
    message_event,
    rate_limited,
)
from tests.standins.slack_interactions import TRIGGER_LIFETIME_S
from tests.standins.slack_payloads import event_payload
from tests.standins.slack_state import TEAM_ID

SHORTCUT = "ldn-answer"
QUESTION = "how is it taken, capsule or drops?"
FORMS = "It is delivered by capsule"
DESPAIR = "i can't go on like this any more, how does LDN work?"
DESPAIRED = "Please talk to someone now"


@pytest.fixture
def asked(slack: SlackStandIn) -> SlackMessage:
    """A member's message that the article answers."""
    return slack.post_as(slack.member, QUESTION)


def answers(slack: SlackStandIn) -> list[SlackMessage]:
    """What the bot has posted for everyone."""
    return [message for message in posted(slack) if message.data.get("user") != slack.member.id]


def routes(slack: SlackStandIn) -> list[str]:
    """What the bot has called, in turn."""
    return [call.route for call in slack.requests]


async def post(slack: SlackStandIn, modal: SlackReply, label: str) -> SlackReply:
    """Press what posts; what the modal says then."""
    shown = await slack.press(modal, modal.labels[label])
    return shown if shown.via == "views.update" else await slack.another(shown)


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


# A message that somebody wants to answer


async def test_a_message_is_answered_in_its_thread(
    slack: SlackStandIn, house: House, asked: SlackMessage
) -> None:
    modal = await slack.shortcut(SHORTCUT, asked)
    assert FORMS in modal.text
    assert modal.text.startswith("Preview.")
    assert "Post and pin" not in modal.labels
    assert not answers(slack)
    done = await post(slack, modal, "Post in this thread")
    assert done.text.startswith("Posted.")
    [reply] = answers(slack)
    assert reply.data["text"] == render_public(house.desks["ldn"].ask("forms"))["text"]
    assert reply.data["thread_ts"] == asked.ts


async def test_another_section_can_be_chosen_before_it_is_posted(
    slack: SlackStandIn, house: House, asked: SlackMessage
) -> None:
    modal = await slack.shortcut(SHORTCUT, asked)
    modal = await slack.select(modal, "ldn:draft::1", "mechanism.no-relief")
    await slack.press(modal, modal.labels["Post in this thread"])
    [reply] = answers(slack)
    expected = render_public(house.desks["ldn"].ask("mechanism.no-relief"))
    assert reply.data["text"] == expected["text"]


async def test_moderators_can_pin_the_reply(slack: SlackStandIn, asked: SlackMessage) -> None:
    modal = await slack.shortcut(SHORTCUT, asked, user=slack.moderator)
    done = await post(slack, modal, "Post and pin")
    assert done.text.startswith("Posted and pinned.")


async def test_pressed_four_times_at_once_it_is_posted_once(
    slack: SlackStandIn, asked: SlackMessage
) -> None:
    modal = await slack.shortcut(SHORTCUT, asked)
    button = modal.labels["Post in this thread"]
    await asyncio.gather(*(slack.press(modal, button) for _ in range(4)))
    assert len(answers(slack)) == 1


async def test_where_only_moderators_share_others_read_alone(
    slack: SlackStandIn, asked: SlackMessage
) -> None:
    await slack.command("/ldn-mod", "settings share=moderators", user=slack.moderator)
    modal = await slack.shortcut(SHORTCUT, asked)
    assert FORMS in modal.text
    assert not [label for label in modal.labels if label.startswith("Post")]


@pytest.mark.parametrize("words", ["i want to die", DESPAIR])
async def test_where_someone_may_despair_the_helper_reads_that_first_and_nothing_is_chosen(
    slack: SlackStandIn, house: House, words: str
) -> None:
    answer = house.desks["ldn"].ask(words)
    assert answer.crisis
    target = slack.post_as(slack.member, words)
    for user in (slack.member, slack.moderator):
        modal = await slack.shortcut(SHORTCUT, target, user=user)
        assert modal.text.startswith(MAY_BE_DESPAIR)
        assert "988" in modal.text
        assert answer.notice[:40] in modal.text
        assert not [label for label in modal.labels if label.startswith("Post")]
    modal = await slack.select(modal, "ldn:draft::1", "forms", user=slack.moderator)
    assert modal.text.startswith(PREVIEW)
    await post(slack, modal, "Post in this thread")
    [reply] = answers(slack)
    assert reply.data["text"] == render_public(house.desks["ldn"].ask("forms"))["text"]


@pytest.mark.parametrize(("words", "shown"), [(QUESTION, PREVIEW), (DESPAIR, MAY_BE_DESPAIR)])
async def test_of_a_message_that_passes_another_on_the_words_of_that_count(
    slack: SlackStandIn, words: str, shown: str
) -> None:
    target = slack.post_as(slack.member, "")
    target.data["attachments"] = [{"is_share": True, "text": words}]
    modal = await slack.shortcut(SHORTCUT, target)
    assert modal.text.startswith(shown)


@pytest.mark.parametrize("attached", [None, {}, "x", [None, 1, {}, {"text": None}]])
async def test_a_message_without_words_is_answered_all_the_same(
    slack: SlackStandIn, attached: Any
) -> None:
    target = slack.post_as(slack.member, "")
    target.data["attachments"] = attached
    assert (await slack.shortcut(SHORTCUT, target)).text.startswith(NOTHING_TO_POST)


async def test_whoever_closes_the_modal_while_it_is_posted_is_told_of_no_fault(
    slack: SlackStandIn, asked: SlackMessage, caplog: pytest.LogCaptureFixture
) -> None:
    modal = await slack.shortcut(SHORTCUT, asked)
    assert modal.view
    slack.faults.add(slow(0.3), route="chat.postMessage")
    pressing = asyncio.create_task(slack.press(modal, modal.labels["Post in this thread"]))
    await slack.until(lambda: "chat.postMessage" in routes(slack), "it to be posted")
    slack.views.close(modal.view)
    await pressing
    await slack.until(lambda: "views.update" in routes(slack), "the modal to be replaced")
    await slack.quiet(0.1)
    [answer] = answers(slack)
    assert FORMS in answer.text
    assert routes(slack)[-1] == "views.update"
    assert caplog.text == ""


async def test_a_modal_does_not_wait_for_longer_than_slack_lets_it_open(
    slack: SlackStandIn, asked: SlackMessage
) -> None:
    slack.faults.add(slow(TRIGGER_LIFETIME_S + 0.5), route="users.info")
    modal = await slack.shortcut(SHORTCUT, asked)
    assert modal.text.startswith(PREVIEW)


async def test_who_chose_a_message_too_late_for_a_modal_is_told_and_nobody_else(
    slack: SlackStandIn, asked: SlackMessage, caplog: pytest.LogCaptureFixture
) -> None:
    late = Fault(status=200, body={"ok": False, "error": "expired_trigger_id"})
    slack.faults.add(late, late, route="views.open")
    told = await slack.shortcut(SHORTCUT, asked)
    assert (told.text, told.ephemeral) == (APOLOGY, True)
    assert not answers(slack)
    assert caplog.messages == ["an answer did not reach Slack (expired_trigger_id)"]


@pytest.mark.parametrize("verb", ["post", "share", "keep", "draft"])
@pytest.mark.parametrize("nothing", [{"team": None}, {"team": {}}, {"team": {"id": None}}])
async def test_where_no_community_is_named_nothing_is_posted(
    slack: SlackStandIn,
    verb: str,
    nothing: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise what a community has set would not be asked for."""
    await slack.command("/ldn-mod", "settings visibility=private", user=slack.moderator)
    mention = await slack.mention("forms")
    modal = await slack.press(mention, "ldn:ask::1", user=slack.moderator)
    before = slack_controls.view_action_payload

    def nameless(*args: Any) -> dict[str, Any]:
        payload = before(*args)
        view = {**payload["view"], "app_installed_team_id": None}
        return {**payload, **nothing, "view": view}

    monkeypatch.setattr(slack_controls, "view_action_payload", nameless)
    refused = await slack.press(modal, f"ldn:{verb}:forms:1", user=slack.moderator, forged=True)
    assert "I cannot post here" in refused.text
    assert [message.data["text"] for message in answers(slack)] == [MENTIONED]


@pytest.mark.parametrize(
    "metadata",
    ["", "x", "[]", "1", '"a"', "null", '{"channel": null}', '{"channel": 1, "reply_to": {}}',
     '{"channel": ["C1"], "reply_to": null}'],
)  # fmt: skip
async def test_a_modal_that_does_not_tell_its_channel_posts_nothing(
    slack: SlackStandIn, metadata: str
) -> None:
    modal = await slack.press(await slack.mention("forms"), "ldn:ask::1")
    assert modal.view is not None
    slack.views.by_id[modal.view["id"]]["private_metadata"] = metadata
    refused = await slack.press(modal, "ldn:post:forms:1", forged=True)
    assert "I cannot post here" in refused.text
    assert len(answers(slack)) == 1


async def test_a_modal_of_no_thread_posts_in_the_channel(slack: SlackStandIn) -> None:
    modal = await slack.press(await slack.mention("forms"), "ldn:ask::1")
    assert modal.view is not None
    metadata = json.dumps({"channel": slack.channel.id, "reply_to": None})
    slack.views.by_id[modal.view["id"]]["private_metadata"] = metadata
    done = await slack.press(modal, "ldn:post:forms:1", forged=True)
    assert done.via in {"chat.postMessage", "views.update"}
    [_, shared] = answers(slack)
    assert not shared.data.get("thread_ts")


@pytest.mark.parametrize("topic", ["short mechanism", "inflammation", "topics", "helplines"])
@pytest.mark.parametrize("verb", ["post", "keep"])
async def test_only_whole_sections_can_be_posted_whatever_is_forged(
    slack: SlackStandIn, house: House, verb: str, topic: str
) -> None:
    answer = await slack.command("/ldn", "forms", user=slack.moderator)
    action = f"ldn:{verb}:{topic}:1"
    refused = await slack.press(answer, action, user=slack.moderator, forged=True)
    assert "no such topic" in refused.text
    assert not answers(slack)
    assert not await house.store.all()


# The Home tab


async def test_the_home_tab_has_every_topic_a_search_box_help_and_help_lines(
    slack: SlackStandIn, house: House
) -> None:
    home = await slack.open_home()
    section = house.desks["ldn"].document.by_id["mechanism.no-relief"]
    modal = await slack.select(home, "ldn:choose::1", section.id)
    assert section.title in modal.text
    found = await slack.type_in(home, "ldn:ask::1", QUESTION)
    assert FORMS in found.text
    assert "How to use this bot" in (await slack.press(home, home.labels["Help"])).text
    lines = await slack.press(home, home.labels["Help lines"])
    assert "Please talk to someone now" in lines.text


async def test_where_a_community_wants_no_decoration_the_home_tab_has_none(
    slack: SlackStandIn,
) -> None:
    decorated = await slack.open_home()
    assert "*" in json.dumps(decorated.blocks)
    await slack.command("/ldn-mod", "settings plain=on", user=slack.moderator)
    plain = await slack.open_home()
    assert "*" not in json.dumps(plain.blocks)
    assert plain.labels == decorated.labels


async def test_opening_the_home_tab_asks_for_nothing(slack: SlackStandIn, house: House) -> None:
    await slack.open_home()
    asked, _ = await house.tally_counter.of_week(
        Platform.SLACK, TEAM_ID, house.tally_counter.this_week
    )
    assert not asked


async def test_opening_the_messages_tab_shows_no_home_tab(slack: SlackStandIn) -> None:
    user, dm = slack.member.id, slack.channels.dm_with(slack.member.id)
    event = {"type": "app_home_opened", "user": user, "channel": dm.id, "tab": "messages"}
    assert (await slack.event(event)).acked
    assert "views.publish" not in routes(slack)


# In a channel that another workspace shares


@pytest.fixture
def guest(slack: SlackStandIn) -> SlackPerson:
    """An admin of the other one."""
    person = SlackPerson("U0000PAT1", "pat", is_admin=True, team_id="T000OTHER")
    return slack.add_person(person)


async def read_by(slack: SlackStandIn, guest: SlackPerson) -> SlackReply:
    """What opens for the guest who presses the button that all see."""
    return await slack.press(await slack.mention(QUESTION), "ldn:ask::1", user=guest)


async def test_what_is_set_where_the_app_is_installed_holds_for_people_of_the_other_one(
    slack: SlackStandIn, guest: SlackPerson
) -> None:
    await slack.command("/ldn-mod", "settings share=moderators", user=slack.moderator)
    modal = await read_by(slack, guest)
    assert "Share in this thread" not in modal.labels
    refused = await slack.press(modal, "ldn:post:forms:1", user=guest, forged=True)
    assert ONLY_MODERATORS_SHARE in refused.text
    assert [message.data["text"] for message in answers(slack)] == [MENTIONED]


async def test_what_people_of_the_other_workspace_post_is_kept_where_the_app_is_installed(
    slack: SlackStandIn, house: House, guest: SlackPerson
) -> None:
    preview = await slack.press(await read_by(slack, guest), "ldn:share:forms:1", user=guest)
    await post(slack, preview, "Post in this thread")
    [kept] = await house.store.all()
    assert kept.place.community == TEAM_ID


async def test_an_admin_of_another_workspace_moderates_nothing_unless_listed(
    slack: SlackStandIn, guest: SlackPerson
) -> None:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    assert not (await SlackPeople().fetch(client, guest.id, TEAM_ID)).moderator
    assert (await SlackPeople([guest.id]).fetch(client, guest.id, TEAM_ID)).moderator
    assert (await SlackPeople().fetch(client, slack.moderator.id, TEAM_ID)).moderator


async def test_an_admin_in_several_workspaces_of_an_organisation_moderates_in_each() -> None:
    client = AsyncMock()
    several = {"team_id": "T1", "is_admin": True, "enterprise_user": {"teams": ["T1", TEAM_ID]}}
    client.users_info.return_value = {"user": several}
    assert (await SlackPeople().fetch(client, "W1", TEAM_ID)).moderator
    assert not (await SlackPeople().fetch(client, "W1", "T3")).moderator


# Settings


async def test_of_two_settings_that_moderators_change_at_once_neither_is_lost(
    slack: SlackStandIn, house: House
) -> None:
    words = ("visibility=private", "plain=on", "cooldown=10")
    await asyncio.gather(
        *(slack.command("/ldn-mod", f"settings {word}", user=slack.moderator) for word in words)
    )
    held = await house.communities.fetch(Platform.SLACK, TEAM_ID)
    assert held == CommunitySettings(
        visibility=Visibility.PRIVATE, plain=True, cooldown=timedelta(minutes=10)
    )


@pytest.mark.parametrize("text", ["", "zebra", *Subcommand, "settings plain=on"])
async def test_in_a_direct_message_moderators_are_told_where_to_use_their_command(
    slack: SlackStandIn, text: str
) -> None:
    dm = slack.channels.dm_with(slack.moderator.id)
    told = await slack.command("/ldn-mod", text, user=slack.moderator, channel=dm)
    assert told.text == IN_A_CHANNEL


@pytest.mark.parametrize("text", ["SETTINGS", "Settings", "  sEttings  "])
async def test_what_moderators_type_may_be_in_any_case(slack: SlackStandIn, text: str) -> None:
    told = await slack.command("/ldn-mod", text, user=slack.moderator)
    assert "share=everyone" in told.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("share=nobody", "is not one of: share=everyone, share=moderators"),
        ("cooldown=soon", "a whole number of minutes"),
        ("cooldown=99999", "from 0 to 1440"),
        ("colour=red", "There is no setting"),
    ],
)
async def test_a_wrong_setting_is_said_and_nothing_is_changed(
    slack: SlackStandIn, typed: str, said: str
) -> None:
    async def settings(words: str) -> SlackReply:
        return await slack.command("/ldn-mod", f"settings {words}", user=slack.moderator)

    before = (await settings("")).text
    assert said in (await settings(f"plain=on {typed}")).text
    assert (await settings("")).text == before
