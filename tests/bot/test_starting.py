"""A bot that is still learning its documents hears signals already, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.bot.folders import small_folder
from tests.bot.running import RunningBot, running_bot
from tests.standins.slack import SlackStandIn

pytestmark = pytest.mark.long

LEARNS = "knowledge.opening"


def running() -> dict[int, tuple[int, str]]:
    """Every process (Linux), the one that leads its group, and its command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = (folder / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
            command = (folder / "cmdline").read_text(encoding="utf-8").replace("\0", " ")
        except OSError:
            continue  # it has ended meanwhile
        if said[0] != "Z":
            found[int(folder.name)] = (int(said[2]), command)
    return found


async def learner_of(bot: RunningBot, data: Path) -> int:
    """The process that learns for a bot, once it has one of its own beside it."""
    async with asyncio.timeout(30):
        while True:
            every = running()
            for process, (group, command) in every.items():
                helpers = [each for each, (of, _) in every.items() if of == group != each]
                if LEARNS in command and str(data) in command and helpers:
                    return process
            assert bot.process.returncode is None, bot.output
            await asyncio.sleep(0.05)


async def holds_back(bot: RunningBot, sign: signal.Signals) -> None:
    """Wait until a bot that starts has asked for a signal to be held back."""
    async with asyncio.timeout(30):
        while not held_back(bot.process.pid) >> sign - 1 & 1:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def held_back(process: int) -> int:
    """A bit for each signal that a process has held back (Linux)."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    [held] = re.findall(r"^SigBlk:\s(\w+)$", status, re.MULTILINE)
    return int(held, 16)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_bot_that_learns_ends_when_it_is_asked_to(
    sign: signal.Signals, tmp_path: Path, slack_standin: SlackStandIn
) -> None:
    async with running_bot(tmp_path, slack=slack_standin, development=False) as bot:
        learner = await learner_of(bot, tmp_path)
        assert await bot.stop(sign) == 0
        assert "Traceback" not in bot.output
        assert learner not in {group for group, _ in running().values()}


async def test_a_command_that_learns_and_is_cut_short_leaves_nothing_behind(tmp_path: Path) -> None:
    arguments = ("ask", "how does it work")
    async with running_bot(tmp_path, arguments=arguments, development=False) as bot:
        learner = await learner_of(bot, tmp_path)
        assert await bot.stop(signal.SIGINT) == 1
        assert learner not in {group for group, _ in running().values()}


async def test_told_to_read_the_documents_anew_before_it_has_said_a_word_it_does_so_once_it_can(
    tmp_path: Path, slack_standin: SlackStandIn
) -> None:
    small = str(small_folder(tmp_path / "documents"))
    async with running_bot(
        tmp_path, slack=slack_standin, development=False, LDN_DOCUMENTS=small
    ) as bot:
        await holds_back(bot, signal.SIGHUP)
        bot.process.send_signal(signal.SIGHUP)
        assert bot.output == ""
        await bot.says("connected to Slack")
        await bot.says("the documents were loaded again")
        assert await bot.stop() == 0


async def test_without_a_platform_it_ends_with_its_terminal(tmp_path: Path) -> None:
    small = str(small_folder(tmp_path / "documents"))
    async with running_bot(tmp_path, development=False, LDN_DOCUMENTS=small) as bot:
        await holds_back(bot, signal.SIGHUP)
        await bot.says("open http")
        assert await bot.stop(signal.SIGHUP) == -signal.SIGHUP


async def test_told_to_read_the_documents_anew_while_it_reads_them_it_goes_on(
    tmp_path: Path, slack_standin: SlackStandIn
) -> None:
    async with running_bot(tmp_path, slack=slack_standin, development=False) as bot:
        await learner_of(bot, tmp_path)
        bot.process.send_signal(signal.SIGHUP)
        await bot.says("connected to Slack")
        await bot.says("the documents were loaded again")
        assert await bot.stop() == 0


async def test_a_bot_that_is_told_to_read_its_documents_while_it_stops_has_ended_well(
    tmp_path: Path, slack_standin: SlackStandIn
) -> None:
    documents = small_folder(tmp_path / "documents")
    async with running_bot(
        tmp_path, slack=slack_standin, development=False, LDN_DOCUMENTS=str(documents)
    ) as bot:
        await bot.says("connected to Slack")
        bot.process.send_signal(signal.SIGTERM)
        await bot.says("stopping")
        while bot.process.returncode is None:
            with suppress(ProcessLookupError):
                # Not by asyncio's own way, which takes the status away.
                os.kill(bot.process.pid, signal.SIGHUP)
            await asyncio.sleep(0.001)
        assert bot.process.returncode == 0
