"""What the letters of a text speak for, as one view of a classifier (`knowledge.classifier`).

The letters of a text are those of its words, so their score is a sum over its words. What a known
word adds to it is worked out when the model learns, and looked up afterwards: a word has some
twenty runs of letters, and to look up each of them takes longer than all the rest of a search.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.features import Features, letters_of

Sums = NDArray[np.float32]


class Letters:
    """Scores the letters of texts; see `score`."""

    def __init__(
        self,
        features: Features,
        weights: NDArray[Any],
        lengths: tuple[int, ...],
        numbers: Mapping[str, int],
        sums: Sums | None = None,
    ) -> None:
        """What the letters of all known words add is worked out now, unless it is given.

        Args:
            features: the known features, and what each is worth.
            weights: of each of them for each kind.
            lengths: how long a run of letters is.
            numbers: the known words, and the row of each in `sums`.
            sums: what `Letters` with the same features, weights and words had worked out.

        Raises:
            ValueError: the sums are not those of such weights and words.
        """
        self._features = features
        self._weights = weights
        self._lengths = lengths
        self._numbers = numbers
        rows = len(numbers), weights.shape[1] + 1
        if sums is None:
            sums = np.array([self._sum(word) for word in numbers], dtype=np.float32).reshape(rows)
        if sums.shape != rows:
            raise ValueError("the sums do not fit the words and the weights")
        self.sums = sums
        """A row for each known word: what its letters add to the score of each kind, and at last
        to the square of the view's length."""

    def score(self, text: Sequence[str]) -> Sums:
        """What the letters of these words speak for, kind by kind, in a view of length one."""
        numbers = [self._numbers.get(word, -1) for word in text]
        total: Sums
        if -1 not in numbers:
            total = self.sums.take(np.array(numbers, dtype=np.intp), axis=0).sum(axis=0)
        else:
            rows = [
                self._sum(word) if number < 0 else self.sums[number]
                for word, number in zip(text, numbers, strict=True)
            ]
            total = np.add.reduce(rows)
        length = math.sqrt(total[-1])
        return total[:-1] / length if length else total[:-1]

    def _sum(self, word: str) -> Sums:
        runs = self._features.plain(letters_of(word, self._lengths))
        weights = self._weights.take(runs.places, axis=0).astype(np.float32)
        # No matrix product, see `knowledge.classifier`.
        added = np.einsum("f,fk->k", runs.values, weights)
        return np.append(added, runs.values @ runs.values)
