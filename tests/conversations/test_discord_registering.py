"""Commands that Discord does not take: those that it knows are answered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from adapters.discord import registration
from adapters.discord.client import DiscordAdapter
from adapters.discord.publisher import DiscordPublisher
from adapters.discord.registration import register
from knowledge.errors import PlatformError
from tests.conversations.conftest import House, Memory, running
from tests.shipped import FORMS
from tests.standins.discord import DiscordStandIn, rate_limited, refused, server_error
from tests.standins.recording import Fault

COMMANDS = "/applications/{application_id}/commands"
FAULTS = {
    "RateLimited": rate_limited(30_000),  # the limit of a day
    "status 400": refused(400, 50035),
    "status 503": server_error(503),
}


@dataclass
class Bot:
    """A bot, and the Discord that it will connect to."""

    house: House
    discord: DiscordStandIn
    memory: Memory
    adapter: DiscordAdapter

    def refused(self, *faults: Fault) -> None:
        """Discord does not take the next registrations."""
        self.discord.faults.add(*faults, method="PUT", route=COMMANDS)

    def registrations(self) -> int:
        """How many were tried."""
        return len(self.discord.requests_to("PUT", COMMANDS))

    async def serves(self, commands: bool) -> None:
        """Other documents are served now: all, or none."""
        self.house.desks.replace(list(self.desks) if commands else [])
        await self.adapter.documents_changed()

    def __post_init__(self) -> None:
        self.desks = list(self.house.desks.values())


@pytest_asyncio.fixture
async def bot(house: House, discord_standin: DiscordStandIn) -> AsyncIterator[Bot]:
    """A bot that does not run yet."""
    memory = Memory()
    adapter = DiscordAdapter(house.reception, discord_standin.token, memory, DiscordPublisher())
    yield Bot(house, discord_standin, memory, adapter)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of commands."""
    return [message for message in caplog.messages if message.startswith("commands ")]


@pytest.mark.parametrize("why", FAULTS)
async def test_who_asks_is_answered_while_discord_does_not_take_the_commands(
    bot: Bot, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    bot.refused(FAULTS[why])
    async with running(bot.adapter):
        await bot.discord.connected()
        assert FORMS in (await bot.discord.command("ldn", {"question": "forms"})).content
        [line] = await bot.discord.until(lambda: said(caplog), "a line of the log")
        assert line == f"commands could not be registered with Discord; trying again ({why})"
        assert not any(bot.memory.values())


async def test_commands_are_registered_as_soon_as_discord_takes_them(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "adapters.discord.registration")
    monkeypatch.setattr(registration, "FIRST_PAUSE", 0.01)
    bot.refused(*FAULTS.values())
    async with running(bot.adapter):
        await bot.discord.until(lambda: len(said(caplog)) > len(FAULTS), "all lines of the log")
    assert said(caplog)[-1] == "commands registered with Discord"
    assert "ldn" in bot.discord.commands
    assert any(bot.memory.values())


async def test_other_documents_are_registered_at_once_and_once(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    bot.refused(*FAULTS.values())
    async with running(bot.adapter):
        await bot.discord.connected()
        for number in range(1, len(FAULTS) + 1):
            await bot.discord.until(lambda: len(said(caplog)) == number, "a line of the log")  # noqa: B023
            for _ in range(5):
                await bot.serves(commands=True)
        await bot.discord.until(lambda: bot.discord.commands, "the registration")
    assert bot.registrations() == len(FAULTS) + 1


async def test_after_a_registration_of_which_nobody_knows_the_one_before_is_sent_again(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(bot.adapter):
        await bot.discord.until(lambda: any(bot.memory.values()), "the registration")
        bot.refused(server_error(503, applied=True))
        await bot.serves(commands=False)
        await bot.discord.until(lambda: said(caplog), "a line of the log")
        assert bot.discord.commands == {}
        await bot.serves(commands=True)
        await bot.discord.until(lambda: bot.discord.commands, "the registration")


@pytest.mark.long
async def test_nothing_is_left_of_a_bot_that_is_closed_between_two_attempts(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    before = asyncio.all_tasks()
    bot.refused(*FAULTS.values())
    async with running(bot.adapter):
        await bot.discord.connected()
        await bot.discord.until(lambda: said(caplog), "a line of the log")
    await bot.discord.stop()
    assert asyncio.all_tasks() <= before


async def test_registering_by_hand_with_a_wrong_token_is_one_sentence(bot: Bot) -> None:
    with pytest.raises(PlatformError, match="DISCORD_TOKEN"):
        await register(bot.house.desks, "wrong", bot.memory, force=True)


@pytest.mark.parametrize("why", FAULTS)
async def test_registering_by_hand_that_discord_does_not_take_is_one_sentence(
    bot: Bot, why: str
) -> None:
    bot.refused(FAULTS[why])
    call = (bot.house.desks, bot.discord.token, bot.memory)
    with pytest.raises(PlatformError, match=f"Discord did not take the commands .{why}."):
        await register(*call, force=False)
    assert await register(*call, force=False)
    assert not await register(*call, force=False)
    assert await register(*call, force=True)
