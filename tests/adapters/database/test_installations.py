"""What is kept of the workspaces that have installed the app, and of installations begun."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store import Bot
from sqlalchemy import Executable, Row, select, update

from adapters.database.engine import Database
from adapters.database.installations import EncryptedInstallations, OAuthStates
from adapters.database.tables import metadata, slack_bots, slack_oauth_states
from tests.adapters.database.installing import TEAM, installation

pytest_plugins = ["tests.adapters.postgres"]

OTHER = "T000OTHER"
KEY, NEW_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()


async def test_a_long_token_fits(database: Database) -> None:
    token = "xoxe.xoxb-" + "x" * 2000
    store = EncryptedInstallations(database, "1", [KEY])
    await store.async_save(installation(token))
    assert await store.token_of(TEAM) == token


async def test_keys_are_exchanged_in_two_starts(database: Database) -> None:
    def store(*keys: str) -> EncryptedInstallations:
        return EncryptedInstallations(database, "111.222", keys)

    await store(KEY).async_save(installation("xoxb-old"))
    assert await store(NEW_KEY, KEY).token_of(TEAM) == "xoxb-old"
    assert await store(NEW_KEY).token_of(TEAM) is None
    await store(NEW_KEY, KEY).rotate_keys()
    assert await store(NEW_KEY).token_of(TEAM) == "xoxb-old"
    assert await store(KEY).token_of(TEAM) is None
    [row] = await database.read(select(slack_bots))
    assert Fernet(NEW_KEY).decrypt(row.bot_refresh_token.encode()) == b"xoxe-refresh"


async def test_an_installation_that_was_begun_can_be_finished_once_and_for_ten_minutes(
    database: Database,
) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    states = OAuthStates(database, lambda: now)
    in_time, too_late = await states.async_issue(), await states.async_issue()
    now += timedelta(minutes=9)
    assert await states.async_consume(in_time)
    assert not await states.async_consume(in_time)
    now += timedelta(minutes=1)
    assert not await states.async_consume(too_late)


async def test_of_an_installation_that_was_never_finished_nothing_is_left_once_another_is_begun(
    database: Database,
) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    states = OAuthStates(database, lambda: now)
    await states.async_issue()
    now += timedelta(minutes=10)
    later = await states.async_issue()
    rows = await database.read(select(slack_oauth_states))
    assert [row.state for row in rows] == [later]


async def test_a_token_that_is_replaced_while_keys_are_exchanged_is_left_as_it_is(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await EncryptedInstallations(database, "1", [KEY]).async_save(installation("xoxb-old"))
    token = Fernet(NEW_KEY).encrypt(b"xoxb-new").decode()
    read = database.read

    async def read_and_replaced_by_another_process(statement: Executable) -> Sequence[Row[Any]]:
        rows = await read(statement)
        await database.execute(update(slack_bots).values(bot_token=token))
        return rows

    store = EncryptedInstallations(database, "1", [NEW_KEY, KEY])
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(database, "read", read_and_replaced_by_another_process)
        await store.rotate_keys()
    assert await store.token_of(TEAM) == "xoxb-new"


async def test_a_key_that_was_lost_is_said_and_what_it_encrypted_is_left_alone(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await EncryptedInstallations(database, "1", [KEY]).async_save(installation("xoxb-old"))
    other = EncryptedInstallations(database, "1", [NEW_KEY])
    await other.rotate_keys()
    assert "LDN_ENCRYPTION_KEYS" in caplog.text
    caplog.clear()
    assert await other.token_of(TEAM) is None
    assert "LDN_ENCRYPTION_KEYS" in caplog.text
    caplog.clear()
    again = EncryptedInstallations(database, "1", [KEY])
    assert await again.token_of(TEAM) == "xoxb-old"
    assert not caplog.messages


async def test_installing_anew_leaves_no_old_token_behind(database: Database) -> None:
    store = EncryptedInstallations(database, "1", [KEY])
    for number in range(3):
        await store.async_save(installation(f"xoxb-{number}", at=1000.0 + number))
    assert len(await database.read(select(slack_bots))) == 1
    assert await store.token_of(TEAM) == "xoxb-2"


async def test_installing_anew_counts_though_the_clock_was_ahead_before(database: Database) -> None:
    store = EncryptedInstallations(database, "1", [KEY])
    await store.async_save(installation("xoxb-revoked", at=4_000_000_000.0))
    await store.async_save(installation("xoxb-other", at=4_000_000_000.0, team=OTHER))
    await store.async_save(installation("xoxb-new", at=1000.0))
    assert await store.token_of(TEAM) == "xoxb-new"
    assert await store.token_of(OTHER) == "xoxb-other"
    assert len(await database.read(select(slack_bots))) == 2


async def test_a_bot_comes_back_as_it_was_kept_whatever_the_clock_of_the_machine(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = EncryptedInstallations(database, "1", [KEY])
    bot = installation("xoxb-1", at=1_700_000_000.0).to_bot()
    bot.bot_token_expires_at = 1_700_043_200
    await store.async_save_bot(bot)
    found = await store.async_find_bot(enterprise_id="E1", team_id=TEAM)
    assert isinstance(found, Bot)
    assert bot.team_name == "Group", "whoever saves a bot goes on using it"
    bot.team_name = bot.enterprise_name = None
    assert found.to_dict() == bot.to_dict()


def test_our_columns_are_those_that_slack_sdk_wants_of_bots() -> None:
    theirs = super(EncryptedInstallations, EncryptedInstallations).build_bots_table(
        type(metadata)(), "bots"
    )
    assert set(slack_bots.columns.keys()) == set(theirs.columns.keys())
