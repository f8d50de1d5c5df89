"""Wherever else people ask on Slack: by name, in a direct message, on a message, at Home."""

from __future__ import annotations

import asyncio

import pytest

from adapters.slack.render import render_public
from adapters.wording import MENTIONED
from tests.conversations.conftest import House
from tests.conversations.test_sharing_slack import posted
from tests.standins.slack import SlackMessage, SlackReply, SlackStandIn

SHORTCUT = "ldn-answer"
QUESTION = "how is it taken, capsule or drops?"
FORMS = "It is delivered by capsule"


@pytest.fixture
def asked(slack: SlackStandIn) -> SlackMessage:
    """A member's message that the article answers."""
    return slack.post_as(slack.member, QUESTION)


def answers(slack: SlackStandIn) -> list[SlackMessage]:
    """What the bot has posted for everyone."""
    return [message for message in posted(slack) if message.data.get("user") != slack.member.id]


async def post(slack: SlackStandIn, modal: SlackReply, label: str) -> SlackReply:
    """Press what posts; what the modal says then."""
    shown = await slack.press(modal, modal.labels[label])
    return shown if shown.via == "views.update" else await slack.another(shown)


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


@pytest.mark.parametrize("times", [4])
async def test_a_mention_delivered_again_is_answered_once(slack: SlackStandIn, times: int) -> None:
    reply = await slack.mention(QUESTION)
    for attempt in range(1, times):
        await slack.redeliver(reply, attempt)
    await asyncio.sleep(0.3)
    assert len(answers(slack)) == 1


async def test_words_of_a_crisis_are_answered_in_private_too(slack: SlackStandIn) -> None:
    reply = await slack.mention("i want to die")
    assert reply.text == MENTIONED
    modal = await slack.press(reply, "ldn:ask::1")
    assert "Please talk to someone now" in modal.text


# In a direct message


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


# Settings


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("share=nobody", "is not one of: everyone, moderators"),
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
