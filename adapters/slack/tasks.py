"""EventTasks: runs what an event asks for as a task, and acknowledges the event."""

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
"""Seconds, from an event's arrival, that its acknowledgement waits for the work. Slack waits for
three; over HTTP the rest is for recording that the event is done."""
acknowledge_by: ContextVar[float] = ContextVar("acknowledge_by", default=0.0)
"""Until when the acknowledgement may wait for the task, in the event loop's seconds. By default it
does not wait."""

about_to_send: ContextVar[asyncio.Event | None] = ContextVar("about_to_send", default=None)
"""If there is one, the acknowledgement does not wait any longer once it is set; see `now_sending`.
"""

Work = Callable[..., Awaitable[None]]
"""A listener without an acknowledgement; its arguments are those that bolt offers, by name."""


def now_sending() -> None:
    """Called by work just before it sends what Slack would accept twice: it must not be repeated.

    If no store remembers what was done from one process to the next, it is acknowledged now.
    """
    if sending := about_to_send.get():
        sending.set()


async def in_step() -> None:
    """Wait until all events that came together have got as far as this one.

    Each step is then done for all of them in a row, while its code is in the processor's cache:
    with a hundred questions in flight, a process answers half as many more in a second.
    """
    await asyncio.sleep(0)


class EventTasks:
    """Runs the listeners of events as tasks, and acknowledges each event.

    Bolt's own lazy listeners, which also go on after the acknowledgement, get deep copies of their
    arguments, and connections cannot be copied.
    """

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    def register(self, matched: Any, work: Work) -> None:
        """Register `work` with a decorator of bolt's, such as `app.action(...)`."""

        @functools.wraps(work)  # bolt reads the names of its arguments
        async def listener(**given: Any) -> BoltResponse:
            return await self.start(work(**given))

        matched(listener)

    async def start(self, work: Awaitable[None]) -> BoltResponse:
        """Start `work` as a task, and return the acknowledgement.

        That waits until the task ends or calls `now_sending`, at most until `acknowledge_by`.
        """
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

    def add_current(self) -> None:
        """Let `finish` also wait for the task that calls this."""
        task = asyncio.current_task()
        assert task is not None  # it is called from a coroutine
        self._keep(task)

    async def finish(self) -> None:
        """Wait a while for the tasks (`adapters.closing`): Slack does not repeat their events."""
        await finish(self._under_way)

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._under_way.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("an event from Slack failed", exc_info=error)
