"""The soak in small, so that it goes on working, and finds what takes no minutes to be found."""

from __future__ import annotations

import pytest

from tests.adapters.postgres import WHY_NOT, programs
from tests.benchmarks.soak import HTTP, POSTGRESQL, SOCKET, SQLITE, show, soak
from tests.standins.requirements import need


@pytest.mark.long
@pytest.mark.parametrize(
    ("store", "slack"), [(POSTGRESQL, SOCKET), (SQLITE, SOCKET), (POSTGRESQL, HTTP)]
)
async def test_through_every_fault_no_question_is_lost_or_answered_twice(
    store: str, slack: str
) -> None:
    if store == POSTGRESQL:
        need("postgres", programs() is not None, WHY_NOT)
    result = await soak(store, slack, minutes=0.4, rate=30.0)
    show(result)  # pytest keeps it, for whoever wants to know why
    row = result.ledger.rows()["all"]
    assert result.failures == []
    assert row.once == row.accepted > 300
    assert result.usage.tasks_after == result.usage.tasks_before
