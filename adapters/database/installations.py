"""Installations: slack_sdk's store of the workspaces that have installed the app, with encrypted
tokens.

Only the bot of an installation is stored. The app does not ask to act as a person, so there is no
token of the person who installed it, and no reason to store who that was.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.sqlalchemy_utils import normalize_datetime_for_db
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from sqlalchemy import MetaData, Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.engine import Database
from adapters.database.errors import StoreError
from adapters.database.tables import slack_bots, slack_oauth_states, utc_now

log = logging.getLogger(__name__)

STATE_LIVES = timedelta(minutes=10)
"""How long an OAuth state is valid: the time to agree on Slack's page."""
STORE_TIMEOUT = 0.5
"""Seconds that an event waits, at most, for the workspace's token."""
ENCRYPTED = ("bot_token", "bot_refresh_token")

_SILENT = "The database did not say in time which token a workspace has. Try again."
_UNREADABLE = (
    "The token of a Slack workspace cannot be decrypted. Put the key that it was encrypted with "
    "into LDN_ENCRYPTION_KEYS, behind the present one, or install the app there again."
)


class EncryptedInstallations(AsyncSQLAlchemyInstallationStore):
    """Stores the bot of each workspace. The first key encrypts; any of the keys can decrypt.

    Raises:
        ValueError: a key is not a Fernet key.
    """

    def __init__(self, database: Database, client_id: str, keys: Sequence[str]) -> None:
        super().__init__(client_id, database.engine, slack_bots.name)
        self._database = database
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._known: dict[str, Bot] = {}

    @classmethod
    def build_bots_table(cls, metadata: MetaData, table_name: str) -> Table:
        """Our own table, whose columns are wide enough for encrypted tokens."""
        return slack_bots

    async def async_save(self, installation: Installation) -> None:
        """Store the bot of an installation, in place of those that were stored before."""
        bot = installation.to_bot()
        await self.async_save_bot(bot)
        # The time of an earlier one is later if the clock was ahead; it would count as the newest.
        ours = select(func.max(slack_bots.c.id)).where(
            *self._of(bot.team_id), slack_bots.c.installed_at == _installed_at(bot)
        )
        earlier = slack_bots.c.id < ours.scalar_subquery()
        await self._database.execute(delete(slack_bots).where(*self._of(bot.team_id), earlier))

    async def async_save_bot(self, bot: Bot) -> None:
        """Store a bot, and delete older ones of the same workspace."""
        kept = copy.copy(bot)  # the caller goes on using its own
        kept.enterprise_name = kept.team_name = None
        kept.bot_token = self._encrypted(bot.bot_token)
        if bot.bot_refresh_token:
            kept.bot_refresh_token = self._encrypted(bot.bot_refresh_token)
        await super().async_save_bot(kept)
        older = slack_bots.c.installed_at < _installed_at(bot)
        await self._database.execute(delete(slack_bots).where(*self._of(bot.team_id), older))

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """The bot of a workspace; None if there is none.

        While the database does not answer, it is the bot that was last found. Installations of
        whole organisations do not exist. `enterprise_id` is ignored: it may be that of a person
        from another organisation.

        Raises:
            StoreError: the database does not answer, and the bot was never found before.
        """
        if is_enterprise_install or team_id is None:
            return None
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                found = await self._newest(team_id)
        except (StoreError, TimeoutError) as error:
            if known := self._known.get(team_id):
                return known
            raise StoreError(_SILENT) from error
        if found is None:
            self._known.pop(team_id, None)
        else:
            self._known[team_id] = found
        return found

    async def token_of(self, team: str) -> str | None:
        """The token of a workspace; None if the app is not installed there.

        Raises:
            StoreError: the database cannot be used.
        """
        bot = await self._newest(team)
        return bot.bot_token if bot else None

    async def async_find_installation(self, **_: Any) -> Installation | None:
        """None: only bots are stored."""
        return None

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Delete a workspace's bot."""
        if team_id is None:
            return
        self._known.pop(team_id, None)
        await self._database.execute(delete(slack_bots).where(*self._of(team_id)))

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Nothing: no person's installation is stored."""

    async def rotate_keys(self) -> None:
        """Encrypt every token with the first key, so that the others can be discarded.

        A row that is changed at the same time is left as it is. A token that cannot be decrypted is
        left too, and logged.

        Raises:
            StoreError: the database cannot be used.
        """
        columns = slack_bots.c.id, *(slack_bots.c[name] for name in ENCRYPTED)
        for row in await self._database.read(select(*columns)):
            old = {name: getattr(row, name) for name in ENCRYPTED if getattr(row, name)}
            try:
                new = {name: self._rotated(token) for name, token in old.items()}
            except InvalidToken:
                log.error(_UNREADABLE)
                continue
            unchanged = (slack_bots.c[name] == token for name, token in old.items())
            await self._database.execute(
                update(slack_bots).where(slack_bots.c.id == row.id, *unchanged).values(**new)
            )

    def _of(self, team: str | None) -> tuple[Any, ...]:
        return slack_bots.c.client_id == self.client_id, slack_bots.c.team_id == team

    async def _newest(self, team: str) -> Bot | None:
        newest_first = slack_bots.c.installed_at.desc()
        query = select(slack_bots).where(*self._of(team)).order_by(newest_first).limit(1)
        rows = await self._database.read(query)
        if not rows:
            return None
        bot = self._bot(dict(rows[0]._mapping))
        if bot is None:
            log.error(_UNREADABLE)
        return bot

    def _bot(self, row: dict[str, Any]) -> Bot | None:
        try:
            for name in ENCRYPTED:
                if row[name]:
                    row[name] = self._fernet.decrypt(row[name].encode()).decode()
        except InvalidToken:
            return None
        for name in ("bot_token_expires_at", "installed_at"):
            row[name] = row[name] and row[name].replace(tzinfo=UTC)  # slack_sdk drops it
        del row["id"], row["client_id"]
        return Bot(**row)

    def _encrypted(self, token: str) -> str:
        return self._fernet.encrypt(token.encode()).decode()

    def _rotated(self, token: str) -> str:
        return self._fernet.rotate(token.encode()).decode()


def _installed_at(bot: Bot) -> datetime:
    """When a bot was installed, as the table has it."""
    saved = normalize_datetime_for_db(bot.to_dict()["installed_at"])
    assert saved is not None  # every bot has it
    return saved


class OAuthStates(AsyncOAuthStateStore):
    """OAuth states of installations that were begun; any process can finish each of them, once."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def async_issue(self, *_: Any, **__: Any) -> str:
        """A new state, valid for `STATE_LIVES`; expired ones are deleted."""
        state, now = secrets.token_urlsafe(24), self._clock()
        values = {"state": state, "expires": now + STATE_LIVES}

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                delete(slack_oauth_states).where(slack_oauth_states.c.expires <= now)
            )
            await connection.execute(
                self._database.insert(slack_oauth_states).values(values).on_conflict_do_nothing()
            )

        await self._database.write(work)
        return state

    async def async_consume(self, state: str) -> bool:
        """Whether a state is known and valid; it is deleted."""
        column = slack_oauth_states.c

        async def work(connection: AsyncConnection) -> bool:
            used = await connection.execute(
                delete(slack_oauth_states)
                .where(column.state == state, column.expires > self._clock())
                .returning(column.state)
            )
            return used.first() is not None

        return await self._database.write(work)


@dataclass(frozen=True, slots=True)
class OAuthStores:
    """The two stores that installation into many workspaces needs."""

    installations: EncryptedInstallations
    states: OAuthStates
