"""What the search and the crisis check see of a question: its words, and the parts of its words.

A question is read in three steps, each of which is cheap and none of which can fail:

1. `words` cuts the text to a limit, and brings spelling, case, accents, quotes, mentions and
   emoji to one form;
2. `Vocabulary.understand` corrects typing errors against the words that the examples use, and
   replaces synonyms ("RSD", "algodystrophy") with one word;
3. `Features` turns the words into numbers: which words, which pairs of words and which runs
   of two to five letters occur. Letters within words are what recognises a word that no example
   has, or that is spelt in a new way.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

TEXT_LIMIT = 4_000
"""Characters that are looked at; more than any platform lets a member send."""

WORD_LIMIT = 60
"""Words of one text that are looked at, so that a long text costs no more than a short one."""

RARE = 2
"""Examples that must have a feature for it to be used."""

LETTER_LIMIT = 24
"""Letters of one word that are looked at; longer words are not words."""

LONG_WORD = 8
"""Letters of a word in which any two errors are looked for; they are likelier in long words."""

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_MOST_DIFFERENT = 4
"""Letters that two words may have more or less of, when two errors lie between them."""

MOST_TYPOS = 16
"""Unknown words of one text that are looked up; a text with more is not in our language."""

FREQUENT = 30
"""How often a word must occur for a word of three letters to be taken for it."""

Values = NDArray[np.float32]

_MARKUP = re.compile(r"<(?:[@#!:]|a:|t:|https?:|mailto:)[^<>]{0,300}>|https?://\S+|&(?:amp|lt|gt);")
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,99}")
_WORD = re.compile(r"[^\W_]+")
_STARS = re.compile(r"(?<=[a-z])\*+(?=[a-z])")
_DISGUISED = re.compile(r"(?<=[a-z])[01345$](?=[a-z])")
_UNDISGUISED = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "$": "s"}
_APOSTROPHES = str.maketrans("", "", "'\u2019\u2018\u02bc`\u00b4")


def words(text: str, limit: int = WORD_LIMIT) -> tuple[str, ...]:
    """The words of a text: lower case, without accents, links, mentions and punctuation.

    Apostrophes are dropped ("can't" is "cant", as people type it); letters that were disguised
    to get past a filter ("su1cide", "s*icide") are brought back as far as can be told. Of a text
    with more than `limit` words, the first and the last are kept: there the question stands.
    """
    # Cut twice: there are characters that normal form makes eighteen of.
    text = unicodedata.normalize("NFKC", text[:TEXT_LIMIT])[:TEXT_LIMIT]
    text = _MARKUP.sub(" ", text.lower().translate(_APOSTROPHES))
    if "@" in text:
        text = _ADDRESS.sub(" ", text)
    text = _DISGUISED.sub(lambda letter: _UNDISGUISED[letter[0]], _STARS.sub("", text))
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    found = [word[:LETTER_LIMIT] for word in _WORD.findall(text)]
    if len(found) > limit:
        found = found[: limit // 2] + found[-(limit - limit // 2) :]
    return tuple(found)


class Vocabulary:
    """The words that examples use, with their synonyms; it corrects what was mistyped.

    To find a word's neighbours without trying all words, every known word is filed under numbers
    for itself and for what is left of it when one letter is missing (see `_shortened`).
    """

    def __init__(
        self,
        known: Sequence[str],
        counts: Sequence[int],
        keys: NDArray[np.uint32],
        owners: NDArray[np.int32],
        synonyms: Mapping[str, Sequence[str]],
    ) -> None:
        """`keys` in order, and for each the number of the word in `known` that is filed there."""
        self._words = known
        self._counts = counts
        self.numbers: Mapping[str, int] = {word: number for number, word in enumerate(known)}
        """The known words, each with its number."""
        self._keys = keys
        self._owners = owners
        self._synonyms: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for phrase, meaning in _phrases(synonyms):
            self._synonyms.setdefault(phrase[0], []).append((phrase, meaning))
        for phrases in self._synonyms.values():
            phrases.sort(key=lambda pair: -len(pair[0]))

    @classmethod
    def learn(cls, counts: Mapping[str, int], synonyms: Mapping[str, Sequence[str]]) -> Vocabulary:
        """`counts`: how often each word occurs; `synonyms`: one word to all that mean it.

        A synonym may be of several words ("complex regional pain syndrome").
        """
        known = Counter(counts)
        for phrase, _ in _phrases(synonyms):
            known.update(phrase)
        keys: list[int] = []
        owners: list[int] = []
        for number, word in enumerate(known):
            if _is_correctable(word):
                filed = _shortened(word)
                keys += filed
                owners += [number] * len(filed)
        order = np.argsort(np.array(keys, dtype=np.uint32), kind="stable")
        return cls(
            tuple(known),
            tuple(known.values()),
            np.array(keys, dtype=np.uint32)[order],
            np.array(owners, dtype=np.int32)[order],
            synonyms,
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All of it but the synonyms, as plain arrays."""
        return {
            "vocabulary": np.frombuffer("\n".join(self._words).encode(), dtype=np.uint8),
            "vocabulary_counts": np.array(self._counts, dtype=np.int64),
            "vocabulary_keys": self._keys,
            "vocabulary_owners": self._owners,
        }

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], synonyms: Mapping[str, Sequence[str]]
    ) -> Vocabulary:
        """The vocabulary again; `KeyError` or `ValueError` if the arrays are not one."""
        listed = arrays["vocabulary"].tobytes().decode().split("\n")
        counts = arrays["vocabulary_counts"].tolist()
        keys, owners = arrays["vocabulary_keys"], arrays["vocabulary_owners"]
        fits = len(listed) == len(counts) and keys.shape == owners.shape
        if not fits or (len(owners) and owners.max() >= len(counts)):
            raise ValueError("the arrays do not fit together")
        return cls(listed, counts, keys, owners, synonyms)

    def understand(self, text: Sequence[str]) -> tuple[str, ...]:
        """The words as the examples would have them: typing errors corrected, synonyms joined."""
        corrected = list(text)
        for word in [word for word in dict.fromkeys(text) if word not in self.numbers][:MOST_TYPOS]:
            meant = self.correct(word)
            if meant != word:
                corrected = [meant if each == word else each for each in corrected]
        if self._synonyms.keys().isdisjoint(corrected):
            return tuple(corrected)
        return tuple(self._join(corrected))

    def correct(self, word: str) -> str:
        """The known word that was most likely meant, at most two typing errors away; or the word.

        Fewer errors are likelier, above all two letters swapped; so are frequent words, and
        errors in the middle of a word. In short words only one error is looked for.
        """
        if not _is_correctable(word):
            return word
        found = self._likeliest(word, self._filed_with(word))
        if found is None and len(word) >= LONG_WORD:
            found = self._likeliest(word, self._of_similar_letters(word))
        return word if found is None else found

    def _filed_with(self, word: str) -> set[int]:
        """The known words, by number, that are filed where this one would be."""
        keys = np.array(_shortened(word), dtype=np.uint32)
        starts = self._keys.searchsorted(keys, "left").tolist()
        ends = self._keys.searchsorted(keys, "right").tolist()
        return {
            owner
            for start, end in zip(starts, ends, strict=True)
            if start < end
            for owner in self._owners[start:end].tolist()
        }

    def _of_similar_letters(self, word: str) -> list[int]:
        """The long known words, by number, that two errors could have made this one of."""
        numbers, letters = self._long_words
        difference = np.abs(letters - _letter_counts(word)).sum(axis=1)
        similar: list[int] = numbers[difference <= _MOST_DIFFERENT].tolist()
        return similar

    @cached_property
    def _long_words(self) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """The numbers of the long words, and how often each letter is in each of them."""
        numbers = [
            number
            for number, word in enumerate(self._words)
            if len(word) >= LONG_WORD - 1 and _is_correctable(word)
        ]
        counts = [_letter_counts(self._words[number]) for number in numbers]
        return (
            np.array(numbers, dtype=np.int64),
            np.array(counts, dtype=np.int8).reshape(len(numbers), len(_ALPHABET)),
        )

    def _likeliest(self, word: str, candidates: Iterable[int]) -> str | None:
        letters = sorted(word)
        most_errors = 1 if len(word) < 6 else 2
        best, least = None, math.inf
        for number in sorted(candidates):  # of two that are as likely, always the same one
            other, count = self._words[number], self._counts[number]
            if len(word) < 4 and count < FREQUENT:
                continue
            errors = distance(word, other, most_errors)
            if errors > most_errors:
                continue
            unlikely = (
                4 * errors
                - 1.5 * (sorted(other) == letters)
                + 1.5 * (other[0] != word[0])
                + 0.5 * (other[-1] != word[-1])
                - 0.7 * math.log(count)
            )
            if unlikely < least:
                best, least = other, unlikely
        return best

    def _join(self, text: Sequence[str]) -> Iterator[str]:
        at = 0
        while at < len(text):
            for phrase, meaning in self._synonyms.get(text[at], ()):
                if tuple(text[at : at + len(phrase)]) == phrase:
                    yield meaning
                    at += len(phrase)
                    break
            else:
                yield text[at]
                at += 1


def _phrases(synonyms: Mapping[str, Sequence[str]]) -> Iterator[tuple[tuple[str, ...], str]]:
    for meaning, others in synonyms.items():
        for phrase in map(words, others):
            if phrase:
                yield phrase, meaning


def _letter_counts(word: str) -> NDArray[np.int8]:
    return np.array([word.count(letter) for letter in _ALPHABET], dtype=np.int8)


def _is_correctable(word: str) -> bool:
    return 3 <= len(word) <= LETTER_LIMIT and word.isalpha()


def _shortened(word: str) -> list[int]:
    """Numbers for a word and for all that is left of it when one letter is missing.

    Two words that are one typing error apart (a letter too many, too few, changed or swapped)
    have one of these in common.
    """
    shorter = {word[:at] + word[at + 1 :] for at in range(len(word))}
    return [crc32(part.encode()) for part in (word, *shorter)]


def distance(one: str, other: str, limit: int) -> int:
    """How many letters were added, dropped, changed or swapped with their neighbour.

    Counting stops above `limit`: then the result is some number above it.
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    # What two words have in common at both ends is most of them, and costs nothing.
    start, shorter = 0, min(len(one), len(other))
    while start < shorter and one[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end] == other[-1 - end]:
        end += 1
    one, other = one[start : len(one) - end], other[start : len(other) - end]
    if not one or not other:
        return len(one) + len(other)
    if len(one) == len(other) == 1 or (len(one) == 2 and one == other[::-1]):
        return 1
    if limit < 2:
        return 2
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            cost = last[j - 1] if letter == against else 1 + min(last[j - 1], last[j], row[j - 1])
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit and min(last) > limit:
            return limit + 1
        before, last = last, row
    return last[-1]


@dataclass(frozen=True, slots=True)
class Block:
    """A text as the classifier sees it: the places of its known features, and their values."""

    places: NDArray[np.int64]
    values: Values


def sequence_features(text: Sequence[str], lengths: range, salt: int) -> list[int]:
    """Numbers for all runs of words of these lengths; the beginning and the end count as words.

    `salt` keeps features of different kinds apart.
    """
    parts = [b" <", *[b" " + word.encode() for word in text], b" >"]
    runs = [salt] * len(parts)
    found: list[int] = []
    for length in range(1, lengths.stop):
        # Every run of the length before, and the word that follows it.
        runs = list(map(crc32, parts[length - 1 :], runs))
        if length >= lengths.start:
            # The beginning and the end alone say nothing.
            found += runs[1:-1] if length == 1 else runs
    return found


def nearby_features(text: Sequence[str], window: int, salt: int) -> list[int]:
    """Numbers for every two words, in their order, that are at most `window` words apart.

    What stands between them may change from one person to the next: "want to die" and "want so
    badly to just die" have a pair in common.
    """
    parts = [word.encode() + b" " for word in text]
    firsts = [crc32(part, salt) for part in parts]
    return sorted(
        {
            crc32(second, first)
            for at, first in enumerate(firsts, 1)
            for second in parts[at : at + window]
        }
    )


def letters_of(word: str, lengths: tuple[int, ...]) -> list[int]:
    """Numbers for all runs of so many letters within a word, beginning and end included."""
    padded = b" " + word.encode()[:LETTER_LIMIT] + b" "
    size = len(padded)
    return [
        crc32(padded[start : start + length])
        for length in lengths
        for start in range(size - length + 1)
    ]


ALWAYS = (0,)
"""A view with one feature that every text has: it learns how frequent each kind is."""


class Features:
    """Which features are known, and what they are worth; turns texts into `Block`s.

    A feature is known when at least `RARE` examples have it: what one example alone has teaches
    nothing about others. A feature that occurs in most examples ("the") tells little;
    `worth` holds how much each tells (inverse document frequency). The values of every view
    (words, letters) have the same length together, so that short and long texts, and words and
    letters, weigh the same.
    """

    def __init__(self, numbers: NDArray[np.uint32], worth: Values) -> None:
        """`numbers` are the known features' numbers, in order."""
        self.worth = worth
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @classmethod
    def learn(cls, texts: Sequence[Sequence[Sequence[int]]]) -> Features:
        """Count in how many of the texts each feature occurs."""
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
        """The features again; `KeyError` or `ValueError` if the arrays are not features."""
        numbers, worth = arrays["features"], arrays["features_worth"]
        if numbers.shape != worth.shape:
            raise ValueError("the arrays do not fit together")
        return cls(numbers, worth)

    def places(self, wanted: Sequence[int] | NDArray[np.uint32]) -> NDArray[np.int64]:
        """The place of each feature, by its number; of one that is not known, `len(self)`."""
        wanted = np.asarray(wanted, dtype=np.uint32)
        if not len(self):
            return np.zeros(len(wanted), dtype=np.int64)
        places = self._numbers.searchsorted(wanted)
        # "clip": what would come after the last one is compared with that.
        places[self._numbers.take(places, mode="clip") != wanted] = len(self)
        return places

    def of_all(self, texts: Sequence[Sequence[Sequence[int]]]) -> list[Block]:
        """The known features of each text, and their values; a text is given by its views."""
        if not texts:
            return []
        views = [len(view) for text in texts for view in text]
        places = self.places(_numbers(texts))
        known = places < len(self)
        values = np.append(self.worth, np.float32(0))[places]
        view_of = np.repeat(np.arange(len(views)), views)
        lengths = np.bincount(view_of, weights=values * values, minlength=len(views))
        lengths *= np.repeat([len(text) for text in texts], [len(text) for text in texts])
        values[known] /= np.sqrt(lengths[view_of[known]]).astype(np.float32)
        sizes = [sum(map(len, text)) for text in texts]
        text_of = np.repeat(np.arange(len(texts)), sizes)[known]
        ends = np.cumsum(np.bincount(text_of, minlength=len(texts))).tolist()
        places, values = places[known], values[known]
        return [
            Block(places[start:end], values[start:end])
            for start, end in zip([0, *ends], ends, strict=False)
        ]


def _numbers(texts: Sequence[Sequence[Sequence[int]]]) -> NDArray[np.uint32]:
    return np.array([n for text in texts for view in text for n in view], dtype=np.uint32)
