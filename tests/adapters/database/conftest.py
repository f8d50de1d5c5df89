"""The store of posts, under a clock that the test sets."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from adapters.database import engine, sqlite
from adapters.database.engine import Database
from adapters.database.posts import SqlPostStore
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    """Its zone is not UTC, to see that the store minds."""
    return Clock(datetime(2026, 3, 1, 0, 30, 15, 123456, timezone(timedelta(hours=2))))


@pytest.fixture
def store(database: Database, clock: Clock) -> SqlPostStore:
    return SqlPostStore(database, clock)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried again at once, so that giving up takes no time."""
    monkeypatch.setattr(engine, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.01)
