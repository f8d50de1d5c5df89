"""Ten thousand envelopes that Slack's Socket Mode has never sent."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.bot.marked import WORD, mark_slack
from tests.fuzz.mutations import GARBAGE, Mutator, written
from tests.fuzz.slack_corpus import Payload, one_of_everything
from tests.fuzz.watched import FORMATS, SEED, batches, under_fire
from tests.shipped import FORMS
from tests.standins.recording import JSON
from tests.standins.slack import SlackStandIn

pytestmark = pytest.mark.long

AT_ONCE = 50
"""Envelopes between two proper questions, so that these are answered in time."""
RECONNECT_EVERY = 400
"""Envelopes between two orders to connect anew: each is obeyed, and takes a moment."""


class Noise:
    """Texts for a connection of Socket Mode."""

    def __init__(self, seed: int, corpus: list[Payload]) -> None:
        self._mutator = Mutator(seed)
        self._random = self._mutator.random
        self._corpus = corpus
        self._number = 0

    def text(self) -> str:
        """An envelope with something wrong in what it holds, or around that, or everywhere."""
        choose = self._random
        payload = choose.choice(self._corpus)
        # Each press and each event has an id of its own; one that is known is not worked on.
        self._number += 1
        for name in payload.content.keys() & {"trigger_id", "event_id"}:
            payload.content[name] = f"{WORD}{self._number}"
        envelope: JSON = {
            "envelope_id": str(uuid.UUID(int=choose.getrandbits(128))),
            "type": payload.kind,
            "accepts_response_payload": True,
            "payload": payload.content,
        }
        if choose.random() < 0.7:
            return written({**envelope, "payload": self._mutator.changed(payload.content)})
        if choose.random() < 0.6:
            return written(self._mutator.changed(envelope))
        if choose.random() < 0.5:
            return choose.choice(GARBAGE).decode("utf-8", "replace")
        return self._mutator.spoilt(written(envelope).encode()).decode("utf-8", "replace")

    def order(self) -> str:
        """An order to connect anew, for some reason or none."""
        order = {"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": WORD}}
        changed = self._mutator.changed(order)
        return written({**changed, "type": "disconnect"} if isinstance(changed, dict) else order)


@pytest.mark.parametrize("log_format", FORMATS)
async def test_no_envelope_brings_the_bot_to_fall(tmp_path: Path, log_format: str) -> None:
    # What the bot says in answer to garbage may hold some of it: an id that comes from there.
    async with (
        SlackStandIn(validate=False) as slack,
        under_fire(tmp_path, log_format, slack=slack) as watched,
    ):
        mark_slack(slack)
        await watched.bot.says("connected to Slack")
        noise = Noise(SEED + len(log_format), await one_of_everything(slack))
        orders = 0
        for batch in batches(1 / len(FORMATS)):
            for number in batch:
                if number // RECONNECT_EVERY > orders:
                    orders += 1
                    [before] = slack.socket.connected
                    await before.send_str(noise.order())
                    await slack.until(lambda ws=before: ws.closed, "the old connection to close")
                    await slack.connected()
                [connection] = slack.socket.connected
                if number % 100 == 0:
                    await connection.send_bytes(noise.text().encode())
                else:
                    await connection.send_str(noise.text())
                if number % AT_ONCE == 0:
                    assert FORMS in (await slack.command("/ldn", "forms")).text
            watched.look(batch.stop)
            slack.requests.clear()
        assert FORMS in (await slack.command("/ldn", "forms")).text
        watched.has_not_grown()
        watched.tell()
