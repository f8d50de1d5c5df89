"""Reasons: why a question went where it went."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

from knowledge.answer import Answer
from knowledge.desk import QUESTION_LIMIT, HelpDesk
from knowledge.safety import CRISIS_COSTS, Crisis, CrisisCosts, Tier
from knowledge.search import COSTS, Costs, Outcome, Ranking, expected_costs


@dataclass(frozen=True, slots=True)
class Reasons:
    """What was looked at, in this order: exact names, words of a crisis, the search.

    `named` is the answer that was called by an exact name, which ends it. `crisis` is the verdict
    on the words; an explicit one ends it too. `ranking` is what the search found, whether or not
    it came to that, and `expected` what each outcome would have cost.
    """

    answer: Answer
    named: Answer | None
    crisis: Crisis | None
    ranking: Ranking
    expected: tuple[tuple[Outcome, float], ...]
    costs: Costs
    crisis_costs: CrisisCosts

    @property
    def decided_by(self) -> str:
        """What had the last word: `name`, `crisis` or `search`."""
        if self.named:
            return "name"
        return "crisis" if self.crisis and self.crisis.tier is Tier.EXPLICIT else "search"


def reasons(desk: HelpDesk, question: str) -> Reasons:
    """Why a desk answers a question as it does."""
    ranking = desk.index.search(question.strip()[:QUESTION_LIMIT])
    expected = expected_costs(ranking.candidates, ranking.coverage, COSTS)
    return Reasons(
        answer=desk.ask(question),
        named=desk.open(question.strip()),
        crisis=desk.safety.check(question),
        ranking=ranking,
        expected=tuple(sorted(expected, key=itemgetter(1))),
        costs=COSTS,
        crisis_costs=CRISIS_COSTS,
    )
