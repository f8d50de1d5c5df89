"""What a post answers; what communities have set; what was asked and reported, in numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add a column to posts and reservations, and create three tables."""
    # Not in a batch, which would replace the table on SQLite: what refers to it would go with it.
    op.add_column("posts", _reply_to())
    with op.batch_alter_table(
        "reservations", table_kwargs={"sqlite_autoincrement": True}
    ) as reservations:
        reservations.add_column(_reply_to())
        reservations.drop_constraint(
            "reservations_platform_community_channel_command_section_key", type_="unique"
        )
        reservations.create_unique_constraint(
            "reservations_subject_key",
            ["platform", "community", "channel", "command", "section", "reply_to"],
        )
    op.create_table(
        "communities",
        sa.Column("platform", sa.String, primary_key=True),
        sa.Column("community", sa.String, primary_key=True),
        sa.Column("share", sa.String, nullable=False),
        sa.Column("visibility", sa.String, nullable=False),
        sa.Column("plain", sa.Boolean, nullable=False),
        sa.Column("cooldown", sa.Integer, nullable=False),
    )
    op.create_table(
        "tallies",
        sa.Column("week", sa.Date, primary_key=True),
        sa.Column("platform", sa.String, primary_key=True),
        sa.Column("community", sa.String, primary_key=True),
        sa.Column("command", sa.String, primary_key=True),
        sa.Column("topic", sa.String, primary_key=True),
        sa.Column("outcome", sa.String, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "reports",
        sa.Column("week", sa.Date, primary_key=True),
        sa.Column("platform", sa.String, primary_key=True),
        sa.Column("command", sa.String, primary_key=True),
        sa.Column("section", sa.String, primary_key=True),
        sa.Column("reason", sa.String, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )


def _reply_to() -> sa.Column[str]:
    return sa.Column("reply_to", sa.String, nullable=False, server_default=sa.text("''"))
