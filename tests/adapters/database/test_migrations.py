"""Migrations: from every earlier version to the tables of this one, and what these hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from adapters.database import migrations, postgresql, sqlite
from adapters.database.engine import Database, open_database
from adapters.database.posts import SqlPostStore
from adapters.database.tables import metadata
from knowledge.posts import Post, PostState, Reservation
from tests.adapters.database.posting import PLACE, reserved

pytest_plugins = ["tests.adapters.postgres"]

T = TypeVar("T")

COLUMNS = {
    "alembic_version": {"version_num"},
    "post_locks": {"post_id"},
    "posts": {
        *("id", "platform", "community", "channel", "message", "command", "section", "title"),
        *("revision", "pinned", "state", "reason", "posted", "begun", "reply_to"),
    },
    "reservations": {
        *("id", "platform", "community", "channel", "command", "section", "title", "nonce", "made"),
        "reply_to",
    },
    "communities": {"platform", "community", "share", "visibility", "plain", "cooldown"},
    "tallies": {"week", "platform", "community", "command", "topic", "outcome", "count"},
    "reports": {"week", "platform", "command", "section", "reason", "count"},
    "deliveries": {"delivery", "claimed", "done"},
    "slack_bots": {
        *("id", "client_id", "app_id", "enterprise_id", "enterprise_name", "team_id", "team_name"),
        *("bot_token", "bot_id", "bot_user_id", "bot_scopes", "bot_refresh_token"),
        *("bot_token_expires_at", "is_enterprise_install", "installed_at"),
    },
    "slack_oauth_states": {"state", "expires"},
}
"""Every column there is. Who adds one says here that it holds no member."""


async def seen(database: Database, look: Callable[[Connection], T]) -> T:
    async with database.engine.connect() as connection:
        return await connection.run_sync(look)


async def test_there_is_no_column_but_those_that_are_listed_here(database: Database) -> None:
    def columns(connection: Connection) -> dict[str, set[str]]:
        tables = inspect(connection)
        return {
            table: {column["name"] for column in tables.get_columns(table)}
            for table in tables.get_table_names()
        }

    assert await seen(database, columns) == COLUMNS


def revisions() -> list[str]:
    """Every migration, in the order in which they are applied."""
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def test_migrations_are_numbered_one_after_the_other_up_to_the_head() -> None:
    assert revisions() == [f"{number:04}" for number in range(1, len(revisions()) + 1)]
    assert revisions()[-1] == migrations.HEAD


def not_migrated(url: str | None, data: Path) -> Database:
    return Database(postgresql.PostgresBackend(url) if url else sqlite.SqliteBackend(data))


async def migrate(database: Database, revision: str) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(migrations.upgrade, revision)


async def test_the_migrations_one_by_one_lead_to_the_tables_of_this_version(
    url: str | None, tmp_path: Path
) -> None:
    def differences(connection: Connection) -> Sequence[Any]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        found: Sequence[Any] = compare_metadata(context, metadata)
        return found

    database = not_migrated(url, tmp_path)
    assert await seen(database, differences)
    for revision in revisions():
        await migrate(database, revision)
    assert await seen(database, differences) == []
    await database.close()


OF_0001 = (
    """
    INSERT INTO posts (
        platform, community, channel, message, command, section, title, revision, pinned, state,
        reason, posted, begun
    ) VALUES
        ('slack', 'T1', 'C1', '1700.1', 'ldn', 'dose', 'Dose', 'r1', true, 'outdated',
        'No permission.', '2026-03-01 00:30:15.123456{utc}', 'r2')
    """,
    "INSERT INTO post_locks SELECT id FROM posts",
    """
    INSERT INTO reservations (
        platform, community, channel, command, section, title, nonce, made
    ) VALUES
        ('slack', 'T1', 'C1', 'ldn', 'forms', 'Forms', 'n1', '2026-03-01 00:30:16.000000{utc}'),
        ('slack', 'T1', 'C2', 'ldn', 'forms', 'Forms', 'n2', '2026-03-01 00:30:17.000000{utc}')
    """,
)
"""What a version without replies wrote; `{utc}` is how the database writes that zone."""


async def test_posts_and_reservations_of_the_first_version_are_kept_and_answer_no_message(
    url: str | None, tmp_path: Path
) -> None:
    old = not_migrated(url, tmp_path)
    await migrate(old, "0001")
    for statement in OF_0001:
        await old.execute(text(statement.format(utc="+00" if url else "")))
    await old.close()
    database = await open_database(url, tmp_path)
    store = SqlPostStore(database)
    [post] = await store.all()
    assert post == Post(
        id=post.id,
        place=PLACE,
        message="1700.1",
        command="ldn",
        section="dose",
        title="Dose",
        revision="r1",
        pinned=True,
        state=PostState.OUTDATED,
        reason="No permission.",
        posted=datetime(2026, 3, 1, 0, 30, 15, 123456, UTC),
        reply_to="",
    )
    made = datetime(2026, 3, 1, 0, 30, 16, tzinfo=UTC)
    one, two = await store.unfinished()
    assert one == Reservation(one.id, PLACE, "ldn", "forms", "Forms", "n1", made, "")
    assert two == Reservation(
        *(two.id, replace(PLACE, channel="C2"), "ldn", "forms", "Forms", "n2"),
        *(made + timedelta(seconds=1), ""),
    )
    async with store.claim(post.id) as claim:
        assert claim
        assert (claim.post, claim.begun) == (post, "r2")
    await store.release(two)
    assert (await reserved(store, "other")).id not in (one.id, two.id)
    await database.close()


async def test_a_migration_that_fails_leaves_the_database_as_it_was(
    url: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = migrations.upgrade

    def fail(connection: Connection) -> None:
        upgrade(connection)
        raise RuntimeError("the power went out")

    monkeypatch.setattr(migrations, "upgrade", fail)
    with pytest.raises(RuntimeError, match="power"):
        await open_database(url, tmp_path)
    monkeypatch.undo()
    database = not_migrated(url, tmp_path)
    assert await seen(database, lambda connection: inspect(connection).get_table_names()) == []
    await database.bring_up_to_date()
    await database.close()
