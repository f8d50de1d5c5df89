"""How the tables came to be: one numbered file in `versions/` per change, applied in order.

A database is brought up to date when it is opened (`adapters.database.engine`). To change it:
change `tables.py`, add the next number to `versions/`, raise `HEAD`. A test compares the two ways.
There is no way down: before an upgrade, make a backup.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

HEAD = "0003"
"""The last revision. A constant, because asking Alembic costs its import at every start."""
VERSION_TABLE = "alembic_version"
"""Where Alembic keeps the last revision that was applied, in `version_num`."""


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Apply what is missing, within the caller's transaction and under the caller's lock."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
