"""TextModel: gives the probability of each class (called kind) for the words of a text.

It joins features, the classifier's weights and their calibration, and can be saved as arrays.
The kinds are the topics in that of `SearchIndex`, and the kinds of a crisis in `CrisisDetector`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
    softmax_of_one,
    train,
)
from knowledge.features import Features, FeatureVector, letters_of
from knowledge.modelcache import Arrays
from knowledge.vocabulary import Vocabulary
from knowledge.weights import WeightTable

Probabilities = Sequence[float]
"""The probability of each kind, in the order of the kinds."""


@dataclass(frozen=True, slots=True)
class Views:
    """How a model turns words into views: lists of feature numbers (`knowledge.features`)."""

    of_words: Callable[[Sequence[str]], tuple[Sequence[int], ...]]
    """Makes the views that depend on the order of words."""
    letter_runs: tuple[int, ...]
    """The lengths of the runs of letters within each word, which are one more view."""


TRAINING = Training()

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
class _Prepared:
    """Examples with their words, features and labels, ready for the classifier."""

    examples: list[Example]
    vocabulary: Vocabulary
    tokens: list[tuple[str, ...]]
    features: Features
    blocks: list[FeatureVector]
    labels: Integers

    @classmethod
    def of(
        cls,
        examples: Iterable[Example],
        views: Views,
        vocabulary: Vocabulary,
    ) -> _Prepared:
        both = [(example, vocabulary.tokenize(example.text)) for example in examples]
        both = [(example, text) for example, text in both if text]
        tokens = [text for _, text in both]
        used = {word for text in tokens for word in text}
        letters = {word: letters_of(word, views.letter_runs) for word in used}
        # As arrays, because as lists of integers they would need ten times the memory.
        found = [
            [
                np.array(view, dtype=np.uint32)
                for view in (
                    *views.of_words(text),
                    [run for word in text for run in letters[word]],
                )
            ]
            for text in tokens
        ]
        features = Features.learn(found)
        return cls(
            examples=[example for example, _ in both],
            vocabulary=vocabulary,
            tokens=tokens,
            features=features,
            blocks=features.of_all(found),
            labels=np.array([example.kind for example, _ in both], dtype=np.int64),
        )

    @property
    def asked(self) -> Flags:
        """Which examples are marked as asked."""
        return np.array([example.asked for example in self.examples], dtype=np.bool_)

    def held_out(self, folds: int) -> Flags:
        """Which examples are held out with each of the folds."""
        held_out = np.zeros((folds, len(self.examples)), dtype=np.bool_)
        for number, (example, text) in enumerate(zip(self.examples, self.tokens, strict=True)):
            wholes = map(self.vocabulary.tokenize, example.wholes)
            held_out[[fold_of(whole, folds) for whole in [*wholes] or [text]], number] = True
        return held_out

    def train(self, kinds: int, learned: Flags, training: Training) -> Floats:
        return train(self.blocks, self.labels, kinds, len(self.features), learned, training)

    def score(self, numbers: Integers, weights: Floats) -> Floats:
        return score([self.blocks[number] for number in numbers], weights)


class TextModel:
    """Gives the probability of each kind for a text; see `learn` and `probabilities`."""

    def __init__(self, views: Views, table: WeightTable, offsets: NDArray[np.float64]) -> None:
        """`offsets` are added to the kinds' scores; the weights in `table` are scaled already."""
        self._views = views
        self._table = table
        self._offsets = offsets

    @classmethod
    def learn(
        cls,
        examples: Iterable[Example],
        biases: NDArray[np.float64],
        *,
        views: Views,
        vocabulary: Vocabulary,
        training: Training = TRAINING,
        fewest: int = 0,
    ) -> TextModel:
        """Learn from examples.

        Args:
            examples: examples of every kind.
            biases: a matrix of kinds by groups; the calibration finds one offset for each group.
            views: how a text's words become features.
            vocabulary: tokenizes the examples.
            training: how the weights are learned.
            fewest: the least number of asked examples that have to be held out for the calibration.
                Without any, the scores are not calibrated.

        Raises:
            TooFewExamplesError: fewer are held out.
        """
        ready = _Prepared.of(examples, views, vocabulary)
        held_out = ready.held_out(HELD_OUT)[0]
        judged = np.flatnonzero(held_out & ready.asked)
        if len(judged) < fewest:
            raise TooFewExamplesError
        learned = np.stack([np.ones_like(held_out), ~held_out])
        weights, without = ready.train(len(biases), learned, training)
        scale, offsets = _calibrate(ready.score(judged, without), ready.labels[judged], biases)
        table = WeightTable.learn(
            ready.features, vocabulary.numbers, views.letter_runs, weights * scale
        )
        return cls(views, table, offsets)

    def probabilities(self, text: Sequence[str]) -> Probabilities:
        """The probability of each kind for a text, given by its words from the vocabulary."""
        scores = self._table.score(text, self._views.of_words(text)) + self._offsets
        return softmax_of_one(scores.tolist())

    def to_arrays(self) -> Arrays:
        """Everything that was learned, as plain arrays."""
        return {**self._table.to_arrays(), "offsets": self._offsets}

    @classmethod
    def from_arrays(
        cls, arrays: Arrays, kinds: int, views: Views, vocabulary: Vocabulary
    ) -> TextModel:
        """Restore a model.

        Raises:
            KeyError, ValueError: the arrays are not of a model with so many kinds and these words.
        """
        table = WeightTable.from_arrays(arrays, vocabulary.numbers, views.letter_runs)
        offsets = arrays["offsets"].astype(np.float64, copy=False)
        if table.kinds != kinds or offsets.shape != (kinds,) or not np.isfinite(offsets).all():
            raise ValueError("the arrays do not fit together")
        return cls(views, table, offsets)


def cross_validate(
    examples: Iterable[Example],
    biases: NDArray[np.float64],
    folds: int,
    *,
    views: Views,
    vocabulary: Vocabulary,
    training: Training = TRAINING,
) -> list[Judged]:
    """Cross-validate: judge every asked example by a model that has not learned from it.

    For tests: nothing that serves needs it. The examples are divided into `folds` parts,
    near-duplicates in the same one; each part is judged by a model that was learned from all
    others.
    """
    ready = _Prepared.of(examples, views, vocabulary)
    scores = np.zeros((len(ready.examples), len(biases)), dtype=np.float32)
    for held_out in ready.held_out(folds):
        # One after another: together they would need as many times the memory.
        (weights,) = ready.train(len(biases), ~held_out[None, :], training)
        part = np.flatnonzero(held_out)
        scores[part] = ready.score(part, weights)
    judged = np.flatnonzero(ready.asked)
    scale, offsets = _calibrate(scores[judged], ready.labels[judged], biases)
    probabilities = softmax(scores[judged] * scale + offsets)
    return [
        Judged(ready.examples[number], each)
        for number, each in zip(judged, probabilities.tolist(), strict=True)
    ]


def _calibrate(
    scores: Floats, labels: Integers, biases: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """A factor for all scores, and an offset for each kind, so that softmax gives probabilities."""
    if not len(labels):
        return 1.0, np.zeros(len(biases))
    groups = np.broadcast_to(biases, (len(scores), *biases.shape))
    inputs = np.concatenate([scores[:, :, None].astype(np.float64), groups], axis=2)
    factors = calibrate(inputs, labels)
    return float(factors[0]), biases @ factors[1:]
