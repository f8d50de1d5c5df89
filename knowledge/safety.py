"""CrisisDetector: are these words of a crisis? Text in, verdict out.

Three kinds of crisis are looked for: suicide and self-harm, too much of a medicine or a poison,
and medical emergencies. An EXPLICIT crisis is answered with help lines alone, an AMBIGUOUS one
with a line of help above the normal answer. Nobody is reported, and nothing is kept.

The verdict is a classifier's (`knowledge.classifier`), learned from `crisis.yaml` and from all
ordinary example questions. It sees the words, which of them are near each other, their letters,
and the ideas behind the words (`knowledge.ideas`). The passages of a message (`knowledge.passages`)
are judged on their own as well. What it learns from is made in `knowledge.crisis_examples`.
"""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from knowledge import modelcache
from knowledge.classifier import Training
from knowledge.crisis_examples import (
    AMBIGUOUS,
    FIRST_KIND,
    ORDINARY,
    CrisisPhrases,
    crisis_examples,
)
from knowledge.features import ALWAYS, nearby_features, parts_of, sequence_features
from knowledge.ideas import gist_features, ideas, pair_features
from knowledge.passages import LONG, LONGEST, clauses, sentences
from knowledge.textmodel import Probabilities, TextModel, Views
from knowledge.vocabulary import Vocabulary

PASSAGE_DOUBT = 0.1
"""How likely a passage may be ordinary and still be taken for a crisis: it is torn from its
context, and a long message has many."""
NEARBY = 5
"""How many words apart two words may stand, at most, that are seen together; neighbours are one
apart."""
MOST_COUNTED = 10
"""Words with an idea, above which their number tells no more."""
_WORDS, _NEARBY, _HOW_MANY = 1, 5, 100


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
class CrisisCosts:
    """What each mistake costs, in units of "an explicit crisis gets no help line at all".

    The verdict with the least expected cost is taken, so these numbers are the thresholds.
    """

    missed_explicit: float = 1.0
    missed_ambiguous: float = 0.4
    """Despair is answered as an ordinary question."""
    understated: float = 0.7
    """An explicit crisis gets a line of help above an answer."""
    overstated: float = 0.15
    """Despair gets help lines alone."""
    false_alarm: float = 0.95
    """An ordinary question is answered with help lines alone: it stays unanswered."""
    needless_line: float = 0.25
    """An ordinary question is answered with a line of help above the answer."""


CRISIS_COSTS = CrisisCosts()
CRISIS_TRAINING = Training(passes=5, rate=1.0, decay=1e-3, averaged=3)
"""More careful than the search's: whoever is in a crisis says it in words that no example has."""
_KINDS = (CrisisKind.SUICIDE, CrisisKind.OVERDOSE, CrisisKind.EMERGENCY)
BIASES = np.eye(FIRST_KIND + len(_KINDS))[:, 1:]
"""The calibration may raise or lower every kind but the ordinary."""


class CrisisDetector:
    """Finds words of a crisis; see `build` and `check`."""

    def __init__(self, vocabulary: Vocabulary, model: TextModel, key: str) -> None:
        self.key = key
        """Under which what was learned can be taken up again."""
        self.vocabulary = vocabulary
        self._model = model

    @classmethod
    def build(
        cls,
        phrases: CrisisPhrases,
        ordinary: Iterable[str],
        vocabulary: Vocabulary,
        *,
        cache: Path | None = None,
    ) -> CrisisDetector:
        """Learn from the phrases, or take what was learned from the same phrases before.

        Args:
            phrases: what `crisis.yaml` holds.
            ordinary: questions that are no crisis: all examples of all documents.
            vocabulary: reads them, and what people ask. It knows the words of
                `knowledge.ideas`, so that typing errors in them are corrected.
            cache: a folder that keeps what was learned until an input or the code changes.
        """
        examples = crisis_examples(phrases, ordinary)
        key = modelcache.key_of([[[each.text, each.kind] for each in examples], vocabulary.key])
        if cache and (known := cls.restore(vocabulary, key, cache)):
            return known
        model = TextModel.learn(
            examples,
            BIASES,
            views=CRISIS_VIEWS,
            vocabulary=vocabulary,
            training=CRISIS_TRAINING,
        )
        if cache:
            modelcache.save(cache, "crisis", key, model.to_arrays())
        return cls(vocabulary, model, key)

    @classmethod
    def restore(cls, vocabulary: Vocabulary, key: str, cache: Path) -> CrisisDetector | None:
        """What was learned before under a key."""
        if arrays := modelcache.load(cache, "crisis", key):
            with contextlib.suppress(KeyError, ValueError):
                model = TextModel.from_arrays(arrays, len(BIASES), CRISIS_VIEWS, vocabulary)
                return cls(vocabulary, model, key)
        return None

    def check(self, text: str) -> Crisis | None:
        """The crisis that the words speak of, if any; the plainest, if there are several."""
        return self.check_tokens(text, self.tokenize(text))

    def check_tokens(self, text: str, whole: Sequence[str]) -> Crisis | None:
        """As `check`, for a text whose words were found by `tokenize`."""
        found = self._judge(whole) if whole else None
        long = len(whole) > LONG
        passages = chain(
            sentences(text, self.tokenize) if long else (),
            # Despair in one clause must not hide what the next one says outright.
            clauses(text, self.tokenize) if found or not long else (),
        )
        for passage in passages:
            if found and found.tier is Tier.EXPLICIT:
                break
            if any(map(ideas, passage)):
                verdict = self._judge(passage, PASSAGE_DOUBT)
                found = verdict if verdict and verdict.tier is Tier.EXPLICIT else found or verdict
        return found

    def tokenize(self, text: str) -> tuple[str, ...]:
        """The words of a text, as many as are looked at."""
        return self.vocabulary.tokenize(text, LONGEST)

    def _judge(self, words: Sequence[str], doubt: float = 1) -> Crisis | None:
        """The verdict on the words, if the chance that they are ordinary is below the doubt."""
        probabilities = self._model.probabilities(words)
        return decide_crisis(probabilities) if probabilities[ORDINARY] < doubt else None


def decide_crisis(probabilities: Probabilities, costs: CrisisCosts = CRISIS_COSTS) -> Crisis | None:
    """The verdict with the least expected cost, given the chances of each kind."""
    ordinary, ambiguous = probabilities[ORDINARY], probabilities[AMBIGUOUS]
    explicit = 1 - ordinary - ambiguous
    alarm = costs.false_alarm * ordinary + costs.overstated * ambiguous
    line = costs.needless_line * ordinary + costs.understated * explicit
    silence = costs.missed_explicit * explicit + costs.missed_ambiguous * ambiguous
    if silence < min(alarm, line):
        return None
    tier = Tier.EXPLICIT if alarm <= line else Tier.AMBIGUOUS
    likeliest = max(range(len(_KINDS)), key=probabilities[FIRST_KIND:].__getitem__)
    return Crisis(tier, _KINDS[likeliest])


def _crisis_views(text: Sequence[str]) -> tuple[Sequence[int], ...]:
    # How many words have an idea tells how much there is to go by: a word or two are seldom a
    # crisis.
    found = [ideas(word) for word in text]
    parts = parts_of(text)
    return (
        sequence_features(parts, range(1, 3), salt=_WORDS),
        nearby_features(parts, NEARBY, salt=_NEARBY),
        pair_features(found),
        gist_features(parts, found),
        (*ALWAYS, _HOW_MANY + min(sum(map(bool, found)), MOST_COUNTED)),
    )


# Shorter runs of letters say little of a crisis, and longer ones are half a word.
CRISIS_VIEWS = Views(_crisis_views, letter_runs=(4,))
"""What the detector sees of a text: words, letters, and the ideas behind the words."""
