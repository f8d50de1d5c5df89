"""TrainingSet: what a classifier (`knowledge.classifier`) learns from, and how it is judged.

Examples are grouped by their words, so that near-duplicates are held out together: a model must not
be judged by what it has learned from in other words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from knowledge.classifier import (
    Flags,
    Floats,
    Integers,
    Training,
    calibrate,
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

_SMALL_WORDS = """
a an the of to in for is it do does i my me can be on with and or this that are you
"""
_SMALL = frozenset(_SMALL_WORDS.split())


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
class TokenizedExamples:
    """Examples that have words; see `of`.

    Args:
        examples: the examples.
        tokens: the words of each example.
        groups: for each example, the groups of near-duplicates that it belongs to: its own, or
            those of the texts that it was made of.
        vocabulary: what they were tokenized by.
    """

    examples: Sequence[Example]
    tokens: Sequence[tuple[str, ...]]
    groups: Sequence[frozenset[int]]
    vocabulary: Vocabulary

    @classmethod
    def of(cls, examples: Iterable[Example], vocabulary: Vocabulary) -> TokenizedExamples:
        """Tokenize examples; those without words are left out."""
        both = [(example, vocabulary.tokenize(example.text)) for example in examples]
        both = [(example, text) for example, text in both if text]
        group_of = {example.text: _group_of(text) for example, text in both}
        for whole in {whole for example, _ in both for whole in example.wholes} - group_of.keys():
            group_of[whole] = _group_of(vocabulary.tokenize(whole))
        return cls(
            [example for example, _ in both],
            [text for _, text in both],
            [frozenset(group_of[each] for each in ex.wholes or [ex.text]) for ex, _ in both],
            vocabulary,
        )

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def asked(self) -> Flags:
        """Which examples people asked like this."""
        return np.array([example.asked for example in self.examples], dtype=np.bool_)

    @property
    def kinds(self) -> Integers:
        """The kind of each example."""
        return np.array([example.kind for example in self.examples], dtype=np.int64)

    def held_out(self, folds: int) -> Flags:
        """For each of some folds (a row), which examples are held out; near-duplicates together."""
        held_out = np.zeros((folds, len(self)), dtype=np.bool_)
        for number, groups in enumerate(self.groups):
            held_out[[group % folds for group in groups], number] = True
        return held_out

    def only(self, chosen: Flags) -> TokenizedExamples:
        """Some of the examples; for tests."""
        numbers = np.flatnonzero(chosen).tolist()
        return TokenizedExamples(
            [self.examples[number] for number in numbers],
            [self.tokens[number] for number in numbers],
            [self.groups[number] for number in numbers],
            self.vocabulary,
        )


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Examples as vectors of features; see `learn` and `cross_validate`.

    Args:
        texts: the examples.
        kinds: the kind of each example, which may be coarser than its own.
        vectors: the features of each example.
        features: the number of features.
    """

    texts: TokenizedExamples
    kinds: Integers
    vectors: Sequence[FeatureVector]
    features: int

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
        held_out = self.texts.held_out(HELD_OUT)[0]
        judged = np.flatnonzero(held_out & self.texts.asked)
        if len(judged) < fewest:
            raise TooFewExamplesError
        learned = np.stack([np.ones_like(held_out), ~held_out])
        weights, without = self._train(len(biases), learned, training)
        scale, offsets = _calibrate(self._score(judged, without), self.kinds[judged], biases)
        return weights * scale, offsets

    def cross_validate(self, biases: Biases, training: Training, folds: int) -> list[Judged]:
        """Judge every asked example by a model that has not learned from it.

        For tests: nothing that serves needs it. The examples are divided into `folds` parts,
        near-duplicates in the same one; each part is judged by a model that was learned from all
        others.
        """
        scores = np.zeros((len(self.texts), len(biases)), dtype=np.float32)
        for held_out in self.texts.held_out(folds):
            # One after another: together they would need as many times the memory.
            (weights,) = self._train(len(biases), ~held_out[None, :], training)
            part = np.flatnonzero(held_out)
            scores[part] = self._score(part, weights)
        judged = np.flatnonzero(self.texts.asked)
        scale, offsets = _calibrate(scores[judged], self.kinds[judged], biases)
        probabilities = softmax(scores[judged] * scale + offsets)
        return [
            Judged(self.texts.examples[number], each)
            for number, each in zip(judged.tolist(), probabilities.tolist(), strict=True)
        ]

    def _train(self, kinds: int, learned: Flags, training: Training) -> Floats:
        return train(self.vectors, self.kinds, kinds, self.features, learned, training)

    def _score(self, numbers: Integers, weights: Floats) -> Floats:
        return score([self.vectors[number] for number in numbers], weights)


def _group_of(text: Sequence[str]) -> int:
    """The group of a text: near-duplicates (the same words in any order, not counting small ones)
    have the same.
    """
    key = sorted({word for word in text if word not in _SMALL} or set(text))
    return crc32(" ".join(key).encode())


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
