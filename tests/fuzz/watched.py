"""A bot under fire: a process that says everything it ever says, and what is claimed of it."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.bot.folders import small_folder
from tests.bot.marked import holds_a_marker
from tests.bot.running import KILLED_AFTER, RunningBot, running_bot

INPUTS = int(os.environ.get("LDN_FUZZ_INPUTS", "10000"))
"""At each port and connection, for both formats of the log together."""
FORMATS = ("json", "human")
SEED = int(os.environ.get("LDN_FUZZ_SEED", "7"))
BATCH = 500
"""Inputs between two proper questions."""
MOST_GROWTH = 40 * 1024 * 1024
"""Bytes by which memory may grow after `WARM_AFTER` inputs."""
WARM_AFTER = 1000
MOST_FILES = 150
"""More open files than then: connections to a stand-in are kept for a while."""


def batches(share: float = 1.0) -> list[range]:
    """The numbers of a share of all inputs, in portions."""
    most = round(INPUTS * share)
    return [range(at, min(at + BATCH, most)) for at in range(0, most, BATCH)]


class Watched:
    """Looks at a bot's process from outside."""

    def __init__(self, bot: RunningBot) -> None:
        self.bot = bot
        self._first: dict[str, int] = {}

    def look(self, number: int) -> None:
        """Remember how things are once it is warm; called after each batch."""
        assert self.bot.process.returncode is None, self.bot.output[-3000:]
        if not self._first and number >= WARM_AFTER:
            self._first = self.size()

    def size(self) -> dict[str, int]:
        """Memory in bytes, open files, threads."""
        folder = Path(f"/proc/{self.bot.process.pid}")
        pages = int((folder / "statm").read_text().split()[1])
        return {
            "memory": pages * os.sysconf("SC_PAGE_SIZE"),
            "files": len(list((folder / "fd").iterdir())),
            "threads": len(list((folder / "task").iterdir())),
        }

    def has_not_grown(self) -> None:
        """Fail where something was kept of what came."""
        now = self.size()
        first = self._first or now
        assert now["memory"] - first["memory"] < MOST_GROWTH, (first, now)
        assert now["files"] < first["files"] + MOST_FILES, (first, now)
        assert now["threads"] <= first["threads"] + 5, (first, now)

    def tell(self, **statuses: Counter[int]) -> None:
        """Print figures, for whoever looks on with `pytest -s`."""
        print()
        for sort, each in statuses.items():
            print(f"{sort}: {each.total()} inputs,", dict(sorted(each.items())))
        print(f"then {self._first}, now {self.size()}")
        events = Counter(map(_event, filter(None, self._lines())))
        for event, times in events.most_common(12):
            print(f"{times:6} {event}")

    def _lines(self) -> list[str]:
        # Other characters that end a line may stand in one.
        return self.bot.output.split("\n")

    def said_nothing_of_anyone(self) -> None:
        """Fail where a line has a member's words, name or id, or is none of the bot's own."""
        assert [line for line in self._lines() if holds_a_marker(line)][:3] == []
        for told in ("Traceback (most recent", "never retrieved", "never awaited", "was destroyed"):
            assert told not in self.bot.output


def _event(line: str) -> str:
    if line.startswith("{"):
        said: dict[str, Any] = json.loads(line)
        return f"{said['logger']}: {said['event'].splitlines()[0]}"
    return line[28:]


@asynccontextmanager
async def under_fire(tmp_path: Path, log_format: str, **given: Any) -> AsyncIterator[Watched]:
    """`ldn-bot run` with small documents, at DEBUG; see `running_bot` for what is given."""
    documents = small_folder(tmp_path / "documents")
    given |= {
        "LDN_DOCUMENTS": str(documents),
        "LDN_LOG_LEVEL": "DEBUG",
        "LDN_LOG_FORMAT": log_format,
    }
    async with running_bot(tmp_path / "data", development=False, **given) as bot:
        watched = Watched(bot)
        try:
            yield watched
            assert await bot.stop(within=KILLED_AFTER) == 0
        finally:
            (tmp_path / "output").write_text(bot.output)  # for whoever wants to know why
        watched.said_nothing_of_anyone()
