"""What was delivered already; in which Slack workspaces the app is installed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create three tables."""
    op.create_table(
        "deliveries",
        sa.Column("delivery", sa.String, primary_key=True),
        sa.Column("claimed", INSTANT, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
    )
    op.create_index("deliveries_claimed_idx", "deliveries", ["claimed"])
    op.create_table(
        "slack_bots",
        sa.Column("id", ID, primary_key=True),
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("app_id", sa.String, nullable=False),
        sa.Column("enterprise_id", sa.String),
        sa.Column("enterprise_name", sa.String),
        sa.Column("team_id", sa.String),
        sa.Column("team_name", sa.String),
        sa.Column("bot_token", sa.String),
        sa.Column("bot_id", sa.String),
        sa.Column("bot_user_id", sa.String),
        sa.Column("bot_scopes", sa.String),
        sa.Column("bot_refresh_token", sa.String),
        sa.Column("bot_token_expires_at", sa.DateTime),
        sa.Column("is_enterprise_install", sa.Boolean, nullable=False),
        sa.Column("installed_at", sa.DateTime, nullable=False),
    )
    op.create_index(
        "slack_bots_idx", "slack_bots", ["client_id", "enterprise_id", "team_id", "installed_at"]
    )
    op.create_table(
        "slack_oauth_states",
        sa.Column("state", sa.String, primary_key=True),
        sa.Column("expires", INSTANT, nullable=False),
    )
