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
"""The least probability of being harmless with which a text is ruled out. Cross-validated, so is
one of 5,600 crises that the check would find (`docs/search.md`)."""

_MARGIN = math.log(HARMLESS / (1 - HARMLESS))
_BIASES = np.array([[0.0], [1.0]])
_LAST_PLACE = PLACES - 1


class Screen:
    """Rules out that words speak of a crisis; see `rules_out`."""

    def __init__(self, vocabulary: Vocabulary, alarms: NDArray[np.float32], offset: float) -> None:
        """`alarms` tells how much the feature at each place speaks for a crisis.

        Raises:
            ValueError: the table has another size or type, or the offset is no number.
        """
        fits = alarms.shape == (PLACES,) and alarms.dtype == np.float32
        if not fits or not math.isfinite(offset):
            raise ValueError("the arrays are not those of a screen")
        self._known = vocabulary.numbers
        self._array = alarms
        self._alarms = memoryview(alarms.data)  # gives single numbers several times as fast
        self._offset = offset

    @classmethod
    def learn(
        cls, examples: Iterable[Example], vocabulary: Vocabulary, training: Training
    ) -> Screen:
        """Learn from examples; those of kind 0 are harmless, all others are not."""
        places, training_set = _prepare(examples, vocabulary)
        weights, offsets = training_set.learn(_BIASES, training)
        alarms = np.zeros(PLACES, dtype=np.float32)
        alarms[places] = weights[:, 1] - weights[:, 0]
        return cls(vocabulary, alarms, float(offsets[1] - offsets[0]))

    def rules_out(self, words: Sequence[str]) -> bool:
        """Whether these words are harmless beyond doubt; never, if one of them is unknown."""
        if not all(map(self._known.__contains__, words)):
            return False
        places = _places(words)
        alarms = self._alarms
        alarm = sum([alarms[place] for place in places]) / math.sqrt(len(places))
        return alarm + self._offset < -_MARGIN

    def to_arrays(self) -> Arrays:
        """Everything that was learned, as plain arrays."""
        return {"screen": self._array, "screen_offset": np.array(self._offset)}

    @classmethod
    def from_arrays(cls, arrays: Arrays, vocabulary: Vocabulary) -> Screen:
        """Restore a screen; `KeyError` or `ValueError` if the arrays are not those of one."""
        return cls(vocabulary, arrays["screen"], float(arrays["screen_offset"]))


def cross_validate(
    examples: Iterable[Example], vocabulary: Vocabulary, training: Training, folds: int
) -> list[Judged]:
    """Judge every asked example by a screen that has not learned from it; for tests."""
    return _prepare(examples, vocabulary)[1].cross_validate(_BIASES, training, folds)


def _prepare(
    examples: Iterable[Example], vocabulary: Vocabulary
) -> tuple[NDArray[np.int64], TrainingSet]:
    """The places that are used, which are the features, and the examples with two kinds."""
    both = [replace(each, kind=int(each.kind > 0)) for each in examples]
    learned, tokens = tokenize_examples(both, vocabulary)
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
    return [0, *[number & _LAST_PLACE for number in features]]
