"""Without typing: every section is two taps away from `/ldn`, by what was really sent.

A button is one tap. A menu is two, for it has to be opened first.
"""

from __future__ import annotations

from knowledge.actions import Action, Verb
from knowledge.desk import Desks
from tests.standins.discord import DiscordStandIn, Reply
from tests.standins.discord_interactions import controls
from tests.standins.slack import SlackReply, SlackStandIn
from tests.standins.slack_blocks import elements, option_values

TAPS = 2


def leads_on(identifier: str) -> bool:
    """Whether it shows something else to read."""
    action = Action.decode(identifier)
    return action is not None and action.verb in {Verb.OPEN, Verb.CHOOSE}


async def test_every_section_is_two_taps_away_on_discord(
    discord: DiscordStandIn, desks: Desks
) -> None:
    async def read(taps: list[tuple[str, str | None]]) -> Reply:
        reply = await discord.command("ldn")
        for identifier, value in taps:
            if value is None:
                reply = await discord.press(reply, identifier)
            else:
                reply = await discord.select(reply, identifier, [value])
        return reply

    def ways(reply: Reply) -> list[tuple[str, str | None]]:
        return [
            (control["custom_id"], value)
            for control in controls(reply.components)
            if leads_on(control["custom_id"])
            for value in (
                [o["value"] for o in control["options"]] if "options" in control else [None]
            )
        ]

    reached: set[str] = set()
    waiting: list[list[tuple[str, str | None]]] = [[]]
    while waiting:
        taps = waiting.pop(0)
        reply = await read(taps)
        reached.add(reply.content.split("\n")[0].removeprefix("## "))
        waiting += [[*taps, way] for way in ways(reply) if spent([*taps, way]) <= TAPS]
    assert reached >= {section.title for section in desks["ldn"].document.sections}


async def test_every_section_is_two_taps_away_on_slack(slack: SlackStandIn, desks: Desks) -> None:
    async def read(taps: list[tuple[str, str | None]]) -> SlackReply:
        reply = await slack.command("/ldn", channel=slack.dm)
        for identifier, value in taps:
            if value is None:
                reply = await slack.press(reply, identifier)
            else:
                reply = await slack.select(reply, identifier, value)
        return reply

    def ways(reply: SlackReply) -> list[tuple[str, str | None]]:
        return [
            (element["action_id"], value)
            for _, element in elements(reply.blocks)
            if leads_on(element["action_id"])
            for value in (option_values(element) if "options" in element else [None])
        ]

    reached: set[str] = set()
    waiting: list[list[tuple[str, str | None]]] = [[]]
    while waiting:
        taps = waiting.pop(0)
        reply = await read(taps)
        reached.add(next(b["text"]["text"] for b in reply.blocks if b["type"] == "header"))
        waiting += [[*taps, way] for way in ways(reply) if spent([*taps, way]) <= TAPS]
    assert reached >= {section.title for section in desks["ldn"].document.sections}


def spent(taps: list[tuple[str, str | None]]) -> int:
    """How many taps these are."""
    return sum(1 if value is None else 2 for _, value in taps)


async def test_previous_and_next_walk_the_whole_article_in_order(
    discord: DiscordStandIn, desks: Desks
) -> None:
    document = desks["ldn"].document
    titles = [section.title for section in document.top_level]
    first = await discord.command("ldn", {"question": document.sections[0].id})
    there, last = await leaf(discord, first, "Next: ")
    assert there == titles
    back, _ = await leaf(discord, last, "Previous: ")
    assert back == titles[::-1]


async def leaf(discord: DiscordStandIn, reply: Reply, button: str) -> tuple[list[str], Reply]:
    """Press the button whose label begins so, as long as there is one: what is read on the way."""
    read = []
    while True:
        read.append(reply.content.split("\n")[0].removeprefix("## "))
        found = [custom_id for label, custom_id in reply.labels.items() if label.startswith(button)]
        if not found:
            return read, reply
        reply = await discord.press(reply, found[0])
