"""Closing an adapter: tasks under way are finished first, since nobody else would answer them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Set as AbstractSet
from typing import Any

log = logging.getLogger(__name__)

FINISHED_WITHIN = 2.5
"""Seconds that tasks under way may take to end when an adapter is closed."""


async def finish(under_way: AbstractSet[asyncio.Task[Any]]) -> None:
    """Wait until a set of tasks is empty, for at most `FINISHED_WITHIN` seconds.

    Tasks are expected to remove themselves, and may be added meanwhile. Those that take longer are
    logged, and are not cancelled here.
    """
    try:
        async with asyncio.timeout(FINISHED_WITHIN):
            while under_way:
                await asyncio.wait(under_way)
    except TimeoutError:
        log.warning("answers under way that were not finished in time: %d", len(under_way))
