"""The bot's process in a soak: its memory, its tasks, and what it prints."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.processes import cpu_s, resident_mb
from tests.benchmarks.soak_people import MARKER
from tests.bot.running import RunningBot
from tests.bot.watching import Watcher

EVERY_S = 1.0
IDLE_S = 2.0
MINUTE_S = 60.0
FIRST_MINUTE = 3
"""The minute (the first is 1) by which everything that is kept on purpose has been filled."""


@dataclass
class Usage:
    """What the process used; memory in MB, about once a second, in lists by the minute."""

    memory: list[list[float]] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    tasks_before: int = 0
    tasks_after: int = 0
    files_before: int = 0
    files_after: int = 0
    cpu_s: float = 0.0

    @property
    def minutes(self) -> list[float]:
        """The mean of each minute's memory; of the last one, only if most of it was measured."""
        enough = MINUTE_S / EVERY_S / 2
        return [statistics.fmean(minute) for minute in self.memory if len(minute) > enough]

    @property
    def memory_ratio(self) -> float | None:
        """The last minute's memory by the third's; None in a soak too short for both."""
        minutes = self.minutes
        if len(minutes) <= FIRST_MINUTE:
            return None
        return minutes[-1] / minutes[FIRST_MINUTE - 1]

    def show(self, allowed: float) -> None:
        """Print it."""
        means = " ".join(f"{each:.1f}" for each in self.minutes)
        print(f"memory by minute (MB): {means}")
        if (ratio := self.memory_ratio) is not None:
            word = "holds" if ratio <= allowed else "NO"
            print(f"last minute by the third: {ratio:.4f} (allowed {allowed:.2f})  {word}")
        print(
            f"tasks: {self.tasks_before} before, {max(self.tasks)} at most, "
            f"{self.tasks_after} after"
        )
        print(
            f"open files: {self.files_before} before, {max(self.files)} at most, "
            f"{self.files_after} after; threads: {max(self.threads)} at most, "
            f"{self.threads[-1]} after"
        )
        print(f"processor time: {self.cpu_s:.1f} s")


class Watched:
    """Looks at a bot once a second."""

    def __init__(self, bot: RunningBot, watcher: Watcher) -> None:
        self._pid = bot.process.pid
        self._watcher = watcher
        self.usage = Usage()

    async def before(self) -> None:
        """Note what an idle bot has; before anybody asks."""
        await asyncio.sleep(IDLE_S)
        self.usage.tasks_before = await self._tasks()
        self.usage.files_before = self._files()

    async def measure(self) -> None:
        """Measure until cancelled."""
        clock = asyncio.get_running_loop().time
        began = clock()
        while True:
            minute = int((clock() - began) // MINUTE_S)
            while len(self.usage.memory) <= minute:
                self.usage.memory.append([])
            self.usage.memory[minute].append(resident_mb(self._pid))
            self.usage.files.append(self._files())
            self.usage.threads.append(self._threads())
            self.usage.tasks.append(await self._tasks())
            await asyncio.sleep(EVERY_S)

    async def after(self, within: float) -> None:
        """Wait until no more is under way than before, and note what there is then."""
        clock = asyncio.get_running_loop().time
        until = clock() + within
        self.usage.tasks_after = await self._tasks()
        while self.usage.tasks_after > self.usage.tasks_before and clock() < until:
            await asyncio.sleep(EVERY_S)
            self.usage.tasks_after = await self._tasks()
        self.usage.files_after = self._files()
        self.usage.threads.append(self._threads())
        self.usage.cpu_s = cpu_s(self._pid)

    async def _tasks(self) -> int:
        return round(await self._watcher.number("ldn_bot_tasks"))

    def _files(self) -> int:
        return len(list(Path(f"/proc/{self._pid}/fd").iterdir()))

    def _threads(self) -> int:
        return len(list(Path(f"/proc/{self._pid}/task").iterdir()))


# What the log says at ERROR while the store or a platform is away.
_EXPECTED = (
    "posts could not be brought up to date: ",
    # A remark of a library, without its words, about a connection that broke.
    "discord.shard, ",
    "slack_bolt, ",
    "slack_sdk.",
    "asyncio, ",
    "sqlalchemy.pool",
)


class Log:
    """What a bot has printed: lines of JSON."""

    def __init__(self, output: str) -> None:
        self.lines = output.splitlines()
        self.said: Counter[tuple[str, str]] = Counter()
        self.unexpected: list[str] = []
        for line in self.lines:
            try:
                entry = json.loads(line)
            except ValueError:
                self.unexpected.append(line)
                continue
            first, *frames = str(entry.get("event", "")).splitlines()
            last = f" … {frames[-1]}" if frames else ""
            level = str(entry.get("level", ""))
            self.said[level, first + last] += 1
            if level in ("error", "critical") and not first.startswith(_EXPECTED):
                self.unexpected.append(str(entry["event"]))

    @property
    def failures(self) -> list[str]:
        """What must not be there, each as a sentence."""
        found = []
        if any(MARKER in line.lower() for line in self.lines):
            found.append("the log holds a member's words")
        if any("Traceback" in line for line in self.lines):
            found.append("the log holds a traceback")
        if self.unexpected:
            found.append(f"{len(self.unexpected)} unexpected lines in the log")
        return found

    def show(self) -> None:
        """Print how often it said what, and in full what it should not have said."""
        print("the log:")
        for (level, event), count in sorted(self.said.items()):
            print(f"  {count:>6} {level:<8} {event[:140]}")
        for event, count in Counter(self.unexpected).most_common(12):
            print(f"\nunexpected, {count} times:\n{event[:1500]}")
