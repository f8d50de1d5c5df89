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
    """Wait a while for tasks; those that take longer are left to whoever ends the process."""
    if not under_way:
        return
    _, left = await asyncio.wait(under_way, timeout=FINISHED_WITHIN)
    if left:
        log.warning("%d answers under way were not finished in time", len(left))
