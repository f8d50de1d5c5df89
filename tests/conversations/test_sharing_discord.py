"""Sharing and pinning on Discord, through real discord.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from adapters.discord.render import public_content
from adapters.moderation import IN_A_CHANNEL
from knowledge.desk import HelpDesk
from knowledge.posts import Platform
from knowledge.publishing import STORE_AWAY
from tests.conversations.conftest import House
from tests.conversations.on_discord import MODERATE, ask_to_share, forge, moderate, posted, share
from tests.shipped import CHANGED, FORMS
from tests.standins import discord as standin
from tests.standins import discord_interactions
from tests.standins.discord import MEMBER, DiscordStandIn, Permission, Place, rate_limited, refused
from tests.standins.discord_state import PINS_PER_CHANNEL
from tests.standins.recording import JSON


async def test_share_shows_a_preview_then_posts_without_naming_anyone(
    discord: DiscordStandIn, house: House
) -> None:
    preview = await ask_to_share(discord)
    assert preview.ephemeral
    assert preview.content.startswith("Preview.")
    assert not posted(discord)

    done = await discord.press(preview, preview.labels["Post"])
    assert done.ephemeral
    [message] = posted(discord)
    assert message.data["content"] == public_content(house.desks["ldn"].ask("forms"))
    assert "interaction_metadata" not in message.data
    assert message.id in done.content
    member = discord.member
    for word in (member.id, member.name):
        assert word not in str(message.data["content"])


async def test_the_same_section_is_linked_not_posted_again_within_ten_minutes(
    discord: DiscordStandIn,
) -> None:
    for _ in range(2):
        done = await share(discord)
    assert "a moment ago" in done.content
    assert len(posted(discord)) == 1


async def test_what_only_the_operator_can_mend_is_in_the_log_and_members_read_that_it_is_so_now(
    discord: DiscordStandIn,
    fill_disk: Callable[[], str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    preview = await ask_to_share(discord)
    full = fill_disk()
    done = await discord.press(preview, preview.labels["Post"])
    assert done.content == STORE_AWAY
    assert full in caplog.text
    assert not posted(discord)


async def test_another_refusal_is_named_in_the_log_and_said_in_the_readers_language(
    discord: DiscordStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    discord.faults.add(refused(403, 20016), method="POST", route="/channels/{channel_id}/messages")
    reply = await discord.command("ldn-mod pin", {"topic": "forms"}, locale="de", **MODERATE)
    assert reply.content.startswith("Discord hat das abgelehnt.")
    assert "Discord refused a request (20016)" in caplog.messages


async def test_post_pressed_twice_at_once_posts_once(discord: DiscordStandIn) -> None:
    preview = await ask_to_share(discord)
    custom_id = preview.labels["Post"]
    await asyncio.gather(*(discord.press(preview, custom_id) for _ in range(4)))
    assert len(posted(discord)) == 1


async def test_a_member_is_offered_share_and_not_pin(discord: DiscordStandIn) -> None:
    reply = await discord.command("ldn", {"question": "forms"})
    assert "Share in this channel" in reply.labels
    assert "Pin in this channel" not in reply.labels


async def test_in_a_direct_message_there_is_nothing_to_share_with(
    discord: DiscordStandIn,
) -> None:
    reply = await discord.command("ldn", {"question": "forms"}, place=Place.BOT_DM)
    assert "Share in this channel" not in reply.labels


async def test_where_the_app_is_installed_by_a_person_alone_nothing_can_be_posted(
    discord: DiscordStandIn,
) -> None:
    reply = await discord.command("ldn", {"question": "forms"}, place=Place.USER_INSTALL)
    assert "Share in this channel" not in reply.labels
    message = discord.message(reply.message_id)
    message.data["components"][-1]["components"][0]["custom_id"] = "ldn:post:forms:1"
    said = await discord.press(reply, "ldn:post:forms:1", forged=True)
    assert "cannot post here" in said.content
    assert "copy the text" in said.content
    assert not posted(discord)


@pytest.fixture(params=[None, 99])
def _unreadable_channel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord leaves the channel out, or it is of a kind that discord.py does not know."""

    def payload(*args: Any, **options: Any) -> JSON:
        body = discord_interactions.payload(*args, **options)
        if request.param:
            body["channel"]["type"] = request.param
        else:
            del body["channel"]
        return body

    monkeypatch.setattr(standin, "payload", payload)


@pytest.mark.usefixtures("_unreadable_channel")
async def test_in_a_channel_that_discord_py_cannot_read_all_is_answered_and_nothing_posted(
    discord: DiscordStandIn, house: House
) -> None:
    reply = await discord.command("ldn", {"question": "forms"}, **MODERATE)
    assert FORMS in reply.content
    assert not {"Share in this channel", "Pin in this channel"} & set(reply.labels)
    menu = await discord.press(reply, reply.labels["All topics"])
    assert "what would you like to know?" in menu.content
    for verb in ("share", "pin", "post", "keep"):
        said = await discord.press(reply, f"ldn:{verb}:forms:1", forged=True, **MODERATE)
        assert "cannot post here" in said.content
    said = await moderate(discord, "pin", topic="forms")
    assert said.content == IN_A_CHANNEL
    assert not posted(discord)
    assert not await house.store.unfinished()


async def test_a_moderator_pins_by_command(discord: DiscordStandIn, house: House) -> None:
    reply = await moderate(discord, "pin", topic="forms")
    assert reply.ephemeral
    assert "Posted and pinned" in reply.content
    [message] = posted(discord)
    assert message.data["pinned"]
    [post] = await house.store.all()
    assert (post.place.platform, post.message, post.pinned) == (Platform.DISCORD, message.id, True)

    again = await moderate(discord, "pin", topic="forms")
    assert "It is pinned here" in again.content
    assert message.id in again.content
    assert len(posted(discord)) == 1


async def test_what_was_unpinned_by_hand_is_pinned_again(discord: DiscordStandIn) -> None:
    await moderate(discord, "pin", topic="forms")
    [message] = posted(discord)
    await discord.unpin_natively(message)
    again = await moderate(discord, "pin", topic="forms")
    assert "It is pinned here" in again.content
    assert message.data["pinned"]
    assert len(posted(discord)) == 1


async def test_what_was_unpinned_by_hand_does_not_count_among_our_pins_when_they_are_full(
    discord: DiscordStandIn, house: House
) -> None:
    await moderate(discord, "pin", topic="forms")
    [message] = posted(discord)
    await discord.unpin_natively(message)
    discord.channel.pins |= {f"{at}": "2026-01-01" for at in range(PINS_PER_CHANNEL)}
    again = await moderate(discord, "pin", topic="forms")
    assert "not pinned" in again.content
    assert "Unpin the bot's oldest, pin this" not in again.labels
    [post] = await house.store.all()
    assert not post.pinned


async def test_pin_topics_are_completed(discord: DiscordStandIn) -> None:
    choices = await discord.autocomplete("ldn-mod pin", {"topic": "placebo"}, focused="topic")
    assert choices[0]["value"] == "limits.subjectivity"


@pytest.mark.parametrize("subcommand", ["pin", "unpin", "pins", "refresh"])
async def test_others_are_refused_in_one_kind_sentence(
    discord: DiscordStandIn, subcommand: str
) -> None:
    options = {"topic": "forms"} if "pin" in subcommand and subcommand != "pins" else {}
    manage = MEMBER | Permission.MANAGE_MESSAGES  # does not allow pinning since February 2026
    reply = await discord.command(f"ldn-mod {subcommand}", options, permissions=manage)
    assert reply.ephemeral
    assert "for the group's moderators" in reply.content
    assert not posted(discord)


@pytest.mark.parametrize("verb", ["pin", "keep", "swap"])
async def test_a_member_cannot_pin_by_a_stale_or_forged_button(
    discord: DiscordStandIn, verb: str
) -> None:
    said = await forge(discord, f"ldn:{verb}:forms:1")
    assert "for the group's moderators" in said.content
    assert not posted(discord)


async def test_a_missing_permission_is_named(discord: DiscordStandIn) -> None:
    ours = MEMBER | Permission.SEND_MESSAGES
    reply = await discord.command(
        "ldn-mod pin", {"topic": "forms"}, app_permissions=ours, **MODERATE
    )
    assert "Pin Messages" in reply.content
    assert not posted(discord)


async def test_a_limit_of_discords_that_lasts_is_said_and_not_waited_out(
    discord: DiscordStandIn,
) -> None:
    discord.faults.add(
        rate_limited(3600),
        method="PUT",
        route="/channels/{channel_id}/messages/pins/{message_id}",
    )
    said = await moderate(discord, "pin", topic="forms")
    assert "Posted, but not pinned. Discord wants us to ask less often." in said.content


@pytest.mark.parametrize("subcommand", ["pin", "unpin"])
async def test_an_unknown_topic_is_said_and_where_all_of_them_are(
    discord: DiscordStandIn, subcommand: str
) -> None:
    reply = await discord.command(f"ldn-mod {subcommand}", {"topic": "zebra"}, **MODERATE)
    assert reply.content == "There is no such topic. To see all topics, type /ldn topics."


async def test_full_pins_offer_to_replace_our_own_oldest(discord: DiscordStandIn) -> None:
    await moderate(discord, "pin", topic="forms")
    for _ in range(249):
        await discord.pin_natively(discord.post_as(discord.moderator, "hello"))
    reply = await moderate(discord, "pin", topic="overview")
    assert "as many pins as Discord allows" in reply.content
    assert "How LDN is delivered" in reply.content

    done = await discord.press(reply, reply.labels["Unpin the bot's oldest, pin this"], **MODERATE)
    assert "pinned" in done.content
    pinned = {m.data["content"].splitlines()[0] for m in posted(discord) if m.data["pinned"]}
    assert "## What low-dose naltrexone (LDN) is" in pinned
    assert not any("delivered" in heading for heading in pinned)


async def test_replacing_the_oldest_pin_once_more_takes_no_other_down(
    discord: DiscordStandIn,
) -> None:
    for topic in ("forms", "status"):
        await moderate(discord, "pin", topic=topic)
    for _ in range(PINS_PER_CHANNEL - 2):
        await discord.pin_natively(discord.post_as(discord.moderator, "hello"))
    reply = await moderate(discord, "pin", topic="overview")
    swap = reply.labels["Unpin the bot's oldest, pin this"]
    for _ in range(2):
        done = await discord.press(reply, swap, **MODERATE)
        assert "It is pinned here." in done.content
        ours = [m for m in posted(discord) if m.data["content"] != "hello"]
        assert [m.data["pinned"] for m in ours] == [False, True, True]


async def test_pins_lists_what_is_current_outdated_and_missing(
    discord: DiscordStandIn, house: House, changed_desks: list[HelpDesk]
) -> None:
    for topic in ("forms", "overview", "status"):
        await moderate(discord, "pin", topic=topic)
    await discord.delete_by_hand(posted(discord)[-1])
    house.desks.replace(changed_desks)

    listed = (await moderate(discord, "pins")).content
    forms, overview, status = listed.splitlines()
    assert forms.startswith("- [How LDN is delivered")
    assert "outdated, pinned" in forms
    assert overview.startswith("- [What low-dose naltrexone (LDN) is")
    assert "current, pinned" in overview
    assert status.startswith("- Who may benefit")
    assert "missing" in status


async def test_refresh_edits_the_pin_once_and_leaves_it_pinned(
    discord: DiscordStandIn, house: House, changed_desks: list[HelpDesk]
) -> None:
    await moderate(discord, "pin", topic="forms")
    house.desks.replace(changed_desks)

    for _ in range(2):
        await moderate(discord, "refresh")
    [message] = posted(discord)
    assert message.data["content"] == public_content(house.desks["ldn"].ask("forms"))
    assert CHANGED in message.data["content"]
    assert FORMS not in message.data["content"]
    assert len(message.edits) == 1
    assert message.data["pinned"]


async def test_a_native_pin_of_a_shared_answer_counts(
    discord: DiscordStandIn, house: House
) -> None:
    await share(discord)
    [message] = posted(discord)
    await discord.pin_natively(message)
    await moderate(discord, "refresh")
    [post] = await house.store.all()
    assert post.pinned


async def test_unpin_takes_it_down_and_leaves_the_post(
    discord: DiscordStandIn, house: House
) -> None:
    await moderate(discord, "pin", topic="forms")
    reply = await moderate(discord, "unpin", topic="forms")
    assert "Unpinned" in reply.content
    [message] = posted(discord)
    assert not message.data["pinned"]
    [post] = await house.store.all()
    assert not post.pinned


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
