"""An answer that gets lost on its way is sent again, where nobody can see it twice for that."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from adapters.moderation import NOT_A_MODERATOR
from adapters.wording import APOLOGY, STALE_BUTTON
from knowledge.communities import CommunitySettings
from knowledge.posts import Platform
from tests.conversations.conftest import House
from tests.conversations.on_discord import MODERATE, ask_to_share
from tests.standins import discord as discords
from tests.standins import slack as slacks
from tests.standins.base import UnansweredError
from tests.standins.discord import DiscordStandIn, Reply
from tests.standins.discord_answers import CALLBACK, ORIGINAL
from tests.standins.discord_interactions import DEFERRED_UPDATE
from tests.standins.recording import Fault, reset
from tests.standins.slack import SlackStandIn

# The second and third have done what was asked; what is lost is the word that they did.
ON_DISCORD = [reset(), reset(applied=True), discords.server_error(500, applied=True)]


@pytest.mark.parametrize("fault", ON_DISCORD)
async def test_a_command_on_discord_is_answered_once(discord: DiscordStandIn, fault: Fault) -> None:
    discord.faults.add(fault, method="POST", route=CALLBACK)
    reply = await discord.command("ldn", {"question": "forms"})
    assert reply.content.startswith("## How LDN is delivered")
    with pytest.raises(UnansweredError):
        await discord.another(reply, timeout=0.2)


@pytest.mark.parametrize("fault", ON_DISCORD)
async def test_a_press_on_discord_is_answered_once(discord: DiscordStandIn, fault: Fault) -> None:
    reply = await discord.command("ldn", {"question": "forms"})
    discord.faults.add(fault, method="POST", route=CALLBACK)
    menu = await discord.press(reply, reply.labels["All topics"])
    assert "what would you like to know?" in menu.content
    with pytest.raises(UnansweredError):
        await discord.another(menu, timeout=0.2)


@pytest.mark.long
@pytest.mark.parametrize("fault", ON_DISCORD)
@pytest.mark.parametrize("meets", [("POST", CALLBACK), ("PATCH", ORIGINAL)])
async def test_who_posts_or_moderates_on_discord_learns_what_came_of_it(
    discord: DiscordStandIn, fault: Fault, meets: tuple[str, str]
) -> None:
    method, route = meets
    preview = await ask_to_share(discord)
    discord.faults.add(fault, method=method, route=route)
    posted = await discord.press(preview, preview.labels["Post"])
    assert posted.content.startswith("Posted.")

    discord.faults.add(fault, method=method, route=route)
    pins = await discord.command("ldn-mod pins", **MODERATE)
    assert pins.content.startswith("- [How LDN is delivered")
    discord.faults.clear()


async def test_what_hinders_a_post_is_said_where_the_confirmation_of_the_press_got_lost(
    discord: DiscordStandIn, house: House
) -> None:
    preview = await ask_to_share(discord)
    await house.communities.change(
        Platform.DISCORD, str(discord.channel.guild_id), {"visibility": "private"}
    )
    discord.faults.add(reset(applied=True), method="POST", route=CALLBACK)
    said = await discord.press(preview, preview.labels["Post"])
    assert said.content.startswith("In this group answers are private")


async def test_an_answer_that_discord_takes_without_a_word_is_the_only_one(
    discord: DiscordStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    async def only(doing: Coroutine[Any, Any, Reply]) -> Reply:
        discord.faults.add(Fault(status=204, body="", applied=True), method="POST", route=CALLBACK)
        reply = await doing
        with pytest.raises(UnansweredError):
            await discord.another(reply, timeout=0.2)
        return reply

    reply = await only(discord.command("ldn", {"question": "forms"}))
    stale = await only(discord.press(reply, "ldn:fly:forms:1", forged=True))
    assert stale.content == STALE_BUTTON
    preview = await only(discord.press(reply, reply.labels["Share in this channel"]))
    posted = await only(discord.press(preview, preview.labels["Post"]))
    assert posted.content.startswith("Posted.")
    refused = await only(discord.press(preview, "ldn:keep:forms:1", forged=True))
    assert refused.content == NOT_A_MODERATOR
    pins = await only(discord.command("ldn-mod pins", **MODERATE))
    assert pins.content.startswith("- [How LDN is delivered")
    assert "an interaction failed" not in caplog.messages


async def test_a_sentence_that_discord_does_not_take_is_not_counted_as_sent(
    discord: DiscordStandIn,
    house: House,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: asyncio.Queue[float] = asyncio.Queue()
    monkeypatch.setattr(
        house.reception.metrics, "sent", lambda _, seconds: sent.put_nowait(seconds)
    )
    reply = await discord.command("ldn", {"question": "forms"})
    await asyncio.wait_for(sent.get(), 5)  # what was answered may be counted after it was seen
    discord.faults.add(discords.refused(404, 10062), method="POST", route=CALLBACK)
    discord.first_answer_timeout = 0.5
    with pytest.raises(UnansweredError):
        await discord.press(reply, "ldn:fly:forms:1", forged=True)
    assert "an answer did not reach Discord (status 404)" in caplog.messages
    assert sent.empty()


@pytest.mark.parametrize("fault", ON_DISCORD)
async def test_a_fault_of_ours_is_said_where_the_confirmation_of_a_command_got_lost(
    discord: DiscordStandIn, house: House, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.reception.moderation, "command", None)  # whatever breaks
    discord.faults.add(fault, method="POST", route=CALLBACK)
    assert (await discord.command("ldn-mod pins", **MODERATE)).content == APOLOGY


async def test_a_preview_on_discord_does_not_wait_for_a_database_that_hangs(
    discord: DiscordStandIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(*_: Any) -> CommunitySettings | None:
        await asyncio.Event().wait()
        return None

    reply = await discord.command("ldn", {"question": "forms"})
    monkeypatch.setattr(house.communities._store, "settings", hangs)
    preview = await discord.press(reply, reply.labels["Share in this channel"])
    assert preview.content.startswith("Preview.")


async def test_another_week_on_discord_may_take_longer_than_three_seconds(
    discord: DiscordStandIn,
) -> None:
    await discord.command("ldn", {"question": "forms"})
    stats = await discord.command("ldn-mod stats", **MODERATE)
    [earlier, *_] = stats.custom_ids
    week = await discord.press(stats, earlier, **MODERATE)
    assert week.callback_type == DEFERRED_UPDATE
    assert "Nothing was counted." in week.content


@pytest.mark.long
@pytest.mark.parametrize(
    "fault",
    [
        slacks.rate_limited(1),
        slacks.server_error(503),
        slacks.server_error(applied=True),
        reset(),
        reset(applied=True),
    ],
)
async def test_a_press_on_slack_replaces_the_answer_through_faults(
    slack: SlackStandIn, fault: Fault
) -> None:
    reply = await slack.command("/ldn", "forms")
    slack.faults.add(fault, route="response_url")
    menu = await slack.press(reply, reply.labels["All topics"])
    assert "what would you like to know?" in menu.text
    answers = [call for call in slack.requests_to("POST", "response_url") if call.applied]
    assert not [call for call in answers if call.body["text"] == APOLOGY]


@pytest.mark.long
@pytest.mark.parametrize("fault", [slacks.server_error(applied=True), reset(applied=True)])
async def test_a_moderator_on_slack_reads_an_outcome_once(
    slack: SlackStandIn, fault: Fault
) -> None:
    slack.faults.add(fault, route="response_url")
    said = await slack.command("/ldn-mod", "pins", user=slack.moderator)
    await slack.quiet(2.0)  # as long as slack_sdk's own way of trying again takes
    calls = slack.requests_to("POST", "response_url")
    assert [call.body["text"] for call in calls].count(said.text) == 1


async def test_a_press_whose_response_url_has_expired_leaves_a_line_in_the_log_and_is_not_counted(
    slack: SlackStandIn, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await slack.command("/ldn", "forms")
    expired = Fault(status=404, body={"ok": False, "error": "expired_url"})
    slack.faults.add(expired, route="response_url")
    slack.answer_timeout = 0.5
    with pytest.raises(UnansweredError):
        await slack.select(reply, "ldn:choose::1", "overview")
    assert "an answer did not reach Slack (status 404)" in caplog.messages
    assert "forms" not in caplog.text
    assert (await house.asked(Platform.SLACK)).keys() == {"forms"}
