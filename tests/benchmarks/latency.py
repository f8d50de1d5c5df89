"""From an event to its answer, against the client libraries alone, which answer constants.

Everything goes over sockets on this machine; each bot is a process of its own, the generator of
load another. Their rounds take turns, so that what else the machine does falls on all of them; a
ratio is the median of the rounds' ratios. A constant is as long as our answers are on average.

    python -m tests.benchmarks.latency [--javascript FOLDER] [--postgresql]

FOLDER is one in which `npm install discord.js @slack/bolt` was run; without it those two are left
out. With `--postgresql` our bot keeps everything in one, as several processes would.
docs/benchmarks.md says how to read the table.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.documents import SHIPPED
from knowledge.evaluation import read_labelled
from knowledge.folder import load_library
from tests.adapters import postgres
from tests.benchmarks import discord_load, slack_load
from tests.benchmarks.load import Load, Round
from tests.benchmarks.processes import (
    cpu_s,
    floor,
    javascript,
    keep_to_one_core,
    ldn_bot,
)
from tests.knowledge.cross_validation import inject_typos
from tests.ports import free_port

LABELLED = Path(__file__).parents[1] / "knowledge" / "labelled.jsonl"
AT_ONCE = 100
WARM_UP = 300
OVERHEAD = 60
"""Characters around a constant on the wire, about; a constant is shorter by these."""
BUSY = 0.7
"""Share of its time from which the generator itself may be what is measured."""

OURS = "ldn-bot"
COMMAND = "ldn"
TOPIC, FREE, MENU, PRESS, STRANGER = (
    "exact topic",
    "free text",
    "menu",
    "button press",
    "exact topic, somebody new",
)


@dataclass(frozen=True)
class Limits:
    """What ours may be, as a multiple of the bare library's figure."""

    median: float
    p99: float
    a_second: float


EXACT = Limits(1.15, 1.5, 0.8)
SEARCHED = Limits(1.4, 1.5, 0.65)
LIMITS = {TOPIC: EXACT, FREE: SEARCHED, MENU: EXACT, PRESS: EXACT}
"""The row of a stranger has none: for their language, Slack itself is asked who they are."""


@dataclass(frozen=True)
class Figures:
    """One contestant in one round; milliseconds, but for the last two."""

    median: float
    p99: float
    median_many: float
    p99_many: float
    a_second: float
    cpu_us: float

    @classmethod
    def of(cls, alone: Round, many: Round, cpu: float) -> Figures:
        """`alone`: one in flight, `many`: `AT_ONCE`, for which `cpu` seconds were used."""
        return cls(
            1e3 * statistics.median(alone.times),
            1e3 * percentile(alone.times, 99),
            1e3 * statistics.median(many.times),
            1e3 * percentile(many.times, 99),
            many.a_second,
            1e6 * cpu / len(many.times),
        )

    def values(self) -> tuple[float, ...]:
        """In the order of the columns."""
        return (
            self.median,
            self.p99,
            self.median_many,
            self.p99_many,
            self.a_second,
            self.cpu_us,
        )


@dataclass
class Contestant:
    """A connected process, and the events of each row as it understands them."""

    name: str
    load: Load
    pid: int
    events: Mapping[str, Sequence[bytes]]
    rounds: dict[str, list[Figures]] = field(default_factory=dict)
    busiest: float = 0.0

    async def play(self, row: str, alone: int, many: int) -> None:
        """One round."""
        events = self.events[row]
        first = await self.load.round(events, alone, 1)
        before = cpu_s(self.pid)
        second = await self.load.round(events, many, AT_ONCE)
        figures = Figures.of(first, second, cpu_s(self.pid) - before)
        self.rounds.setdefault(row, []).append(figures)
        self.busiest = max(self.busiest, second.generator)


Events = Mapping[str, Sequence[bytes]]


@dataclass(frozen=True)
class Asked:
    """What people type, by row."""

    topics: Sequence[str]
    questions: Sequence[str]

    @classmethod
    def shipped(cls) -> Asked:
        """Every title of the shipped document; the labelled questions, plain and with errors."""
        [document] = load_library(SHIPPED).documents
        questions = [labelled.question for labelled in read_labelled(LABELLED)]
        chance = random.Random(1)
        return cls(
            [section.title for section in document.sections],
            [*questions, *(inject_typos(question, 2, chance) for question in questions)],
        )


async def discord_contest(stack: AsyncExitStack, given: argparse.Namespace) -> list[Contestant]:
    """Discord's gateway."""
    asked, data = Asked.shipped(), Path(given.data)
    load = await stack.enter_async_context(discord_load.DiscordLoad())
    pid = await stack.enter_async_context(ldn_bot(data, load, {**load.settings, **given.store}))
    answers = [await load.ask(discord_load.command(COMMAND, title)) for title in asked.topics]
    presses = [(answer, discord_load.buttons(answer)[0]) for answer in answers]

    def events(name: Callable[[str], str]) -> Events:
        def commands(row: str, texts: Sequence[str]) -> list[bytes]:
            return [discord_load.command(name(row) or COMMAND, text) for text in texts]

        return {
            TOPIC: commands(TOPIC, asked.topics),
            FREE: commands(FREE, asked.questions),
            MENU: commands(MENU, [""]),
            PRESS: [discord_load.press(answer, name(PRESS) or id) for answer, id in presses],
        }

    ours = Contestant(OURS, load, pid, events(_ours))
    sizes = await _sizes(ours)
    contestants = [ours]
    load = await stack.enter_async_context(discord_load.DiscordLoad())
    pid = await stack.enter_async_context(floor("bare_discord", load, port=load.port, sizes=sizes))
    contestants.append(Contestant("discord.py", load, pid, events(_slug)))
    if given.javascript:
        load = await stack.enter_async_context(discord_load.DiscordLoad())
        program = javascript("discord", load, sizes, given.javascript)
        pid = await stack.enter_async_context(program)
        contestants.append(Contestant("discord.js", load, pid, events(_slug)))
    return contestants


async def socket_contest(stack: AsyncExitStack, given: argparse.Namespace) -> list[Contestant]:
    """Slack's Socket Mode."""
    load = await stack.enter_async_context(slack_load.SlackLoad())
    settings = {**load.settings, **given.store}
    pid = await stack.enter_async_context(ldn_bot(Path(given.data), load, settings))
    events = await _slack_events(load)
    ours = Contestant(OURS, load, pid, events(_ours))
    sizes = await _sizes(ours)
    contestants = [ours]
    for name in ("bolt_ack", "bolt_ack_at_once", "bolt_respond"):
        load = await stack.enter_async_context(slack_load.SlackLoad())
        pid = await stack.enter_async_context(floor(name, load, port=load.port, sizes=sizes))
        contestants.append(Contestant(name.replace("_", " "), load, pid, events(_slug)))
    if given.javascript:
        load = await stack.enter_async_context(slack_load.SlackLoad())
        program = javascript("slack", load, sizes, given.javascript)
        pid = await stack.enter_async_context(program)
        contestants.append(Contestant("bolt for JavaScript", load, pid, events(_slug)))
    return contestants


async def http_contest(stack: AsyncExitStack, given: argparse.Namespace) -> list[Contestant]:
    """Slack's requests over HTTP."""
    port = free_port()
    load = await stack.enter_async_context(slack_load.SlackHttpLoad(port))
    settings = {**load.settings, **given.store}
    pid = await stack.enter_async_context(ldn_bot(Path(given.data), None, settings))
    await load.open(2 * AT_ONCE)
    events = await _slack_events(load, slack_load.over_http)
    ours = Contestant(OURS, load, pid, events(_ours))
    sizes = await _sizes(ours)
    contestants = [ours]
    for name in ("bolt_http", "bolt_http_at_once"):
        port = free_port()
        load = await stack.enter_async_context(slack_load.SlackHttpLoad(port))
        bare = floor(name, port=load.port, bot_port=port, sizes=sizes)
        pid = await stack.enter_async_context(bare)
        await load.open(2 * AT_ONCE)
        contestants.append(Contestant(name.replace("_", " "), load, pid, events(_slug)))
    return contestants


async def _slack_events(
    load: Load, wrapped: Callable[[bytes], bytes] = bytes
) -> Callable[[Callable[[str], str]], Events]:
    """What makes the events, from the answers of `load`'s bot."""
    asked = Asked.shipped()
    answers = [
        await load.ask(_for(load, slack_load.command(COMMAND, title))) for title in asked.topics
    ]
    presses = [(answer, slack_load.buttons(answer)[0]) for answer in answers]

    def events(name: Callable[[str], str]) -> Events:
        def commands(row: str, texts: Sequence[str], *, somebody_new: bool = False) -> list[bytes]:
            made = (
                slack_load.command(name(row) or COMMAND, text, somebody_new=somebody_new)
                for text in texts
            )
            return [wrapped(event) for event in made]

        return {
            TOPIC: commands(TOPIC, asked.topics),
            FREE: commands(FREE, asked.questions),
            MENU: commands(MENU, [""]),
            PRESS: [wrapped(slack_load.press(answer, name(PRESS) or id)) for answer, id in presses],
            STRANGER: commands(TOPIC, asked.topics, somebody_new=True),
        }

    return events


def _for(load: Load, envelope: bytes) -> bytes:
    over_http = isinstance(load, slack_load.SlackHttpLoad)
    return slack_load.over_http(envelope) if over_http else envelope


def _ours(row: str) -> str:
    """Our own command and buttons stay as they are."""
    return ""


def _slug(row: str) -> str:
    """The command and the button with which a floor answers a row."""
    return row.replace(" ", "-")


async def _sizes(ours: Contestant) -> Mapping[str, int]:
    """For each row, how long our answers are on average; as the floors are told."""
    sizes = {}
    for row in LIMITS:
        answers = [len(await ours.load.ask(event)) for event in ours.events[row]]
        sizes[_slug(row)] = round(statistics.mean(answers)) - OVERHEAD
    return sizes


CONTESTS = {
    "Discord": discord_contest,
    "Slack, Socket Mode": socket_contest,
    "Slack, HTTP": http_contest,
}


async def main(given: argparse.Namespace) -> int:
    """Print a table for each platform and row; 1 if a figure is beyond what it may be."""
    keep_to_one_core()
    within = True
    for title, contest in CONTESTS.items():
        if given.only and given.only.casefold() not in title.casefold():
            continue
        async with AsyncExitStack() as stack:
            contestants = await contest(stack, given)
            for each in contestants:
                for row in each.events:
                    await each.load.round(each.events[row], given.warm_up, AT_ONCE)
            for row in contestants[0].events:
                if given.row not in row:
                    continue
                for number in range(given.rounds):
                    for each in contestants[:: -1 if number % 2 else 1]:
                        await each.play(row, given.alone, given.many)
                within &= show(title, row, contestants)
            busiest = max(each.busiest for each in contestants)
            if busiest > BUSY:
                print(f"The generator was busy {busiest:.0%} of a round: figures are too low.\n")
    return int(not within)


_COLUMNS = ("median ms", "p99 ms", "median ms", "p99 ms", "a second", "us of CPU")


def show(title: str, row: str, contestants: Sequence[Contestant]) -> bool:
    """Print one table; whether ours is within the limits."""
    print(f"{title}: {row}")
    print(f"{'':<26}{'1 in flight':^20}{f'{AT_ONCE} in flight':^40}")
    print(f"{'':<26}" + "".join(f"{name:>10}" for name in _COLUMNS))
    for each in contestants:
        columns = zip(*(figures.values() for figures in each.rounds[row]), strict=True)
        print(f"{each.name:<26}" + _cells([statistics.median(column) for column in columns]))
    within = _show_ratios(row, contestants[0], contestants[1:])
    print(flush=True)
    return within


def _show_ratios(row: str, ours: Contestant, floors: Sequence[Contestant]) -> bool:
    """Print how ours compares with each floor; whether that is within the limits."""
    ratios = [
        [
            statistics.median(o / f if f else 1.0 for o, f in zip(*column, strict=True))
            for column in zip(
                zip(*(figures.values() for figures in ours.rounds[row]), strict=True),
                zip(*(figures.values() for figures in floor.rounds[row]), strict=True),
                strict=True,
            )
        ]
        for floor in floors
    ]
    for bare, figures in zip(floors, ratios, strict=True):
        print(f"{f'  to {bare.name}':<26}" + "".join(f"{figure:>10.2f}" for figure in figures))
    if (limits := LIMITS.get(row)) is None:
        return True
    median, p99, _, p99_many, a_second, _ = ratios[0]
    allowed = (
        f"{limits.median:>10.2f}{limits.p99:>10.2f}{'':>10}{limits.p99:>10.2f}"
        f"{limits.a_second:>10.2f}"
    )
    holds = (
        median <= limits.median,
        p99 <= limits.p99,
        None,
        p99_many <= limits.p99,
        a_second >= limits.a_second,
    )
    words = {True: "holds", False: "NO", None: ""}
    print(f"{f'allowed to {floors[0].name}':<26}{allowed}")
    print(f"{'':<26}" + "".join(f"{words[each]:>10}" for each in holds))
    return False not in holds


def _cells(figures: Sequence[float]) -> str:
    formats = ("10.3f", "10.3f", "10.1f", "10.1f", "10.0f", "10.0f")
    return "".join(format(figure, form) for figure, form in zip(figures, formats, strict=True))


def percentile(figures: Sequence[float], percent: int) -> float:
    """The figure that so many percent are not above."""
    return statistics.quantiles(figures, n=100, method="inclusive")[percent - 1]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.latency")
    parser.add_argument("--javascript", type=Path, help="a folder with both packages installed")
    parser.add_argument("--postgresql", action="store_true", help="behind our bot")
    parser.add_argument("--only", default="", help="a part of the name of one contest")
    parser.add_argument("--row", default="", help="a part of the names of rows")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--alone", type=int, default=300, help="events a round, 1 in flight")
    parser.add_argument("--many", type=int, default=1500, help="events a round, 100 in flight")
    parser.add_argument("--warm-up", type=int, default=WARM_UP)
    return parser.parse_args()


if __name__ == "__main__":
    arguments = _arguments()
    with ExitStack() as opened:
        arguments.data = opened.enter_context(tempfile.TemporaryDirectory())
        arguments.store = {}
        if arguments.postgresql:
            server = opened.enter_context(postgres.started())
            arguments.store = {"DATABASE_URL": server.empty_database()}
        sys.exit(asyncio.run(main(arguments)))
