"""Features: turns the words of a text into numbers, for the search and the crisis check.

Features are words, pairs of words that are side by side or near each other, and runs of a few
letters. The runs of letters recognise words that no example has, or that are spelt differently. A
feature's number is a CRC-32 hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from knowledge.hashindex import HashIndex
from knowledge.vocabulary import LETTER_LIMIT

Values = NDArray[np.float32]
View = Sequence[int] | NDArray[np.uint32]
"""The numbers of a text's features, of one view."""

RARE = 2
"""The least number of examples that must have a feature for it to be used."""


@dataclass(frozen=True, slots=True)
class FeatureVector:
    """A text as a sparse vector: the indices of its known features, and their values."""

    indices: NDArray[np.int32]
    values: Values


def parts_of(text: Sequence[str]) -> list[bytes]:
    """The words of a text as bytes, to be hashed one after another."""
    return [b" " + word.encode() for word in text]


def sequence_features(parts: Sequence[bytes], lengths: range, salt: int) -> list[int]:
    """Numbers for all runs of words (n-grams) of these lengths; the text's beginning and end count
    as words.

    `salt` distinguishes this kind of feature from others.
    """
    parts = [b" <", *parts, b" >"]
    runs = [salt] * len(parts)
    found: list[int] = []
    for length in range(1, lengths.stop):
        # Every run of the length before, and the word that follows it.
        runs = list(map(crc32, parts[length - 1 :], runs))
        if length >= lengths.start:
            # The beginning and the end alone say nothing.
            found += runs[1:-1] if length == 1 else runs
    return found


def nearby_features(parts: Sequence[bytes], window: int, salt: int) -> list[int]:
    """Numbers for all pairs of words, in their order, that are at most `window` words apart.

    So "want to die" and "want so badly to just die" have a pair in common.
    """
    return list(
        {
            crc32(second, first)
            for at, first in enumerate([crc32(part, salt) for part in parts], 1)
            for second in parts[at : at + window]
        }
    )


def letters_of(word: str, lengths: tuple[int, ...]) -> list[int]:
    """Numbers for all runs of letters of these lengths within a word; its beginning and end count
    as letters.
    """
    padded = b" " + word.encode()[:LETTER_LIMIT] + b" "
    size = len(padded)
    return [
        crc32(padded[start : start + length])
        for length in lengths
        for start in range(size - length + 1)
    ]


ALWAYS = (0,)
"""A view with one feature that every text has; its weights learn how frequent each class is."""


class Features:
    """The known features and their weights; turns texts into `FeatureVector`s.

    A feature is known if at least `RARE` examples have it. `worth` is its inverse document
    frequency: a feature that most examples have, such as "the", tells little. The values of each
    view (words, letters) are scaled to the same length, so that short and long texts, and words and
    letters, weigh the same.
    """

    def __init__(self, numbers: NDArray[np.uint32], worth: Values) -> None:
        """`numbers` are the known features' numbers, in order."""
        self.worth = worth
        self._numbers = numbers
        self._index = HashIndex(numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    @classmethod
    def learn(cls, texts: Sequence[Sequence[View]]) -> Features:
        """The features that at least `RARE` of these texts have; a text is given by its views."""
        sizes = [sum(map(len, views)) for views in texts]
        owners = np.repeat(np.arange(len(texts), dtype=np.uint64), sizes)
        pairs = np.sort(owners << np.uint64(32) | _numbers(texts))
        once = np.sort(pairs[np.diff(pairs, prepend=pairs[:1] - 1) != 0].astype(np.uint32))
        starts = np.flatnonzero(np.diff(once, prepend=once[:1] - 1))
        numbers, counts = once[starts], np.diff(starts, append=len(once))
        known = counts >= RARE
        worth = np.log((1 + len(texts)) / (1 + counts[known])) + 1
        return cls(numbers[known], worth.astype(np.float32))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The known features, as plain arrays."""
        return {"features": self._numbers, "features_worth": self.worth}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Features:
        """Restore the features; `KeyError` or `ValueError` if the arrays are not features."""
        numbers, worth = arrays["features"], arrays["features_worth"]
        if numbers.shape != worth.shape:
            raise ValueError("the arrays do not fit together")
        return cls(numbers, worth)

    def indices(self, wanted: Sequence[int] | NDArray[np.uint32]) -> NDArray[np.int64]:
        """The index of each feature, given by its number; `len(self)` for an unknown one."""
        wanted = np.asarray(wanted, dtype=np.uint32)
        if not len(self):
            return np.zeros(len(wanted), dtype=np.int64)
        indices = self._numbers.searchsorted(wanted)
        # "clip": what would come after the last one is compared with that.
        indices[self._numbers.take(indices, mode="clip") != wanted] = len(self)
        return indices

    def known(self, wanted: Iterable[int]) -> list[int]:
        """The indices of some features, for the few of one text; unknown ones are left out."""
        return self._index.positions(wanted)

    def of_all(self, texts: Sequence[Sequence[View]]) -> list[FeatureVector]:
        """The vector of each text; a text is given by its views."""
        if not texts:
            return []
        views = [len(view) for text in texts for view in text]
        indices = self.indices(_numbers(texts))
        known = indices < len(self)
        values = np.append(self.worth, np.float32(0))[indices]
        view_of = np.repeat(np.arange(len(views)), views)
        lengths = np.bincount(view_of, weights=values * values, minlength=len(views))
        lengths *= np.repeat([len(text) for text in texts], [len(text) for text in texts])
        values[known] /= np.sqrt(lengths[view_of[known]]).astype(np.float32)
        sizes = [sum(map(len, text)) for text in texts]
        text_of = np.repeat(np.arange(len(texts)), sizes)[known]
        ends = np.cumsum(np.bincount(text_of, minlength=len(texts))).tolist()
        known_indices, values = indices[known].astype(np.int32), values[known]
        return [
            FeatureVector(known_indices[start:end], values[start:end])
            for start, end in zip([0, *ends], ends, strict=False)
        ]


def _numbers(texts: Sequence[Sequence[View]]) -> NDArray[np.uint32]:
    views = [np.asarray(view, np.uint32) for text in texts for view in text]
    return np.concatenate(views or [np.zeros(0, dtype=np.uint32)])
