"""How long Slack and Discord want to be left alone, and that they are."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

import pytest

from adapters.discord import publisher as discord_publisher
from knowledge.desk import HelpDesk
from knowledge.posts import Platform
from knowledge.publishing import UnreachableError
from tests.conversations.conftest import House
from tests.conversations.keeping import MESSAGES, answers, here, is_edit, refresh
from tests.conversations.seeding import seed
from tests.standins import discord as discords
from tests.standins import slack as slacks
from tests.standins.discord import DiscordStandIn
from tests.standins.recording import Fault
from tests.standins.slack import SlackStandIn


async def test_while_one_edit_waits_for_slacks_limit_no_other_is_sent(
    slack: SlackStandIn, house: House, revised: list[HelpDesk]
) -> None:
    posts = await seed(house.database, answers(house), slack, channels=5, each=2)
    house.desks.replace(revised)
    slack.faults.add(slacks.rate_limited(1), route="chat.update")
    await refresh(house)
    refused, *others = [call for call in slack.requests if is_edit(call)]
    assert refused.status == 429
    assert len(others) == len(posts)
    assert min(call.at for call in others) >= refused.at + 1


@pytest.mark.long
async def test_while_discord_locks_us_out_nothing_is_sent_to_it(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk]
) -> None:
    posts = await seed(house.database, answers(house), discord, channels=1, each=5)
    house.desks.replace(revised)
    discord.faults.add(discords.rate_limited(1, from_discord=False), method="PATCH")
    await refresh(house)
    await asyncio.sleep(1)
    await refresh(house)
    [locked] = [number for number, call in enumerate(discord.requests) if call.status == 429]
    after = discord.requests[locked + 1 :]
    assert after[0].at >= discord.requests[locked].at + 1
    assert {each.edits for each in posts} == {1}


IN_AN_HOUR = {"Retry-After": formatdate(time.time() + 3600, usegmt=True)}
AN_HOUR_AGO = {"Retry-After": formatdate(time.time() - 3600, usegmt=True)}
# Where the clock of this machine is wrong, Discord's is right.
OF_2090 = {
    "Date": formatdate(3_800_000_000, usegmt=True),
    "Retry-After": formatdate(3_800_000_000, usegmt=True),
}
OF_1970 = {"Date": formatdate(0, usegmt=True), "Retry-After": formatdate(3600, usegmt=True)}


@pytest.mark.parametrize(
    ("said", "silent"),
    [({"Retry-After": "120"}, True), (IN_AN_HOUR, True), ({"Retry-After": "soon"}, True),
     ({}, True), ({"Retry-After": "0"}, False), (AN_HOUR_AGO, False), (OF_2090, False),
     (OF_1970, True)],
    ids=["seconds", "a date", "no time", "nothing", "no seconds", "a date that is past",
         "no time, by a clock ahead of ours", "a date, by a clock behind ours"],
)  # fmt: skip
async def test_discord_may_say_as_seconds_or_as_a_date_how_long_it_locks_us_out(
    discord: DiscordStandIn, house: House, said: dict[str, str], silent: bool
) -> None:
    locked_out = Fault(status=429, body="<html>Access denied</html>", headers=said)
    discord.faults.add(locked_out, method="GET", route=f"{MESSAGES}/pins")
    publisher = house.publishers[Platform.DISCORD]
    with pytest.raises(UnreachableError, match="did not answer as it should"):
        await publisher.pinned(here(discord))
    if silent:
        with pytest.raises(UnreachableError, match="less often"):
            await publisher.pinned(here(discord))
    else:
        await publisher.pinned(here(discord))


async def test_nobody_waits_for_ever_for_what_discord_says(
    discord: DiscordStandIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked_out = Fault(
        status=429, body="<html>Access denied</html>", headers={"Retry-After": "9" * 30}
    )
    discord.faults.add(locked_out, method="GET", route=f"{MESSAGES}/pins")
    monkeypatch.setattr(discord_publisher, "LONGEST_SILENCE", 0.0)
    publisher = house.publishers[Platform.DISCORD]
    with pytest.raises(UnreachableError, match="did not answer as it should"):
        await publisher.pinned(here(discord))
    await publisher.pinned(here(discord))
