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

acknowledge_by: ContextVar[float] = ContextVar("acknowledge_by", default=0.0)
"""Until when the acknowledgement may wait for the task, in the event loop's seconds. By default it
does not wait."""

Work = Callable[..., Awaitable[None]]
"""A listener without an acknowledgement; its arguments are those that bolt offers, by name."""


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

        That waits for the task to end until `acknowledge_by`, and not at all if that is over.
        """
        task = asyncio.ensure_future(work)
        self._keep(task)
        left = acknowledge_by.get() - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.wait([task], timeout=left)
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
