"""What the bot is shipped in: image, compose file, systemd unit, locks; what they promise.

There is no Docker where tests run, so these read what it would be told.
"""

from __future__ import annotations

import ast
import asyncio
import configparser
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from adapters.database.engine import open_database
from adapters.database.posts import SqlPostStore
from bot.settings import Settings
from knowledge.posts import Post
from tests.adapters.database.posting import posted
from tests.bot.folders import small_folder
from tests.standins.requirements import need

if TYPE_CHECKING:
    from tests.adapters.postgres import PostgresServer

pytest_plugins = ["tests.adapters.postgres"]

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


# The image


@dataclass(frozen=True)
class Instruction:
    """One of a Dockerfile, its lines joined."""

    name: str
    rest: str


def stages() -> list[list[Instruction]]:
    """The instructions of the Dockerfile, stage by stage."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found: list[list[Instruction]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append(Instruction(name, " ".join(rest.split())))
    return found


BUILD, FINAL = stages()


def of(stage: list[Instruction], name: str) -> list[str]:
    return [each.rest for each in stage if each.name == name]


def test_the_image_starts_as_a_user_who_is_not_root() -> None:
    assert of(FINAL, "USER") == ["10001:10001"]
    names = [each.name for each in FINAL]
    assert names.index("USER") < names.index("ENTRYPOINT")


def test_the_image_is_of_a_slim_python_of_a_version_that_we_support() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    [version] = re.findall(r"^ARG PYTHON=(\d+\.\d+)$", text, re.MULTILINE)
    assert tuple(map(int, version.split("."))) >= (3, 11)
    for stage in (BUILD, FINAL):
        assert of(stage, "FROM")[0].split()[0] == "python:${PYTHON}-slim-bookworm"


def test_nothing_is_installed_into_the_image_without_a_hash() -> None:
    installing = [
        command
        for stage in (BUILD, FINAL)
        for run in of(stage, "RUN")
        for command in run.split("&&")
        if re.search(r"\bpip\b.*\b(install|wheel)\b", command) and "uninstall" not in command
    ]
    assert len(installing) == 4
    for command in installing:
        assert "--require-hashes --only-binary :all:" in command or "--no-index" in command


def test_the_image_downloads_nothing_by_itself_and_holds_no_secret() -> None:
    for stage in (BUILD, FINAL):
        assert of(stage, "ADD") == []
        assert not re.search(r"\b(curl|wget|apt-get|git)\b", " ".join(of(stage, "RUN")))
    variables = re.findall(r"(\w+)=", " ".join(of(FINAL, "ENV")))
    assert set(variables) == {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "LDN_DATA"}


def test_what_builds_stays_behind() -> None:
    assert of(FINAL, "COPY")[0] == "--from=build /opt/ldn-bot /opt/ldn-bot"
    assert "python -m venv --without-pip /opt/ldn-bot" in of(BUILD, "RUN")[0]
    assert re.match(r"python -m pip uninstall .*setuptools wheel pip\b", of(FINAL, "RUN")[0])


def test_the_volume_is_the_data_folder_and_is_declared_after_all_that_is_put_there() -> None:
    assert of(FINAL, "VOLUME") == ["/data"]
    assert "LDN_DATA=/data" in of(FINAL, "ENV")[0]
    # What is written to a volume after its declaration is lost.
    names = [each.name for each in FINAL]
    assert names.index("VOLUME") > max(at for at, name in enumerate(names) if name == "RUN")


def test_the_image_checks_its_health_with_a_file_that_it_holds() -> None:
    [check] = of(FINAL, "HEALTHCHECK")
    assert check.endswith('CMD ["python", "/opt/ldn-bot/healthcheck.py"]')
    assert "packaging/healthcheck.py /opt/ldn-bot/healthcheck.py" in of(FINAL, "COPY")


def let_in(path: str) -> bool:
    """Whether `.dockerignore` lets a file in: the last pattern that fits says so."""
    inside = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.lstrip("!").removeprefix("**/")
        parts = path.split("/")
        if "**/" in line:
            fits = any(fnmatch.fnmatchcase(part, pattern) for part in parts)
        else:
            depth = pattern.count("/") + 1
            fits = fnmatch.fnmatchcase("/".join(parts[:depth]), pattern)
        if fits:
            inside = line.startswith("!")
    return inside


def test_what_the_image_copies_is_there_and_is_let_in() -> None:
    sources = [
        source
        for stage in (BUILD, FINAL)
        for copy in of(stage, "COPY")
        if not copy.startswith("--from")
        for source in copy.split()[:-1]
    ]
    assert "knowledge" in sources
    for source in sources:
        path = ROOT / source
        files = list(path.rglob("*.py")) if path.is_dir() else [path]
        assert files
        for file in files:
            assert let_in(str(file.relative_to(ROOT))), file


@pytest.mark.parametrize(
    "path",
    [
        *(".env", ".env.example", ".git/config", ".venv/bin/python", "ldn-bot.sqlite3"),
        *("compose.yaml", "tests/conftest.py", "bot/__pycache__/cli.cpython-311.pyc", "data/x"),
        *("bot/.env", "knowledge/documents/.ldn.yaml.swp"),
    ],
)
def test_nothing_else_gets_near_the_image(path: str) -> None:
    assert not let_in(path)


# Its health check


@contextmanager
def answering(status: int, host: str = "127.0.0.1") -> Iterator[int]:
    """The port of a server that answers `/healthz` with a status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer((host, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def check_health(**environment: str) -> subprocess.CompletedProcess[str]:
    """The image's health check, in an environment of these variables alone."""
    return subprocess.run(
        [sys.executable, ROOT / "packaging" / "healthcheck.py"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (404, False)])
def test_with_a_health_port_the_serving_process_is_asked(status: int, healthy: bool) -> None:
    with answering(status) as port:
        done = check_health(LDN_HEALTH_PORT=str(port))
    assert (done.returncode == 0, done.stderr) == (healthy, "")


@pytest.mark.parametrize(
    ("listens", "setting"),
    [("127.0.0.2", "127.0.0.2"), ("0.0.0.0", "0.0.0.0"), ("127.0.0.1", "")],
)
def test_the_serving_process_is_asked_at_the_address_that_it_listens_on(
    listens: str, setting: str
) -> None:
    with answering(200, listens) as port:
        done = check_health(LDN_HEALTH_PORT=str(port), LDN_HEALTH_HOST=setting)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_health_port_that_nobody_serves_is_not_healthy() -> None:
    with answering(200) as port:
        pass
    assert check_health(LDN_HEALTH_PORT=str(port)).returncode == 1


@pytest.mark.parametrize("status", [0, 1])
def test_without_a_health_port_the_doctor_is_asked(tmp_path: Path, status: int) -> None:
    stub = tmp_path / "ldn-bot"
    stub.write_text(f'#!/bin/sh\necho "$@"\nexit {status}\n', encoding="utf-8")
    stub.chmod(0o700)
    done = check_health(PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (status, "doctor --offline\n")


# Compose


COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_can_do_no_more_than_it_has_to(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] > 0
    assert service["mem_limit"]
    assert service["logging"]["options"]["max-size"]
    for place in service["tmpfs"]:
        assert {"noexec", "nosuid", "nodev"} <= set(place.split(":")[1].split(","))
    for volume in service["volumes"]:
        assert volume.split(":")[0] in COMPOSE["volumes"], "only volumes, no folder of the machine"


def test_each_container_has_a_health_check_and_no_port() -> None:
    assert SERVICES["store"]["healthcheck"]["test"][1] == "pg_isready"
    assert "--host=127.0.0.1" in SERVICES["store"]["healthcheck"]["test"]
    assert "healthcheck" not in SERVICES["bot"], "the image's own is used"
    assert not any("ports" in service for service in SERVICES.values())


def test_the_database_sees_neither_the_tokens_nor_the_internet() -> None:
    store = SERVICES["store"]
    assert "env_file" not in store
    tokens = {"DISCORD_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}
    assert not tokens & store["environment"].keys()
    assert store["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert store["user"] == "postgres"
    assert re.fullmatch(r"postgres:\d+-bookworm", store["image"])


def test_secrets_come_from_a_file_that_git_and_the_image_ignore() -> None:
    bot = SERVICES["bot"]
    assert bot["env_file"] == ".env"
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    password = "${POSTGRES_PASSWORD:?Set it in .env}"
    assert SERVICES["store"]["environment"]["POSTGRES_PASSWORD"] == password
    assert bot["environment"]["DATABASE_URL"] == f"postgresql://ldn:{password}@store/ldn"


def test_the_bot_starts_once_the_database_is_there_and_understands_its_settings() -> None:
    bot = SERVICES["bot"]
    assert bot["depends_on"] == {"store": {"condition": "service_healthy"}}
    settings = Settings.load(bot["environment"])
    assert settings.database_url
    assert bot["volumes"] == [f"data:{settings.data}"]


# systemd


UNIT = ROOT / "packaging" / "ldn-bot.service"


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters="=")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT, encoding="utf-8")
    return parser


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("DynamicUser", "yes"), ("StateDirectory", "ldn-bot"), ("UMask", "0077")),
        *(("ProtectSystem", "strict"), ("ProtectHome", "yes"), ("PrivateTmp", "yes")),
        *(("NoNewPrivileges", "yes"), ("CapabilityBoundingSet", ""), ("PrivateDevices", "yes")),
        *(("MemoryDenyWriteExecute", "yes"), ("SystemCallArchitectures", "native")),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("EnvironmentFile", "/etc/ldn-bot.env"),
    ],
)
def test_the_service_is_kept_to_itself(option: str, value: str) -> None:
    assert unit()["Service"][option] == value


def test_the_guide_installs_what_the_service_starts() -> None:
    service = unit()["Service"]
    program = service["ExecStart"].split()[0]
    assert program == "/opt/ldn-bot/bin/ldn-bot"
    assert "python3 -m venv /opt/ldn-bot\n" in GUIDE
    assert f"install --mode=0600 .env.example {service['EnvironmentFile']}\n" in GUIDE


def test_the_service_keeps_its_data_where_it_may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    # systemd puts /var/lib for %S, and the example's empty LDN_DATA into the environment.
    assert "Environment=XDG_DATA_HOME=%S\n" in UNIT.read_text(encoding="utf-8")
    monkeypatch.setenv("XDG_DATA_HOME", "/var/lib")
    folder = Settings.load({"LDN_DATA": ""}).data
    assert folder == Path("/var/lib", unit()["Service"]["StateDirectory"])


def test_a_wrong_setting_is_not_tried_again_and_a_port_that_is_taken_is(tmp_path: Path) -> None:
    """What else has the port may end, and an address may come later than the bot."""
    base = {
        **{"HOME": str(tmp_path), "LDN_DATA": str(tmp_path / "data"), "DISCORD_TOKEN": "a.b.c"},
        "LDN_DOCUMENTS": str(small_folder(tmp_path / "documents")),
    }
    with answering(200) as port:
        settings = ({"LDN_LOG_LEVEL": "loud"}, {"LDN_HEALTH_PORT": str(port)})
        wrong, taken = (
            subprocess.run(
                [sys.executable, "-m", "bot", "run"],
                cwd=ROOT,
                env=base | setting,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            for setting in settings
        )
    assert "LDN_LOG_LEVEL" in wrong.stderr
    assert f"cannot listen on 127.0.0.1, port {port}" in taken.stderr
    service = unit()["Service"]
    assert service["Restart"] == "on-failure"
    assert (wrong.returncode, taken.returncode) == (int(service["RestartPreventExitStatus"]), 1)


@pytest.mark.parametrize("told", [True, False])
def test_the_service_can_connect_to_slack_where_its_user_has_no_entry_and_so_no_home(
    told: bool, tmp_path: Path
) -> None:
    """As on a Debian without libnss-systemd; if it is not told its home, it cannot."""
    lines = UNIT.read_text(encoding="utf-8").replace("%S", str(tmp_path)).splitlines()
    named = (line.removeprefix("Environment=") for line in lines if line.startswith("Environment="))
    environment = dict(line.split("=", 1) for line in named)
    assert environment["HOME"] == f"{tmp_path}/{unit()['Service']['StateDirectory']}"
    if not told:
        del environment["HOME"]
    # Another user could not read this installation, so the entry alone is missing.
    program = (
        "import pwd\n"
        "def getpwuid(uid): raise KeyError(f'getpwuid(): uid not found: {uid}')\n"
        "pwd.getpwuid = getpwuid\n"
        "import adapters.slack.socket_mode\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode == 0) is told, done.stderr
    assert told or "Could not determine home directory" in done.stderr


def test_systemd_understands_the_unit_and_calls_it_safe(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    need("systemd", analyze is not None, "no systemd-analyze (Debian: apt-get install systemd)")
    assert analyze is not None
    text = UNIT.read_text(encoding="utf-8")
    file = tmp_path / UNIT.name
    # The program is not installed there on this machine.
    file.write_text(text.replace("/opt/ldn-bot/bin/ldn-bot", sys.executable), encoding="utf-8")
    verify = [analyze, "verify", "--man=no", str(file)]
    security = [analyze, "security", "--offline=true", "--threshold=15", "--no-pager", str(file)]
    for command in (verify, security):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout[-400:] + done.stderr
    assert "Overall exposure level for ldn-bot.service: 1.1" in done.stdout
    assert "gives it 1.1" in GUIDE


# The locks


LOCKS = ["requirements.lock", "packaging/build.lock"]


@dataclass(frozen=True)
class Locked:
    """One package of a lock."""

    requirement: Requirement
    hashes: list[str]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        [specifier] = self.requirement.specifier
        assert specifier.operator == "=="
        return specifier.version


def locked(name: str) -> list[Locked]:
    """The packages of a lock."""
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    found = []
    for line in lines:
        requirement, *hashes = line.split(" --hash=")
        found.append(Locked(Requirement(requirement.strip()), [each.strip() for each in hashes]))
    return found


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


RENEW = "Renew constraints.txt (CONTRIBUTING.md), then run packaging/lock."


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_an_exact_version_and_hashes(name: str) -> None:
    packages = locked(name)
    assert packages
    for package in packages:
        assert package.version
        assert package.hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in package.hashes)


def test_the_lock_holds_all_that_the_bot_needs_in_versions_that_suit() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = {package.name: package.version for package in locked("requirements.lock")}
    for text in project["dependencies"]:
        needed = Requirement(text)
        name = canonicalize_name(needed.name)
        assert name in packages, f"{name} is not locked. {RENEW}"
        assert needed.specifier.contains(packages[name]), f"{name} has changed. {RENEW}"


def imported() -> Iterator[str]:
    """The packages whose modules ours import, also those within functions."""
    for package in ("adapters", "bot", "knowledge"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from (alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    yield node.module.partition(".")[0]


def test_all_that_is_imported_is_a_dependency_of_our_own() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {canonicalize_name(Requirement(each).name) for each in project["dependencies"]}
    part_of_another = {"pydantic-core"}  # pydantic asks for one exact version of it
    providers = packages_distributions()
    for module in sorted(set(imported()) & providers.keys()):
        names = {canonicalize_name(name) for name in providers[module]}
        assert names & (named | part_of_another | {"ldn-bot"}), module


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_locked_is_what_was_tested(name: str) -> None:
    tested = constraints()
    for package in locked(name):
        # What other platforms and newer versions of Python need besides is not installed here, nor
        # is what builds.
        here = package.requirement.marker is None and name == "requirements.lock"
        if here or package.name in tested:
            assert tested.get(package.name) == package.version, f"{package.name}: {RENEW}"


def test_a_lock_is_not_of_one_platform_alone() -> None:
    # It names no files; but what has compiled parts has one for each platform and Python.
    [numpy] = [each for each in locked("requirements.lock") if each.name == "numpy"]
    assert len(numpy.hashes) > 20


# The guide


async def one_post(url: str, data: Path) -> Post:
    database = await open_database(url, data)
    post = await posted(SqlPostStore(database))
    await database.close()
    return post


async def all_posts(url: str, data: Path) -> Sequence[Post]:
    database = await open_database(url, data)
    posts = await SqlPostStore(database).all()
    await database.close()
    return posts


def test_the_guides_two_commands_bring_postgresql_back(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    from tests.adapters.postgres import programs

    commands = re.findall(r"^pg_(?:dump|restore) .*\"\$DATABASE_URL\".*$", GUIDE, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["pg_dump", "pg_restore"]
    before = asyncio.run(one_post(postgres_url, tmp_path))
    found = programs()
    assert found is not None
    for command in commands:
        if command.startswith("pg_restore"):
            postgres_server.empty_database()
        environment = {"PATH": f"{found}:{os.environ['PATH']}", "DATABASE_URL": postgres_url}
        done = subprocess.run(
            ["sh", "-ec", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert asyncio.run(all_posts(postgres_url, tmp_path)) == [before]
