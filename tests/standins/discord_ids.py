"""Ids and times as Discord writes them."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime

_EPOCH_MS = 1_420_070_400_000
_serial = itertools.count()


def snowflake() -> str:
    """A fresh id whose upper bits hold the present time, as Discord's do."""
    return str((int(time.time() * 1000) - _EPOCH_MS << 22) | next(_serial) & 0x3FFFFF)


def now() -> str:
    """The present moment as Discord writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
