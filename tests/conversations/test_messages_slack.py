"""Answering a particular message on Slack, in a modal of its own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from adapters.reception import MAY_BE_DESPAIR, NOTHING_TO_POST, PREVIEW
from adapters.slack.render import render_public
from adapters.wording import APOLOGY, MENTIONED
from tests.conversations.conftest import House
from tests.conversations.on_slack import answers, post, routes
from tests.shipped import FORMS, QUESTION
from tests.standins import slack_controls
from tests.standins.recording import Fault, slow
from tests.standins.slack import SlackMessage, SlackStandIn
from tests.standins.slack_interactions import TRIGGER_LIFETIME_S

SHORTCUT = "ldn-answer"
DESPAIR = "i can't go on, how does LDN work?"


@pytest.fixture
def asked(slack: SlackStandIn) -> SlackMessage:
    """A member's message that the article answers."""
    return slack.post_as(slack.member, QUESTION)


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
