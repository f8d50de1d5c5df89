"""Nobody is answered or named in public, unless someone presses a button that says so.

Every way to reach the bot is used, with words of every kind, and then everything that it offers is
pressed but for the buttons that post. What whole channels saw meanwhile is looked through.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from adapters.wording import MENTIONED
from knowledge.actions import PUBLISHING, Action, Verb
from tests.conversations.on_discord import MODERATE
from tests.standins.discord import By, DiscordStandIn, Reply
from tests.standins.discord_interactions import controls
from tests.standins.slack import SlackReply, SlackStandIn
from tests.standins.slack_blocks import elements, option_values

WORDS = [
    "",
    "forms",
    "mechanism",
    "how is it taken?",
    "topics",
    "help",
    "appointment",
    "helplines",
    "short mechanism",
    "what dose should i take",
    "i want to die",
    "hello",
    "<!channel> <@U00000001> @everyone",
    "zzz qqq",
]


def is_harmless(identifier: str) -> bool:
    """Whether pressing it posts nothing."""
    action = Action.decode(identifier)
    return action is not None and action.verb not in PUBLISHING


async def press_everything_on_discord(
    discord: DiscordStandIn, show: Callable[[], Awaitable[Reply]]
) -> None:
    """`show` shows it once more: a press edits the message, and takes the other buttons away."""
    for control in controls((await show()).components):
        identifier = control["custom_id"]
        if not is_harmless(identifier):
            continue
        reply = await show()
        if "options" in control:
            await discord.select(reply, identifier, [control["options"][-1]["value"]])
        else:
            await discord.press(reply, identifier)


@pytest.mark.parametrize("by", [{}, MODERATE], ids=["member", "moderator"])
async def test_nothing_is_said_in_public_on_discord(discord: DiscordStandIn, by: By) -> None:
    ways = [partial(discord.command, "ldn", {"question": words}, **by) for words in WORDS]
    for words in WORDS:
        target = discord.post_as(discord.member, words or "?")
        ways.append(partial(discord.context_menu, "Answer with LDN", target, **by))
    for name in ("pins", "refresh", "settings", "stats"):
        ways.append(partial(discord.command, f"ldn-mod {name}", **by))
    ways.append(partial(discord.command, "ldn-mod unpin", {"topic": "forms"}, **by))
    for show in ways:
        await press_everything_on_discord(discord, show)
    assert not discord.everyone_sees


async def press_everything_on_slack(slack: SlackStandIn, reply: SlackReply) -> None:
    """Press and choose whatever a reply offers that posts nothing."""
    if reply.blocks:
        for _, element in elements(reply.blocks):
            identifier = element["action_id"]
            if not is_harmless(identifier):
                continue
            if "options" in element:
                value = option_values(element)[-1]
                await slack.select(reply, identifier, value, forged=True)
            elif Action.decode(identifier) == Action(Verb.ASK, "ldn"):
                continue  # a search box, or the button under the neutral line
            else:
                await slack.press(reply, identifier, forged=True)


@pytest.mark.parametrize("who", ["member", "moderator"])
async def test_in_public_slack_sees_the_neutral_line_and_nothing_else(
    slack: SlackStandIn, who: str
) -> None:
    user = getattr(slack, who)
    for words in WORDS:
        await press_everything_on_slack(slack, await slack.command("/ldn", words, user=user))
        await press_everything_on_slack(slack, await slack.direct_message(words, user=user))
        mention = await slack.mention(words, user=user)
        await press_everything_on_slack(slack, await slack.press(mention, "ldn:ask::1", user=user))
        target = slack.post_as(slack.member, words or "?")
        await press_everything_on_slack(
            slack, await slack.shortcut("ldn-answer", target, user=user)
        )
    await press_everything_on_slack(slack, await slack.open_home(user=user))
    for name in ("", "pins", "refresh", "settings", "stats", "unpin forms"):
        await press_everything_on_slack(slack, await slack.command("/ldn-mod", name, user=user))
    assert len(slack.everyone_sees) == len(WORDS)
    for said in slack.everyone_sees:
        assert said.text == MENTIONED
        assert said.everything.count(MENTIONED) == 2  # once as text, once in a block
        assert not said.is_edit


async def test_a_press_under_a_public_message_never_changes_what_others_see(
    slack: SlackStandIn,
) -> None:
    mention = await slack.mention("forms")
    for identifier in ("ldn:open:forms:1", "ldn:choose:forms:1", "ldn:report:forms:1", "forged"):
        shown = await slack.press(mention, identifier, forged=True)
        assert shown.via in {"views.open", "views.push"}, identifier
    assert [said.text for said in slack.everyone_sees] == [MENTIONED]
