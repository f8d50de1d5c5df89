"""Sharing and pinning on Slack, through real slack-bolt."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.slack.render import render_public
from knowledge.desk import HelpDesk
from knowledge.folder import load_library
from knowledge.opening import open_desks
from knowledge.posts import Platform
from knowledge.publishing import STORE_AWAY
from tests.conversations.conftest import House
from tests.conversations.on_slack import answers, ask_to_share, moderate, posted, share
from tests.documents import write_document
from tests.shipped import CHANGED, FORMS
from tests.standins.recording import Fault
from tests.standins.slack import SlackStandIn


async def test_share_shows_a_preview_then_posts_without_naming_anyone(
    slack: SlackStandIn, house: House
) -> None:
    preview = await ask_to_share(slack)
    assert preview.ephemeral
    assert preview.text.startswith("Preview.")
    assert not posted(slack)

    done = await slack.press(preview, preview.labels["Post"])
    assert done.ephemeral
    [message] = posted(slack)
    expected = render_public(house.desks["ldn"].ask("forms"))
    assert message.data["text"] == expected["text"]
    blocks = [{k: v for k, v in b.items() if k != "block_id"} for b in message.data["blocks"]]
    assert blocks == expected["blocks"]
    for word in (slack.member.id, slack.member.name):
        assert word not in str(message.data["text"])


async def test_the_same_section_is_linked_not_posted_again_within_ten_minutes(
    slack: SlackStandIn,
) -> None:
    for _ in range(2):
        done = await share(slack)
    assert "a moment ago" in done.text
    assert len(posted(slack)) == 1


async def test_what_only_the_operator_can_mend_is_in_the_log_and_members_read_that_it_is_so_now(
    slack: SlackStandIn,
    fill_disk: Callable[[], str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    preview = await ask_to_share(slack)
    full = fill_disk()
    done = await slack.press(preview, preview.labels["Post"])
    assert done.text == STORE_AWAY
    assert full in caplog.text
    assert not posted(slack)


async def test_post_pressed_twice_at_once_posts_once(slack: SlackStandIn) -> None:
    preview = await ask_to_share(slack)
    action_id = preview.labels["Post"]
    await asyncio.gather(*(slack.press(preview, action_id) for _ in range(4)))
    assert len(posted(slack)) == 1


async def test_only_moderators_are_offered_the_pin(slack: SlackStandIn) -> None:
    members = await slack.command("/ldn", "forms")
    assert "Share in this channel" in members.labels
    assert "Pin in this channel" not in members.labels
    moderators = await slack.command("/ldn", "forms", user=slack.moderator)
    assert "Pin in this channel" in moderators.labels


async def test_a_moderator_pins_by_button(slack: SlackStandIn) -> None:
    reply = await slack.command("/ldn", "forms", user=slack.moderator)
    preview = await slack.press(reply, reply.labels["Pin in this channel"])
    done = await slack.press(preview, preview.labels["Post and pin"])
    assert "Posted and pinned" in done.text
    [message] = posted(slack)
    assert message.ts in slack.channel.pins


async def test_a_moderator_pins_by_command(slack: SlackStandIn, house: House) -> None:
    reply = await moderate(slack, "pin forms")
    assert reply.ephemeral
    assert "Posted and pinned" in reply.text
    [message] = posted(slack)
    assert message.ts in slack.channel.pins
    [post] = await house.store.all()
    assert (post.place.platform, post.message, post.pinned) == (Platform.SLACK, message.ts, True)

    again = await moderate(slack, "pin forms")
    assert "It is pinned here" in again.text
    assert len(posted(slack)) == 1

    await slack.unpin_natively(message)
    again = await moderate(slack, "pin forms")
    assert "It is pinned here" in again.text
    assert message.ts in slack.channel.pins
    assert len(posted(slack)) == 1


async def test_what_was_unpinned_by_hand_can_be_unpinned_all_the_same(
    slack: SlackStandIn, house: House
) -> None:
    await moderate(slack, "pin forms")
    [message] = posted(slack)
    await slack.unpin_natively(message)
    assert (await moderate(slack, "unpin forms")).text == "Unpinned."
    [post] = await house.store.all()
    assert not post.pinned


@pytest.mark.parametrize("changed", [False, True])
async def test_what_a_post_says_is_known_though_slack_makes_links_of_addresses(
    slack: SlackStandIn, house: House, changed: bool
) -> None:
    await moderate(slack, "pin forms")
    [post] = await house.store.all()
    [message] = posted(slack)
    message.data["text"] = re.sub(r"(https://[a-z.]+[a-z])", r"<\1>", message.data["text"])
    assert "<https://" in message.data["text"]
    if changed:
        message.data["text"] += " And more."
    answer = house.desks["ldn"].ask("forms")
    assert await house.publishers[Platform.SLACK].shows(post, answer) is not changed


@pytest.mark.parametrize("text", ["pin forms", "unpin forms", "pins", "refresh", "", "zebra"])
async def test_others_are_refused_in_one_kind_sentence(slack: SlackStandIn, text: str) -> None:
    reply = await slack.command("/ldn-mod", text)
    assert reply.ephemeral
    assert "for the group's moderators" in reply.text
    assert not posted(slack)


@pytest.mark.parametrize("verb", ["pin", "keep", "swap"])
async def test_a_member_cannot_pin_by_a_forged_button(slack: SlackStandIn, verb: str) -> None:
    reply = await slack.command("/ldn", "forms")
    said = await slack.press(reply, f"ldn:{verb}:forms:1", forged=True)
    assert "for the group's moderators" in said.text
    assert not posted(slack)


@pytest.mark.parametrize("by", ["button", "command"])
async def test_who_moderates_no_more_cannot_pin_though_they_were_a_moderator_a_moment_ago(
    slack: SlackStandIn, by: str
) -> None:
    reply = await slack.command("/ldn", "forms", user=slack.moderator)
    preview = await slack.press(reply, reply.labels["Pin in this channel"])
    slack.add_person(replace(slack.moderator, is_admin=False))
    if by == "button":
        said = await slack.press(preview, preview.labels["Post and pin"])
    else:
        said = await moderate(slack, "pin forms")
    assert "for the group's moderators" in said.text
    assert not posted(slack)


@pytest.mark.parametrize("words", ["pin", "pin zebra", "unpin", "unpin zebra"])
async def test_an_unknown_topic_is_said_and_where_all_of_them_are(
    slack: SlackStandIn, words: str
) -> None:
    reply = await moderate(slack, words)
    assert reply.text == "There is no such topic. To see all topics, type /ldn topics."


@pytest.mark.parametrize("word", ["id", "title"])
async def test_a_withdrawn_answer_is_unpinned_by_the_title_that_is_listed_and_by_its_id(
    slack: SlackStandIn, house: House, tmp_path: Path, word: str
) -> None:
    await moderate(slack, "pin forms")
    [post] = await house.store.all()
    write_document(tmp_path / "garden", command="ldn")
    house.desks.replace(open_desks(load_library(tmp_path / "garden")))
    await moderate(slack, "refresh")
    assert f"{post.title}>: withdrawn, pinned." in (await moderate(slack, "pins")).text

    reply = await moderate(slack, f"unpin {post.title if word == 'title' else post.section}")
    assert reply.text == "Unpinned."
    assert not posted(slack)[0].pinned


async def test_what_is_no_subcommand_is_answered_with_all_of_them(slack: SlackStandIn) -> None:
    reply = await moderate(slack, "zebra")
    for word in ("pin", "pins", "unpin", "refresh"):
        assert f"/ldn-mod {word}:" in reply.text


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("not_in_channel", "/invite"),
        ("channel_not_found", "/invite"),
        ("is_archived", "archived"),
        ("missing_scope", "lacks a permission"),
        ("cant_update_message", "does not let me edit this message"),
        ("edit_window_closed", "does not let messages be edited"),
        ("not_pinnable", "does not let this message be pinned"),
        ("restricted_action", "A rule"),
        ("restricted_action_read_only_channel", "A rule"),
        ("cannot_reply_to_message", "does not let this message be answered"),
        ("thread_not_found", "does not let this message be answered"),
        *(
            (error, "did not answer as it should")
            for error in (
                *("internal_error", "fatal_error", "rate_limited", "ratelimited"),
                *("request_timeout", "service_unavailable", "team_added_to_org"),
            )
        ),
    ],
)
async def test_what_keeps_us_from_posting_is_said_in_words(
    slack: SlackStandIn, error: str, sentence: str
) -> None:
    slack.channel.errors["chat.postMessage"] = error
    reply = await moderate(slack, "pin forms")
    assert sentence in reply.text
    assert not posted(slack)


async def test_what_a_proxy_says_in_slacks_place_is_no_success(slack: SlackStandIn) -> None:
    slack.faults.add(Fault(status=502, body="<html>Bad gateway</html>"), route="chat.postMessage")
    reply = await moderate(slack, "pin forms")
    assert "Slack did not answer as it should." in reply.text
    assert not posted(slack)


async def test_another_refusal_is_named_in_the_log_and_said_in_the_readers_language(
    slack: SlackStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    slack.channel.errors["chat.postMessage"] = "as_user_not_supported"
    slack.add_person(replace(slack.moderator, locale="de-DE"))
    reply = await moderate(slack, "pin forms")
    assert reply.text.startswith("Slack hat das abgelehnt.")
    assert "Slack refused a request (as_user_not_supported)" in caplog.messages


async def test_what_was_refused_can_be_posted_as_soon_as_the_mend_is_made(
    slack: SlackStandIn,
) -> None:
    slack.channel.errors["chat.postMessage"] = "not_in_channel"
    await moderate(slack, "pin forms")
    slack.channel.errors.clear()
    reply = await moderate(slack, "pin forms")
    assert "Posted and pinned." in reply.text
    assert len(posted(slack)) == 1


async def test_refresh_edits_the_pin_once_and_leaves_it_pinned(
    slack: SlackStandIn, house: House, changed_desks: list[HelpDesk]
) -> None:
    await moderate(slack, "pin forms")
    house.desks.replace(changed_desks)

    for _ in range(2):
        await moderate(slack, "refresh")
    [message] = posted(slack)
    assert message.data["text"] == render_public(house.desks["ldn"].ask("forms"))["text"]
    assert CHANGED in message.data["text"]
    assert FORMS not in message.data["text"]
    assert len(message.edits) == 1
    assert message.ts in slack.channel.pins


async def test_a_message_that_was_deleted_is_forgotten(
    slack: SlackStandIn, house: House, changed_desks: list[HelpDesk]
) -> None:
    await moderate(slack, "pin forms")
    [message] = posted(slack)
    slack.delete_by_hand(message)
    house.desks.replace(changed_desks)
    reply = await moderate(slack, "refresh")
    assert "Deleted meanwhile: 1." in reply.text
    assert not await house.store.all()


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
