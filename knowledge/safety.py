"""CrisisDetector: recognises a crisis in a text.

There are three kinds: suicide and self-harm, an overdose or poisoning, and medical emergencies. An
EXPLICIT crisis is answered with help lines alone, an AMBIGUOUS one with help lines above the normal
answer. Nobody is reported, and nothing is stored.

A classifier (`knowledge.classifier`) decides. It has learned from `crisis.yaml` and all ordinary
example questions (`knowledge.crisis_examples`). Its features are words, words near each other,
letters, and the ideas behind the words (`knowledge.ideas`). The passages of a message
(`knowledge.passages`) are judged separately as well. What is plainly harmless is ruled out before
(`knowledge.screening`).
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
from knowledge.screening import Screen
from knowledge.textmodel import TextModel, Views
from knowledge.training import Probabilities, TokenizedExamples
from knowledge.vocabulary import Vocabulary

PASSAGE_DOUBT = 0.1
"""A passage is a crisis only if its probability of being ordinary is below this: it lacks its
context, and a long message has many."""
NEARBY = 5
"""The largest distance of two words that make a feature together; neighbours have distance 1."""
MOST_COUNTED = 10
"""The highest number of words with an idea that is a feature of its own."""
_WORDS, _NEARBY, _HOW_MANY = 1, 5, 100


class Tier(enum.Enum):
    """How clearly a text speaks of a crisis."""

    EXPLICIT = "explicit"
    AMBIGUOUS = "ambiguous"


class CrisisKind(enum.Enum):
    """The kind of help that is needed."""

    SUICIDE = "suicide"
    OVERDOSE = "overdose"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Crisis:
    """The verdict that a text speaks of a crisis; `kind` is the likeliest of the three."""

    tier: Tier
    kind: CrisisKind


@dataclass(frozen=True, slots=True)
class CrisisCosts:
    """The cost of each mistake; the unit is an explicit crisis without any help line.

    The verdict with the least expected cost is chosen, so these numbers act as thresholds.
    """

    missed_explicit: float = 1.0
    missed_ambiguous: float = 0.6
    """An ambiguous text is answered as an ordinary question."""
    understated: float = 0.7
    """An explicit crisis gets help lines only above an answer."""
    overstated: float = 0.15
    """An ambiguous text gets help lines alone."""
    false_alarm: float = 0.95
    """An ordinary question gets help lines alone, and so no answer."""
    needless_line: float = 0.25
    """An ordinary question gets help lines above its answer."""


CRISIS_COSTS = CrisisCosts()
CRISIS_TRAINING = Training(passes=5, rate=1.0, decay=2e-4, averaged=3)
"""Slower than the search's, to generalise better: real crises are in words that no example has."""
_KINDS = (CrisisKind.SUICIDE, CrisisKind.OVERDOSE, CrisisKind.EMERGENCY)
BIASES = np.eye(FIRST_KIND + len(_KINDS))[:, 1:]
"""The calibration finds an offset for every kind but the ordinary."""


class CrisisDetector:
    """Recognises a crisis; see `build` and `check`."""

    def __init__(self, vocabulary: Vocabulary, screen: Screen, model: TextModel, key: str) -> None:
        self.key = key
        """The key in `knowledge.modelcache` of what was learned."""
        self.vocabulary = vocabulary
        self.screen = screen
        """What most texts are ruled out with, so that they are not judged at all."""
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
        """Learn from the phrases, or load what was learned from the same phrases before.

        Args:
            phrases: the content of `crisis.yaml`.
            ordinary: questions that are no crisis: the examples of all documents.
            vocabulary: tokenizes them, and questions. It should know the words of
                `knowledge.ideas`, so that typing errors in them are corrected.
            cache: a folder for `knowledge.modelcache`; None to save nothing.
        """
        examples = crisis_examples(phrases, ordinary)
        key = modelcache.key_of([[[each.text, each.kind] for each in examples], vocabulary.key])
        if cache and (known := cls.restore(vocabulary, key, cache)):
            return known
        texts = TokenizedExamples.of(examples, vocabulary)
        screen = Screen.learn(texts, CRISIS_TRAINING)
        model = TextModel.learn(texts, BIASES, views=CRISIS_VIEWS, training=CRISIS_TRAINING)
        if cache:
            arrays = {**screen.to_arrays(), **model.to_arrays()}
            modelcache.save(cache, "crisis", key, arrays)
        return cls(vocabulary, screen, model, key)

    @classmethod
    def restore(cls, vocabulary: Vocabulary, key: str, cache: Path) -> CrisisDetector | None:
        """Load a learned detector; None if it is not in the cache."""
        if arrays := modelcache.load(cache, "crisis", key):
            with contextlib.suppress(KeyError, ValueError):
                screen = Screen.from_arrays(arrays, vocabulary)
                model = TextModel.from_arrays(arrays, len(BIASES), CRISIS_VIEWS, vocabulary)
                return cls(vocabulary, screen, model, key)
        return None

    def check(self, text: str) -> Crisis | None:
        """The crisis that a text speaks of; None if none. An explicit one takes precedence."""
        return self.check_tokens(text, self.tokenize(text))

    def check_tokens(self, text: str, whole: Sequence[str]) -> Crisis | None:
        """As `check`, for a text that was tokenized with `tokenize`."""
        found = self._judge(whole) if whole else None
        long = len(whole) > LONG
        passages = chain(
            sentences(text, self.tokenize) if long else (),
            # An ambiguous clause must not hide an explicit one.
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
        """The words of a text, at most `knowledge.passages.LONGEST`."""
        return self.vocabulary.tokenize(text, LONGEST)

    def _judge(self, words: Sequence[str], doubt: float = 1) -> Crisis | None:
        """The verdict, if the probability that the words are ordinary is below `doubt`."""
        if self.screen.rules_out(words):
            return None
        probabilities = self._model.probabilities(words)
        return decide_crisis(probabilities) if probabilities[ORDINARY] < doubt else None


def decide_crisis(probabilities: Probabilities) -> Crisis | None:
    """The verdict with the least expected cost, given the probability of each kind."""
    ordinary, ambiguous = probabilities[ORDINARY], probabilities[AMBIGUOUS]
    explicit = 1 - ordinary - ambiguous
    alarm = CRISIS_COSTS.false_alarm * ordinary + CRISIS_COSTS.overstated * ambiguous
    line = CRISIS_COSTS.needless_line * ordinary + CRISIS_COSTS.understated * explicit
    silence = CRISIS_COSTS.missed_explicit * explicit + CRISIS_COSTS.missed_ambiguous * ambiguous
    if silence < min(alarm, line):
        return None
    tier = Tier.EXPLICIT if alarm <= line else Tier.AMBIGUOUS
    likeliest = max(range(len(_KINDS)), key=probabilities[FIRST_KIND:].__getitem__)
    return Crisis(tier, _KINDS[likeliest])


def _crisis_views(text: Sequence[str]) -> tuple[Sequence[int], ...]:
    # The number of words with an idea is a feature, since one or two words are seldom a crisis.
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
"""The detector's views of a text: words, letters, and the ideas behind the words."""
