"""Ten thousand requests of noise at the port for health and numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.marked import WORD
from tests.bot.watching import Watcher
from tests.fuzz.mutations import Mutator
from tests.fuzz.watched import INPUTS, SEED, batches, under_fire
from tests.fuzz.wires import Answers, Sent, broken, request
from tests.standins.discord import DiscordStandIn

pytestmark = pytest.mark.long

PATHS = ("/healthz", "/readyz", "/metrics", "/", f"/{WORD}", "/healthz/")


def noise(mutator: Mutator) -> Sent:
    """One request: a whole one, or a broken one."""
    choose = mutator.random
    if choose.random() < 0.6:
        return broken(mutator, *PATHS)
    method = choose.choice(("GET", "GET", "HEAD", "POST", "PUT", WORD.upper()))
    path = choose.choice(PATHS) + choose.choice(("", "", f"?{WORD}=%ff", "?" + "x" * 4000))
    headers = {"X": WORD if choose.random() < 0.8 else mutator.text(20).replace("\n", "")}
    body = choose.randbytes(choose.randrange(100)) if method in ("POST", "PUT") else b""
    return Sent((request(method, path, headers, body),), whole=False)


async def test_no_noise_brings_the_health_port_to_fall(
    tmp_path: Path, discord_standin: DiscordStandIn
) -> None:
    watcher, answers, mutator = Watcher(), Answers(), Mutator(SEED)
    async with under_fire(tmp_path, "json", discord=discord_standin, **watcher.settings) as watched:
        await watcher.until_ready(200)
        for batch in batches():
            await answers.send(watcher.port, (noise(mutator) for _ in batch))
            assert await watcher.get("/healthz") == (200, "ok\n")
            watched.look(batch.stop)
        assert (await watcher.ready())[0] == 200
        watched.has_not_grown()
        watched.tell(requests=answers.statuses)
    assert answers.statuses.total() == INPUTS
    assert answers.wrong == []
    assert max(answers.statuses) < 500
