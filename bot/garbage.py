"""Python's garbage collector, told what a service that runs for years is like."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

COLLECT_AFTER = 20_000
"""Objects made, and not gone by themselves, after which the collector looks at them. With Python's
700 it would look several times during one answer, and take a fifth of its time."""


def settle() -> None:
    """Take whatever is in memory now as there to stay.

    The collector looks at it no more; only at what is made from now on. To be called again where
    much of it was replaced. It takes some hundredths of a second.
    """
    gc.set_threshold(COLLECT_AFTER)
    gc.unfreeze()
    tidy()
    gc.freeze()


def tidy() -> None:
    """Collect what was made since, and give memory that is free back to the system.

    Without the latter, glibc keeps what lies between pieces that are in use, more by the hour.
    Elsewhere there is no such call. It takes some thousandths of a second.
    """
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
