"""A clock for tests."""

from __future__ import annotations

from datetime import datetime, timedelta


class Clock:
    """Says what time it is, and goes when it is told to: no test waits for time to pass."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by
