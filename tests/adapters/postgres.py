"""Databases for tests: SQLite, and a real PostgreSQL.

That is from the packages of the system, in a folder of its own.

Load with ``pytest_plugins = ["tests.adapters.postgres"]``. Debian and Ubuntu: the package
``postgresql``. The server is started when a test first asks for it and ends with the run.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapters.database import migrations
from adapters.database.engine import Database, open_database
from adapters.database.tables import metadata
from tests.ports import free_port
from tests.standins.requirements import need

USER = "ldn"
PASSWORD = "not-a-secret"
MIGRATED = "migrated"
WHY_NOT = "no initdb in PATH or in /usr/lib/postgresql/*/bin (Debian: apt-get install postgresql)"

# Nothing here has to outlive the run.
OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, the newest version's if there are several."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda path: float(path.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    return Path(found).parent if found else None


class PostgresServer:
    """A server on a free port of 127.0.0.1, with databases that are emptied for each test."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._migrated = False
        # The server refuses to run as root; Debian's package brings a user for it.
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(folder, user.pw_uid, user.pw_gid)
        self.port = free_port()

    def create(self) -> None:
        """Make the cluster, and start it."""
        password = self._folder / "password"
        password.write_text(PASSWORD, encoding="ascii")
        self._run("initdb", "-U", USER, "-A", "scram-sha-256", "--pwfile", str(password), "-N")
        self.start()

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 {OPTIONS}"
        self._run("pg_ctl", "start", "-w", "-l", str(self._folder / "log"), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop, cutting every connection; ``immediate`` is a crash, without tidying up."""
        self._run("pg_ctl", "stop", "-w", "-m", mode)

    def empty_database(self) -> str:
        """The URL of a database with nothing in it."""
        return self._execute("postgres", "DROP SCHEMA public CASCADE; CREATE SCHEMA public")

    def migrated_database(self) -> str:
        """The URL of a database in which every table is there, and empty."""
        if not self._migrated:
            self._execute("postgres", f"CREATE DATABASE {MIGRATED}")
            asyncio.run(migrate(self._url(MIGRATED), self._folder))
            self._migrated = True
        # A tenth of the work of a copy, as `CREATE DATABASE ... TEMPLATE` would make.
        emptied = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
        version = f"UPDATE {migrations.VERSION_TABLE} SET version_num = '{migrations.HEAD}'"
        return self._execute(MIGRATED, "; ".join([*emptied, version]))

    def _url(self, database: str) -> str:
        return f"postgres://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def _execute(self, database: str, sql: str) -> str:
        """Have statements executed; the URL of the database in which they were."""
        url = self._url(database)
        self._run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, url)
        return url

    def _run(self, program: str, *arguments: str) -> None:
        # Into a file, since a server that is started keeps hold of what its starter writes to.
        with (self._folder / "output").open("w+", encoding="utf-8") as output:
            done = subprocess.run(
                [self._programs / program, *arguments],
                cwd=self._folder,
                env={
                    "PATH": os.environ["PATH"],
                    "LC_ALL": "C.UTF-8",
                    "PGDATA": str(self._folder / "data"),
                    "PGOPTIONS": "-c client_min_messages=warning",
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                **self._as,
            )
            if done.returncode:
                output.seek(0)
                log = self._folder / "log"
                more = log.read_text(encoding="utf-8") if log.exists() else ""
                raise AssertionError(f"{program} failed:\n{output.read()}\n{more}")


async def migrate(url: str | None, data: Path) -> None:
    """Make every table in an empty database."""
    await (await open_database(url, data)).close()


@contextmanager
def started() -> Iterator[PostgresServer]:
    """A new server, until the block ends."""
    found = programs()
    if found is None:
        raise SystemExit(f"PostgreSQL is not installed: {WHY_NOT}")
    folder = Path(tempfile.mkdtemp(prefix="ldn-bot-postgres-"))
    try:
        server = PostgresServer(found, folder)
        server.create()
        yield server
        server.stop("immediate")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of this run; where there is none, a skip in plain sight (see ``need``)."""
    need("postgres", programs() is not None, WHY_NOT)
    with started() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """``DATABASE_URL`` of an empty database."""
    return postgres_server.empty_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """What `open_database` gets for an empty database: None is SQLite in `tmp_path`."""
    if request.param == "sqlite":
        return None
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """The same, of a database in which every table is there, and empty."""
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("migrated"), tmp_path, dirs_exist_ok=True)
        return None
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.migrated_database()


@pytest_asyncio.fixture
async def database(migrated_url: str | None, tmp_path: Path) -> AsyncIterator[Database]:
    """An open database with nothing in its tables, once of each kind."""
    opened = await open_database(migrated_url, tmp_path)
    yield opened
    await opened.close()
