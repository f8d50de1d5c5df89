"""LexicalIndex: search by words alone (BM25), for documents with too few example questions.

Its probabilities are not learned. They follow from how much of the question's words a section has
(weighted by inverse document frequency), and how far its BM25 score is ahead of the others'. So a
section is the answer only if it has almost all of the question's words, and no other section comes
near. With an inverted index, it is fast for tens of thousands of sections.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.vocabulary import TEXT_LIMIT, Vocabulary, words

SATURATION, LENGTH_SHARE = 1.2, 0.75
"""BM25's parameters k1 and b: the saturation of repeated words, and the penalty of long texts."""

TITLE_WEIGHT, LONGEST_TITLE = 3, 12
"""A word in a text of at most 12 words, such as a title or an alias, counts three times."""

SHARPNESS = 3.0
"""Probabilities are in proportion to the scores to this power."""

_SMALL_WORDS = """
a about all also am an and any are as at be been but by can could did do does for from get had has
have he her him his how i if im in is it its ive just like may me mean means might much my no not
of on one or our out please say says she should so some tell than that the their them then there
these they this to too up us was we were what whats when where which while who why will with would
you your
"""
_SMALL = frozenset(_SMALL_WORDS.split())


class Searchable(Protocol):
    """The properties of a topic that the index uses."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Its title, other names and text."""

    @property
    def questions(self) -> tuple[str, ...]:
        """What people ask about it."""


class LexicalIndex:
    """Ranks topics by the words they share with a question; see `probabilities`."""

    def __init__(
        self,
        postings: Mapping[str, tuple[NDArray[np.int32], NDArray[np.float32]]],
        topics: int,
    ) -> None:
        """`postings`: each word's topics, and the word's BM25 weight in each."""
        self._postings = postings
        self._topics = topics

    @classmethod
    def build(cls, topics: Sequence[Searchable], vocabulary: Vocabulary) -> LexicalIndex:
        """Index the topics' titles, texts and example questions."""
        bags: list[Counter[str]] = []
        for topic in topics:
            bag: Counter[str] = Counter()
            for text in (*topic.texts, *topic.questions):
                tokens = words(text, TEXT_LIMIT)
                weight = TITLE_WEIGHT if len(tokens) <= LONGEST_TITLE else 1
                for word in vocabulary.normalize(tokens):
                    if word not in _SMALL:
                        bag[word] += weight
            bags.append(bag)
        lengths = np.array([bag.total() for bag in bags], dtype=np.float64)
        usual = float(lengths.mean()) if lengths.any() else 1.0
        penalties = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * lengths / usual)
        found: dict[str, tuple[list[int], list[int]]] = {}
        for number, bag in enumerate(bags):
            for word, count in bag.items():
                owners, often = found.setdefault(word, ([], []))
                owners.append(number)
                often.append(count)
        postings = {}
        for word, (owners, often) in found.items():
            places, counted = np.array(owners, dtype=np.int32), np.array(often)
            weights = counted * (SATURATION + 1) / (counted + penalties[places])
            postings[word] = (places, weights.astype(np.float32))
        return cls(postings, len(bags))

    def probabilities(self, text: Sequence[str]) -> list[float]:
        """The probability of each topic; unknown words lower the sum of all below 1."""
        asked = {word for word in text if word not in _SMALL}
        scores = np.zeros(self._topics, dtype=np.float32)
        held = np.zeros(self._topics, dtype=np.float32)
        everything = 0.0
        for word in asked:
            places, weights = self._postings.get(word, _NOWHERE)
            telling = float(np.log1p((self._topics + 1) / (len(places) + 0.5)))
            everything += telling
            scores[places] += weights * telling
            held[places] += telling
        best = float(scores.max(initial=0))
        if not best:
            return [0.0] * self._topics
        ahead = (scores / best).astype(np.float64) ** SHARPNESS
        probabilities: list[float] = (ahead / ahead.sum() * (held / everything)).tolist()
        return probabilities


_NOWHERE = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))
