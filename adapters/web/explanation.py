"""Explanation: why a question got the answer that it got."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

from knowledge.answer import Answer
from knowledge.desk import QUESTION_LIMIT, HelpDesk
from knowledge.safety import CRISIS_COSTS, Crisis, CrisisCosts, Tier
from knowledge.search import COSTS, Costs, Outcome, Ranking, expected_costs


@dataclass(frozen=True, slots=True)
class Explanation:
    """The three steps of answering, in their order, and what each found.

    Args:
        answer: the answer that was given.
        named: step 1, the answer with exactly this name; if there is one, it is given.
        crisis: step 2, the verdict of the crisis check; an explicit crisis decides the answer.
        ranking: step 3, the search's result, filled in even if an earlier step decided.
        expected: the expected cost of each outcome of the search, the lowest first.
        costs: the costs that the search weighs.
        crisis_costs: the costs that the crisis check weighs.
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
        """The step that decided: `name`, `crisis` or `search`."""
        if self.named:
            return "name"
        return "crisis" if self.crisis and self.crisis.tier is Tier.EXPLICIT else "search"


def explain(desk: HelpDesk, question: str) -> Explanation:
    """Explain a desk's answer to a question."""
    ranking = desk.index.search(question.strip()[:QUESTION_LIMIT])
    costs = expected_costs(ranking.candidates, ranking.coverage)
    return Explanation(
        answer=desk.ask(question),
        named=desk.lookup(question.strip()),
        crisis=desk.safety.check(question),
        ranking=ranking,
        expected=tuple(sorted(zip(Outcome, costs, strict=True), key=itemgetter(1))),
        costs=COSTS,
        crisis_costs=CRISIS_COSTS,
    )
