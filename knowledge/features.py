"""Features: turns the words of a text into numbers, for the search and the crisis check.

Features are words, pairs of words that are side by side or near each other, and runs of a few
letters. The runs of letters recognise words that no example has, or that are spelt differently. A
feature's number is a CRC-32 hash.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from knowledge.hashindex import HashIndex
from knowledge.vocabulary import LETTER_LIMIT

Values = NDArray[np.float32]
View = Sequence[int]
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
    """The known features and what each is worth; finds those of a text.

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
    def learn(cls, texts: Iterable[Sequence[View]]) -> tuple[Features, list[FeatureVector]]:
        """The features that at least `RARE` of these texts have, and the vector of each text.

        A text is given by its views; all texts have the same number of them.
        """
        numbers, sizes = _flatten(texts)
        view_of = np.repeat(np.arange(sizes.size, dtype=np.int32), sizes.ravel())
        text_of = view_of // sizes.shape[1]
        distinct, places, counts = _count(numbers, text_of)
        known = counts >= RARE
        worth = np.log((1 + len(sizes)) / (1 + counts[known])) + 1
        features = cls(distinct[known], worth.astype(np.float32))

        kept = known[places]
        indices = (np.cumsum(known, dtype=np.int32) - 1)[places[kept]]
        view_of, text_of = view_of[kept], text_of[kept]
        values = features.worth[indices]
        squares = np.bincount(view_of, values * values) * sizes.shape[1]
        values /= np.sqrt(squares[view_of]).astype(np.float32)
        return features, vectors_of(indices, values, np.bincount(text_of, minlength=len(sizes)))

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

    def known(self, wanted: Iterable[int]) -> list[int]:
        """The indices of some features, for the few of one text; unknown ones are left out."""
        return self._index.positions(wanted)


def vectors_of(
    indices: NDArray[np.int32], values: Values, sizes: NDArray[np.int64]
) -> list[FeatureVector]:
    """The vectors of several texts, given one after another, and how many features each has."""
    ends = np.cumsum(sizes).tolist()
    return [
        FeatureVector(indices[start:end], values[start:end]) for start, end in pairwise([0, *ends])
    ]


def _flatten(texts: Iterable[Sequence[View]]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """All numbers, one after another, and how many each view has: texts by views."""
    # Not as lists, which would need ten times the memory.
    numbers = array("I")
    sizes = []
    for views in texts:
        for view in views:
            numbers.extend(view)
        sizes.append([len(view) for view in views])
    return np.array(numbers, dtype=np.uint32), np.array(sizes or np.zeros((0, 1)), dtype=np.int64)


def _count(
    numbers: NDArray[np.uint32], text_of: NDArray[np.int32]
) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int64]]:
    """The distinct numbers in order, the place of each number among them, and how many texts have
    it; `text_of` tells each number's text, in order.
    """
    # Each number with its position, in one sort; with `np.unique` it would take two slower ones.
    # There are millions, so what is not needed any more is let go of.
    pairs = numbers.astype(np.uint64)
    pairs <<= np.uint64(32)
    pairs |= np.arange(len(numbers), dtype=np.uint64)
    pairs.sort()
    ordered, positions = (pairs >> np.uint64(32)).astype(np.uint32), pairs.astype(np.uint32)
    del pairs
    first = np.ones(len(numbers), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    places = np.zeros(len(numbers), dtype=np.int32)
    places[positions] = np.cumsum(first, dtype=np.int32) - 1
    # A text that has a number twice counts once.
    owners = text_of[positions]
    counted = first.copy()
    counted[1:] |= owners[1:] != owners[:-1]
    counts = np.add.reduceat(counted, np.flatnonzero(first), dtype=np.int64)
    return ordered[first], places, counts
