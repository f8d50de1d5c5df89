"""Posts, the locks that are taken on them, and reservations of postings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the first three tables."""
    op.create_table(
        "posts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("platform", sa.String, nullable=False),
        sa.Column("community", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("command", sa.String, nullable=False),
        sa.Column("section", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("revision", sa.String, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("posted", INSTANT, nullable=False),
        sa.Column("begun", sa.String),
        sa.UniqueConstraint("platform", "community", "channel", "message"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "post_locks",
        sa.Column(
            "post_id",
            ID,
            sa.ForeignKey("posts.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
    )
    op.create_table(
        "reservations",
        sa.Column("id", ID, primary_key=True),
        sa.Column("platform", sa.String, nullable=False),
        sa.Column("community", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("command", sa.String, nullable=False),
        sa.Column("section", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("nonce", sa.String, nullable=False),
        sa.Column("made", INSTANT, nullable=False),
        sa.UniqueConstraint("platform", "community", "channel", "command", "section"),
        sqlite_autoincrement=True,
    )
