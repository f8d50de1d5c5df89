"""`ldn-bot doctor`: settings and tokens that cannot be right, told without repeating them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.doctor import Level
from tests.bot.examining import (
    APP_TOKEN,
    BOT_TOKEN,
    DISCORD_TOKEN,
    ID,
    SECRET,
    SIGNING_SECRET,
    SLACK,
    faultless,
    found,
    one,
)


@pytest.fixture
def garden(tmp_path: Path) -> dict[str, str]:
    return faultless(tmp_path)


async def test_each_wrong_setting_is_a_fault_of_its_own(garden: dict[str, str]) -> None:
    wrong = garden | {"LDN_LOG_LEVEL": "loud", "LDN_SLACK_API_URL": SECRET}
    findings = await found(wrong, "settings")
    assert [finding.level for finding in findings] == [Level.FAULT] * 2
    assert "LDN_LOG_LEVEL" in findings[0].text


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LDN_DOCUMENT", "LDN_DOCUMENTS"),
        ("DISCORD_TOKENS", "DISCORD_TOKEN"),
        ("SLACK_APPTOKEN", "SLACK_APP_TOKEN"),
    ],
)
async def test_a_variable_with_a_slip_in_its_name_is_named(
    garden: dict[str, str], name: str, meant: str
) -> None:
    finding = await one(garden | {name: SECRET}, "settings")
    assert finding.level is Level.WARNING
    assert finding.text == f"{name} is no setting of the bot. Did you mean {meant}?"


async def test_variables_of_other_programs_are_nothing_to_warn_of(garden: dict[str, str]) -> None:
    others = dict.fromkeys(["PATH", "LDN_TESTS_REQUIRE", "SLACK_WEBHOOK", "MY_DISCORD_TOKEN"], "x")
    assert (await one(garden | others, "settings")).level is Level.OK


async def test_tokens_of_the_right_form_are_ok(garden: dict[str, str]) -> None:
    tokens = garden | SLACK | {"DISCORD_TOKEN": DISCORD_TOKEN}
    assert (await one(tokens, "discord")).level is Level.OK
    assert (await one(tokens, "slack")).level is Level.OK
    assert await found(tokens, "platforms") == []


async def test_over_http_what_is_not_used_is_not_judged(garden: dict[str, str]) -> None:
    http = garden | {"SLACK_SIGNING_SECRET": SIGNING_SECRET}
    bot = {"SLACK_BOT_TOKEN": SLACK["SLACK_BOT_TOKEN"]}
    assert (await one(http | bot | {"SLACK_APP_TOKEN": "nonsense"}, "slack")).level is Level.OK
    assert (await one(http | {"SLACK_BOT_TOKEN": "nonsense"}, "slack")).level is Level.FAULT
    many = {
        "SLACK_CLIENT_ID": "1",
        "SLACK_CLIENT_SECRET": "s",
        "LDN_ENCRYPTION_KEYS": "x" * 43 + "=",
    }
    assert (await one(http | many, "slack")).level is Level.OK


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (BOT_TOKEN, "a token of Slack"),
        (f"Bot {DISCORD_TOKEN}", "the word Bot"),
        ("123456789012345678", "an id"),
        (f"client-{SECRET}", "three parts"),
        (f"{ID}.{SECRET}", "three parts"),
        (f"{DISCORD_TOKEN}.more", "three parts"),
        (f"{ID}..{SECRET}", "three parts"),
        (f"'{DISCORD_TOKEN}'", "quotes"),
        (DISCORD_TOKEN.replace(".", ". "), "blanks"),
        (DISCORD_TOKEN[3:], "cut off"),
        (f"eyJhbGciOiJIUzI1NiJ9.e30.{SECRET}", "another kind"),
    ],
)
async def test_a_discord_token_that_cannot_be_one_is_a_fault(
    garden: dict[str, str], token: str, says: str
) -> None:
    finding = await one(garden | {"DISCORD_TOKEN": token}, "discord")
    assert finding.level is Level.FAULT
    assert says in finding.text


@pytest.mark.parametrize(
    ("bot_token", "app_token", "says"),
    [
        (APP_TOKEN, BOT_TOKEN, ["swapped"]),
        (BOT_TOKEN, BOT_TOKEN, ["SLACK_APP_TOKEN holds a bot token"]),
        (APP_TOKEN, APP_TOKEN, ["SLACK_BOT_TOKEN holds an app-level token"]),
        (f"xoxp-{SECRET}", APP_TOKEN, ["SLACK_BOT_TOKEN holds a user's token"]),
        (f"xoxe.xoxp-{SECRET}", APP_TOKEN, ["SLACK_BOT_TOKEN holds a token for configuration"]),
        (SECRET, SECRET, ["SLACK_BOT_TOKEN does not begin", "SLACK_APP_TOKEN does not begin"]),
        ("xoxb-", APP_TOKEN, ["SLACK_BOT_TOKEN is cut off"]),
        (BOT_TOKEN, f"{APP_TOKEN}'", ["SLACK_APP_TOKEN is cut off, or holds quotes"]),
        (BOT_TOKEN, "", ["SLACK_APP_TOKEN is missing"]),
        ("", APP_TOKEN, ["SLACK_BOT_TOKEN is missing"]),
    ],
)
async def test_slack_tokens_that_cannot_be_right_are_faults(
    garden: dict[str, str], bot_token: str, app_token: str, says: list[str]
) -> None:
    tokens = {"SLACK_BOT_TOKEN": bot_token, "SLACK_APP_TOKEN": app_token}
    findings = await found(garden | tokens, "slack")
    assert [finding.level for finding in findings] == [Level.FAULT] * len(says)
    for finding, words in zip(findings, says, strict=True):
        assert words in finding.text


@pytest.mark.parametrize(
    ("secret", "level", "says"),
    [
        (APP_TOKEN, Level.FAULT, "holds an app-level token"),
        (BOT_TOKEN, Level.FAULT, "holds a bot token"),
        ("f" * 32, Level.FAULT, "holds the client secret"),
        ("•" * 32, Level.FAULT, "the dots that hide it"),
        (f"{SIGNING_SECRET[:16]} {SIGNING_SECRET[16:]}", Level.FAULT, "blanks"),
        (SECRET, Level.WARNING, "does not look like one"),
        (SIGNING_SECRET[1:], Level.WARNING, "does not look like one"),
    ],
)
async def test_a_signing_secret_that_cannot_be_one_is_a_fault_and_an_unusual_one_a_warning(
    garden: dict[str, str], secret: str, level: Level, says: str
) -> None:
    many = {
        "SLACK_CLIENT_ID": "1",
        "SLACK_CLIENT_SECRET": "f" * 32,
        "LDN_ENCRYPTION_KEYS": "x" * 43 + "=",
    }
    finding = await one(garden | many | {"SLACK_SIGNING_SECRET": secret}, "slack")
    assert finding.level is level
    assert says in finding.text
    assert "Signing Secret, Show" in finding.text
    assert secret not in finding.text
