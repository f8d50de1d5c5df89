"""What goes wrong in a soak, and when."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import asyncpg

from adapters.database import SQLITE_FILE
from tests.adapters.postgres import PostgresServer
from tests.benchmarks.soak_standins import SoakDiscord, SoakSlack
from tests.bot.folders import change_credit
from tests.standins import discord, slack
from tests.standins.base import StandIn
from tests.standins.recording import Call, Fault, reset, slow

LOCKED_FOR_S = (2.0, 7.0)
"""In turns: shorter and longer than SQLite's own patience, and than the platforms'."""
DOWN_FOR_S = 1.5
SLOW_S = 10.0
WAIT_S = 0.5
"""As long as Discord asks to wait; Slack counts in whole seconds."""

CALLBACK = ("POST", "/interactions/{interaction_id}/{interaction_token}/callback")
EDITED = ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original")
POSTED = ("POST", "/channels/{channel_id}/messages")
CHANGED = ("PATCH", "/channels/{channel_id}/messages/{message_id}")

_DISCORD_ROUTES = (CALLBACK,) * 6 + (EDITED, POSTED, CHANGED)
_SLACK_ROUTES = (
    *("response_url",) * 4,
    *("chat.postMessage",) * 3,
    *("users.info", "views.open", "chat.update", "apps.connections.open"),
)
_USUAL = {"Discord": CALLBACK, "Slack": (None, "response_url")}


class Store(Protocol):
    """The database of a soak."""

    url: str | None

    async def lock(self, seconds: float) -> None:
        """Keep the bot from writing; in PostgreSQL, from reading too."""

    async def restart(self) -> None:
        """Stop it for a moment, if it is a server."""


@dataclass
class Sqlite:
    """The file in the data folder."""

    data: Path
    url: str | None = None

    async def lock(self, seconds: float) -> None:
        """See `Store.lock`."""
        if not (self.data / SQLITE_FILE).exists():
            return
        with closing(
            sqlite3.connect(self.data / SQLITE_FILE, timeout=5, isolation_level=None)
        ) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            await asyncio.sleep(seconds)
            connection.execute("ROLLBACK")

    async def restart(self) -> None:
        """There is no server."""


@dataclass
class Postgres:
    """A server of its own."""

    server: PostgresServer
    url: str | None
    _restarts: int = 0

    async def lock(self, seconds: float) -> None:
        """See `Store.lock`. Where PostgreSQL breaks a tie with the bot, nothing is locked."""
        connection = await asyncpg.connect(self.url)
        try:
            with suppress(asyncpg.DeadlockDetectedError):
                async with connection.transaction():
                    tables = await connection.fetch(
                        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                    )
                    names = ", ".join(f'"{each["tablename"]}"' for each in tables)
                    if names:
                        await connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
                    await asyncio.sleep(seconds)
        finally:
            await connection.close()

    async def restart(self) -> None:
        """In an orderly way, and by a crash, in turns."""
        self._restarts += 1
        mode = "fast" if self._restarts % 2 else "immediate"
        await asyncio.to_thread(self.server.stop, mode)
        await asyncio.sleep(DOWN_FOR_S)
        await asyncio.to_thread(self.server.start)


@dataclass(frozen=True)
class Kind:
    """A kind of fault, and about how many seconds lie between two of it."""

    name: str
    every: float
    inject: Callable[[], Awaitable[None]]


class Faults:
    """All that goes wrong. `injected` counts it by its kind, `times` tells when each began."""

    def __init__(
        self,
        on_discord: SoakDiscord,
        on_slack: SoakSlack,
        store: Store,
        documents: Path,
        seed: int,
    ) -> None:
        self._chance = random.Random(seed)
        self._discord, self._slack, self._store = on_discord, on_slack, store
        self._documents = documents
        self._names: dict[int, str] = {}
        self._queued: list[Fault] = []
        self._waiting: set[str] = set()  # routes for which a fault waits
        self._store_turn = asyncio.Lock()
        self._revision = 0
        self._locks = 0
        self.injected: Counter[str] = Counter()
        self.times: list[tuple[float, str]] = []
        self.broken: list[str] = []

    def kinds(self) -> Iterator[Kind]:
        """Every kind."""
        yield Kind("Discord closes with 4000", 60, lambda: self._discord.close_connections(4000))
        yield Kind("Discord closes with 4009", 60, self._session_times_out)
        yield Kind("Discord: INVALID_SESSION", 60, self._discord.invalidate_sessions)
        yield Kind(
            "Discord: INVALID_SESSION, resumable",
            60,
            lambda: self._discord.invalidate_sessions(resumable=True),
        )
        yield Kind("Discord: RECONNECT", 60, self._discord.request_reconnect)
        yield Kind("Discord's connection is reset", 60, _call(self._discord.drop_connections))
        if self._slack.http is None:
            yield Kind("Slack: disconnect, refresh_requested", 40, self._slack.disconnect)
            yield Kind("Slack: disconnect, warning", 40, lambda: self._slack.disconnect("warning"))
            yield Kind("Slack's connection is reset", 60, _call(self._slack.drop_connections))
        else:
            yield Kind("Slack hangs up on an event", 3, self._hang_up)
        yield Kind("Slack: expired response_url", 10, self._expire)
        yield Kind("store locked", 40, self._lock)
        if self._store.url is not None:
            yield Kind("PostgreSQL restarted", 120, self._restart)
        yield Kind("documents changed", 100, self._change)
        for name, every, fault in (
            ("429 with Retry-After", 3, discord.rate_limited(WAIT_S)),
            ("429 without Retry-After", 3, discord.rate_limited(WAIT_S, retry_header=False)),
            ("429 of the proxy", 20, discord.rate_limited(30, from_discord=False)),
            ("429 of the proxy, no Retry-After", 20, _without_header()),
            ("5xx", 3, discord.server_error(502)),
            ("5xx, done all the same", 6, discord.server_error(500, applied=True)),
            ("slow (10 s)", 10, slow(SLOW_S)),
            ("reset", 3, reset()),
            ("reset, done all the same", 6, reset(applied=True)),
        ):
            yield Kind(f"Discord REST: {name}", every, self._in_the_way(self._discord, name, fault))
        for name, every, fault in (
            ("429 with Retry-After", 3, slack.rate_limited(1)),
            ("429 without Retry-After", 6, replace(slack.rate_limited(1), headers={})),
            ("5xx", 3, slack.server_error(503)),
            ("5xx, done all the same", 6, slack.server_error(500, applied=True)),
            ("slow (10 s)", 10, slow(SLOW_S)),
            ("reset", 3, reset()),
            ("reset, done all the same", 6, reset(applied=True)),
        ):
            yield Kind(f"Slack REST: {name}", every, self._in_the_way(self._slack, name, fault))

    async def run(self, seconds: float) -> None:
        """Inject each kind at its own pace, at times left to chance, at least once each."""
        planned: list[tuple[float, int, Kind]] = []
        for number, kind in enumerate(self.kinds()):
            count = max(1, round(seconds / kind.every))
            for turn in range(count):
                at = (turn + self._chance.random()) / count * seconds
                planned.append((at, number, kind))
        clock = asyncio.get_running_loop().time
        began = clock()
        under_way: list[asyncio.Task[None]] = []
        for at, _, kind in sorted(planned, key=lambda each: each[:2]):
            await asyncio.sleep(max(0.0, began + at - clock()))
            # What takes a while does not hold up the others.
            under_way.append(asyncio.create_task(self._inject(kind)))
        await asyncio.gather(*under_way)

    def count(self, calls: Sequence[Call]) -> None:
        """Count the faults that met a call."""
        for call in calls:
            if call.fault is not None:
                self.injected[self._names[id(call.fault)]] += 1

    async def _inject(self, kind: Kind) -> None:
        if "REST" not in kind.name:
            self.times.append((asyncio.get_running_loop().time(), kind.name))
        try:
            await kind.inject()
        except Exception as error:
            self.broken.append(f"{kind.name}: {error!r}")
        else:
            if "REST" not in kind.name:
                self.injected[kind.name] += 1

    def _in_the_way(
        self, standin: StandIn, name: str, fault: Fault
    ) -> Callable[[], Awaitable[None]]:
        platform = "Discord" if standin is self._discord else "Slack"

        async def inject() -> None:
            if standin is self._discord:
                method, route = self._chance.choice(_DISCORD_ROUTES)
            else:
                method, route = None, self._chance.choice(_SLACK_ROUTES)
            if route in self._waiting:  # faults for what is seldom called must not pile up
                method, route = _USUAL[platform]
            mine = replace(fault)  # one of its own, to be counted by its name
            self._names[id(mine)] = f"{platform} REST: {name}"
            self._queued.append(mine)  # its id stays its own
            self._waiting.add(route)
            standin.faults.add(mine, method=method, route=route, when=self._met)

        return inject

    def _met(self, call: Call) -> bool:
        self._waiting.discard(call.route)
        return True

    async def _session_times_out(self) -> None:
        # Discord keeps no session that it has closed with 4009.
        for session in self._discord.gateway.connected:
            self._discord.gateway.sessions.pop(session.id)
            if session.ws is not None:
                await session.ws.close(code=4009)

    async def _expire(self) -> None:
        self._slack.to_expire += 1

    async def _hang_up(self) -> None:
        self._slack.to_hang_up += 1

    async def _lock(self) -> None:
        self._locks += 1
        async with self._store_turn:
            await self._store.lock(LOCKED_FOR_S[self._locks % len(LOCKED_FOR_S)])

    async def _restart(self) -> None:
        async with self._store_turn:
            await self._store.restart()

    async def _change(self) -> None:
        self._revision += 1
        await asyncio.to_thread(change_credit, self._documents, f"Revision {self._revision}.")


def _without_header() -> Fault:
    return replace(discord.rate_limited(from_discord=False), headers={})


def _call(work: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def called() -> None:
        work()

    return called
