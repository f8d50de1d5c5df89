"""WeightTable: what a text speaks for, as a linear classifier has it (`knowledge.classifier`).

The score of a kind is a sum over everything that is seen of the text: its words, which words are
near each other, its letters. So there is a row of numbers for each, and a text is scored by adding
rows up. A word has some twenty runs of letters, and to look each of them up would take longer than
all the rest of a search: what those of a known word add is one row, worked out when the model
learns.
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
        """Take up what `learn` has worked out for the same features and words.

        Raises:
            ValueError: the rows are not those of so many features and words.
        """
        if rows.shape[:-1] != (len(features) + 1 + len(words),) or rows.dtype != np.float32:
            raise ValueError("the rows do not fit the features and the words")
        self._rows = rows
        """One for each feature, one of zeros for all that is not known, one for each known word.
        It holds what is added to the score of each kind, and at last to the square of the length
        of the view that it belongs to."""
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
        """Work the rows out.

        Args:
            features: the known features, and what each is worth.
            words: the known words, numbered from 0 in their order.
            letter_runs: how long the runs of letters are that are seen of a word.
            weights: of each feature for each kind.
        """
        worth = features.worth[:, None]
        known = np.hstack([weights * worth, worth * worth])
        known = np.vstack([known, np.zeros_like(known, shape=(1, known.shape[1]))])
        runs = [letters_of(word, letter_runs) for word in words]
        indices = features.indices([run for each in runs for run in each])
        # Behind those of each word, the row of zeros: a short word has no runs.
        ends = np.cumsum([len(each) for each in runs], dtype=np.int64)
        indices = np.insert(indices, ends, len(features))
        starts = np.concatenate([[0], ends[:-1] + np.arange(1, len(ends))]) if runs else ends
        letters = np.add.reduceat(known.take(indices, axis=0), starts) if runs else known[:0]
        rows = np.vstack([known, letters]).astype(np.float32, copy=False)
        return cls(features, words, letter_runs, rows)

    def to_arrays(self) -> Arrays:
        """The features and the rows, as plain arrays."""
        return {**self._features.to_arrays(), "rows": self._rows}

    @classmethod
    def from_arrays(
        cls, arrays: Arrays, words: Mapping[str, int], letter_runs: tuple[int, ...]
    ) -> WeightTable:
        """The table again; `KeyError` or `ValueError` if the arrays are not one for these words."""
        return cls(Features.from_arrays(arrays), words, letter_runs, arrays["rows"])

    @property
    def kinds(self) -> int:
        """How many kinds are told apart."""
        return int(self._rows.shape[1]) - 1

    def score(self, text: Sequence[str], views: Sequence[Sequence[int]]) -> Floats:
        """What the text speaks for, kind by kind.

        Args:
            text: its words, whose letters are one view.
            views: the other views of it. Each weighs the same, whatever its length.
        """
        seen: list[int] = []
        starts = []
        for view in views:
            if view:
                starts.append(len(seen))
                seen += view
        starts.append(len(seen))
        rows_of_words = [len(self._features)]  # that of zeros: a short word has no runs
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
