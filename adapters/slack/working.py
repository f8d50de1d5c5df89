"""The work that an event asks for, and when the event is acknowledged."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.response import BoltResponse

from adapters.closing import finish

log = logging.getLogger(__name__)

Work = Callable[..., Awaitable[None]]
"""A listener that says nothing to Slack by itself."""


class Working:
    """Begins the work of events, and acknowledges each.

    Bolt's own listeners that go on after the acknowledgement get deep copies of everything, and
    connections cannot be copied.

    Args:
        patience: seconds that an acknowledgement waits for the work, at most.
    """

    def __init__(self, patience: float = 0.0) -> None:
        self._patience = patience
        self._under_way: set[asyncio.Task[None]] = set()

    def register(self, matched: Any, work: Work) -> None:
        """Have the work done for all that bolt has `matched`."""

        @functools.wraps(work)  # bolt looks at it to see what it takes
        async def listener(**given: Any) -> BoltResponse:
            task = asyncio.ensure_future(work(**given))
            self._under_way.add(task)
            task.add_done_callback(self._done)
            if self._patience:
                await asyncio.wait([task], timeout=self._patience)
            return BoltResponse(status=200)

        matched(listener)

    async def finish(self) -> None:
        """Wait a while for what goes on: it has been acknowledged, so Slack does not repeat it."""
        await finish(self._under_way)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("an event from Slack failed", exc_info=error)
