"""WeightTable: scores texts quickly with the weights of a linear classifier
(`knowledge.classifier`).

A kind's score is a sum over all features of a text. So there is a row of weights for each feature,
and a text is scored by adding rows. A word has some ten runs of letters, and to look up each of
them would take much of a search's time: for a known word, their sum is one precomputed row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.features import Features, letters_of
from knowledge.modelcache import Arrays

Floats = NDArray[np.float32]
Rows = NDArray[np.float16]
"""Half the memory of `Floats`; scores change in their third digit at most."""

_TYPES = np.dtype(np.float16), np.dtype(np.float32)
"""Of rows and squares."""


class WeightTable:
    """Scores texts; see `score`."""

    def __init__(
        self,
        features: Features,
        words: Mapping[str, int],
        letter_runs: tuple[int, ...],
        rows: Rows,
        squares: Floats,
    ) -> None:
        """A table with the rows that `learn` has computed for the same features and words.

        Raises:
            ValueError: the number of rows does not fit the features and words, or a kind's offset
                is no number.
        """
        count = len(features) + len(words)
        shapes = rows.shape[:-1], squares.shape
        if shapes != ((count + 1,), (count,)) or (rows.dtype, squares.dtype) != _TYPES:
            raise ValueError("the rows do not fit the features and the words")
        if not np.isfinite(rows[-1]).all():
            raise ValueError("an offset is no number")
        self._rows = rows
        """A row for each feature, one for the letters of each known word, and one of offsets. The
        columns are the kinds."""
        self._squares = squares.data  # gives single numbers faster than an array
        """For each row but the last, the square of the feature's value, or the sum of those of the
        letters: from these the length of a view is computed."""
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
        offsets: NDArray[np.float64],
    ) -> WeightTable:
        """Compute the rows.

        Args:
            features: the known features.
            words: the known words, numbered from 0 in their order.
            letter_runs: the lengths of the runs of letters within a word.
            weights: the weights, features by kinds.
            offsets: what is added to each kind's score.
        """
        worth = features.worth[:, None]
        rows = np.zeros((len(features) + len(words) + 1, weights.shape[1]), dtype=np.float16)
        squares = np.zeros(len(features) + len(words), dtype=np.float32)
        rows[: len(features)] = weights = weights * worth
        squares[: len(features)] = features.worth * features.worth
        for number, word in enumerate(words, len(features)):
            known = features.known(letters_of(word, letter_runs))
            rows[number] = weights.take(known, axis=0).sum(axis=0)
            squares[number] = squares.take(known).sum()
        rows[-1] = offsets
        return cls(features, words, letter_runs, rows, squares)

    def to_arrays(self) -> Arrays:
        """The features and the rows, as plain arrays."""
        return {
            **self._features.to_arrays(),
            "rows": self._rows,
            "squares": np.asarray(self._squares),
        }

    @classmethod
    def from_arrays(
        cls, arrays: Arrays, words: Mapping[str, int], letter_runs: tuple[int, ...]
    ) -> WeightTable:
        """Restore a table; `KeyError` or `ValueError` if the arrays do not fit these words."""
        features = Features.from_arrays(arrays)
        return cls(features, words, letter_runs, arrays["rows"], arrays["squares"])

    @property
    def kinds(self) -> int:
        """The number of kinds."""
        return int(self._rows.shape[1])

    def score(self, text: Sequence[str], views: Sequence[Sequence[int]]) -> list[float]:
        """The score of each kind.

        Args:
            text: the words; their letters are one view.
            views: the other views. Each view weighs the same, whatever its length.
        """
        rows, factors = [len(self._rows) - 1], [1.0]
        for view in (*map(self._features.known, views), self._rows_of_letters(text)):
            if square := sum([self._squares[row] for row in view]):
                rows += view
                factors += [1 / math.sqrt((len(views) + 1) * square)] * len(view)
        factor_of = np.fromiter(factors, np.float32, len(factors))
        scores: list[float] = factor_of.dot(self._rows.take(rows, axis=0)).tolist()
        return scores

    def _rows_of_letters(self, text: Sequence[str]) -> list[int]:
        """The rows of the known words, and those of the letters of the others."""
        rows: list[int] = []
        runs: list[int] = []
        for word in text:
            if (number := self._words.get(word)) is None:
                runs += letters_of(word, self._letter_runs)
            else:
                rows.append(len(self._features) + number)
        return rows + self._features.known(runs)
