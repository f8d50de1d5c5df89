"""What moderators type on Slack to set something."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.moderation import IN_A_CHANNEL, Subcommand
from knowledge.communities import CommunitySettings, Visibility
from knowledge.posts import Platform
from tests.conversations.conftest import House
from tests.standins.slack import SlackReply, SlackStandIn
from tests.standins.slack_state import TEAM_ID


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
