"""LexicalIndex: search by words alone, for documents with no example questions, or too few.

Without enough of them nothing can be learned or calibrated, so it only claims what can be seen:
how much of the question is in a section at all (rare words count more, by inverse document
frequency), and how far the best section is ahead of the others (BM25, the usual measure of how
well a text fits a query). A section is the answer only when it holds almost all of the question
and no other comes near. It works for tens of thousands of sections: only the lists of sections
that hold a word of the question are looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.vocabulary import TEXT_LIMIT, Vocabulary, words

SATURATION, LENGTH_SHARE = 1.2, 0.75
"""BM25's k1 and b: how soon repeating a word stops to count, and how much a long text is held
against a section."""

TITLE_WEIGHT, LONGEST_TITLE = 3, 12
"""A word in a title, an alias or another text of at most 12 words counts as three in a text."""

SHARPNESS = 3.0
"""How far ahead a section must be: chances go with the score to this power."""

_SMALL_WORDS = """
a about all also am an and any are as at be been but by can could did do does for from get had has
have he her him his how i if im in is it its ive just like may me mean means might much my no not
of on one or our out please say says she should so some tell than that the their them then there
these they this to too up us was we were what whats when where which while who why will with would
you your
"""
_SMALL = frozenset(_SMALL_WORDS.split())


class Searchable(Protocol):
    """What the index needs to know of a topic."""

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
        """Read the topics' titles, texts and example questions."""
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
        """How likely each topic is; together they are as likely as the question is understood."""
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
