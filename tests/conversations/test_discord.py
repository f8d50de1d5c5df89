"""What a member meets on Discord, through real discord.py."""

from __future__ import annotations

import pytest

from adapters import text as plain_text
from adapters.discord.render import render
from knowledge.desk import Desks
from knowledge.posts import Platform
from knowledge.tallies import Reason, SectionReport
from tests.conversations.conftest import House
from tests.standins.discord import DiscordStandIn, Place, refused
from tests.standins.discord_state import GUILD_ID

BIDI_AND_MENTIONS = "@everyone <@1234> \u202e\x00 **bold** `code` # head"


@pytest.mark.parametrize("place", list(Place))
async def test_an_answer_is_seen_by_the_asker_alone_wherever_it_is_asked(
    discord: DiscordStandIn, place: Place
) -> None:
    reply = await discord.command("ldn", {"question": "forms"}, place=place)
    assert reply.ephemeral
    assert reply.content.startswith("## How LDN is delivered")


async def test_what_is_sent_is_what_the_command_line_renders(
    discord: DiscordStandIn, desks: Desks
) -> None:
    await discord.command("ldn", {"question": "mechanism"}, place=Place.BOT_DM)
    [call] = [call for call in discord.requests if call.path.endswith("/callback")]
    assert call.body["data"] == render(desks["ldn"].ask("mechanism")).to_json()


async def test_discord_is_not_asked_to_send_an_answer_back(discord: DiscordStandIn) -> None:
    reply = await discord.command("ldn", {"question": "mechanism"})
    await discord.press(reply, reply.labels["All topics"])
    calls = [call for call in discord.requests if call.path.endswith("/callback")]
    assert [call.body["type"] for call in calls] == [4, 7]
    assert not any(call.query for call in calls)
    assert {call.headers["Content-Type"] for call in calls} == {"application/json"}


async def test_no_question_is_the_menu(discord: DiscordStandIn) -> None:
    reply = await discord.command("ldn")
    assert "what would you like to know?" in reply.content


async def test_buttons_replace_the_answer_in_place(discord: DiscordStandIn) -> None:
    reply = await discord.command("ldn", {"question": "mechanism"})
    part = await discord.select(reply, "ldn:choose::1", ["mechanism.immune"])
    assert part.message_id == reply.message_id
    assert "no pain relief from the natural opioids" in part.content
    menu = await discord.press(part, part.labels["All topics"])
    assert menu.message_id == reply.message_id
    assert menu.ephemeral
    assert "what would you like to know?" in menu.content


@pytest.mark.parametrize("custom_id", ["ldn:fly:forms:1", "ldn", "\u202e", "gone:open:forms:1"])
async def test_a_forged_or_ancient_button_is_answered_in_words(
    discord: DiscordStandIn, custom_id: str
) -> None:
    reply = await discord.command("ldn", {"question": "forms"})
    message = discord.message(reply.message_id)
    message.data["components"][-1]["components"][0]["custom_id"] = custom_id
    said = await discord.press(reply, custom_id, forged=True)
    assert "older version" in said.content
    assert said.ephemeral


async def test_a_button_to_a_topic_that_is_gone_is_asked_like_a_question(
    discord: DiscordStandIn,
) -> None:
    reply = await discord.command("ldn", {"question": "forms"})
    message = discord.message(reply.message_id)
    message.data["components"][-1]["components"][0]["custom_id"] = "ldn:open:zzgone:1"
    found = await discord.press(reply, "ldn:open:zzgone:1", forged=True)
    asked = await discord.command("ldn", {"question": "zzgone"})
    assert found.content == asked.content


async def test_nothing_typed_offers_the_main_topics(discord: DiscordStandIn, desks: Desks) -> None:
    choices = await discord.autocomplete("ldn", {"question": ""}, focused="question")
    titles = [section.title for section in desks["ldn"].document.top_level]
    assert [choice["name"] for choice in choices][: len(titles)] == titles


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("infl", "mechanism.inflammation"),
        ("capsul", "forms"),
        ("PLACEBO", "limits.subjectivity"),
    ],
)
async def test_typing_offers_ranked_titles(discord: DiscordStandIn, typed: str, first: str) -> None:
    choices = await discord.autocomplete("ldn", {"question": typed}, focused="question")
    assert choices[0]["value"] == first


async def test_a_chosen_title_opens_exactly_its_section(discord: DiscordStandIn) -> None:
    choices = await discord.autocomplete("ldn", {"question": "placebo"}, focused="question")
    reply = await discord.command("ldn", {"question": choices[0]["value"]})
    assert reply.content.startswith(f"## {choices[0]['name']}")


async def test_hostile_text_is_not_echoed_and_pings_no_one(discord: DiscordStandIn) -> None:
    reply = await discord.command("ldn", {"question": BIDI_AND_MENTIONS * 80})
    assert "@everyone" not in reply.content
    assert "<@" not in reply.content


@pytest.mark.long
async def test_an_answer_that_discord_does_not_take_leaves_the_bot_serving(
    discord: DiscordStandIn,
) -> None:
    discord.faults.add(refused(404, 10062), route="/interactions/{interaction_id}/{token}/callback")
    with pytest.raises(AssertionError, match="not answered"):
        await discord.command("ldn", {"question": "forms"})
    reply = await discord.command("ldn", {"question": "forms"})
    assert reply.content.startswith("## How LDN is delivered")


async def test_the_bot_asks_for_no_intent(discord: DiscordStandIn) -> None:
    assert [identify["intents"] for identify in discord.gateway.identifies] == [0]


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
    assert file.text == plain_text.render(answer)
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
