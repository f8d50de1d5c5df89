"""TextModel: everything between a text and the probability of each kind that it may be of.

It joins the features of the words that a `Vocabulary` has read and the classifier's weights with
their calibration, and can be turned into arrays and back. `SearchIndex` uses one to tell topics
apart, `CrisisDetector` another to recognise a crisis.
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
"""The probability of each kind, in their order."""


@dataclass(frozen=True, slots=True)
class Views:
    """What a model sees of a text: lists of feature numbers (`knowledge.features`)."""

    of_words: Callable[[Sequence[str]], tuple[Sequence[int], ...]]
    """Turns the words of a text into the views in which their order counts."""
    letter_runs: tuple[int, ...]
    """Lengths of the runs of letters that are seen within each word: one view more."""


TRAINING = Training()

HELD_OUT = 4
"""One in so many examples is held out, for the calibration."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text and its kind.

    Only what people `asked` is used for the calibration. `wholes` are the texts that it was made
    of: it is held out together with each of them.
    """

    text: str
    kind: int
    asked: bool = True
    wholes: tuple[str, ...] = ()


class TooFewExamplesError(ValueError):
    """There is not enough to calibrate on: a model's chances would be guesses."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What cross-validation made of an example: the chances of each kind, had it been unseen."""

    example: Example
    probabilities: Probabilities


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Examples on their way into a classifier."""

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
        found = [
            (*views.of_words(text), [run for word in text for run in letters[word]])
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
        """Which of the examples people asked."""
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
    """Knows how likely a text is of each kind; see `learn` and `probabilities`."""

    def __init__(self, views: Views, table: WeightTable, offsets: NDArray[np.float64]) -> None:
        """`offsets` raise or lower the kinds' scores, which `table` holds calibrated already."""
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
            examples: texts of every kind.
            biases: kinds by groups; the calibration may raise or lower each group as a whole.
            views: how a text's words become features.
            vocabulary: reads the examples, and every text to come.
            training: how the weights are learned.
            fewest: of the examples that people asked, how many have to be held out for the
                calibration. With none, scores are taken for chances as they are.

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
        """How likely a text, given by its words as the vocabulary reads them, is of each kind."""
        scores = self._table.score(text, self._views.of_words(text)) + self._offsets
        return softmax_of_one(scores.tolist())

    def to_arrays(self) -> Arrays:
        """All that was learned, as plain arrays."""
        return {**self._table.to_arrays(), "offsets": self._offsets}

    @classmethod
    def from_arrays(
        cls, arrays: Arrays, kinds: int, views: Views, vocabulary: Vocabulary
    ) -> TextModel:
        """The model again.

        Raises:
            KeyError, ValueError: the arrays are not those of a model with these kinds and words.
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
    """Judge every example that people asked as if it had never been seen.

    The examples are dealt into `folds` parts; each part is judged by what was learned from all
    others. Near-duplicates are in the same part.
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
    """A factor for all scores and an offset for each kind, which make softmax tell the truth."""
    if not len(labels):
        return 1.0, np.zeros(len(biases))
    groups = np.broadcast_to(biases, (len(scores), *biases.shape))
    inputs = np.concatenate([scores[:, :, None].astype(np.float64), groups], axis=2)
    factors = calibrate(inputs, labels)
    return float(factors[0]), biases @ factors[1:]
