"""Every table, as it is after the last migration.

No column anywhere holds a member: who asked, shared or pinned is not stored. A test lists every
column by name, so that adding one is a conscious act.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    text,
)


def utc_now() -> datetime:
    """The present time, in UTC, by this machine's clock."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, stored in UTC and returned as an aware datetime, also with SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; raises `ValueError` for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    }
)

# SQLite counts ids only in a column that is an INTEGER to the letter.
_Id = BigInteger().with_variant(Integer, "sqlite")
_EMPTY = text("''")  # a bare "" is the same, but Alembic takes it for something else on SQLite

posts = Table(
    "posts",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("platform", String, nullable=False),
    Column("community", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("message", String, nullable=False),
    Column("command", String, nullable=False),
    Column("section", String, nullable=False),
    Column("title", String, nullable=False),
    Column("revision", String, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("posted", UtcDateTime, nullable=False),
    # The revision of an edit that is under way; of one that was cut off, if nobody holds the post.
    Column("begun", String),
    Column("reply_to", String, nullable=False, server_default=_EMPTY),
    UniqueConstraint("platform", "community", "channel", "message"),
    sqlite_autoincrement=True,  # the id of a forgotten post is not given to another
)

post_locks = Table(
    "post_locks",
    metadata,
    # What PostgreSQL locks while a post is brought up to date. A row apart from the post itself,
    # so that everything else can still be written about the post, first of all `begun`.
    Column(
        "post_id",
        _Id,
        ForeignKey("posts.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
)

reservations = Table(
    "reservations",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("platform", String, nullable=False),
    Column("community", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("command", String, nullable=False),
    Column("section", String, nullable=False),
    Column("title", String, nullable=False),
    Column("nonce", String, nullable=False),
    Column("made", UtcDateTime, nullable=False),
    Column("reply_to", String, nullable=False, server_default=_EMPTY),
    UniqueConstraint(
        *("platform", "community", "channel", "command", "section", "reply_to"),
        name="reservations_subject_key",  # by convention it would be too long for PostgreSQL
    ),
    sqlite_autoincrement=True,
)

communities = Table(
    "communities",
    metadata,
    Column("platform", String, primary_key=True),
    Column("community", String, primary_key=True),
    Column("share", String, nullable=False),
    Column("visibility", String, nullable=False),
    Column("plain", Boolean, nullable=False),
    Column("cooldown", Integer, nullable=False),  # minutes
)

# The two tables of numbers have no key but everything that is counted, and no row for one event:
# they hold sums by week.
tallies = Table(
    "tallies",
    metadata,
    Column("week", Date, primary_key=True),
    Column("platform", String, primary_key=True),
    Column("community", String, primary_key=True),
    Column("command", String, primary_key=True),
    Column("topic", String, primary_key=True),
    Column("outcome", String, primary_key=True),
    Column("count", Integer, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    # No community: section, reason, platform and week are all that a report may know.
    Column("week", Date, primary_key=True),
    Column("platform", String, primary_key=True),
    Column("command", String, primary_key=True),
    Column("section", String, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("count", Integer, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery", String, primary_key=True),  # a hash of the platform's id for it
    Column("claimed", UtcDateTime, nullable=False),
    Column("done", Boolean, nullable=False),
    Index("deliveries_claimed_idx", "claimed"),
)

# The columns that slack_sdk's installation store requires of bots. Its other table, which holds who
# installed them, is left out.
slack_bots = Table(
    "slack_bots",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("client_id", String, nullable=False),
    Column("app_id", String, nullable=False),
    Column("enterprise_id", String),
    Column("enterprise_name", String),
    Column("team_id", String),
    Column("team_name", String),
    Column("bot_token", String),  # encrypted, and so longer than slack_sdk's 200 characters
    Column("bot_id", String),
    Column("bot_user_id", String),
    Column("bot_scopes", String),
    Column("bot_refresh_token", String),  # encrypted
    Column("bot_token_expires_at", DateTime),
    Column("is_enterprise_install", Boolean, nullable=False),
    Column("installed_at", DateTime, nullable=False),
    Index("slack_bots_idx", "client_id", "enterprise_id", "team_id", "installed_at"),
)

slack_oauth_states = Table(
    "slack_oauth_states",
    metadata,
    Column("state", String, primary_key=True),
    Column("expires", UtcDateTime, nullable=False),
)
