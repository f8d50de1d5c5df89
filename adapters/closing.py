"""Closing an adapter: what is under way comes to its end first, for nobody else will answer it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Set as AbstractSet
from typing import Any

log = logging.getLogger(__name__)

FINISHED_WITHIN = 2.5
"""Seconds that what is under way has to come to its end."""


async def finish(under_way: AbstractSet[asyncio.Task[Any]]) -> None:
    """Wait a while for all tasks of a set, also for those that join it meanwhile.

    Those that take longer are left to whoever ends the process.
    """
    try:
        async with asyncio.timeout(FINISHED_WITHIN):
            while under_way:
                await asyncio.wait(under_way)
    except TimeoutError:
        log.warning("answers under way that were not finished in time: %d", len(under_way))
