"""TextModel: gives the probability of each class (called kind) for the words of a text.

It joins features, the classifier's weights and their calibration, and can be saved as arrays.
The kinds are the topics in that of `SearchIndex`, and the kinds of a crisis in `CrisisDetector`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from knowledge.classifier import Training, softmax_of_one
from knowledge.features import Features, letters_of
from knowledge.modelcache import Arrays
from knowledge.training import (
    Biases,
    Judged,
    Probabilities,
    TokenizedExamples,
    TrainingSet,
)
from knowledge.vocabulary import Vocabulary
from knowledge.weights import WeightTable


@dataclass(frozen=True, slots=True)
class Views:
    """How a model turns words into views: lists of feature numbers (`knowledge.features`)."""

    of_words: Callable[[Sequence[str]], tuple[Sequence[int], ...]]
    """Makes the views that depend on the order of words."""
    letter_runs: tuple[int, ...]
    """The lengths of the runs of letters within each word, which are one more view."""


TRAINING = Training()


class TextModel:
    """Gives the probability of each kind for a text; see `learn` and `probabilities`."""

    def __init__(self, views: Views, table: WeightTable) -> None:
        """`table` holds the calibrated weights."""
        self._views = views
        self._table = table

    @classmethod
    def learn(
        cls,
        texts: TokenizedExamples,
        biases: Biases,
        *,
        views: Views,
        training: Training = TRAINING,
        fewest: int = 0,
    ) -> TextModel:
        """Learn from examples of every kind; see `TrainingSet.learn` for the other arguments.

        Args:
            texts: the examples.
            biases: the calibration finds one offset for each group of kinds.
            views: how a text's words become features.
            training: how the weights are learned.
            fewest: the least number of examples that have to be held out for the calibration.

        Raises:
            TooFewExamplesError: there are too few examples for the calibration.
        """
        features, training_set = _prepare(texts, views)
        weights, offsets = training_set.learn(biases, training, fewest=fewest)
        table = WeightTable.learn(
            features, texts.vocabulary.numbers, views.letter_runs, weights, offsets
        )
        return cls(views, table)

    def probabilities(self, text: Sequence[str]) -> Probabilities:
        """The probability of each kind for a text, given by its words from the vocabulary."""
        return softmax_of_one(self._table.score(text, self._views.of_words(text)))

    def to_arrays(self) -> Arrays:
        """Everything that was learned, as plain arrays."""
        return self._table.to_arrays()

    @classmethod
    def from_arrays(
        cls, arrays: Arrays, kinds: int, views: Views, vocabulary: Vocabulary
    ) -> TextModel:
        """Restore a model.

        Raises:
            KeyError, ValueError: the arrays are not of a model with so many kinds and these words.
        """
        table = WeightTable.from_arrays(arrays, vocabulary.numbers, views.letter_runs)
        if table.kinds != kinds:
            raise ValueError("the arrays do not fit together")
        return cls(views, table)


def cross_validate(
    texts: TokenizedExamples,
    biases: Biases,
    folds: int,
    *,
    views: Views,
    training: Training = TRAINING,
) -> list[Judged]:
    """Judge every asked example by a model that has not learned from it; for tests."""
    _, training_set = _prepare(texts, views)
    return training_set.cross_validate(biases, training, folds)


def _prepare(texts: TokenizedExamples, views: Views) -> tuple[Features, TrainingSet]:
    used = {word for text in texts.tokens for word in text}
    letters = {word: letters_of(word, views.letter_runs) for word in used}
    features, vectors = Features.learn(
        (*views.of_words(text), [run for word in text for run in letters[word]])
        for text in texts.tokens
    )
    return features, TrainingSet(texts, texts.kinds, vectors, len(features))
