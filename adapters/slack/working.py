"""The work that an event asks for, and when the event is acknowledged."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from slack_bolt.response import BoltResponse

from adapters.closing import finish

log = logging.getLogger(__name__)

WORK_FIRST = 2.0
"""Seconds after its arrival until which the acknowledgement waits for the work. Slack waits for
three, and over HTTP it has to be noted still that an event is done."""
acknowledge_by: ContextVar[float] = ContextVar("acknowledge_by", default=0.0)
"""Until when an acknowledgement may wait for the work, by the event loop's clock."""

about_to_send: ContextVar[asyncio.Event | None] = ContextVar("about_to_send", default=None)
"""Where it is there, the acknowledgement waits for the work no longer than until it is set."""

Work = Callable[..., Awaitable[None]]
"""A listener that says nothing to Slack by itself."""


def now_sending() -> None:
    """The work has come to what Slack does not do once only: from here it must not be done again.

    Where nobody remembers from one process to the next what was done, it is acknowledged now.
    """
    if sending := about_to_send.get():
        sending.set()


class Working:
    """Begins the work of events, and acknowledges each.

    Bolt's own listeners that go on after the acknowledgement get deep copies of everything, and
    connections cannot be copied.
    """

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    def register(self, matched: Any, work: Work) -> None:
        """Have the work done for all that bolt has `matched`."""

        @functools.wraps(work)  # bolt looks at it to see what it takes
        async def listener(**given: Any) -> BoltResponse:
            return await self.begin(work(**given))

        matched(listener)

    async def begin(self, work: Awaitable[None]) -> BoltResponse:
        """Begin work; the acknowledgement, which waits for it for as long as it may."""
        task = asyncio.ensure_future(work)
        self._keep(task)
        left = acknowledge_by.get() - asyncio.get_running_loop().time()
        if left > 0:
            waited_for: list[asyncio.Future[Any]] = [task]
            if sending := about_to_send.get():
                waited_for.append(asyncio.ensure_future(sending.wait()))
            await asyncio.wait(waited_for, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            for each in waited_for[1:]:
                each.cancel()
        return BoltResponse(status=200)

    def join(self) -> None:
        """Have `finish` wait for the task that calls this as well."""
        task = asyncio.current_task()
        assert task is not None  # nothing else can await
        self._keep(task)

    async def finish(self) -> None:
        """Wait a while for what goes on: Slack repeats no command, and nothing acknowledged."""
        await finish(self._under_way)

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._under_way.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("an event from Slack failed", exc_info=error)
