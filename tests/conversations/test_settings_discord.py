"""What moderators set and are told on Discord: settings, statistics, and what is counted."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from knowledge.communities import CommunitySettings, Visibility
from knowledge.posts import Platform
from tests.conversations.conftest import House
from tests.conversations.on_discord import MODERATE, moderate, posted, share
from tests.standins.discord import DiscordStandIn
from tests.standins.discord_faults import refused
from tests.standins.discord_state import GUILD_ID


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
    discord: DiscordStandIn,
) -> None:
    answer = await discord.command("ldn", {"question": "forms"}, **MODERATE)
    preview = await discord.press(answer, answer.labels["Pin in this channel"], **MODERATE)
    await moderate(discord, "settings", visibility="private")
    refused = await discord.press(preview, preview.labels["Post and pin"], **MODERATE)
    assert "answers are private" in refused.content
    assert not posted(discord)
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
    await moderate(discord, "settings", cooldown=10)
    assert (await share(discord, "forms")).content.startswith("Posted.")
    assert "a short while ago" in (await share(discord, "status")).content
    assert (await share(discord, "status", **MODERATE)).content.startswith("Posted.")
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
    assert await house.asked(Platform.DISCORD) == {"forms": 2}


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
    assert await house.asked(Platform.DISCORD) == {"forms": 1}


@pytest.mark.long
async def test_an_answer_that_did_not_reach_discord_is_not_counted(
    discord: DiscordStandIn, house: House
) -> None:
    discord.faults.add(refused(404, 10062), route="/interactions/{interaction_id}/{token}/callback")
    with pytest.raises(AssertionError, match="not answered"):
        await discord.command("ldn", {"question": "forms"})
    answer = await discord.command("ldn", {"question": "status"})
    await discord.press(answer, answer.labels["All topics"])  # the answers before it are counted
    assert await house.asked(Platform.DISCORD) == {"status": 1}
