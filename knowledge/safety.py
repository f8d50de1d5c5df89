"""CrisisDetector: are these words of a crisis? Text in, verdict out.

Three kinds of crisis are looked for: suicide and self-harm, too much of a medicine or a poison,
and medical emergencies. An EXPLICIT crisis is answered with help lines alone, an AMBIGUOUS one
with a line of help above the normal answer. Nobody is reported, and nothing is kept.

The verdict is a classifier's (`knowledge.classifier`), learned from `crisis.yaml` and from all
ordinary example questions. It sees the words, their letters, and the ideas behind the words
(`knowledge.ideas`). A long message is also judged piece by piece, so that a cry for help does
not drown in it.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from knowledge.ideas import KNOWN_WORDS, gist_features, ideas, pair_features
from knowledge.vocabulary import SYNONYMS

FOLDS = 4
LONGEST = 600
"""Words of a message that are looked at."""
PIECE, STEP = 16, 8
"""Words of a piece that a longer message is cut into, and from one piece's start to the next's."""


class Tier(enum.Enum):
    """How plain a crisis is."""

    EXPLICIT = "explicit"
    AMBIGUOUS = "ambiguous"


class CrisisKind(enum.Enum):
    """What kind of help is needed."""

    SUICIDE = "suicide"
    OVERDOSE = "overdose"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Crisis:
    """Words of a crisis were found. The kind of an ambiguous one is the likeliest of the three."""

    tier: Tier
    kind: CrisisKind


@dataclass(frozen=True, slots=True)
class CrisisPhrases:
    """What `crisis.yaml` holds: examples of each kind, and phrases that only sound like one."""

    suicide: tuple[str, ...]
    overdose: tuple[str, ...]
    emergency: tuple[str, ...]
    ambiguous: tuple[str, ...]
    traps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CrisisCosts:
    """What each mistake costs, in units of "an explicit crisis gets no help line at all".

    The verdict with the least expected cost is taken, so these numbers are the thresholds.
    """

    missed_explicit: float = 1.0
    missed_ambiguous: float = 0.4
    """Despair is answered as an ordinary question."""
    understated: float = 0.3
    """An explicit crisis gets a line of help above an answer."""
    overstated: float = 0.3
    """Despair gets help lines alone."""
    false_alarm: float = 0.6
    """An ordinary question is answered with help lines alone: it stays unanswered."""
    needless_line: float = 0.3
    """An ordinary question is answered with a line of help above the answer."""


_KINDS = (CrisisKind.SUICIDE, CrisisKind.OVERDOSE, CrisisKind.EMERGENCY)
_ORDINARY, _AMBIGUOUS, _FIRST_KIND = 0, 1, 2


class CrisisDetector:
    """Finds words of a crisis; see `build` and `check`."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        features: Features,
        weights: NDArray[np.float32],
        factors: NDArray[np.float64],
        costs: CrisisCosts,
    ) -> None:
        self._vocabulary = vocabulary
        self._features = features
        self._weights = weights
        self._factors = factors
        self._costs = costs

    @classmethod
    def build(
        cls,
        phrases: CrisisPhrases,
        ordinary: Iterable[str],
        *,
        synonyms: Mapping[str, Sequence[str]] = SYNONYMS,
        costs: CrisisCosts = CrisisCosts(),
        cache: Path | None = None,
    ) -> CrisisDetector:
        """Learn from the phrases; `ordinary` are questions that are none (all examples)."""
        groups = (
            (*phrases.traps, *ordinary),
            phrases.ambiguous,
            phrases.suicide,
            phrases.overdose,
            phrases.emergency,
        )
        examples = [
            (text, number)
            for number, group in enumerate(groups)
            for text in map(words, group)
            if text
        ]
        counts = Counter(word for text, _ in examples for word in text)
        counts.update(KNOWN_WORDS)
        vocabulary = Vocabulary(counts, synonyms)
        understood = [vocabulary.understand(text) for text, _ in examples]
        found = [_views(text) for text in understood]
        features = Features.learn(found)
        blocks = [features.of(views) for views in found]
        labels = np.array([number for _, number in examples], dtype=np.int64)
        held_out = np.array([fold_of(text, FOLDS) == 0 for text in understood])
        learned = np.stack([np.ones_like(held_out), ~held_out])
        weights, without = train(blocks, labels, len(groups), len(features), learned)
        judged = np.flatnonzero(held_out)
        unseen = score([blocks[number] for number in judged], without)
        factors = calibrate(_inputs(unseen), labels[judged])
        return cls(vocabulary, features, weights, factors, costs)

    def check(self, text: str) -> Crisis | None:
        """The crisis that the words speak of, if any; the plainest, if there are several."""
        found: Crisis | None = None
        for piece in _pieces(self._vocabulary.understand(words(text, LONGEST))):
            verdict = self._decide(self._chances(piece))
            if verdict is not None and verdict.tier is Tier.EXPLICIT:
                return verdict
            found = found or verdict
        return found

    def _chances(self, piece: Sequence[str]) -> NDArray[np.float64]:
        block = self._features.of(_views(piece))
        scores = block.values @ self._weights[block.places]
        return softmax(_inputs(scores) @ self._factors)

    def _decide(self, chances: NDArray[np.float64]) -> Crisis | None:
        costs = self._costs
        ordinary, ambiguous = float(chances[_ORDINARY]), float(chances[_AMBIGUOUS])
        explicit = 1 - ordinary - ambiguous
        expected: dict[Tier | None, float] = {
            Tier.EXPLICIT: costs.false_alarm * ordinary + costs.overstated * ambiguous,
            Tier.AMBIGUOUS: costs.needless_line * ordinary + costs.understated * explicit,
            None: costs.missed_explicit * explicit + costs.missed_ambiguous * ambiguous,
        }
        tier = min(expected, key=lambda which: expected[which])
        if tier is None:
            return None
        return Crisis(tier, _KINDS[int(np.argmax(chances[_FIRST_KIND:]))])


def _pieces(text: Sequence[str]) -> Iterator[Sequence[str]]:
    """The whole text, and when it is long also overlapping pieces of it."""
    if not text:
        return
    if len(text) <= PIECE:
        yield text
        return
    for start in range(0, len(text) - STEP, STEP):
        yield text[start : start + PIECE]


def _views(text: Sequence[str]) -> tuple[Sequence[int], ...]:
    found = [ideas(word) for word in text]
    return (
        sequence_features(text, (1, 2, 3), salt=1),
        letter_features(text),
        pair_features(found),
        gist_features(text, found),
        ALWAYS,
    )


def _inputs(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the calibration weighs for each kind: its score, and a bias for all but the first."""
    kinds = scores.shape[-1]
    biases = np.broadcast_to(np.eye(kinds)[:, 1:], (*scores.shape, kinds - 1))
    return np.concatenate([scores[..., None].astype(np.float64), biases], axis=-1)
