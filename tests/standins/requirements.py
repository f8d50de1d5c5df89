"""Tests that need something which a clone may lack: skipped in plain sight, or failed on demand.

``LDN_TESTS_REQUIRE=contracts,postgres`` names what must be there: then a missing one fails the test
instead of skipping it, so that a run that is meant to be complete cannot quietly be less.
"""

from __future__ import annotations

import os

import pytest

VARIABLE = "LDN_TESTS_REQUIRE"


def required(name: str) -> bool:
    """Whether this run insists on ``name``."""
    return name in {word.strip() for word in os.environ.get(VARIABLE, "").split(",")}


def need(name: str, available: bool, why_not: str) -> None:
    """Skip the running test with ``why_not`` unless ``available``; fail where it is required."""
    if available:
        return
    if required(name):
        pytest.fail(f"{VARIABLE} requires {name}: {why_not}", pytrace=False)
    pytest.skip(f"{name}: {why_not}")
