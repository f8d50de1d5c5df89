"""A channel on Slack that two workspaces share, of which one has installed the app."""

from __future__ import annotations

from unittest.mock import AsyncMock

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.moderation import ONLY_MODERATORS_SHARE
from adapters.slack.people import SlackPeople
from adapters.wording import MENTIONED
from tests.conversations.conftest import House
from tests.conversations.on_slack import answers, post
from tests.shipped import QUESTION
from tests.standins.slack import SlackPerson, SlackReply, SlackStandIn
from tests.standins.slack_state import TEAM_ID


@pytest.fixture
def guest(slack: SlackStandIn) -> SlackPerson:
    """An admin of the other one."""
    person = SlackPerson("U0000PAT1", "pat", is_admin=True, team_id="T000OTHER")
    return slack.add_person(person)


async def read_by(slack: SlackStandIn, guest: SlackPerson) -> SlackReply:
    """What opens for the guest who presses the button that all see."""
    return await slack.press(await slack.mention(QUESTION), "ldn:ask::1", user=guest)


async def test_what_is_set_where_the_app_is_installed_holds_for_people_of_the_other_one(
    slack: SlackStandIn, guest: SlackPerson
) -> None:
    await slack.command("/ldn-mod", "settings share=moderators", user=slack.moderator)
    modal = await read_by(slack, guest)
    assert "Share in this thread" not in modal.labels
    refused = await slack.press(modal, "ldn:post:forms:1", user=guest, forged=True)
    assert ONLY_MODERATORS_SHARE in refused.text
    assert [message.data["text"] for message in answers(slack)] == [MENTIONED]


async def test_what_people_of_the_other_workspace_post_is_kept_where_the_app_is_installed(
    slack: SlackStandIn, house: House, guest: SlackPerson
) -> None:
    preview = await slack.press(await read_by(slack, guest), "ldn:share:forms:1", user=guest)
    await post(slack, preview, "Post in this thread")
    [kept] = await house.store.all()
    assert kept.place.community == TEAM_ID


async def test_an_admin_of_another_workspace_moderates_nothing_unless_listed(
    slack: SlackStandIn, guest: SlackPerson
) -> None:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    assert not (await SlackPeople().fetch(client, guest.id, TEAM_ID)).moderator
    assert (await SlackPeople([guest.id]).fetch(client, guest.id, TEAM_ID)).moderator
    assert (await SlackPeople().fetch(client, slack.moderator.id, TEAM_ID)).moderator


async def test_an_admin_in_several_workspaces_of_an_organisation_moderates_in_each() -> None:
    client = AsyncMock()
    several = {"team_id": "T1", "is_admin": True, "enterprise_user": {"teams": ["T1", TEAM_ID]}}
    client.users_info.return_value = {"user": several}
    assert (await SlackPeople().fetch(client, "W1", TEAM_ID)).moderator
    assert not (await SlackPeople().fetch(client, "W1", "T3")).moderator
