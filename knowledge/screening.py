"""Screen: rules out cheaply that words speak of a crisis, so that most texts need no closer look.

Most questions are plainly harmless, and the crisis check proper costs more than all else that is
done with one. So both form a cascade: the screen, a small linear classifier of words and pairs of
neighbours, rules out what it can, and the check judges the rest. `knowledge.safety` joins them.

The weights lie in one table without the features' numbers (the hashing trick): a feature's hash is
its place, and the few that share a place share a weight. So a text is scored by adding numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from knowledge.classifier import Training
from knowledge.features import FeatureVector, parts_of, sequence_features
from knowledge.modelcache import Arrays
from knowledge.training import Example, Judged, TrainingSet, tokenize_examples
from knowledge.vocabulary import Vocabulary

PLACES = 1 << 19
"""The places in the table. With a quarter of them, questions and crises share places so often that
three times as many crises are ruled out."""
HARMLESS = 0.99
"""The least probability of being harmless with which a text is ruled out. It is calibrated on the
examples, so a crisis has to be about as frequent among them as in use, or more."""
WINDOW = 4
"""No so many neighbouring words may be likelier those of a crisis: a cry can stand amid a question
without any stop, and most of its words are then harmless."""

_LEAST = math.log(HARMLESS / (1 - HARMLESS))
_BIASES = np.array([[0.0], [1.0]])
_LAST_PLACE = PLACES - 1
_ALWAYS = 0
"""The place of a feature that every text has."""


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
        self._array = alarms
        self._alarms = alarms.data  # gives single numbers several times as fast
        self._offset = float(alarms[-1])

    @classmethod
    def learn(
        cls, examples: Iterable[Example], vocabulary: Vocabulary, training: Training
    ) -> Screen:
        """Learn from examples; those of kind 0 are harmless, all others are not."""
        places, training_set = _prepare(examples, vocabulary)
        weights, offsets = training_set.learn(_BIASES, training)
        alarms = np.zeros(PLACES + 1, dtype=np.float32)
        alarms[places] = weights[:, 1] - weights[:, 0]
        alarms[-1] = offsets[1]
        return cls(vocabulary, alarms)

    def rules_out(self, words: Sequence[str]) -> bool:
        """Whether these words are plainly harmless; never, if one of them is unknown.

        A pair of known words that no example has speaks for nothing.
        """
        if not all(map(self._known.__contains__, words)):
            return False
        alarms = self._alarms
        each = [alarms[place] for place in _places(words)]
        if self._offset + sum(each) / math.sqrt(len(each)) > -_LEAST:
            return False
        return not self._has_alarming_window(each, len(words))

    def _has_alarming_window(self, alarms: Sequence[float], count: int) -> bool:
        """Whether there is a window of a crisis, given the numbers for the places of so many words.

        Its score, as if it were the whole text, is compared with that of equal chances.
        """
        single = [0.0, *accumulate(alarms[1 : count + 1])]
        # The first pair is the text's beginning with the first word.
        paired = [0.0, *accumulate(alarms[count + 2 :])]
        size = math.sqrt(2 * WINDOW)  # the feature that every text has, the words, the pairs
        highest = -self._offset * size - alarms[0]
        return any(
            single[start + WINDOW] - single[start] + paired[start + WINDOW - 1] - paired[start]
            > highest
            for start in range(count - WINDOW + 1)
        )

    def to_arrays(self) -> Arrays:
        """Everything that was learned, as plain arrays."""
        return {"screen": self._array}

    @classmethod
    def from_arrays(cls, arrays: Arrays, vocabulary: Vocabulary) -> Screen:
        """Restore a screen; `KeyError` or `ValueError` if the array is not that of one."""
        return cls(vocabulary, arrays["screen"])


def cross_validate(
    examples: Iterable[Example], vocabulary: Vocabulary, training: Training, folds: int
) -> list[Judged]:
    """Judge every asked example by a screen that has not learned from it; for tests."""
    return _prepare(examples, vocabulary)[1].cross_validate(_BIASES, training, folds)


def _prepare(
    examples: Iterable[Example], vocabulary: Vocabulary
) -> tuple[NDArray[np.int64], TrainingSet]:
    """The places that are used, which are the features, and the examples with two kinds."""
    of_two_kinds = [replace(each, kind=int(each.kind > 0)) for each in examples]
    learned, tokens = tokenize_examples(of_two_kinds, vocabulary)
    found = [np.array(_places(text), dtype=np.int64) for text in tokens]
    used = np.unique(np.concatenate(found or [np.zeros(0, dtype=np.int64)]))
    vectors = [
        FeatureVector(
            used.searchsorted(places).astype(np.int32),
            np.full(len(places), 1 / math.sqrt(len(places)), dtype=np.float32),
        )
        for places in found
    ]
    return used, TrainingSet(learned, tokens, vectors, len(used), vocabulary)


def _places(words: Sequence[str]) -> list[int]:
    """The places of a text's words and pairs of neighbours, and of one that all texts have."""
    features = sequence_features(parts_of(words), range(1, 3), salt=0)
    return [_ALWAYS, *[number & _LAST_PLACE for number in features]]
