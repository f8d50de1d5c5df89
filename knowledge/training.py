"""TrainingSet: what a classifier (`knowledge.classifier`) learns from, and how it is judged.

Examples are grouped by their words, so that near-duplicates are held out together: a model must not
be judged by what it has learned from in other words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.classifier import (
    Flags,
    Floats,
    Integers,
    Training,
    calibrate,
    fold_of,
    score,
    softmax,
    train,
)
from knowledge.features import FeatureVector
from knowledge.vocabulary import Vocabulary

Biases = NDArray[np.float64]
"""A matrix of kinds by groups of kinds; the calibration finds one offset for each group."""
Probabilities = Sequence[float]
"""The probability of each kind, in the order of the kinds."""

HELD_OUT = 4
"""One of so many examples is held out, to calibrate the scores."""


@dataclass(frozen=True, slots=True)
class Example:
    """A training example: a text and the number of its kind.

    `asked`: people asked it like this; only such examples are used for the calibration. `wholes`
    are the texts that a combined example was made of: it is held out whenever one of them is.
    """

    text: str
    kind: int
    asked: bool = True
    wholes: tuple[str, ...] = ()


class TooFewExamplesError(ValueError):
    """There are too few examples to calibrate the probabilities."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An example, and its probabilities according to a model that has not learned from it."""

    example: Example
    probabilities: Probabilities


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Examples as vectors of features; see `learn` and `cross_validate`.

    Args:
        examples: the examples.
        tokens: the words of each example.
        vectors: the features of each example.
        features: the number of features.
        vocabulary: tokenizes the texts that a combined example was made of.
    """

    examples: Sequence[Example]
    tokens: Sequence[tuple[str, ...]]
    vectors: Sequence[FeatureVector]
    features: int
    vocabulary: Vocabulary

    def learn(
        self, biases: Biases, training: Training, *, fewest: int = 0
    ) -> tuple[Floats, NDArray[np.float64]]:
        """The weights (features by kinds) and the offset of each kind.

        They are such that softmax of a text's scores gives probabilities.

        Args:
            biases: the calibration finds one offset for each group of kinds.
            training: how the weights are learned.
            fewest: the least number of asked examples that have to be held out for the calibration.
                Without any, the scores are not calibrated.

        Raises:
            TooFewExamplesError: fewer are held out.
        """
        held_out = self._held_out(HELD_OUT)[0]
        judged = np.flatnonzero(held_out & self._asked)
        if len(judged) < fewest:
            raise TooFewExamplesError
        learned = np.stack([np.ones_like(held_out), ~held_out])
        weights, without = self._train(len(biases), learned, training)
        scale, offsets = _calibrate(self._score(judged, without), self._kinds[judged], biases)
        return weights * scale, offsets

    def cross_validate(self, biases: Biases, training: Training, folds: int) -> list[Judged]:
        """Judge every asked example by a model that has not learned from it.

        For tests: nothing that serves needs it. The examples are divided into `folds` parts,
        near-duplicates in the same one; each part is judged by a model that was learned from all
        others.
        """
        scores = np.zeros((len(self.examples), len(biases)), dtype=np.float32)
        for held_out in self._held_out(folds):
            # One after another: together they would need as many times the memory.
            (weights,) = self._train(len(biases), ~held_out[None, :], training)
            part = np.flatnonzero(held_out)
            scores[part] = self._score(part, weights)
        judged = np.flatnonzero(self._asked)
        scale, offsets = _calibrate(scores[judged], self._kinds[judged], biases)
        probabilities = softmax(scores[judged] * scale + offsets)
        return [
            Judged(self.examples[number], each)
            for number, each in zip(judged.tolist(), probabilities.tolist(), strict=True)
        ]

    @property
    def _asked(self) -> Flags:
        return np.array([example.asked for example in self.examples], dtype=np.bool_)

    @property
    def _kinds(self) -> Integers:
        return np.array([example.kind for example in self.examples], dtype=np.int64)

    def _held_out(self, folds: int) -> Flags:
        """Which examples are held out with each of the folds."""
        held_out = np.zeros((folds, len(self.examples)), dtype=np.bool_)
        for number, (example, text) in enumerate(zip(self.examples, self.tokens, strict=True)):
            wholes = map(self.vocabulary.tokenize, example.wholes)
            held_out[[fold_of(whole, folds) for whole in [*wholes] or [text]], number] = True
        return held_out

    def _train(self, kinds: int, learned: Flags, training: Training) -> Floats:
        return train(self.vectors, self._kinds, kinds, self.features, learned, training)

    def _score(self, numbers: Integers, weights: Floats) -> Floats:
        return score([self.vectors[number] for number in numbers], weights)


def tokenize_examples(
    examples: Iterable[Example], vocabulary: Vocabulary
) -> tuple[list[Example], list[tuple[str, ...]]]:
    """The examples that have words, and the words of each."""
    both = [(example, vocabulary.tokenize(example.text)) for example in examples]
    both = [(example, text) for example, text in both if text]
    return [example for example, _ in both], [text for _, text in both]


def _calibrate(
    scores: Floats, labels: Integers, biases: Biases
) -> tuple[float, NDArray[np.float64]]:
    """A factor for all scores, and an offset for each kind, so that softmax gives probabilities."""
    if not len(labels):
        return 1.0, np.zeros(len(biases))
    groups = np.broadcast_to(biases, (len(scores), *biases.shape))
    inputs = np.concatenate([scores[:, :, None].astype(np.float64), groups], axis=2)
    factors = calibrate(inputs, labels)
    return float(factors[0]), biases @ factors[1:]
