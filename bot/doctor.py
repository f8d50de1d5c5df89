"""`ldn-bot doctor`: checks everything that the bot needs, and says what to mend.

Each check is a function that returns findings. None creates a file or a database, changes a table
or sends a token, and no finding holds a secret.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import difflib
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs

from bot.files import is_there
from bot.settings import Settings, dotenv, repeated
from knowledge.errors import DocumentError, LdnBotError, SettingsError

OLDEST_PYTHON = (3, 11)
ROOM = 50 * 2**20
"""Bytes that should be free on the data folder's disk; what is learned from the shipped documents
needs two fifths of them."""
BLOCK = 4096
"""Bytes of a test file: enough that the file system has to allocate a block for it."""
CLOCK_OFF = timedelta(seconds=60)
"""A difference of clocks that slow answers and whole seconds do not explain: a warning."""
CLOCK_WRONG = timedelta(minutes=5)
"""Slack's limit for signed requests; with a larger difference the bot does not work: a fault."""
WRITTEN = 2026
"""The year of the first version; an earlier date means that the clock was never set."""
LASTS_UNTIL = 2100
REACHED_WITHIN_S = 10.0


class Level(StrEnum):
    """How serious a finding is: a fault keeps something from working, a warning may."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check, for an operator: what it is about, and what to mend."""

    about: str
    level: Level
    text: str

    def __str__(self) -> str:
        return f"{self.level:<8} {self.about}: {self.text}"

    def to_json(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return asdict(self)


def ok(about: str, text: str) -> Finding:
    """A finding that needs no action."""
    return Finding(about, Level.OK, text)


def warning(about: str, text: str) -> Finding:
    """A finding that somebody should look at."""
    return Finding(about, Level.WARNING, text)


def fault(about: str, text: str) -> Finding:
    """A finding that has to be mended."""
    return Finding(about, Level.FAULT, text)


async def examine(environment: Mapping[str, str] | None = None, *, online: bool) -> list[Finding]:
    """Run every check, in the order in which things are needed.

    Args:
        environment: the variables; None for the process's own and the file `.env`.
        online: whether to compare the clock with those of the connected platforms.
    """
    findings = [python(sys.version_info[:2]), clock(datetime.now(UTC))]
    try:
        settings = Settings.load(environment)
    except SettingsError as error:
        # Everything else depends on the settings.
        return findings + [fault("settings", line) for line in str(error).splitlines()]
    if environment is None:
        findings += secrecy(Path(".env")) + repetitions(repeated())
    findings += names({**dotenv(), **os.environ} if environment is None else environment)
    findings += tokens(settings)
    needed = [data_folder(settings.data)]
    needed += await asyncio.to_thread(documents, settings.documents)
    kept, readable = await store(settings)
    findings += [*needed, kept]
    if readable and not any(finding.level is Level.FAULT for finding in needed):
        findings.append(await posts(settings))
    if online:
        findings += await asyncio.gather(
            *(platform_clock(name, url) for name, url in _platforms(settings))
        )
    return findings


def python(version: Sequence[int]) -> Finding:
    """Whether this Python is new enough."""
    text = ".".join(map(str, version))
    if tuple(version) < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return fault("python", f"This is Python {text}. Install {oldest} or later.")
    return ok("python", f"Python {text}.")


def clock(now: datetime) -> Finding:
    """Whether the year is plausible."""
    if not WRITTEN <= now.year < LASTS_UNTIL:
        return fault(
            "clock", f"The year is {now.year} here. Set the clock, and have it kept by NTP."
        )
    return ok("clock", f"It is {now:%Y-%m-%d %H:%M} UTC.")


def secrecy(file: Path) -> list[Finding]:
    """Whether others on this machine can read the tokens."""
    if file.exists() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return [warning("settings", "Others can read .env, which holds tokens: chmod 600 .env")]
    return []


def repetitions(lines: Mapping[str, Sequence[int]]) -> list[Finding]:
    """A warning for each variable that is in `.env` more than once."""
    return [
        warning(
            "settings",
            f"{name} stands in .env more than once (lines {', '.join(map(str, numbers))}), and "
            "the last one counts, even if it is empty. Take out the others.",
        )
        for name, numbers in lines.items()
    ]


def names(environment: Iterable[str]) -> list[Finding]:
    """A warning for each variable whose name looks like a misspelt setting."""
    known = [field.metadata["variable"] for field in attrs.fields(Settings)]
    ours = ("LDN_", "DISCORD_", "SLACK_")
    misspelt = []
    for name in sorted(environment):
        if name.startswith(ours) and name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            misspelt += [
                warning("settings", f"{name} is no setting of the bot. Did you mean {right}?")
                for right in close
            ]
    return misspelt or [ok("settings", "They can be read.")]


# Tokens


def tokens(settings: Settings) -> list[Finding]:
    """Whether each token has the right form. No token is sent anywhere, or printed."""
    findings = []
    if settings.discord_token:
        wrong = _wrong_discord_token(settings.discord_token)
        findings.append(
            fault("discord", wrong) if wrong else ok("discord", "The token has the right form.")
        )
    if settings.slack_gap:
        findings.append(
            fault("slack", f"{settings.slack_gap} is missing. Set it (README, “Connect Slack”).")
        )
    elif settings.slack:
        # Over HTTP the app-level token is not used, and many workspaces have no token here.
        app_token = None if settings.slack_signing_secret else settings.slack_app_token
        mends = _wrong_slack_tokens(settings.slack_bot_token, app_token)
        found = [fault("slack", text) for text in mends]
        if settings.slack_signing_secret:
            found += _signing_secret(settings.slack_signing_secret, settings.slack_client_secret)
        findings += found or [ok("slack", "What it needs is there, and of the right form.")]
    return findings or [
        warning(
            "platforms",
            "No token is set, so the bot only talks on a terminal. Set DISCORD_TOKEN, or "
            "SLACK_BOT_TOKEN and SLACK_APP_TOKEN (README).",
        )
    ]


def _wrong_discord_token(token: str) -> str | None:
    if _slack_kind(token):
        return "DISCORD_TOKEN holds a token of Slack. Copy the one of Discord's page Bot."
    if token.lower().startswith("bot "):
        return "DISCORD_TOKEN begins with the word Bot. Leave it out."
    if token.isdecimal():
        return "DISCORD_TOKEN holds an id. Copy the token: page Bot, Reset Token."
    parts = token.split(".")
    if len(parts) != 3 or not all(re.fullmatch(r"[\w-]+", part, re.ASCII) for part in parts):
        return (
            "DISCORD_TOKEN is no bot token, which has three parts with dots between, without "
            "quotes or blanks. Copy it again: page Bot, Reset Token."
        )
    if not _base64(parts[0]).isdigit():
        return "DISCORD_TOKEN is cut off at its beginning, or of another kind. Copy it again."
    return None


def _base64(text: str) -> bytes:
    """The decoded bytes; empty if it is not Base64."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


_SLACK_KINDS = {
    "xoxb-": "a bot token",
    "xapp-": "an app-level token",
    "xoxp-": "a user's token",
    "xoxe": "a token for configuration",
}
_SLACK_PLACES = {
    "SLACK_BOT_TOKEN": ("xoxb-", "Install App, Bot User OAuth Token"),
    "SLACK_APP_TOKEN": ("xapp-", "Basic Information, App-Level Tokens"),
}


def _slack_kind(token: str) -> str | None:
    return next((prefix for prefix in _SLACK_KINDS if token.startswith(prefix)), None)


def _wrong_slack_tokens(bot_token: str | None, app_token: str | None) -> list[str]:
    """What is wrong with each of the tokens that are used (None: it is not)."""
    if (_slack_kind(bot_token or ""), _slack_kind(app_token or "")) == ("xapp-", "xoxb-"):
        return ["SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped. Exchange them."]
    wrong = []
    for (variable, (prefix, page)), token in zip(
        _SLACK_PLACES.items(), (bot_token, app_token), strict=True
    ):
        if token is None:
            continue
        kind = _slack_kind(token)
        if kind != prefix:
            holds = f"holds {_SLACK_KINDS[kind]}" if kind else f"does not begin with {prefix}"
            wrong.append(f"{variable} {holds}. Copy the one that begins with {prefix}: {page}.")
        elif not re.fullmatch(r"[\w-]+", token[len(prefix) :], re.ASCII):
            wrong.append(
                f"{variable} is cut off, or holds quotes or blanks. Copy it again: {page}."
            )
    return wrong


def _signing_secret(secret: str, client_secret: str | None) -> list[Finding]:
    """What is wrong with the signing secret. An unusual form is only a warning, because Slack does
    not document it.
    """
    where = "Basic Information, App Credentials, Signing Secret, Show"
    holds = None
    if kind := _slack_kind(secret):
        holds = _SLACK_KINDS[kind]
    elif secret == client_secret:
        holds = "the client secret"
    elif not re.fullmatch(r"[!-~]+", secret):
        holds = "blanks, or the dots that hide it"
    if holds:
        return [fault("slack", f"SLACK_SIGNING_SECRET holds {holds}. Copy it again: {where}.")]
    if not re.fullmatch(r"[0-9a-f]{32}", secret):
        return [
            warning(
                "slack",
                "SLACK_SIGNING_SECRET does not look like one, which has 32 characters, digits and "
                f"a to f. If commands fail on Slack, copy it again: {where}.",
            )
        ]
    return []


# What it needs to work


def data_folder(folder: Path) -> Finding:
    """Whether the data folder can be written or created; it is not created.

    A temporary file is written, because a full disk may still accept an empty file.
    """
    whole = folder.absolute()
    try:
        place = next(path for path in (whole, *whole.parents) if is_there(path))
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(bytes(BLOCK))
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(place).free
    except OSError as error:
        return fault(
            "data",
            f"{folder} cannot be written ({error.strerror}), so what is learned is not kept, and "
            "nothing can be shared. Make room, let this user write there, or set LDN_DATA to "
            "another folder.",
        )
    if free < ROOM:
        return warning("data", f"The disk that holds {folder} is nearly full. Make room.")
    made = "written" if place == whole else "made when it is needed"
    return ok("data", f"{folder} can be {made}.")


def documents(folder: Path) -> list[Finding]:
    """Whether the documents load and fit the platforms, and the help lines were verified lately."""
    from bot.documents import load_checked_library

    try:
        library = load_checked_library(folder)
    except DocumentError as error:
        count = len(error.problems)
        faults = "1 fault" if count == 1 else f"{count} faults"
        return [
            fault("documents", f"{faults} to mend; `ldn-bot check` names all: {error.problems[0]}")
        ]
    served = ", ".join(f"/{document.command}" for document in library.documents)
    findings = [ok("documents", f"They load and fit. Commands: {served}.")]
    if stale := len(library.warnings):
        lines = "1 help line was" if stale == 1 else f"{stale} help lines were"
        findings.append(
            warning(
                "help lines",
                f"{lines} never verified, or not for 180 days. `ldn-bot check` names them; how to "
                "verify them: docs/editors.md.",
            )
        )
    else:
        findings.append(ok("help lines", "Each was verified within 180 days."))
    return findings


async def store(settings: Settings) -> tuple[Finding, bool]:
    """Whether the store can be used; and whether its tables are those of this version."""
    from bot.bootstrap import database_is_missing

    if database_is_missing(settings):
        return ok("store", "Nothing is kept yet; the database is made when it is needed."), False

    from adapters.database import migrations
    from adapters.database.engine import version_at
    from adapters.database.errors import NEWER

    try:
        version = await version_at(settings.database_url, settings.data)
    except LdnBotError as error:
        return fault("store", str(error)), False
    if version > migrations.HEAD:
        return fault("store", NEWER), False
    if not version:
        return ok("store", "It can be used, and is empty."), False
    if version < migrations.HEAD:
        return warning(
            "store",
            f"The next start alters its tables ({version} to {migrations.HEAD}), and there is no "
            "way back. Make a backup now (docs/deploy.md).",
        ), False
    return ok("store", f"It can be used, and its tables are current ({version})."), True


async def posts(settings: Settings) -> Finding:
    """Whether the recorded posts are up to date; only if documents and store can be used."""
    from bot import bootstrap, documents

    try:
        desks = await asyncio.to_thread(documents.build_desks_read_only, settings)
        keeping = bootstrap.offline_keeper(settings, desks, publishing=False, read_only=True)
        async with keeping as keeper:
            posted = await keeper.posts()
            outdated = await keeper.outdated(posted)
    except LdnBotError as error:
        return fault("posts", str(error))
    if outdated:
        return warning(
            "posts",
            f"{len(outdated)} of {len(posted)} are not up to date. A bot that runs sees to them; "
            "if they stay: `ldn-bot pins --refresh`.",
        )
    return ok("posts", f"{len(posted)} recorded, all up to date.")


# The platforms


def _platforms(settings: Settings) -> list[tuple[str, str]]:
    """The name and the base address of each platform that is configured."""
    found = []
    if settings.discord_token:
        from discord.http import Route

        found.append(("Discord", settings.discord_api_url or Route.BASE))
    if settings.slack:
        from slack_sdk.web.async_client import AsyncWebClient

        found.append(("Slack", settings.slack_api_url or AsyncWebClient.BASE_URL))
    return found


async def platform_clock(name: str, url: str) -> Finding:
    """Whether a platform can be reached, and how much its clock differs from ours."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=REACHED_WITHIN_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            now, date = datetime.now(UTC), response.headers.get("Date", "")
    except (aiohttp.ClientError, TimeoutError, OSError):
        return warning(
            name.lower(),
            f"{name} cannot be reached. Let this machine make HTTPS connections outwards.",
        )
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return ok(name.lower(), f"{name} can be reached.")
    # One that names no zone, or `-0000`, is in UTC (RFC 5322, 3.3).
    return _compared(name, now - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)))


def _compared(name: str, ahead: timedelta) -> Finding:
    off = abs(ahead)
    if off <= CLOCK_OFF:
        return ok(name.lower(), f"{name} can be reached, and its clock agrees with ours.")
    say = fault if off > CLOCK_WRONG else warning
    seconds = round(off.total_seconds())
    way = "ahead of" if ahead > timedelta() else "behind"
    return say(
        "clock", f"The clock is {seconds} s {way} {name}'s. Set it, and have it kept by NTP."
    )
