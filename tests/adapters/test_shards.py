"""Which shards a process has, and when one may identify."""

from __future__ import annotations

import asyncio

import pytest

from adapters.discord import gateway
from adapters.discord.gateway import IdentifyLimiter
from adapters.discord.shards import Shards


@pytest.mark.parametrize(
    ("text", "ids", "count"),
    [("0-3/16", [0, 1, 2, 3], 16), ("15/16", [15], 16), ("0/1", [0], 1), ("2-2/3", [2], 3)],
)
def test_a_range_names_the_shards_of_a_process(text: str, ids: list[int], count: int) -> None:
    shards = Shards.parse(text)
    assert (shards.ids, shards.count) == (ids, count)


@pytest.mark.parametrize(
    "text",
    ["", "0-3", "/16", "3-0/16", "0-16/16", "16/16", "0/0", "-1/2", "0-3/16/2", "a/b", "0 - 3/16",
     "٣/٤", "0-3/16\n", "1e1/20"],
)  # fmt: skip
def test_nonsense_is_no_range(text: str) -> None:
    with pytest.raises(ValueError, match=r"shards|like"):
        Shards.parse(text)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each one had to wait, in the order of their calls; no time passes."""
    seconds: list[float] = []

    async def sleep(delay: float) -> None:
        seconds.append(round(delay, 1))

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return seconds


async def test_shards_of_different_buckets_identify_at_once(waits: list[float]) -> None:
    gate = IdentifyLimiter(max_concurrency=16)
    for shard in range(16):
        await gate.wait(shard)
    assert waits == [0] * 16


async def test_shards_of_one_bucket_identify_one_after_the_other(waits: list[float]) -> None:
    gate = IdentifyLimiter(max_concurrency=2)
    for shard in (0, 1, 2, 3, 4):
        await gate.wait(shard)
    every = gateway.IDENTIFY_EVERY
    assert every > 5
    assert waits == [0, 0, every, every, 2 * every]
