"""What is under way when an adapter is closed."""

from __future__ import annotations

import asyncio

import pytest

from adapters import closing


def begin(under_way: set[asyncio.Task[None]], task: asyncio.Task[None]) -> None:
    under_way.add(task)
    task.add_done_callback(under_way.discard)


async def test_what_joins_while_others_are_waited_for_is_waited_for_too() -> None:
    under_way: set[asyncio.Task[None]] = set()
    done: list[str] = []

    async def second() -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        done.append("second")

    async def first() -> None:
        await asyncio.sleep(0)
        begin(under_way, asyncio.create_task(second()))
        done.append("first")

    begin(under_way, asyncio.create_task(first()))
    await closing.finish(under_way)
    assert done == ["first", "second"]


async def test_what_takes_too_long_is_told_and_left_to_whoever_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(closing, "FINISHED_WITHIN", 0.01)
    hanging = asyncio.create_task(asyncio.sleep(3600))
    await closing.finish({hanging})
    assert caplog.messages == ["answers under way that were not finished in time: 1"]
    assert not hanging.done()
    hanging.cancel()
