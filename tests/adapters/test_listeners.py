"""What Slack's listeners do with events that come at the same time."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from adapters.conversation import AnswerPage, Caller
from adapters.deliveries import Deliveries
from adapters.slack.listeners import Listeners
from adapters.slack.people import Person
from knowledge.desk import Desks
from knowledge.metrics import Metrics


class Recording:
    """In place of the reception, of what knows people, and of the metrics: notes each step."""

    def __init__(self, desks: Desks) -> None:
        self.steps: list[str] = []
        self.metrics = Metrics()
        self._answer = desks.first.ask("")

    async def cached(self, *_: Any) -> Person:
        self.steps.append("read")
        return Person()

    async def ask(self, *_: Any) -> AnswerPage:
        self.steps.append("answered")
        return AnswerPage(self._answer)

    def count(self, _: Caller, __: AnswerPage) -> None:
        self.steps.append("shown")


async def test_questions_that_come_together_are_answered_step_by_step(desks: Desks) -> None:
    recording = cast(Any, Recording(desks))
    listeners = Listeners(recording, recording, Deliveries())
    await asyncio.gather(*(listeners.ask(recording, {"command": "/ldn"}) for _ in range(3)))
    assert recording.steps == [*["read"] * 3, *["answered"] * 3, *["shown"] * 3]
