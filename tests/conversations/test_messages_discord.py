"""Answering a particular message on Discord, and what stands beside an answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Unpack

import pytest

from adapters.discord.render import contents, public_content
from adapters.reception import MAY_BE_DESPAIR, NOTHING_TO_POST, PREVIEW
from adapters.text import render
from knowledge.communities import CommunitySettings, Visibility
from knowledge.posts import Platform
from knowledge.tallies import Reason, SectionReport
from tests.conversations.conftest import House
from tests.conversations.test_sharing_discord import MODERATE, posted
from tests.standins.discord import By, DiscordStandIn, Message, Permission, Place, Reply
from tests.standins.discord_faults import refused
from tests.standins.discord_state import GUILD_ID

MENU = "Answer with LDN"
POSTING = "/channels/{channel_id}/messages"
QUESTION = "how is it taken, capsule or drops?"
DESPAIR = "i can't go on like this any more, how does LDN work?"


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
    reply = await discord.command("ldn", {"question": "forms"})
    preview = await discord.press(reply, reply.labels["Share in this channel"])
    done = await discord.press(preview, preview.labels["Post"])
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
    discord.faults.add(refused(403, code), method="POST", route=POSTING)
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


# In short, for the appointment, unclear


async def test_a_long_section_has_a_short_form_that_leaves_no_part_out(
    discord: DiscordStandIn,
) -> None:
    whole = await discord.command("ldn", {"question": "mechanism"})
    brief = await discord.press(whole, whole.labels["In short"])
    assert len(brief.content) < len(whole.content)
    assert "no pain relief from the natural opioids" in brief.content
    again = await discord.press(brief, brief.labels["More: the whole section"])
    assert again.content == whole.content


async def test_questions_for_the_specialist_come_with_a_file_that_goes_again(
    discord: DiscordStandIn, house: House
) -> None:
    menu = await discord.command("ldn")
    points = await discord.press(menu, menu.labels["Questions for my specialist"])
    assert points.ephemeral
    assert "made in partnership with your pain management specialist" in points.content
    [file] = points.attachments
    assert file.filename.endswith(".txt")
    answer = house.desks["ldn"].lookup("appointment")
    assert answer is not None
    assert file.text == render(answer)
    back = await discord.press(points, points.labels["All topics"])
    assert not back.attachments


async def test_that_a_section_is_unclear_is_counted_and_nothing_else(
    discord: DiscordStandIn, house: House
) -> None:
    answer = await discord.command("ldn", {"question": "forms"})
    why = await discord.press(answer, answer.labels["Unclear or out of date?"])
    thanks = await discord.press(why, why.labels["It is out of date"])
    assert thanks.content.startswith("Thank you.")
    week = house.tally_counter.this_week
    _, reports = await house.tally_counter.of_week(Platform.DISCORD, GUILD_ID, week)
    assert reports == {SectionReport(week, Platform.DISCORD, "ldn", "forms", Reason.OUTDATED): 1}
    again = await discord.press(thanks, thanks.labels["Back to the answer"])
    assert again.content == answer.content


# Settings and statistics


async def moderate(discord: DiscordStandIn, name: str, **options: str | int) -> Reply:
    """A moderator uses /ldn-mod."""
    return await discord.command(f"ldn-mod {name}", dict(options), **MODERATE)


async def test_settings_are_shown_and_changed_by_moderators(discord: DiscordStandIn) -> None:
    shown = await moderate(discord, "settings")
    assert "share=everyone" in shown.content
    saved = await moderate(discord, "settings", share="moderators", cooldown=10)
    assert saved.content.startswith("Saved.")
    assert "share=moderators" in saved.content
    assert "cooldown=10" in saved.content
    members = await discord.command("ldn", {"question": "forms"})
    assert "Share in this channel" not in members.labels


async def test_others_cannot_change_them(discord: DiscordStandIn) -> None:
    refused = await discord.command("ldn-mod settings", {"plain": "on"})
    assert "moderators" in refused.content
    answer = await discord.command("ldn", {"question": "forms"})
    assert answer.content.startswith("## ")


async def test_a_private_community_posts_nothing_not_even_by_an_old_button(
    discord: DiscordStandIn, asked: Message
) -> None:
    answer = await discord.command("ldn", {"question": "forms"}, **MODERATE)
    preview = await discord.press(answer, answer.labels["Pin in this channel"], **MODERATE)
    await moderate(discord, "settings", visibility="private")
    refused = await discord.press(preview, preview.labels["Post and pin"], **MODERATE)
    assert "answers are private" in refused.content
    assert not answers(discord, asked)
    answer = await discord.command("ldn", {"question": "forms"})
    assert "Share in this channel" not in answer.labels


async def test_plain_drops_every_decoration_and_is_brought_to_what_stands_there(
    discord: DiscordStandIn,
) -> None:
    await moderate(discord, "pin", topic="mechanism")
    [pinned] = posted(discord)
    assert "**" in pinned.data["content"]
    await moderate(discord, "settings", plain="on")
    [pinned] = posted(discord)
    answer = await discord.command("ldn", {"question": "mechanism"})
    for text in (pinned.data["content"], answer.content):
        assert "**" not in text
        assert "##" not in text
        assert "Please discuss with your specialist" in text


async def test_between_two_posts_a_channel_cools_down_but_not_for_moderators(
    discord: DiscordStandIn,
) -> None:
    async def share(section: str, **by: object) -> Reply:
        answer = await discord.command("ldn", {"question": section}, **by)
        preview = await discord.press(answer, answer.labels["Share in this channel"], **by)
        return await discord.press(preview, preview.labels["Post"], **by)

    await moderate(discord, "settings", cooldown=10)
    assert (await share("forms")).content.startswith("Posted.")
    assert "a short while ago" in (await share("status")).content
    assert (await share("status", **MODERATE)).content.startswith("Posted.")
    assert len(posted(discord)) == 2


async def test_of_two_settings_that_moderators_change_at_once_neither_is_lost(
    discord: DiscordStandIn, house: House
) -> None:
    await asyncio.gather(
        moderate(discord, "settings", visibility="private"),
        moderate(discord, "settings", plain="on"),
        moderate(discord, "settings", cooldown=10),
    )
    held = await house.communities.fetch(Platform.DISCORD, GUILD_ID)
    assert held == CommunitySettings(
        visibility=Visibility.PRIVATE, plain=True, cooldown=timedelta(minutes=10)
    )


async def test_what_moderators_do_is_offered_in_servers_alone(discord: DiscordStandIn) -> None:
    in_servers = 0
    for command in discord.commands.values():
        moderating = command["name"].endswith("-mod")
        assert command["contexts"] == ([in_servers] if moderating else [0, 1, 2]), command["name"]
    assert "ldn-mod" in discord.commands


@pytest.mark.parametrize("language", ["en-US", "de", "es-ES"])
async def test_how_it_works_is_one_message_in_every_language(
    discord: DiscordStandIn, house: House, language: str
) -> None:
    document = house.desks["ldn"].document
    answer = await discord.command("ldn", {"question": "mechanism"}, locale=language)
    for part in ("immune", "no-relief", "inflammation", "neuroprotection"):
        end = document.by_id[f"mechanism.{part}"].text.split()[-8:]
        assert " ".join(end) in answer.content
    assert len(answer.content) <= 2000


async def forge(discord: DiscordStandIn, custom_id: str, **by: Unpack[By]) -> Reply:
    """A hostile client presses what was never offered."""
    answer = await discord.command("ldn", {"question": "forms"}, **by)
    rows = discord.message(answer.message_id).data["components"]
    rows[-1]["components"][0]["custom_id"] = custom_id
    return await discord.press(answer, custom_id, forged=True, **by)


@pytest.mark.parametrize(
    "forged",
    ["ldn:post:short mechanism:1", "ldn:keep:short mechanism:1", "ldn:post:inflammation:1",
     "ldn:post:topics:1", "ldn:post:helplines:1", "ldn:share:short mechanism:1",
     "ldn:share:inflammation:1", "ldn:pin:short mechanism:1"],
)  # fmt: skip
async def test_only_whole_sections_can_be_posted_whatever_is_forged(
    discord: DiscordStandIn, house: House, forged: str
) -> None:
    assert house.desks["ldn"].lookup("inflammation"), "an alias that opens a section"
    refused = await forge(discord, forged, **MODERATE)
    assert refused.ephemeral
    assert not [label for label in refused.labels if label.startswith("Post")]
    assert not posted(discord)
    assert not await house.store.all()


@pytest.mark.parametrize("detail", ["abc", "n", "12x", "abcn"])
async def test_a_detail_that_names_no_message_is_ignored(
    discord: DiscordStandIn, detail: str
) -> None:
    """It is a post like any other: made once, and in answer to nothing."""
    done = await forge(discord, f"ldn:post:forms:1:{detail}")
    assert done.content.startswith("Posted.")
    again = await forge(discord, "ldn:post:forms:1")
    assert "a moment ago" in again.content
    [message] = posted(discord)
    assert "message_reference" not in message.data


async def test_a_long_list_of_posts_says_how_many_more_there_are(
    discord: DiscordStandIn, house: House
) -> None:
    sections = house.desks["ldn"].document.sections[:16]
    for section in sections:
        await moderate(discord, "pin", topic=section.id)
    listed = (await moderate(discord, "pins")).content
    assert len(listed) <= 2000
    shown = sum(line.startswith("- [") for line in listed.splitlines())
    assert 3 <= shown < len(sections)
    assert listed.count(": current, pinned.") == shown, "no line is cut off"
    assert listed.endswith(f"… and {len(sections) - shown} more.")


async def test_statistics_tell_no_small_number(discord: DiscordStandIn) -> None:
    for _ in range(5):
        await discord.command("ldn", {"question": "forms"})
    await discord.command("ldn", {"question": "status"})
    stats = await moderate(discord, "stats")
    assert "How LDN is delivered (capsule, under the tongue,…: 5" in stats.content
    assert "LDN is still experimenta…: fewer than 5" in stats.content
    before = await discord.press(stats, stats.labels["The week before"], **MODERATE)
    assert "Nothing was counted." in before.content
    refused = await discord.press(before, before.labels["The week after"])
    assert "moderators" in refused.content


async def test_leafing_through_the_article_is_not_counted_as_asking(
    discord: DiscordStandIn, house: House
) -> None:
    answer = await discord.command("ldn", {"question": "forms"})
    answer = await discord.press(answer, answer.labels["All topics"])
    answer = await discord.select(answer, "ldn:choose::1", ["forms"])
    await discord.press(
        answer, answer.labels["Next: Naltrexone is not the emergency overdose drug"]
    )
    asked, _ = await house.tally_counter.of_week(
        Platform.DISCORD, GUILD_ID, house.tally_counter.this_week
    )
    assert {tally.topic: count for tally, count in asked.items()} == {"forms": 2}


async def test_words_of_a_crisis_are_answered_without_asking_what_is_set(
    discord: DiscordStandIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(*_: object) -> CommunitySettings:
        raise AssertionError("it was asked")

    monkeypatch.setattr(house.communities, "cached", asked)
    monkeypatch.setattr(house.communities, "fetch", asked)
    for words in ("i want to die", "helplines"):
        reply = await discord.command("ldn", {"question": words})
        assert "Please talk to someone now" in reply.content


async def test_a_crisis_is_not_counted(discord: DiscordStandIn, house: House) -> None:
    await discord.command("ldn", {"question": "i want to die"})
    answer = await discord.command("ldn", {"question": "forms"})
    await discord.press(answer, answer.labels["All topics"])  # the answers before it are counted
    asked, _ = await house.tally_counter.of_week(
        Platform.DISCORD, GUILD_ID, house.tally_counter.this_week
    )
    assert {tally.topic: count for tally, count in asked.items()} == {"forms": 1}


@pytest.mark.long
async def test_an_answer_that_did_not_reach_discord_is_not_counted(
    discord: DiscordStandIn, house: House
) -> None:
    discord.faults.add(refused(404, 10062), route="/interactions/{interaction_id}/{token}/callback")
    with pytest.raises(AssertionError, match="not answered"):
        await discord.command("ldn", {"question": "forms"})
    answer = await discord.command("ldn", {"question": "status"})
    await discord.press(answer, answer.labels["All topics"])  # the answers before it are counted
    asked, _ = await house.tally_counter.of_week(
        Platform.DISCORD, GUILD_ID, house.tally_counter.this_week
    )
    assert {tally.topic: count for tally, count in asked.items()} == {"status": 1}
