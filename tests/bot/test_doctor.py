"""`ldn-bot doctor`: the command, and what it finds of the machine, the documents and the clocks."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from click.testing import CliRunner, Result

from bot import doctor
from bot.cli import main
from bot.doctor import Level
from knowledge.documents import SHIPPED
from tests.bot.examining import (
    DISCORD_TOKEN,
    ROOT,
    SECRET,
    SETTINGS,
    SLACK,
    faultless,
    found,
    one,
    verify_help_lines,
)
from tests.documents import UNASKABLE


@pytest.fixture
def garden(tmp_path: Path) -> dict[str, str]:
    return faultless(tmp_path)


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
