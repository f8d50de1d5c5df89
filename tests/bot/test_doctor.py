"""`ldn-bot doctor`: what it finds, what it says to mend, and what it leaves alone."""

from __future__ import annotations

import base64
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import attrs
import pytest
import yaml
from aiohttp import web
from click.testing import CliRunner, Result
from sqlalchemy import text

from adapters.database import SQLITE_FILE, engine, migrations
from adapters.database.engine import open_database
from adapters.database.posts import SqlPostStore
from bot import doctor
from bot.backup import back_up_database, restore_database
from bot.cli import main
from bot.doctor import Finding, Level, examine
from bot.settings import Settings
from knowledge.compose import Composer
from knowledge.documents import SHIPPED
from knowledge.folder import load_library
from knowledge.posts import Place, Platform, Reservation, revision_of
from tests.documents import UNASKABLE, write_document

pytest_plugins = ["tests.adapters.postgres"]

ROOT = Path(__file__).parents[2]
SECRET = "nobody-must-see-this"
ID = base64.b64encode(b"123456789012345678").decode()
DISCORD_TOKEN = f"{ID}.GaBcDe.{SECRET}"
BOT_TOKEN = f"xoxb-1234-5678-{SECRET}"
APP_TOKEN = f"xapp-1-A123-456-{SECRET}"
SIGNING_SECRET = "0123456789abcdef" * 2
SLACK = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
SETTINGS = [field.metadata["variable"] for field in attrs.fields(Settings)]


@pytest.fixture
def garden(tmp_path: Path) -> dict[str, str]:
    """Settings of an installation at which nothing is wrong but that no token is set."""
    write_document(tmp_path / "documents")
    verify_help_lines(tmp_path / "documents", date.today())
    data = tmp_path / "data"
    data.mkdir()
    return {"LDN_DATA": str(data), "LDN_DOCUMENTS": str(tmp_path / "documents")}


def verify_help_lines(folder: Path, day: date) -> None:
    shipped = (SHIPPED / "helplines.yaml").read_text(encoding="utf-8")
    verified = re.sub(r"^( +verified:).*", rf"\1 {day}", shipped, flags=re.MULTILINE)
    (folder / "helplines.yaml").write_text(verified, encoding="utf-8")


async def found(
    environment: Mapping[str, str], about: str, *, online: bool = False
) -> list[Finding]:
    findings = await examine(environment, online=online)
    assert not any(SECRET in str(finding) for finding in findings)
    return [finding for finding in findings if finding.about == about]


async def one(environment: Mapping[str, str], about: str) -> Finding:
    [finding] = await found(environment, about)
    return finding


# The command


@pytest.fixture
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str, **settings: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments], env=settings)


@pytest.mark.usefixtures("nothing_set")
def test_without_any_setting_it_finds_no_fault_and_makes_nothing(tmp_path: Path) -> None:
    result = run()
    assert (result.exit_code, result.stderr) == (0, "")
    levels = {line.split()[0] for line in result.stdout.splitlines()}
    assert levels == {"ok", "warning"}
    assert "No token is set" in result.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("nothing_set")
def test_a_fault_is_a_line_with_its_mend_and_the_exit_status_is_1() -> None:
    result = run("--offline", DISCORD_TOKEN="123456789012345678")
    assert result.exit_code == 1
    mend = "fault    discord: DISCORD_TOKEN holds an id. Copy the token: page Bot, Reset Token."
    assert mend in result.stdout.splitlines()


@pytest.mark.usefixtures("nothing_set")
def test_a_line_of_dotenv_that_cannot_be_read_is_a_fault_and_ends_every_other_command(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text(f"DISCORD_TOKEN: {DISCORD_TOKEN}\n", encoding="utf-8")
    result = run("--offline")
    assert (result.exit_code, result.stderr) == (1, "")
    [fault] = [line for line in result.stdout.splitlines() if line.startswith("fault")]
    assert fault.startswith("fault    settings: Line 1 of the file .env cannot be read. ")
    for command in ("run", "ask", "pins", "backup x"):
        result = CliRunner().invoke(main, command.split())
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == fault.partition(": ")[2] + "\n"


@pytest.mark.usefixtures("nothing_set")
def test_as_json_each_line_is_one_finding() -> None:
    result = run("--json", "--offline", LDN_LOG_LEVEL="loud")
    findings = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(list(finding) == ["about", "level", "text"] for finding in findings)
    assert [f["level"] for f in findings if f["about"] == "settings"] == ["fault"]
    assert result.exit_code == 1


@pytest.mark.usefixtures("nothing_set")
@pytest.mark.parametrize(("mode", "level"), [(0o600, "ok"), (0o640, "warning"), (0o604, "warning")])
def test_a_dotenv_that_others_can_read_is_a_warning(tmp_path: Path, mode: int, level: str) -> None:
    (tmp_path / ".env").write_text(f"DISCORD_TOKEN={DISCORD_TOKEN}\n", encoding="utf-8")
    (tmp_path / ".env").chmod(mode)
    result = run("--offline")
    assert (f"{level:<8} settings" in result.stdout, SECRET in result.output) == (True, False)
    assert ("chmod 600 .env" in result.stdout) == (level == "warning")


@pytest.mark.usefixtures("nothing_set")
def test_a_misspelt_variable_in_dotenv_is_found_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LDN_DOCUMENT=/srv/documents\n", encoding="utf-8")
    assert "Did you mean LDN_DOCUMENTS?" in run("--offline").stdout


@pytest.mark.usefixtures("nothing_set")
def test_a_variable_that_stands_in_dotenv_twice_is_found_on_its_lines(tmp_path: Path) -> None:
    lines = [f"DISCORD_TOKEN={DISCORD_TOKEN}", "", "# a copy", "LDN_SHARE=", "DISCORD_TOKEN="]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    result = run("--offline")
    said = "DISCORD_TOKEN stands in .env more than once (lines 1, 5), and the last one counts"
    assert (said in result.stdout, "LDN_SHARE" in result.stdout) == (True, False)
    assert SECRET not in result.output


# Settings and tokens


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


# Python, the clock, the data folder


@pytest.mark.parametrize(
    ("version", "level"), [((3, 10), Level.FAULT), ((3, 11), Level.OK), ((4, 0), Level.OK)]
)
def test_an_older_python_is_a_fault(version: tuple[int, int], level: Level) -> None:
    assert doctor.python(version).level is level


@pytest.mark.parametrize(
    ("year", "level"),
    [(1970, Level.FAULT), (2025, Level.FAULT), (2026, Level.OK), (2100, Level.FAULT)],
)
def test_a_year_that_cannot_be_true_is_a_fault(year: int, level: Level) -> None:
    assert doctor.clock(datetime(year, 6, 1, tzinfo=UTC)).level is level


async def test_a_data_folder_that_is_not_there_yet_is_not_made(
    garden: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "not" / "there"
    assert (await one(garden | {"LDN_DATA": str(folder)}, "data")).level is Level.OK
    assert not folder.parent.exists()


@pytest.mark.parametrize("folder", ["a file", "a file/below", "/proc/none", UNASKABLE])
async def test_a_data_folder_that_cannot_be_written_is_a_fault(
    garden: dict[str, str], tmp_path: Path, folder: str
) -> None:
    (tmp_path / "a file").write_text("", encoding="utf-8")
    finding = await one(garden | {"LDN_DATA": str(tmp_path / folder)}, "data")
    assert finding.level is Level.FAULT
    assert "LDN_DATA" in finding.text


def test_a_data_folder_that_takes_a_name_and_no_content_is_a_fault(
    garden: dict[str, str],
) -> None:
    """As a full disk does; here the operating system allows this process no content of any file."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "doctor", "--offline"],
        cwd=ROOT,
        env=garden | {"PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"fault    data: {garden['LDN_DATA']} cannot be written (File too large)" in done.stdout


async def test_a_disk_that_is_nearly_full_is_a_warning(
    garden: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "ROOM", 2**80)
    assert (await one(garden, "data")).level is Level.WARNING


# Documents and help lines


async def test_faults_of_the_documents_are_counted_and_the_first_is_told(
    garden: dict[str, str],
) -> None:
    document = Path(garden["LDN_DOCUMENTS"]) / "garden.yaml"
    content = document.read_text(encoding="utf-8")
    document.write_text(
        content.replace("in the morning", "at night").replace("the leaves", "all leaves"),
        encoding="utf-8",
    )
    finding = await one(garden, "documents")
    assert finding.level is Level.FAULT
    count = int(finding.text.split()[0])
    assert count >= 2
    assert "garden.yaml:" in finding.text


async def test_a_folder_without_documents_is_a_fault(
    garden: dict[str, str], tmp_path: Path
) -> None:
    finding = await one(garden | {"LDN_DOCUMENTS": str(tmp_path / "data")}, "documents")
    assert finding.level is Level.FAULT
    assert finding.text.startswith("1 fault to mend")


@pytest.mark.parametrize(("days", "level"), [(180, Level.OK), (181, Level.WARNING)])
async def test_help_lines_verified_longer_than_180_days_ago_are_a_warning(
    garden: dict[str, str], days: int, level: Level
) -> None:
    verify_help_lines(Path(garden["LDN_DOCUMENTS"]), date.today() - timedelta(days=days))
    assert (await one(garden, "help lines")).level is level


async def test_help_lines_that_were_never_verified_are_counted(garden: dict[str, str]) -> None:
    (Path(garden["LDN_DOCUMENTS"]) / "helplines.yaml").unlink()  # the shipped ones, then
    lines = len(yaml.safe_load((SHIPPED / "helplines.yaml").read_text("utf-8"))["helplines"])
    finding = await one(garden, "help lines")
    assert finding.level is Level.WARNING
    assert finding.text.startswith(f"{lines} help lines were never verified")


# The store


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, garden: dict[str, str]) -> dict[str, str]:
    """Settings with a store of each kind."""
    if request.param == "postgresql":
        return garden | {"DATABASE_URL": request.getfixturevalue("postgres_url")}
    return garden


async def set_version(settings: Mapping[str, str], version: str) -> None:
    database = await open_database(settings.get("DATABASE_URL"), Path(settings["LDN_DATA"]))
    await database.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))
    await database.close()


async def test_a_database_that_does_not_exist_is_not_made(
    garden: dict[str, str], tmp_path: Path
) -> None:
    assert (await one(garden, "store")).level is Level.OK
    assert not any((tmp_path / "data").iterdir())


async def test_an_empty_postgresql_stays_empty(
    garden: dict[str, str], postgres_url: str, tmp_path: Path
) -> None:
    finding = await one(garden | {"DATABASE_URL": postgres_url}, "store")
    assert finding.level is Level.OK
    assert "is empty" in finding.text
    assert await engine.version_at(postgres_url, tmp_path) == ""


async def test_a_store_with_current_tables_is_ok(kept: dict[str, str]) -> None:
    await set_version(kept, migrations.HEAD)
    finding = await one(kept, "store")
    assert finding.level is Level.OK
    assert migrations.HEAD in finding.text


async def test_a_postgresql_that_only_lets_us_read_is_a_fault(
    garden: dict[str, str], postgres_url: str
) -> None:
    await set_version(garden | {"DATABASE_URL": postgres_url}, migrations.HEAD)
    read_only = f"{postgres_url}?default_transaction_read_only=on"
    finding = await one(garden | {"DATABASE_URL": read_only}, "store")
    assert finding.level is Level.FAULT
    assert "only lets us read" in finding.text


async def test_a_store_of_an_older_version_is_warned_of_and_left_as_it_is(
    kept: dict[str, str],
) -> None:
    await set_version(kept, "0001")
    finding = await one(kept, "store")
    assert finding.level is Level.WARNING
    assert f"(0001 to {migrations.HEAD})" in finding.text
    assert "backup" in finding.text
    data = Path(kept["LDN_DATA"])
    assert await engine.version_at(kept.get("DATABASE_URL"), data) == "0001"


async def test_a_store_of_a_newer_version_is_a_fault(kept: dict[str, str]) -> None:
    await set_version(kept, "9999")
    finding = await one(kept, "store")
    assert finding.level is Level.FAULT
    assert "newer version" in finding.text
    assert await found(kept, "posts") == []


async def test_a_store_that_cannot_be_looked_for_is_a_fault(garden: dict[str, str]) -> None:
    finding = await one(garden | {"LDN_DATA": f"{garden['LDN_DATA']}/{UNASKABLE}"}, "store")
    assert finding.level is Level.FAULT
    assert "LDN_DATA" in finding.text


async def test_a_damaged_database_is_a_fault(garden: dict[str, str]) -> None:
    (Path(garden["LDN_DATA"]) / SQLITE_FILE).write_bytes(b"no database" * 100)
    finding = await one(garden, "store")
    assert finding.level is Level.FAULT
    assert "Put a backup in its place" in finding.text


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"postgresql://ldn:{SECRET}@127.0.0.1:1/ldn", "cannot be reached"),
        (f"mysql://ldn:{SECRET}@127.0.0.1/ldn", "cannot be used as it is"),
        (f"postgresql://ldn:{SECRET}@127.0.0.1:65536/ldn", "cannot be used as it is"),
        (f"postgresql://ldn:{SECRET}@127.0.0.1/ldn?sslmode=some", "cannot be used as it is"),
    ],
)
async def test_a_postgresql_that_cannot_be_used_is_a_fault_that_does_not_tell_the_password(
    garden: dict[str, str], monkeypatch: pytest.MonkeyPatch, url: str, says: str
) -> None:
    monkeypatch.setattr(engine, "FIRST_WAIT_S", 0.001)
    finding = await one(garden | {"DATABASE_URL": url}, "store")
    assert finding.level is Level.FAULT
    assert says in finding.text


async def test_a_database_in_use_by_a_bot_is_ok(garden: dict[str, str]) -> None:
    await set_version(garden, migrations.HEAD)
    file = Path(garden["LDN_DATA"]) / SQLITE_FILE
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("DELETE FROM posts")  # what is written is in the log that the file has now
        assert (await one(garden, "store")).level is Level.OK


# What is posted


async def post(settings: Mapping[str, str], section: str, revision: str) -> None:
    database = await open_database(settings.get("DATABASE_URL"), Path(settings["LDN_DATA"]))
    store = SqlPostStore(database)
    place = Place(Platform.SLACK, "T1", "C1")
    reservation = await store.reserve(place, "garden", section, section)
    assert isinstance(reservation, Reservation)
    await store.record(reservation, f"message of {section}", revision)
    await database.close()


async def test_outdated_posts_are_counted_with_the_command_that_mends_them(
    kept: dict[str, str],
) -> None:
    [document] = load_library(Path(kept["LDN_DOCUMENTS"])).documents
    water = Composer(document).section(document.by_id["water"])
    await post(kept, "water", revision_of(water))
    assert await one(kept, "posts") == Finding("posts", Level.OK, "1 recorded, all up to date.")

    await post(kept, "winter", "as it was last year")
    finding = await one(kept, "posts")
    assert finding.level is Level.WARNING
    assert finding.text.startswith("1 of 2 are not up to date.")
    assert "ldn-bot pins --refresh" in finding.text


JOURNAL = slice(18, 20)
"""Where a file of SQLite says which kind of log is kept beside it."""


def made(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """What is in a folder: its mode, its owner, and of a database which log it keeps."""
    return {
        path.name: (
            path.stat().st_mode,
            path.stat().st_uid,
            path.read_bytes()[JOURNAL] if path.is_file() else b"",
        )
        for path in folder.iterdir()
    }


def restore_into_new(data: Path, settings: Settings, file: Path) -> None:
    back_up_database(settings, file)
    shutil.rmtree(data)
    data.mkdir()
    if os.geteuid() == 0:
        os.chown(data, 12345, 12346)
    restore_database(settings, file)


async def test_what_was_restored_and_not_started_yet_is_left_as_it_is(
    garden: dict[str, str], tmp_path: Path
) -> None:
    """Also by root, for a service with a user of its own."""
    await post(garden, "winter", "as it was last year")
    data = Path(garden["LDN_DATA"])
    restore_into_new(data, Settings.load(garden), tmp_path / "backup")
    before = made(data)
    assert list(before) == [SQLITE_FILE]
    assert (await one(garden, "posts")).text.startswith("1 of 1 are not up to date.")
    assert made(data) == before


async def test_posts_are_not_judged_by_documents_with_faults(garden: dict[str, str]) -> None:
    await post(garden, "water", "r1")
    (Path(garden["LDN_DOCUMENTS"]) / "garden.yaml").write_text("title:", encoding="utf-8")
    assert await found(garden, "posts") == []


# The platforms' clocks


@asynccontextmanager
async def platform(
    behind: timedelta, asked: list[web.Request] | None = None, *, zoned: bool = True
) -> AsyncIterator[str]:
    """The base address of a platform whose clock is so far behind ours."""

    async def answer(request: web.Request) -> web.Response:
        if asked is not None:
            asked.append(request)
        now = datetime.now(UTC) - behind
        # Of a time that is bare, the zone is written as `-0000`.
        date = format_datetime(now if zoned else now.replace(tzinfo=None), usegmt=zoned)
        return web.Response(status=404, headers={"Date": date})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("ahead", "level", "says"),
    [
        (timedelta(seconds=5), Level.OK, "agrees"),
        (timedelta(seconds=90), Level.WARNING, "ahead of Slack's"),
        (timedelta(minutes=6), Level.FAULT, "ahead of Slack's"),
        (timedelta(minutes=-6), Level.FAULT, "behind Slack's"),
    ],
)
async def test_our_clock_is_compared_with_a_platforms(
    ahead: timedelta, level: Level, says: str
) -> None:
    async with platform(ahead) as url:
        finding = await doctor.platform_clock("Slack", url)
    assert finding.level is level
    assert says in finding.text


async def test_a_date_without_a_zone_is_in_utc() -> None:
    async with platform(timedelta(minutes=6), zoned=False) as url:
        finding = await doctor.platform_clock("Slack", url)
    assert finding.level is Level.FAULT


async def test_a_platform_that_cannot_be_reached_is_a_warning() -> None:
    finding = await doctor.platform_clock("Discord", "http://127.0.0.1:1/api")
    assert finding.level is Level.WARNING
    assert "cannot be reached" in finding.text


async def test_a_platform_is_asked_only_if_its_tokens_are_set_and_is_not_sent_them(
    garden: dict[str, str],
) -> None:
    asked: list[web.Request] = []
    async with platform(timedelta(), asked) as url:
        addresses = {"LDN_DISCORD_API_URL": url, "LDN_SLACK_API_URL": url}
        assert await found(garden | addresses, "slack", online=True) == []
        assert asked == []
        with_tokens = garden | addresses | SLACK
        assert [f.level for f in await found(with_tokens, "slack", online=True)] == [Level.OK] * 2
    [request] = asked
    assert SECRET not in str(request.headers)
    assert "Authorization" not in request.headers


async def test_offline_no_platform_is_asked(garden: dict[str, str]) -> None:
    asked: list[web.Request] = []
    async with platform(timedelta(), asked) as url:
        await found(garden | SLACK | {"LDN_SLACK_API_URL": url}, "slack", online=False)
    assert asked == []
