"""Who somebody is on Slack: as Slack says, for ten minutes, and no longer."""

from __future__ import annotations

import asyncio
from unittest.mock import AsyncMock

import pytest
from cachetools import Cache

from adapters.slack import people
from adapters.slack.people import Person, SlackPeople

SOMEBODY = {"user": {"is_admin": True, "locale": "es-419"}}


async def test_what_is_known_of_somebody_is_let_go_of_although_nobody_else_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(people, "CACHE_TTL", 0.05)
    monkeypatch.setattr(people, "SWEPT_EVERY", 0.01)
    known = SlackPeople()
    client = AsyncMock(**{"users_info.return_value": SOMEBODY})
    assert await known.fetch(client, "U1", "T1") == Person(moderator=True, language="es")
    async with asyncio.timeout(10):
        # Asked for its own length, a `TTLCache` lets go of what is too old.
        while Cache.__len__(known._seen):  # noqa: ASYNC110 - nothing signals it
            await asyncio.sleep(0.01)


async def test_while_slack_does_not_say_who_someone_is_those_alone_moderate_whom_the_settings_list(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = AsyncMock(**{"users_info.side_effect": TimeoutError})
    known = SlackPeople(["U1"])
    assert await known.fetch(client, "U1", "T1") == Person(moderator=True)
    assert await known.fetch(client, "U2", "T1") == Person()
    assert caplog.messages == ["Slack did not say who someone is (TimeoutError)"] * 2


async def test_what_slack_did_not_say_is_asked_again() -> None:
    client = AsyncMock(**{"users_info.side_effect": [TimeoutError, SOMEBODY]})
    known = SlackPeople()
    assert not (await known.cached(client, "U1", "T1")).moderator
    assert (await known.cached(client, "U1", "T1")).moderator
