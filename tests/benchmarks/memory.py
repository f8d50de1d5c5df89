"""Resident memory and start-up of `ldn-bot run`, against a process that only imports the libraries.

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
from pathlib import Path

from tests.bot.running import running_bot
from tests.standins.discord import DiscordStandIn
from tests.standins.slack import SlackStandIn

ROUNDS = 5
IDLE_S = 2.0
ALLOWED = 1.6

_FLOOR = """
import discord, discord.app_commands
import slack_bolt.async_app, slack_bolt.adapter.socket_mode.aiohttp
print("ready", flush=True)
input()
"""


def resident_mb(pid: int) -> float:
    """The resident set of a process, in MB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


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


async def main() -> int:
    """Print the table; 1 if the bot needs more than is allowed."""
    with tempfile.TemporaryDirectory() as folder:
        await bot(Path(folder))  # the first start learns; later ones read what it has learnt
        rounds = [(await floor(), await bot(Path(folder))) for _ in range(ROUNDS)]
    floors, bots = zip(*rounds, strict=True)
    print(f"{'':<26}{'MB':>8}{'seconds':>10}")
    for name, rows in (("bare imports", floors), ("ldn-bot, both platforms", bots)):
        memory, seconds = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{name:<26}{memory:>8.1f}{seconds:>10.2f}")
    ratio = statistics.median(b[0] / f[0] for f, b in rounds)
    print(f"memory ratio {ratio:.2f} (allowed {ALLOWED})")
    return int(ratio > ALLOWED)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
