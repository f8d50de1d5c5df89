"""Resident memory and start-up of `ldn-bot run`, against a process that only imports the libraries;
and memory by the number of Discord servers that the bot is in.

Both platforms are connected (to stand-ins on this machine) and idle. The floor imports discord.py
and slack-bolt's asynchronous Socket Mode, and does nothing. Each is started `ROUNDS` times, in
turns; the table shows medians.

    python -m tests.benchmarks.memory
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import discord_load
from tests.benchmarks.processes import ldn_bot, resident_mb
from tests.bot.running import running_bot
from tests.standins.discord import DiscordStandIn
from tests.standins.slack import SlackStandIn

ROUNDS = 5
IDLE_S = 2.0
ALLOWED = 1.6

SERVERS = (1, 1_000, 10_000)
SERVERS_ALLOWED = 1.1
A_SHARD = 1_000
"""Servers for each of which Discord recommends one more shard, about."""

_FLOOR = """
import discord, discord.app_commands
import slack_bolt.async_app, slack_bolt.adapter.socket_mode.aiohttp
import sys
print("ready", flush=True)
sys.stdin.read()
"""


async def floor() -> tuple[float, float]:
    """(MB, seconds to start) of the bare imports."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _FLOOR,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdout.readline()
    started = time.perf_counter() - began
    await asyncio.sleep(IDLE_S)
    memory = resident_mb(process.pid)
    process.stdin.close()
    await process.wait()
    return memory, started


async def bot(data: Path) -> tuple[float, float]:
    """(MB, seconds until the first answer on both platforms) of the bot."""
    async with DiscordStandIn() as discord, SlackStandIn() as slack:
        began = time.perf_counter()
        async with running_bot(data, discord, slack, development=False) as running:
            await asyncio.gather(discord.connected(timeout=60), slack.connected(timeout=60))
            await asyncio.gather(
                discord.command("ldn", {"question": "forms"}), slack.command("/ldn", "forms")
            )
            started = time.perf_counter() - began
            await asyncio.sleep(IDLE_S)
            return resident_mb(running.process.pid), started


async def bot_in(servers: int, data: Path) -> tuple[float, float]:
    """(MB, seconds until connected) of the bot on Discord alone, in so many servers."""
    load = discord_load.DiscordLoad(guilds=servers, shards=max(1, servers // A_SHARD))
    began = time.perf_counter()
    async with load, ldn_bot(data, load, load.settings) as process:
        started = time.perf_counter() - began
        await load.ask(discord_load.command("ldn", "forms"))
        await asyncio.sleep(IDLE_S)
        return resident_mb(process), started


async def main() -> int:
    """Print the tables; 1 if the bot needs more than is allowed."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        await bot(data)  # the first start learns; later ones read what it has learnt
        rounds = [(await floor(), await bot(data)) for _ in range(ROUNDS)]
        # Ended in order, it hands over what it has counted: from then on there is a database.
        await bot_in(1, data)
        kept = [(await floor(), await bot(data)) for _ in range(ROUNDS)]
        by_servers = [[await bot_in(servers, data) for servers in SERVERS] for _ in range(ROUNDS)]
    print(f"{'':<26}{'MB':>8}{'seconds':>10}{'ratio':>8}{'allowed':>10}")
    _row("bare imports", [floor for floor, _ in rounds])
    within = True
    for name, each in (("ldn-bot, both platforms", rounds), ("… with a database", kept)):
        ratio = statistics.median(bot[0] / floor[0] for floor, bot in each)
        _row(name, [bot for _, bot in each], ratio, ALLOWED)
        within &= ratio <= ALLOWED
    for servers, rows in zip(SERVERS, zip(*by_servers, strict=True), strict=True):
        ratio = statistics.median(
            row[0] / each[0][0] for row, each in zip(rows, by_servers, strict=True)
        )
        _row(f"Discord, {servers:,} servers", rows, ratio, SERVERS_ALLOWED)
        within &= ratio <= SERVERS_ALLOWED
    return int(not within)


def _row(
    name: str, rows: Sequence[tuple[float, float]], ratio: float = 1.0, allowed: float = 1.0
) -> None:
    memory, seconds = (statistics.median(column) for column in zip(*rows, strict=True))
    word = f"{allowed:>8.1f}  {'holds' if ratio <= allowed else 'NO'}"
    print(f"{name:<26}{memory:>8.1f}{seconds:>10.2f}{ratio:>8.2f}  {word}")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
