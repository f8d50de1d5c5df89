"""Load: events sent to a bot by the round, each timed until its answer has come.

`Load` is what both platforms share. It listens on a port of its own, knows one client, and lives
in the benchmark's process; what is measured lives in another.
"""

from __future__ import annotations

import asyncio
import gc
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tests.benchmarks.wire import Socket

KEY = b"@KEY@"
"""Stands in an event for what tells it from all others; twenty digits at most."""
BREATH_S = 0.002
"""Seconds between an answer and the next event where one at a time is sent: what a bot does after
its answer is not part of the next one."""
PATIENCE_S = 60.0
FIRST_KEY = 10**18


@dataclass(frozen=True)
class Round:
    """What was measured: seconds from event to answer, and from the first event to the end.

    `generator` is the share of that time in which this process was busy.
    """

    times: list[float]
    seconds: float
    generator: float

    @property
    def a_second(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds


class Load(ABC):
    """Sends events to one bot."""

    def __init__(self) -> None:
        self.port = 0
        self.connected = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._key = FIRST_KEY
        self._sent: dict[str, float] = {}
        self._times: list[float] = []
        self._answer = b""
        self._events: Sequence[bytes] = ()
        self._left = 0
        self._breathes = False
        self._finished: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Socket(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    async def ask(self, event: bytes) -> bytes:
        """Send one event; the body of its answer."""
        await self.round([event], 1, 1)
        return self._answer

    async def round(self, events: Sequence[bytes], count: int, in_flight: int) -> Round:
        """Send `count` events, in turns those given, at most `in_flight` of them unanswered.

        Raises:
            TimeoutError: some were not answered.
        """
        assert not self._sent
        self._events, self._times = events, []
        self._left, self._breathes = count, in_flight == 1
        self._finished = asyncio.get_running_loop().create_future()
        gc.disable()
        began, busy = time.perf_counter(), time.process_time()
        try:
            for _ in range(min(in_flight, count)):
                self._next()
            await asyncio.wait_for(self._finished, PATIENCE_S)
        finally:
            gc.enable()
        seconds = time.perf_counter() - began
        return Round(self._times, seconds, (time.process_time() - busy) / seconds)

    @abstractmethod
    def send(self, key: str, event: bytes) -> None:
        """Send an event; what tells it apart has taken the place of `KEY`."""

    @abstractmethod
    def requested(self, method: str, path: str, body: bytes, at: float) -> bytes:
        """See `wire.Handler`."""

    @abstractmethod
    def opened(self, socket: Socket) -> None:
        """See `wire.Handler`."""

    @abstractmethod
    def heard(self, socket: Socket, text: bytes, at: float) -> None:
        """See `wire.Handler`."""

    @abstractmethod
    def closed(self, socket: Socket) -> None:
        """See `wire.Handler`."""

    def answered(self, key: str, answer: bytes, at: float) -> None:
        """The answer to an event has come. A second one to the same event is an error."""
        self._times.append(at - self._sent.pop(key))
        self._answer = answer
        loop = asyncio.get_running_loop()
        if self._left:
            if self._breathes:
                loop.call_later(BREATH_S, self._next)
            else:
                # After the response to this answer, so that the bot can go on.
                loop.call_soon(self._next)
        elif not self._sent and self._finished is not None:
            self._finished.set_result(None)

    def _next(self) -> None:
        if not self._left:
            return
        self._left -= 1
        self._key += 1
        key = str(self._key)
        event = self._events[self._left % len(self._events)].replace(KEY, key.encode())
        self._sent[key] = time.perf_counter()
        self.send(key, event)
