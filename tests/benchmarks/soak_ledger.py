"""What was asked in a soak, what came of it, and whether the platform still took an answer.

The rules are those of docs/benchmarks.md. They are about the platform alone: nothing that the bot
says or logs excuses it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.wording import APOLOGY
from tests.standins.recording import Call, Fault

ONLY_WORDS = APOLOGY[:20]
"""An apology answers nobody's question."""
LOOK_EVERY_S = 0.02
LAST_MOMENT_S = 2.0
"""An interaction that reached the bot later than this had less than a second left."""
ENDING_S = 0.25
"""What is handed to a connection so shortly before its end may never be read."""
STILL_S = 0.5
"""Without a turn for so long, the soak may take an answer that is there for one that is late."""
TOO_LONG_S = 3.0
"""Who has to answer within three seconds cannot wait for a call that takes as long."""


class Excuse(StrEnum):
    """Why the platform took no answer, or may have taken one and did not say so."""

    NOBODY = "no connection was open"
    LATE = "it reached the bot too late"
    CUT = "its connection ended"
    HELD = "the platform held the answer back too long"
    REFUSED = "the platform's front refused the answer"
    DOUBT = "the platform did not say whether it took the message"
    TWICE = "the platform failed twice"
    EXPIRED = "its response_url had expired"
    STOOD_STILL = "the soak itself stood still"
    UNDELIVERED = "no delivery was acknowledged"


# Where the same answer, sent twice, is one: an interaction is answered once, an edit is an edit.
_SAME_TWICE = frozenset(
    {
        "/interactions/{interaction_id}/{interaction_token}/callback",
        "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
        "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}",
    }
)


@dataclass(eq=False)
class Question:
    """One thing that somebody asked or pressed; times are those of the event loop's clock."""

    platform: str
    kind: str
    asked: float
    id: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    """What the person got to see: a text by its message's id. An edit is no second message."""
    excuses: set[Excuse] = field(default_factory=set)
    faults: int = 0
    seconds: float | None = None
    said: str = ""
    """What the stand-in said where nothing came."""

    @property
    def times_answered(self) -> int:
        """How many answers came, apologies aside."""
        return sum(not text.startswith(ONLY_WORDS) for text in self.answers.values())

    @property
    def excused(self) -> bool:
        """Whether the platform did not, or not surely, take an answer any more."""
        return bool(self.excuses)

    @property
    def lost(self) -> bool:
        """Whether it is owed an answer."""
        return not self.excused and self.times_answered == 0

    @property
    def doubled(self) -> bool:
        """Whether it was answered more than once. Nothing excuses that."""
        return self.times_answered > 1

    def met(self, call: Call, fault: Fault) -> None:
        """A fault was in the way of a call with its answer."""
        self.faults += 1
        if self.faults > 1:
            self.excuses.add(Excuse.TWICE)
        if fault.delay >= TOO_LONG_S and _is_urgent(call):
            self.excuses.add(Excuse.HELD)
        if fault.status == 429:
            if isinstance(fault.body, str):
                self.excuses.add(Excuse.REFUSED)
        elif (fault.reset or fault.status is not None) and not _same_twice(call):
            self.excuses.add(Excuse.DOUBT)


def _is_urgent(call: Call) -> bool:
    return call.route.endswith("/callback") or call.route in ("views.open", "views.push")


def _same_twice(call: Call) -> bool:
    replaces = call.route == "response_url" and call.body.get("replace_original")
    return call.route in _SAME_TWICE or bool(replaces)


@dataclass(frozen=True)
class Row:
    """Sums of some questions."""

    asked: int
    accepted: int
    once: int
    twice: int
    lost: int
    excused: Counter[Excuse]

    @classmethod
    def of(cls, questions: Iterable[Question]) -> Row:
        """The sums. `once`: of those that were still accepted."""
        every = list(questions)
        accepted = [each for each in every if not each.excused]
        reasons = Counter(min(each.excuses) for each in every if each.excuses)
        return cls(
            asked=len(every),
            accepted=len(accepted),
            once=sum(each.times_answered == 1 for each in accepted),
            twice=sum(each.doubled for each in every),
            lost=sum(each.lost for each in every),
            excused=reasons,
        )


@dataclass
class Ledger:
    """Every question of a soak."""

    questions: list[Question] = field(default_factory=list)
    by_id: dict[str, Question] = field(default_factory=dict)
    """By what a call with an answer names: a token, a trigger, a message."""
    stood_still: list[tuple[float, float]] = field(default_factory=list)

    def open(self, platform: str, kind: str, asked: float, id: str) -> Question:
        """Enter a question."""
        question = Question(platform, kind, asked, id)
        self.questions.append(question)
        self.by_id[id] = question
        return question

    async def watch(self) -> None:
        """Note when this process got no turn, until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            before = clock()
            await asyncio.sleep(LOOK_EVERY_S)
            if clock() - before > STILL_S:
                self.stood_still.append((before, clock()))

    def settle(self, calls: Iterable[Call]) -> None:
        """Look which faults were in the way of whose answers."""
        for since, until in self.stood_still:
            for question in self.questions:
                if since - TOO_LONG_S <= question.asked <= until:
                    question.excuses.add(Excuse.STOOD_STILL)
        for call in calls:
            if call.fault is not None and (question := self.by_id.get(_whose(call))):
                question.met(call, call.fault)

    def rows(self) -> dict[str, Row]:
        """The sums by platform and kind, and of all."""
        kinds = sorted({(each.platform, each.kind) for each in self.questions})
        rows = {
            f"{platform}: {kind}": Row.of(
                each for each in self.questions if (each.platform, each.kind) == (platform, kind)
            )
            for platform, kind in kinds
        }
        return {**rows, "all": Row.of(self.questions)}


def _whose(call: Call) -> str:
    """The id of the question that a call answers."""
    for name in ("interaction_token", "webhook_token", "token"):
        if name in call.params:
            return call.params[name]
    body = call.body if isinstance(call.body, dict) else {}
    if call.route == "chat.postMessage":
        return str(body.get("thread_ts") or body.get("channel"))
    return str(body.get("trigger_id", ""))
