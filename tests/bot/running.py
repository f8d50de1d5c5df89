"""`ldn-bot` as a process of its own, pointed at the stand-ins by its settings alone."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.standins.discord import DiscordStandIn
from tests.standins.slack import SlackStandIn

ROOT = Path(__file__).parents[2]
END_WITHIN = 5.0
"""Seconds that a bot takes to end which has little to do."""
KILLED_AFTER = 10.0
"""Seconds that `docker stop` waits: no bot may take longer."""


class RunningBot:
    """A started process, and what it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.output = ""
        self._changed = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def says(self, pattern: str, timeout: float = 40.0) -> str:
        """Wait for a line of output that matches; fails with all output if it does not come."""

        async def wait() -> str:
            while not (found := re.search(pattern, self.output)):
                self._changed.clear()
                await self._changed.wait()
            return found[0]

        try:
            return await asyncio.wait_for(wait(), timeout)
        except TimeoutError:
            raise AssertionError(f"never said {pattern!r}; it said:\n{self.output}") from None

    async def ended(self, timeout: float = 40.0) -> int:
        """The exit status, once the process has ended by itself."""
        status = await asyncio.wait_for(self.process.wait(), timeout)
        await self._reader
        return status

    async def stop(self, sign: signal.Signals = signal.SIGTERM, within: float = END_WITHIN) -> int:
        """End it as an operator does; the exit status."""
        if self.process.returncode is None:
            self.process.send_signal(sign)
        return await self.ended(within)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.output += line.decode()
            self._changed.set()


@asynccontextmanager
async def running_bot(
    data: Path,
    discord: DiscordStandIn | None = None,
    slack: SlackStandIn | None = None,
    *,
    arguments: Sequence[str] = ("run",),
    development: bool = True,
    **settings: str,
) -> AsyncIterator[RunningBot]:
    """`ldn-bot run`, or whatever the `arguments` say, until the block ends.

    `settings` come last, so they can spoil a token. `development` is Python's mode that reports
    what was left open or not awaited.
    """
    environment = {"PATH": os.environ["PATH"], "HOME": str(data), "LDN_DATA": str(data)}
    if discord:
        environment |= {
            "DISCORD_TOKEN": discord.token,
            "LDN_DISCORD_API_URL": discord.api_url,
            "LDN_DISCORD_GATEWAY_URL": discord.gateway_url,
        }
    if slack:
        environment |= {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "LDN_SLACK_API_URL": slack.api_url,
        }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(("-X", "dev") if development else ()),
        *("-m", "bot", *arguments),
        cwd=ROOT,
        env=environment | settings,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    bot = RunningBot(process)
    try:
        yield bot
    finally:
        if process.returncode is None:
            process.kill()
            await bot.ended()
