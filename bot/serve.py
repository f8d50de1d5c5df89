"""One process, every platform side by side: one that fails does not take the others along."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping

import tenacity

from bot.bootstrap import Adapter
from knowledge.errors import PlatformError

log = logging.getLogger(__name__)

CLOSE_TIMEOUT = 4.0
"""Seconds that the platforms have to say goodbye once the process is asked to end."""
LONGEST_WAIT = 60.0
"""Seconds between two attempts, at most, while a platform cannot be reached."""


async def serve(adapters: Mapping[str, Callable[[], Adapter]]) -> bool:
    """Serve until SIGTERM or Ctrl-C, or until no platform is left.

    Returns:
        Whether it ended because it was asked to.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    platforms = [
        asyncio.create_task(_keep_running(name, make), name=name) for name, make in adapters.items()
    ]
    stopping = asyncio.create_task(stop.wait(), name="stop")
    everything = asyncio.gather(*platforms)
    await asyncio.wait((stopping, everything), return_when=asyncio.FIRST_COMPLETED)
    asked = stop.is_set()
    if asked:
        log.info("stopping")
    for task in (stopping, *platforms):
        task.cancel()
    await asyncio.wait((stopping, *platforms), timeout=CLOSE_TIMEOUT)
    return asked


async def _keep_running(name: str, make: Callable[[], Adapter]) -> None:
    """Run a platform; start it anew when it breaks, with growing pauses; give up when refused."""
    attempts = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_not_exception_type((PlatformError, asyncio.CancelledError)),
        wait=tenacity.wait_random_exponential(max=LONGEST_WAIT),
        before_sleep=lambda state: _report(name, state),
    )
    try:
        async for attempt in attempts:
            with attempt:
                await make().run()
    except PlatformError as refused:
        log.error("%s", refused)


def _report(name: str, state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("%s cannot be reached; trying again (%s)", name, type(error).__name__)
