"""Ten thousand requests at Slack's endpoint: noise, what Slack has not signed, and signed garbage.

A fifth of them is in `test_slack_install`: at the same endpoint, where it serves many workspaces.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bot.marked import mark_slack
from tests.fuzz.slack_corpus import one_of_everything
from tests.fuzz.slack_noise import EVENTS, SECRET, SlackNoise
from tests.fuzz.watched import FORMATS, INPUTS, SEED, batches, under_fire
from tests.fuzz.wires import Answers, Sent
from tests.ports import free_port
from tests.shipped import FORMS
from tests.standins.slack import SlackStandIn

pytest_plugins = ["tests.adapters.postgres"]
pytestmark = pytest.mark.long

SHARE = 0.8 / len(FORMATS)


@pytest.mark.parametrize("log_format", FORMATS)
async def test_nothing_that_comes_brings_the_endpoint_down(
    tmp_path: Path, postgres_url: str, log_format: str
) -> None:
    port = free_port()
    settings = {
        "LDN_SLACK_PORT": str(port),
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_APP_TOKEN": "",
        "DATABASE_URL": postgres_url,
    }
    # What the bot says in answer to garbage may hold some of it: an id that comes from there.
    async with (
        SlackStandIn(validate=False) as slack,
        under_fire(tmp_path, log_format, slack=slack, **settings) as watched,
    ):
        mark_slack(slack)
        await watched.bot.says("connected to Slack")
        delivery = slack.deliver_to(f"http://127.0.0.1:{port}{EVENTS}", SECRET)
        noise = SlackNoise(SEED + len(log_format), await one_of_everything(slack))
        sorts: list[tuple[Callable[[], Sent], Answers]] = [
            (noise.broken, Answers()),
            (noise.unsigned, Answers()),
            (noise.signed, Answers()),
        ]
        for batch in batches(SHARE):
            await slack.quiet()  # some work goes on after its acknowledgement
            for number, (sort, answers) in enumerate(sorts):
                calls = len(slack.requests)
                await answers.send(port, [sort() for _ in batch[number :: len(sorts)]])
                if sort != noise.signed:
                    assert slack.requests[calls:] == [], "work was done for what nobody signed"
            assert FORMS in (await slack.command("/ldn", "forms")).text
            watched.look(batch.stop)
            slack.requests.clear()
            delivery.sent.clear()
        watched.has_not_grown()
        by_sort = [answers.statuses for _, answers in sorts]
        watched.tell(**dict(zip(("broken", "unsigned", "signed"), by_sort, strict=True)))
    assert sum(each.total() for each in by_sort) == round(INPUTS * SHARE)
    assert [answers.wrong for _, answers in sorts] == [[], [], []]
    assert all(max(each) < 500 for each in by_sort[:2])
    assert by_sort[1].keys() == {401}
    # 503: somebody else has begun with this very event, or press, and has not finished with it.
    assert by_sort[2].keys() <= {200, 400, 401, 503}
