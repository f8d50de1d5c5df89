"""Migrations: one numbered file in `versions/` for each change of the tables, applied in order.

A database is migrated when it is opened (`adapters.database.engine`). To change the tables: change
`tables.py`, add the next number to `versions/`, and raise `HEAD`. A test compares both. There is no
downgrade: make a backup before an upgrade.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

HEAD = "0003"
"""The last revision. A constant, because asking Alembic costs its import at every start."""
VERSION_TABLE = "alembic_version"
"""Where Alembic keeps the last revision that was applied, in `version_num`."""


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Apply the missing migrations, in the caller's transaction and under the caller's lock."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
