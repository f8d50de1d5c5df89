"""What Alembic runs: the migrations, on the connection that `upgrade` hands over."""

from __future__ import annotations

from alembic import context

from adapters.database.migrations import VERSION_TABLE
from adapters.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
