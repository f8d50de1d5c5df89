"""The same question has the same answer wherever it is asked, because no adapter makes it."""

from __future__ import annotations

import re

from knowledge.desk import Desks
from tests.standins.discord import DiscordStandIn
from tests.standins.slack import SlackStandIn


async def test_every_section_reads_the_same_on_both_platforms(
    discord: DiscordStandIn, slack: SlackStandIn, desks: Desks
) -> None:
    for section in desks["ldn"].document.sections:
        answer = desks["ldn"].ask(section.id)
        on_discord = await discord.command("ldn", {"question": section.id})
        on_slack = await slack.command("/ldn", section.id)
        assert _words(on_discord.content) == _words(on_slack.text), section.id
        for part in (answer.heading, answer.body, answer.reminder, answer.credit):
            assert _words(part) in _words(on_slack.text), section.id


def _words(text: str) -> str:
    """The words alone: without the platforms' own marks, and without the dead link's address."""
    return " ".join(re.sub(r"[*#_\[\]]|\(#\)", "", text.replace("&amp;", "&")).split())
