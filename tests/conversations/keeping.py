"""What tests of posts that are kept true have in common: places, answers, and a refresh."""

from __future__ import annotations

from adapters.conversation import Caller
from knowledge.answer import Answer
from knowledge.posts import Place, Platform
from knowledge.refreshing import RefreshResult
from tests.conversations.conftest import House
from tests.standins.discord import DiscordStandIn
from tests.standins.discord_state import GUILD_ID
from tests.standins.recording import Call
from tests.standins.slack import SlackStandIn
from tests.standins.slack_state import TEAM_ID

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"
NOWHERE = Place(Platform.DISCORD, GUILD_ID, "None")
"""A channel as none is: what tries to do something there fails as nobody foresaw."""


def answers(house: House) -> dict[str, Answer]:
    """What every section's answer is at present, by the section's id."""
    desk = house.desks["ldn"]
    return {each.id: desk.ask(each.id) for each in desk.document.sections}


def here(platform: DiscordStandIn | SlackStandIn) -> Place:
    """The channel that every stand-in has."""
    if isinstance(platform, DiscordStandIn):
        return Place(Platform.DISCORD, GUILD_ID, platform.channel.id)
    return Place(Platform.SLACK, TEAM_ID, platform.channel.id)


def moderator(platform: DiscordStandIn | SlackStandIn) -> Caller:
    """Someone who moderates there."""
    place = here(platform)
    return Caller(place.platform, community=place.community, channel=place.channel, moderator=True)


async def refresh(house: House) -> RefreshResult:
    """Bring every post up to date."""
    return await house.keeper.refresh(await house.keeper.posts())


def is_edit(call: Call) -> bool:
    """Whether a call would edit a message."""
    return call.method == "PATCH" or call.route == "chat.update"
