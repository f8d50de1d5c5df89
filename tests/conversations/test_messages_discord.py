"""Answering a particular message on Discord."""

from __future__ import annotations

import asyncio

import pytest

from adapters.discord.render import contents, public_content
from adapters.reception import MAY_BE_DESPAIR, NOTHING_TO_POST, PREVIEW
from tests.conversations.conftest import House
from tests.conversations.keeping import MESSAGES
from tests.conversations.on_discord import MODERATE, posted, share
from tests.shipped import QUESTION
from tests.standins.discord import DiscordStandIn, Message, Permission, Place
from tests.standins.discord_faults import refused
from tests.standins.recording import JSON

MENU = "Answer with LDN"
DESPAIR = "i can't go on, how does LDN work?"


@pytest.fixture
def asked(discord: DiscordStandIn) -> Message:
    """A member's message that the article answers."""
    return discord.post_as(discord.member, QUESTION)


def answers(discord: DiscordStandIn, asked: Message) -> list[Message]:
    """What the bot has posted for everyone."""
    return [message for message in posted(discord) if message.id != asked.id]


async def test_a_message_is_answered_by_a_reply_that_pings_nobody(
    discord: DiscordStandIn, house: House, asked: Message
) -> None:
    preview = await discord.context_menu(MENU, asked)
    assert preview.ephemeral
    forms = house.desks["ldn"].ask("forms")
    assert public_content(forms) in preview.content
    assert not answers(discord, asked)

    done = await discord.press(preview, preview.labels["Post as a reply"])
    assert done.ephemeral
    assert done.content.startswith("Posted.")
    [reply] = answers(discord, asked)
    assert reply.data["content"] == public_content(forms)
    assert reply.data["message_reference"]["message_id"] == asked.id
    assert not reply.pinged


async def test_beside_a_notice_that_nobody_can_reply_to_the_section_is_posted_all_the_same(
    discord: DiscordStandIn, house: House, asked: Message
) -> None:
    asked.data["type"] = 21  # the first message of a thread
    preview = await discord.context_menu(MENU, asked)
    done = await discord.press(preview, preview.labels["Post as a reply"])
    assert done.content.startswith("Posted.")
    [message] = answers(discord, asked)
    assert message.data["content"] == public_content(house.desks["ldn"].ask("forms"))
    assert not message.data.get("message_reference")


ODD_PARTS: tuple[JSON, ...] = (
    {"poll": {"question": {"text": "?"}, "answers": [], "expiry": None, "layout_type": 1}},
    {"thread": {"id": "500000000000000008", "type": 11}},
    {"attachments": [{"id": "1", "waveform": "xylophone"}]},
    {"type": 4096, "components": [{"type": 4096}], "purchase_notification": {"type": 4096}},
)


@pytest.mark.parametrize("odd", ODD_PARTS, ids=lambda odd: next(iter(odd)))
async def test_a_message_is_answered_whatever_it_holds_besides_its_words(
    discord: DiscordStandIn, house: House, asked: Message, odd: JSON
) -> None:
    asked.data.update(odd)
    preview = await discord.context_menu(MENU, asked)
    assert public_content(house.desks["ldn"].ask("forms")) in preview.content


@pytest.mark.parametrize("label", ["Post as a reply", "Notify the author: no"])
async def test_the_permission_that_a_reply_needs_is_named_where_it_is_missing(
    discord: DiscordStandIn, asked: Message, label: str
) -> None:
    discord.channel.bot_permissions &= ~Permission.READ_MESSAGE_HISTORY
    preview = await discord.context_menu(MENU, asked)
    done = await discord.press(preview, preview.labels[label])
    assert "I lack a permission in this channel: Read Message History." in done.content
    assert not answers(discord, asked)
    # What answers no message needs it not.
    done = await share(discord)
    assert done.content.startswith("Posted.")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (160002, "Read Message History"),
        (160005, "This thread is locked."),
        (50001, "I cannot see this channel."),
        (50013, "I lack a permission in this channel"),
        (50083, "This thread is archived."),
        (10003, "The message or its channel was deleted."),
    ],
)
async def test_what_keeps_us_from_replying_is_said_in_words(
    discord: DiscordStandIn, asked: Message, code: int, sentence: str
) -> None:
    preview = await discord.context_menu(MENU, asked)
    discord.faults.add(refused(403, code), method="POST", route=MESSAGES)
    done = await discord.press(preview, preview.labels["Post as a reply"])
    assert sentence in done.content
    assert not answers(discord, asked)


@pytest.mark.parametrize(("words", "shown"), [(QUESTION, PREVIEW), (DESPAIR, MAY_BE_DESPAIR)])
async def test_of_a_message_that_was_forwarded_the_words_count_that_it_passes_on(
    discord: DiscordStandIn, words: str, shown: str
) -> None:
    original = discord.post_as(discord.member, words).data
    forward = discord.post_as(discord.member, "")
    parts = "type", "content", "embeds", "attachments", "timestamp", "edited_timestamp"
    forward.data["message_snapshots"] = [{"message": {part: original[part] for part in parts}}]
    preview = await discord.context_menu(MENU, forward)
    assert preview.content.startswith(shown)


async def test_the_author_is_pinged_if_the_switch_was_turned(
    discord: DiscordStandIn, asked: Message
) -> None:
    preview = await discord.context_menu(MENU, asked)
    preview = await discord.press(preview, preview.labels["Notify the author: no"])
    assert "Notify the author: yes" in preview.labels
    back = await discord.press(preview, preview.labels["Notify the author: yes"])
    assert "Notify the author: no" in back.labels
    await discord.press(preview, preview.labels["Post as a reply"])
    [reply] = answers(discord, asked)
    assert reply.pinged


async def test_another_section_can_be_chosen_before_it_is_posted(
    discord: DiscordStandIn, house: House, asked: Message
) -> None:
    preview = await discord.context_menu(MENU, asked)
    menu = f"ldn:draft::1:{asked.id}"
    preview = await discord.select(preview, menu, ["mechanism.no-relief"])
    await discord.press(preview, preview.labels["Post as a reply"])
    [reply] = answers(discord, asked)
    expected = house.desks["ldn"].ask("mechanism.no-relief")
    assert reply.data["content"] == public_content(expected)


async def test_two_messages_get_the_same_section_each_and_one_message_once(
    discord: DiscordStandIn, asked: Message
) -> None:
    another = discord.post_as(discord.member, QUESTION)
    for target in (asked, another, asked):
        preview = await discord.context_menu(MENU, target)
        await discord.press(preview, preview.labels["Post as a reply"])
    replies = [each for each in answers(discord, asked) if each.id != another.id]
    targets = [each.data["message_reference"]["message_id"] for each in replies]
    assert targets == [asked.id, another.id]


async def test_pressed_four_times_at_once_it_is_posted_once(
    discord: DiscordStandIn, asked: Message
) -> None:
    preview = await discord.context_menu(MENU, asked)
    button = preview.labels["Post as a reply"]
    await asyncio.gather(*(discord.press(preview, button) for _ in range(4)))
    assert len(answers(discord, asked)) == 1


async def test_only_moderators_can_pin_the_reply(discord: DiscordStandIn, asked: Message) -> None:
    members = await discord.context_menu(MENU, asked)
    assert "Post and pin" not in members.labels
    preview = await discord.context_menu(MENU, asked, **MODERATE)
    done = await discord.press(preview, preview.labels["Post and pin"], **MODERATE)
    assert done.content.startswith("Posted and pinned.")
    [reply] = answers(discord, asked)
    assert reply.data["pinned"]


async def test_what_is_no_section_is_shown_in_private_and_cannot_be_posted(
    discord: DiscordStandIn,
) -> None:
    target = discord.post_as(discord.member, "topics")
    preview = await discord.context_menu(MENU, target)
    assert preview.ephemeral
    assert preview.content.startswith(NOTHING_TO_POST)
    assert not [label for label in preview.labels if label.startswith("Post")]


@pytest.mark.parametrize("words", ["i want to die", DESPAIR])
async def test_where_someone_may_despair_the_helper_reads_that_first_and_nothing_is_chosen(
    discord: DiscordStandIn, house: House, words: str
) -> None:
    answer = house.desks["ldn"].ask(words)
    assert answer.crisis
    target = discord.post_as(discord.member, words)
    for by in ({}, MODERATE):
        preview = await discord.context_menu(MENU, target, **by)
        assert preview.ephemeral
        assert preview.content.startswith(MAY_BE_DESPAIR)
        assert contents(answer)[0] in preview.content
        assert "988" in preview.content
        assert not [label for label in preview.labels if label.startswith("Post")]
    # What to post can still be chosen, and is posted as ever.
    preview = await discord.select(preview, f"ldn:draft::1:{target.id}", ["forms"], **MODERATE)
    assert preview.content.startswith(PREVIEW)
    await discord.press(preview, preview.labels["Post as a reply"], **MODERATE)
    [reply] = answers(discord, target)
    assert reply.data["content"] == public_content(house.desks["ldn"].ask("forms"))


def test_the_despairing_question_above_would_be_answered_by_a_section(house: House) -> None:
    assert house.desks["ldn"].ask(DESPAIR).section


@pytest.mark.parametrize("place", [Place.BOT_DM, Place.USER_INSTALL])
async def test_where_nothing_can_be_posted_a_message_is_answered_in_private(
    discord: DiscordStandIn, asked: Message, place: Place
) -> None:
    reply = await discord.context_menu(MENU, asked, place=place)
    assert reply.ephemeral
    assert reply.content.startswith("## How LDN is delivered")
    assert not [label for label in reply.labels if "Post" in label or "Share" in label]
