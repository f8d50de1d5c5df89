"""Minutes of questions over both platforms, while everything that can go wrong does.

`ldn-bot run` is a process of its own; the stand-ins hold it to the platforms' rules. What counts as
a question that the platform still accepted is written down in docs/benchmarks.md. Exit status 1: a
question was lost, or answered twice; memory or tasks grew; the log holds what it must not.

    python -m tests.benchmarks.soak
    python -m tests.benchmarks.soak --store sqlite --slack http
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.adapters import postgres
from tests.benchmarks.soak_faults import Faults, Postgres, Sqlite, Store
from tests.benchmarks.soak_ledger import Excuse, Ledger, Question
from tests.benchmarks.soak_people import People
from tests.benchmarks.soak_process import Log, Usage, Watched
from tests.benchmarks.soak_standins import SoakDiscord, SoakSlack
from tests.bot.running import running_bot
from tests.bot.watching import Watcher
from tests.ports import free_port
from tests.shipped import copy_documents

POSTGRESQL, SQLITE = "postgresql", "sqlite"
SOCKET, HTTP = "socket", "http"
CONNECTS_WITHIN_S = 90.0
PATIENCE_S = 20.0
"""Longer than the store is away, together with all attempts at it."""
SETTLES_WITHIN_S = 60.0
AROUND_S = 8.0
"""What else went wrong so shortly before a question that was lost is told with it."""
MEMORY_ALLOWED = 1.02
"""The last minute's mean against the third's."""


@dataclass
class Result:
    """What a soak has shown."""

    ledger: Ledger
    faults: Faults
    usage: Usage
    log: Log
    repeated: int
    seconds: float
    broken: list[str] = field(default_factory=list)
    """What went wrong in the soak itself: it shows nothing then."""

    @property
    def failures(self) -> list[str]:
        """What does not hold, each as a sentence."""
        row = self.ledger.rows()["all"]
        found = [f"broken: {each}" for each in self.broken]
        if row.lost:
            found.append(f"{row.lost} questions were lost")
        if row.twice:
            found.append(f"{row.twice} questions were answered twice")
        if (ratio := self.usage.memory_ratio) is not None and ratio > MEMORY_ALLOWED:
            found.append(f"memory grew by {ratio - 1:.1%}")
        if self.usage.tasks_after > self.usage.tasks_before:
            found.append(f"tasks grew from {self.usage.tasks_before} to {self.usage.tasks_after}")
        return found + self.log.failures


async def soak(
    store_kind: str = POSTGRESQL,
    slack_mode: str = SOCKET,
    *,
    minutes: float = 10.0,
    rate: float = 50.0,
    seed: int = 1,
) -> Result:
    """Run one soak, from an empty store."""
    gc.disable()  # all that was said is kept here; looking it through would take seconds
    began = time.monotonic()
    ledger, seconds = Ledger(), minutes * 60
    with tempfile.TemporaryDirectory(prefix="ldn-bot-soak-") as folder:
        data = Path(folder) / "data"
        documents = copy_documents(Path(folder) / "documents")
        watcher, http = Watcher(), _http_settings() if slack_mode == HTTP else {}
        async with (
            _store(store_kind, data) as store,
            SoakDiscord(ledger, PATIENCE_S) as discord,
            SoakSlack(ledger, PATIENCE_S) as slack,
            running_bot(
                data,
                discord,
                slack,
                development=False,
                LDN_DOCUMENTS=str(documents),
                **({"DATABASE_URL": store.url} if store.url else {}),
                **watcher.settings,
                **http,
            ) as bot,
        ):
            await bot.says("connected to Discord", CONNECTS_WITHIN_S)
            await bot.says("connected to Slack", CONNECTS_WITHIN_S)
            if http:
                port, secret = http["LDN_SLACK_PORT"], http["SLACK_SIGNING_SECRET"]
                slack.deliver_to(f"http://127.0.0.1:{port}/slack/events", secret)
            people = People(discord, slack, seed)
            faults = Faults(discord, slack, store, documents, seed)
            watched = Watched(bot, watcher)
            looking = [asyncio.create_task(each.watch()) for each in (discord, ledger)]
            await watched.before()
            measuring = asyncio.create_task(watched.measure())
            await asyncio.gather(people.use(rate, seconds), faults.run(seconds))
            measuring.cancel()
            await people.finish(SETTLES_WITHIN_S)
            await watched.after(SETTLES_WITHIN_S)
            for each in looking:
                each.cancel()
            status = await bot.stop()
            calls = [*discord.requests, *slack.requests]
            discord.settle()
            slack.settle()
            ledger.settle(calls)
            faults.count(calls)
            faults.injected["Slack: expired response_url"] = slack.expired
            broken = [*people.broken, *faults.broken]
            broken += map(str, [*discord.violations, *slack.violations])
            if status:
                broken.append(f"the bot ended with status {status}")
            log = Log(bot.output)
    usage = watched.usage
    return Result(ledger, faults, usage, log, slack.repeated, time.monotonic() - began, broken)


def _http_settings() -> dict[str, str]:
    return {"SLACK_SIGNING_SECRET": "not-a-secret", "LDN_SLACK_PORT": str(free_port())}


@asynccontextmanager
async def _store(kind: str, data: Path) -> AsyncIterator[Store]:
    if kind == SQLITE:
        yield Sqlite(data)
        return
    with postgres.started() as server:
        yield Postgres(server, server.empty_database())


def show(result: Result) -> None:
    """Print the tables."""
    print(f"{'':<30}{'asked':>8}{'accepted':>10}{'once':>8}{'twice':>7}{'lost':>6}")
    for name, row in result.ledger.rows().items():
        print(f"{name:<30}{row.asked:>8}{row.accepted:>10}{row.once:>8}{row.twice:>7}{row.lost:>6}")
    print("\nnot accepted any more, or not surely:")
    for excuse in Excuse:
        if count := result.ledger.rows()["all"].excused[excuse]:
            print(f"  {excuse.value:<58}{count:>6}")
    print(f"\nfaults ({result.repeated} events delivered again besides):")
    for name, count in sorted(result.faults.injected.items()):
        print(f"  {name:<58}{count:>6}")
    print()
    result.usage.show(MEMORY_ALLOWED)
    print()
    result.log.show()
    for question in result.ledger.questions:
        if question.lost or question.doubled:
            print(_described(question, result.faults))
    for failure in result.failures:
        print(f"NO: {failure}")


def _described(question: Question, faults: Faults) -> str:
    """A question that was answered twice or not at all, and what happened around it."""
    what = "twice" if question.doubled else "lost"
    came = [text[:60] for text in question.answers.values()]
    around = [name for at, name in faults.times if 0 <= question.asked - at <= AROUND_S]
    return (
        f"{what}: {question.platform}, {question.kind}, {question.faults} faults met it: "
        f"{question.said} {came}; in the seconds before: {', '.join(around) or 'none'}"
    )


def main() -> int:
    """Run as the arguments say; 1 where something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=50.0, help="questions a second")
    parser.add_argument("--store", choices=(POSTGRESQL, SQLITE), default=POSTGRESQL)
    parser.add_argument("--slack", choices=(SOCKET, HTTP), default=SOCKET)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    result = asyncio.run(
        soak(given.store, given.slack, minutes=given.minutes, rate=given.rate, seed=given.seed)
    )
    show(result)
    return int(bool(result.failures))


if __name__ == "__main__":
    sys.exit(main())
