"""The Home tab on Slack."""

from __future__ import annotations

import json

from knowledge.posts import Platform
from tests.conversations.conftest import House
from tests.conversations.on_slack import routes
from tests.shipped import FORMS, QUESTION
from tests.standins.slack import SlackStandIn


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


async def test_where_a_community_wants_no_decoration_the_home_tab_has_none(
    slack: SlackStandIn,
) -> None:
    decorated = await slack.open_home()
    assert "*" in json.dumps(decorated.blocks)
    await slack.command("/ldn-mod", "settings plain=on", user=slack.moderator)
    plain = await slack.open_home()
    assert "*" not in json.dumps(plain.blocks)
    assert plain.labels == decorated.labels


async def test_opening_the_home_tab_asks_for_nothing(slack: SlackStandIn, house: House) -> None:
    await slack.open_home()
    assert not await house.asked(Platform.SLACK)


async def test_opening_the_messages_tab_shows_no_home_tab(slack: SlackStandIn) -> None:
    user, dm = slack.member.id, slack.channels.dm_with(slack.member.id)
    event = {"type": "app_home_opened", "user": user, "channel": dm.id, "tab": "messages"}
    assert (await slack.event(event)).acked
    assert "views.publish" not in routes(slack)
