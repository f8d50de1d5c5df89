"""Tunes Python's garbage collector for a process that runs for a long time."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

COLLECT_AFTER = 20_000
"""New objects after which the collector runs. With Python's default of 700, it would run several
times during one answer, and take a fifth of its time."""


def freeze() -> None:
    """Exclude all present objects from garbage collection.

    Call it again after many of them were replaced. It takes some hundredths of a second.
    """
    gc.set_threshold(COLLECT_AFTER)
    gc.unfreeze()
    collect()
    gc.freeze()


def collect() -> None:
    """Collect garbage, and return free memory to the system where glibc is used.

    Without that, glibc keeps free memory between used pieces, and its amount grows by the hour. It
    takes some thousandths of a second.
    """
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
