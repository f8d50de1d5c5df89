"""Fixtures: a running stand-in for each platform, and the published contracts.

Load with ``pytest_plugins = ["tests.standins.fixtures"]`` in the root ``conftest.py``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.contracts import contracts_available, why_unavailable
from tests.standins.base import StandIn
from tests.standins.discord import DiscordStandIn
from tests.standins.requirements import need, required
from tests.standins.slack import SlackStandIn


def pytest_report_header() -> str | None:
    """Say at the top of the run that bodies are checked against limits only."""
    return None if contracts_available() else f"contracts: {why_unavailable()}"


@pytest.fixture
def contracts() -> None:
    """For tests that are about the published schemas: skipped, visibly, where they are absent."""
    need("contracts", contracts_available(), why_unavailable())


@pytest_asyncio.fixture
async def discord_standin() -> AsyncIterator[DiscordStandIn]:
    """A running stand-in Discord; the test fails where a body that it got breaks a contract."""
    _refuse_unchecked()
    async with DiscordStandIn() as standin:
        yield standin
    fail_on_violations(standin)


@pytest_asyncio.fixture
async def slack_standin() -> AsyncIterator[SlackStandIn]:
    """A running stand-in Slack; the test fails where a body that it got breaks a contract."""
    _refuse_unchecked()
    async with SlackStandIn() as standin:
        yield standin
    fail_on_violations(standin)


def _refuse_unchecked() -> None:
    """Let no body pass unchecked where this run insists on the published schemas."""
    if required("contracts"):
        need("contracts", contracts_available(), why_unavailable())


def fail_on_violations(*standins: StandIn) -> None:
    """Fail the running test, naming every violation, where a stand-in has recorded any."""
    lines = [str(violation) for standin in standins for violation in standin.violations]
    if lines:
        pytest.fail("contract violations:\n  " + "\n  ".join(lines), pytrace=False)
