"""SearchIndex: a question in, the sections that answer it out, with honest probabilities.

Every topic, covered by the document or not, has example questions. A linear classifier
(`knowledge.classifier`) learns from them, and from the sections' titles and sentences, which
words and parts of words speak for which topic. Cross-validation tells what its scores are worth
as probabilities, and `Costs` what to do about them: answer, offer, or say that the document does
not cover it.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.classifier import calibrate, fold_of, score, softmax, train
from knowledge.features import (
    ALWAYS,
    Features,
    Vocabulary,
    letter_features,
    sequence_features,
    words,
)
from knowledge.vocabulary import SYNONYMS

MOST_OFFERED = 3
FOLDS = 4
_SENTENCE = re.compile(r"(?<=[.:!?])\s+")


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that a question can be about.

    `id` is a section's id when the document covers it, else the not-covered topic's own.
    `texts` are the title, the aliases and the section's text; `questions` are examples.
    """

    id: str
    covered: bool
    texts: tuple[str, ...]
    questions: tuple[str, ...]


class Outcome(enum.Enum):
    """What to do with a question."""

    ANSWER = "answer"
    OFFER = "offer"
    NOT_COVERED = "not covered"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A section, and the probability that it is the one which answers the question."""

    id: str
    probability: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The outcome of a search.

    `candidates` are the likeliest sections, best first, at most three; the first is the answer
    when the outcome is ANSWER, and all are close but unsure otherwise. `not_covered` is the
    likeliest topic that the document does not cover, when the outcome is NOT_COVERED and there
    is one. `coverage` is the probability that the document covers the question at all.
    """

    outcome: Outcome
    candidates: tuple[Candidate, ...]
    not_covered: str | None
    coverage: float


@dataclass(frozen=True, slots=True)
class Costs:
    """What each mistake costs, in units of "a person reads the wrong section as the answer".

    The outcome with the least expected cost is taken, so these numbers are the thresholds.
    """

    wrong_answer: float = 1.0
    """A section is shown as the answer, and another one was right."""
    answer_not_covered: float = 1.0
    """A section is shown as the answer, and the document does not cover the question."""
    offer: float = 0.12
    """Sections are offered, and one of them is right: one more tap."""
    offer_wrong: float = 0.5
    """Sections are offered, and none of them is right."""
    offer_not_covered: float = 0.25
    """Sections are offered with "I am not sure", and the document does not cover the question."""
    refusal: float = 0.6
    """The document covers the question, and is said not to."""


class SearchIndex:
    """Finds the sections that answer a question; see `build` and `search`."""

    def __init__(
        self,
        topics: Sequence[Topic],
        vocabulary: Vocabulary,
        features: Features,
        weights: NDArray[np.float32],
        factors: NDArray[np.float64],
        costs: Costs,
    ) -> None:
        self._ids = [topic.id for topic in topics]
        self._covered = np.array([topic.covered for topic in topics])
        self._vocabulary = vocabulary
        self._features = features
        self._weights = weights
        self._factors = factors
        self._costs = costs

    @classmethod
    def build(
        cls,
        topics: Sequence[Topic],
        *,
        synonyms: Mapping[str, Sequence[str]] = SYNONYMS,
        costs: Costs = Costs(),
        cache: Path | None = None,
    ) -> SearchIndex:
        """Learn from the topics' examples and texts."""
        examples: list[tuple[tuple[str, ...], int, bool]] = []
        for number, topic in enumerate(topics):
            for question in topic.questions:
                examples.append((words(question), number, True))
            for text in topic.texts:
                for sentence in _SENTENCE.split(text):
                    examples.append((words(sentence), number, False))
        examples = [example for example in examples if example[0]]
        counts = Counter(word for example, _, _ in examples for word in example)
        vocabulary = Vocabulary(counts, synonyms)
        understood = [vocabulary.understand(example) for example, _, _ in examples]
        found = [_views(text) for text in understood]
        features = Features.learn(found)
        labels = np.array([number for _, number, _ in examples], dtype=np.int64)
        held_out = np.array([fold_of(text, FOLDS) == 0 for text in understood])
        learned = np.stack([np.ones_like(held_out), ~held_out])
        blocks = [features.of(views) for views in found]
        weights, without = train(blocks, labels, len(topics), len(features), learned)
        judged = [
            number
            for number, (_, _, is_question) in enumerate(examples)
            if held_out[number] and is_question
        ]
        covered = np.array([topic.covered for topic in topics])
        unseen = score([blocks[number] for number in judged], without)
        factors = calibrate(_inputs(unseen, covered), labels[judged])
        return cls(topics, vocabulary, features, weights, factors, costs)

    def search(self, text: str) -> Ranking:
        """The sections that answer a question, and what to do with them."""
        understood = self._vocabulary.understand(words(text))
        block = self._features.of(_views(understood))
        scores = block.values @ self._weights[block.places]
        chances = softmax(_inputs(scores, self._covered) @ self._factors)
        return self.decide(chances)

    def decide(self, chances: NDArray[np.float64]) -> Ranking:
        """The outcome with the least expected cost, given each topic's probability."""
        costs = self._costs
        covered = np.where(self._covered, chances, -1.0)
        best = np.argsort(-covered)[:MOST_OFFERED]
        offered = chances[best]
        coverage = float(chances[self._covered].sum())
        missing = 1 - coverage
        first, within = float(offered[0]), float(offered.sum())
        expected = {
            Outcome.ANSWER: costs.wrong_answer * (coverage - first)
            + costs.answer_not_covered * missing,
            Outcome.OFFER: costs.offer * within
            + costs.offer_wrong * (coverage - within)
            + costs.offer_not_covered * missing,
            Outcome.NOT_COVERED: costs.refusal * coverage,
        }
        outcome = min(expected, key=lambda which: expected[which])
        not_covered = None
        if outcome is Outcome.NOT_COVERED and not self._covered.all():
            not_covered = self._ids[int(np.argmax(np.where(self._covered, -1.0, chances)))]
        candidates = tuple(Candidate(self._ids[i], float(chances[i])) for i in best)
        return Ranking(outcome, candidates, not_covered, coverage)


def _views(text: Sequence[str]) -> tuple[Sequence[int], ...]:
    return sequence_features(text, (1, 2), salt=1), letter_features(text), ALWAYS


def _inputs(scores: NDArray[np.float32], covered: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What the calibration weighs for each topic: its score, and whether it is covered."""
    flags = np.broadcast_to(covered.astype(np.float64), scores.shape)
    return np.stack([scores.astype(np.float64), flags], axis=-1)
