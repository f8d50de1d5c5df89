"""What both stand-ins share, and what the fixtures promise where the schemas are absent."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.standins.base import StandIn, UnansweredError
from tests.standins.discord import DiscordStandIn
from tests.standins.recording import slow
from tests.standins.slack import SlackStandIn

TESTS = Path(__file__).parents[1]

BOTH = pytest.mark.parametrize("make", [DiscordStandIn, SlackStandIn])


@BOTH
async def test_a_stopped_stand_in_refuses_connections_until_it_is_back(
    make: type[StandIn],
) -> None:
    async with make() as standin, aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.get(f"{standin.url}/nowhere") as response:
                assert response.status in (401, 404)
            await standin.stop()
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.get(f"{standin.url}/nowhere")
            await standin.start()


@BOTH
async def test_stopping_twice_is_harmless(make: type[StandIn]) -> None:
    standin = make()
    await standin.stop()
    async with standin:
        await standin.stop()


@BOTH
async def test_waiting_in_vain_names_what_was_awaited(make: type[StandIn]) -> None:
    with pytest.raises(UnansweredError, match=r"waited 0\.01 s in vain for a miracle"):
        await make().until(lambda: False, "a miracle", timeout=0.01)


@pytest.mark.parametrize(
    ("make", "route", "there"),
    [
        (DiscordStandIn, "/channels/{id}/message", "/channels/{channel_id}/messages"),
        (SlackStandIn, "chat.postmessage", "chat.postMessage"),
    ],
)
def test_a_route_that_does_not_exist_is_no_silent_zero(
    make: type[StandIn], route: str, there: str
) -> None:
    with pytest.raises(ValueError, match=f"no route '{re.escape(route)}'; .*{re.escape(there)}"):
        make().requests_to("POST", route)
    with pytest.raises(ValueError, match="no route"):
        make().faults.add(slow(1), route=route)


def test_the_names_in_a_routes_braces_are_free() -> None:
    assert DiscordStandIn().requests_to("PUT", "/applications/{id}/commands") == []


# A clone without the schemas beside it, in which these tests run.

CLONE_TESTS = """
from tests.contracts import Problem, discord
from tests.standins.recording import Violation

def test_limits():
    assert list(discord.message({"content": "x" * 2001, "allowed_mentions": {"parse": []}}))

def test_schema(contracts):
    raise AssertionError("the fixture lets this run without the schemas")

async def test_violation(discord_standin):
    discord_standin.violations.append(Violation("POST /x", Problem("content", "too long")))
"""


def run_in_clone(folder: Path, **environment: str) -> str:
    """What pytest prints for those tests in a copy of this repository's stand-ins."""
    clone = folder / "clone"
    for package in ("standins", "contracts"):
        shutil.copytree(TESTS / package, clone / "tests" / package)
    (clone / "conftest.py").write_text('pytest_plugins = ["tests.standins.fixtures"]\n')
    (clone / "tests" / "test_clone.py").write_text(CLONE_TESTS)
    options = ["-o", "asyncio_mode=auto", "-o", "pythonpath=.", "-rs", "--import-mode=importlib"]
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "tests"],
        cwd=clone,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.stdout


def test_a_clone_without_the_schemas_says_what_it_skips_and_still_checks_limits(
    tmp_path: Path,
) -> None:
    output = run_in_clone(tmp_path, LDN_TESTS_REQUIRE="")
    assert "2 passed, 1 skipped, 1 error" in output
    reason = "the published schemas are not beside this repository (../shared/contracts)"
    assert output.count(f"contracts: {reason}") == 2  # at the top, and beside the skipped test
    assert "contract violations:\n  POST /x: content: too long" in output


def test_a_run_that_requires_the_schemas_fails_without_them(tmp_path: Path) -> None:
    output = run_in_clone(tmp_path, LDN_TESTS_REQUIRE="postgres, contracts")
    assert "1 passed, 2 errors" in output
    assert "LDN_TESTS_REQUIRE requires contracts: the published schemas are not" in output
