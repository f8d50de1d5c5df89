"""Screen: rules out cheaply that words speak of a crisis, so that most texts need no closer look.

Most questions are plainly harmless, and the crisis check proper costs more than all else that is
done with one. So both form a cascade: the screen, a small linear classifier of words and pairs of
neighbours, rules out what it can, and the check judges the rest. `knowledge.safety` joins them.

The weights lie in one table without the features' numbers (the hashing trick): a feature's hash is
its place, and the few that share a place share a weight. So a text is scored by adding numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, chain
from operator import add, sub

import numpy as np
from numpy.typing import NDArray

from knowledge.classifier import Training
from knowledge.features import parts_of, sequence_features, vectors_of
from knowledge.modelcache import Arrays
from knowledge.training import TokenizedExamples, TrainingSet
from knowledge.vocabulary import Vocabulary

PLACES = 1 << 19
"""The places in the table. With a quarter of them, questions and crises share places so often that
three times as many crises are ruled out."""
HARMLESS = 0.99
"""The least probability of being harmless with which a text is ruled out. It is calibrated on the
examples, so a crisis has to be about as frequent among them as in use, or more."""
WINDOW, WINDOW_HARMLESS = 4, 0.65
"""So many words in a row have to be harmless with at least this probability by themselves, or the
text is not ruled out: a question can be so harmless that it outweighs the cry beside it."""

_BIASES = np.array([[0.0], [1.0]])
_LAST_PLACE = PLACES - 1
_ALWAYS = 0
"""The place of a feature that every text has."""


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


_HIGHEST, _HIGHEST_IN_WINDOW = -_log_odds(HARMLESS), -_log_odds(WINDOW_HARMLESS)


class Screen:
    """Rules out that words speak of a crisis; see `rules_out`."""

    def __init__(self, vocabulary: Vocabulary, alarms: NDArray[np.float32]) -> None:
        """`alarms` tells how much the feature at each place speaks for a crisis; its last number is
        added to every score.

        Raises:
            ValueError: it has another size or type, or holds something that is no number.
        """
        fits = alarms.shape == (PLACES + 1,) and alarms.dtype == np.float32
        if not fits or not np.isfinite(alarms).all():
            raise ValueError("the array is not that of a screen")
        self._known = vocabulary.numbers
        self._alarms = alarms.data  # gives single numbers several times as fast as an array
        self._offset = float(alarms[-1])

    @classmethod
    def learn(cls, texts: TokenizedExamples, training: Training) -> Screen:
        """Learn from examples; those of kind 0 are harmless, all others are not."""
        found = [_places(text) for text in texts.tokens]
        sizes = np.array([len(places) for places in found], dtype=np.int64)
        used, indices = np.unique(
            np.fromiter(chain.from_iterable(found), np.int32, sizes.sum()), return_inverse=True
        )
        values = np.repeat(1 / np.sqrt(sizes), sizes).astype(np.float32)
        vectors = vectors_of(indices.astype(np.int32), values, sizes)
        weights, offsets = TrainingSet(texts, np.minimum(texts.kinds, 1), vectors, len(used)).learn(
            _BIASES, training
        )
        alarms = np.zeros(PLACES + 1, dtype=np.float32)
        alarms[used] = weights[:, 1] - weights[:, 0]
        alarms[-1] = offsets[1]
        return cls(texts.vocabulary, alarms)

    def rules_out(self, words: Sequence[str]) -> bool:
        """Whether these words are plainly harmless; never, if one of them is unknown.

        A pair of known words that no example has speaks for nothing.
        """
        if not all(map(self._known.__contains__, words)):
            return False
        alarms = [self._alarms[place] for place in _places(words)]
        if self._score(sum(alarms), len(alarms)) > _HIGHEST:
            return False
        # Of each window: its words, the pairs within it, and the pairs at its two ends.
        singles, pairs = alarms[1 : len(words) + 1], alarms[len(words) + 1 :]
        totals = [0.0, *accumulate(map(add, singles, pairs[1:]))]
        windows = map(sub, totals[WINDOW:], totals)
        most = max(map(add, windows, pairs), default=-math.inf)
        return self._score(alarms[0] + most, 2 * WINDOW + 2) <= _HIGHEST_IN_WINDOW

    def _score(self, alarms: float, features: int) -> float:
        """The logarithm of the odds of a crisis, given the sum over so many features."""
        return alarms / math.sqrt(features) + self._offset

    def to_arrays(self) -> Arrays:
        """Everything that was learned, as plain arrays."""
        return {"screen": np.asarray(self._alarms)}

    @classmethod
    def from_arrays(cls, arrays: Arrays, vocabulary: Vocabulary) -> Screen:
        """Restore a screen; `KeyError` or `ValueError` if the array is not that of one."""
        return cls(vocabulary, arrays["screen"])


def _places(words: Sequence[str]) -> list[int]:
    """The places of a text's words and pairs of neighbours, and of one that all texts have."""
    features = sequence_features(parts_of(words), range(1, 3), salt=0)
    return [_ALWAYS, *[number & _LAST_PLACE for number in features]]
