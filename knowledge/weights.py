"""WeightTable: scores texts quickly with the weights of a linear classifier
(`knowledge.classifier`).

A kind's score is a sum over all features of a text. So there is a row of weights for each feature,
and a text is scored by adding rows. A word has some twenty runs of letters, and to look up each of
them would take longer than the rest of a search: for a known word, their sum is one precomputed
row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.features import Features, letters_of
from knowledge.modelcache import Arrays

Floats = NDArray[np.float32]


class WeightTable:
    """Scores texts; see `score`."""

    def __init__(
        self,
        features: Features,
        words: Mapping[str, int],
        letter_runs: tuple[int, ...],
        rows: Floats,
    ) -> None:
        """A table with the rows that `learn` has computed for the same features and words.

        Raises:
            ValueError: the number of rows does not fit the features and words.
        """
        if rows.shape[:-1] != (len(features) + 1 + len(words),) or rows.dtype != np.float32:
            raise ValueError("the rows do not fit the features and the words")
        self._rows = rows
        """A row for each feature, one of zeros for unknown ones, and one for the letters of each
        known word. The columns are the weights for each kind, and last the square of the feature's
        value, from which the length of a view is computed."""
        self._features = features
        self._words = words
        self._letter_runs = letter_runs

    @classmethod
    def learn(
        cls,
        features: Features,
        words: Mapping[str, int],
        letter_runs: tuple[int, ...],
        weights: Floats,
    ) -> WeightTable:
        """Compute the rows.

        Args:
            features: the known features.
            words: the known words, numbered from 0 in their order.
            letter_runs: the lengths of the runs of letters within a word.
            weights: the weights, features by kinds.
        """
        worth = features.worth[:, None]
        rows = np.zeros((len(features) + 1 + len(words), weights.shape[1] + 1), dtype=np.float32)
        rows[: len(features)] = np.hstack([weights * worth, worth * worth])
        for number, word in enumerate(words, len(features) + 1):
            indices = features.indices(letters_of(word, letter_runs))
            rows[number] = rows.take(indices, axis=0).sum(axis=0)
        return cls(features, words, letter_runs, rows)

    def to_arrays(self) -> Arrays:
        """The features and the rows, as plain arrays."""
        return {**self._features.to_arrays(), "rows": self._rows}

    @classmethod
    def from_arrays(
        cls, arrays: Arrays, words: Mapping[str, int], letter_runs: tuple[int, ...]
    ) -> WeightTable:
        """Restore a table; `KeyError` or `ValueError` if the arrays do not fit these words."""
        return cls(Features.from_arrays(arrays), words, letter_runs, arrays["rows"])

    @property
    def kinds(self) -> int:
        """The number of kinds."""
        return int(self._rows.shape[1]) - 1

    def score(self, text: Sequence[str], views: Sequence[Sequence[int]]) -> Floats:
        """The score of each kind.

        Args:
            text: the words; their letters are one view.
            views: the other views. Each view weighs the same, whatever its length.
        """
        seen: list[int] = []
        starts = []
        for view in views:
            if view:
                starts.append(len(seen))
                seen += view
        starts.append(len(seen))
        rows_of_words = [len(self._features)]  # the row of zeros, in case there is no other
        for word in text:
            if (number := self._words.get(word)) is None:
                seen += letters_of(word, self._letter_runs)
            else:
                rows_of_words.append(len(self._features) + 1 + number)
        rows = np.concatenate((self._features.indices(seen), np.array(rows_of_words, np.intp)))
        sums = np.add.reduceat(self._rows.take(rows, axis=0), np.array(starts, np.intp))
        parts = len(views) + 1
        shares = [
            1 / math.sqrt(parts * square) if square else 0.0 for square in sums[:, -1].tolist()
        ]
        scores: Floats = np.dot(np.array(shares, np.float32), sums[:, :-1])
        return scores
