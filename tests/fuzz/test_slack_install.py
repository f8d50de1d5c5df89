"""Slack's endpoint for many workspaces, and the pages that install the app into them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography.fernet import Fernet

from tests.bot.marked import WORD, mark_slack
from tests.bot.over_http import install
from tests.fuzz.mutations import VALUES, Mutator
from tests.fuzz.slack_corpus import Payload, one_of_everything
from tests.fuzz.slack_noise import EVENTS, SECRET, SlackNoise
from tests.fuzz.watched import INPUTS, SEED, batches, under_fire
from tests.fuzz.wires import Answers, Sent, as_bytes, broken, request
from tests.ports import free_port
from tests.shipped import FORMS
from tests.standins.slack import SlackStandIn
from tests.standins.slack_state import TEAM_ID

pytest_plugins = ["tests.adapters.postgres"]
pytestmark = pytest.mark.long

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
SHARE = 0.2
"""Of the inputs at Slack's endpoint; see `test_slack_endpoint`."""


def visited(mutator: Mutator) -> Sent:
    """A browser on the way from one page to the other, or what says that it is one."""
    choose = mutator.random
    if choose.random() < 0.3:
        return broken(mutator, INSTALL, REDIRECT)
    query = mutator.changed({"code": WORD, "state": WORD, "error": WORD, "scope": ["commands"]})
    pairs = query.items() if isinstance(query, dict) else [("state", choose.choice(VALUES))]
    filled = urlencode([(as_bytes(name), as_bytes(value)[:1000]) for name, value in pairs])
    cookie = choose.choice(
        (f"slack-app-oauth-state={WORD}", WORD, "=", "", "slack-app-oauth-state")
    )
    path = choose.choice((REDIRECT, REDIRECT, REDIRECT, INSTALL))
    return Sent((request("GET", f"{path}?{filled[:6000]}", {"Cookie": cookie}),), whole=False)


def ends(payload: Payload) -> bool:
    """Whether it tells that the app is not in the workspace any more."""
    event = payload.content.get("event") or {}
    return event.get("type") in ("app_uninstalled", "tokens_revoked")


async def test_nothing_that_comes_brings_the_endpoint_of_many_workspaces_down(
    tmp_path: Path, postgres_url: str
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    # What the bot says in answer to garbage may hold some of it: an id that comes from there.
    async with SlackStandIn(validate=False) as slack:
        settings = {
            "LDN_SLACK_PORT": str(port),
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_APP_TOKEN": "",
            "SLACK_BOT_TOKEN": "",
            "SLACK_CLIENT_ID": slack.api.installing.client_id,
            "SLACK_CLIENT_SECRET": slack.api.installing.client_secret,
            "LDN_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "DATABASE_URL": postgres_url,
        }
        async with under_fire(tmp_path, "json", slack=slack, **settings) as watched:
            mark_slack(slack)
            await watched.bot.says("connected to Slack")
            assert await install(slack, address, address, TEAM_ID) == 200
            slack.deliver_to(f"{address}{EVENTS}", SECRET)
            corpus = await one_of_everything(slack)
            going_on = [each for each in corpus if not ends(each)]
            noise, last = SlackNoise(SEED, going_on), SlackNoise(SEED + 1, corpus)
            mutator = Mutator(SEED)
            pages, events = Answers(), Answers()
            for batch in batches(SHARE):
                # Orders to forget the workspace are obeyed, also if garbage turns out to be one.
                assert await install(slack, address, address, TEAM_ID) == 200
                await pages.send(port, [visited(mutator) for _ in batch[::2]])
                sent = (noise if number % 10 else last for number in batch[1::2])
                await events.send(port, [each.signed() for each in sent])
                assert await install(slack, address, address, TEAM_ID) == 200
                assert FORMS in (await slack.command("/ldn", "forms")).text
                watched.look(batch.stop)
                slack.requests.clear()
            watched.has_not_grown()
            watched.tell(pages=pages.statuses, events=events.statuses)
    assert pages.statuses.total() + events.statuses.total() == round(INPUTS * SHARE)
    assert pages.wrong == []
    assert events.wrong == []
    assert max(pages.statuses) < 500
    assert events.statuses.keys() <= {200, 400, 401, 503}
