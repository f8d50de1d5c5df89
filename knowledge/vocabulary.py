"""Vocabulary: tokenizes texts, and corrects typing errors.

`words` splits a text into words of one form: without case, accents, punctuation, mentions and
links. `Vocabulary.normalize` corrects typing errors to words that the documents and examples use,
and replaces synonyms ("RSD", "algodystrophy") with one word. Both are fast, and never raise. A
question is tokenized once, for the crisis check and the search.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from knowledge import modelcache
from knowledge.hashindex import HashIndex
from knowledge.synonyms import SYNONYMS

TEXT_LIMIT = 4_000
"""Characters of a text that are used, at most; no platform lets a member send more."""

WORD_LIMIT = 60
"""Words of a text that are used, at most, so that a long text costs no more than a short one."""

LETTER_LIMIT = 24
"""Letters of a word that are used, at most."""

LONG_WORD = 8
"""The least letters of a word in which any two errors are corrected."""

_LETTERS = 26
_MOST_DIFFERENT = 4
"""The largest difference of the letter counts of two words that are two errors apart."""

MOST_TYPOS = 16
"""Unknown words of one text that are corrected, at most; one with more is in another language."""

FREQUENT = 30
"""The least occurrences of a word to which a word of three letters is corrected."""

_MARKUP = re.compile(r"<(?:[@#!:]|a:|t:|https?:|mailto:)[^<>]{0,300}>|https?://\S+|&(?:amp|lt|gt);")
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,99}")
_PLAIN = re.compile(r"[a-z' ,.?!\n]*")
"""Matches the texts that most people write, which need only their apostrophes removed."""
_WORD = re.compile(rf"([^\W_]{{1,{LETTER_LIMIT}}})[^\W_]*")
_STARS = re.compile(r"(?<=[a-z])\*+(?=[a-z])")
_DISGUISED = re.compile(r"(?<=[a-z])[01345$](?=[a-z])")
_UNDISGUISED = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "$": "s"}
_APOSTROPHES = str.maketrans("", "", "'\u2019\u2018\u02bc`\u00b4")


def words(text: str, limit: int = WORD_LIMIT) -> tuple[str, ...]:
    """The words of a text: lower case, without accents, links, mentions and punctuation.

    Apostrophes are removed ("can't" becomes "cant", as many type it), and some letters that were
    disguised to get past a filter ("su1cide", "s*icide") are restored. Of a text with more than
    `limit` words, the first and the last are kept, where the question usually is.
    """
    text = text[:TEXT_LIMIT]
    lower = text.lower()
    plain = lower.replace("'", "") if _PLAIN.fullmatch(lower) else _in_plain_form(text)
    return ends_of(tuple(_WORD.findall(plain)), limit)


def ends_of(text: tuple[str, ...], limit: int) -> tuple[str, ...]:
    """The words of a text; of one with more than `limit`, the first and the last."""
    return text if len(text) <= limit else text[: limit // 2] + text[-(limit - limit // 2) :]


def _in_plain_form(text: str) -> str:
    # Cut again, because normalization can turn one character into eighteen.
    text = unicodedata.normalize("NFKC", text)[:TEXT_LIMIT]
    text = _MARKUP.sub(" ", text.lower().translate(_APOSTROPHES))
    if "@" in text:
        text = _ADDRESS.sub(" ", text)
    text = _DISGUISED.sub(lambda letter: _UNDISGUISED[letter[0]], _STARS.sub("", text))
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


class Vocabulary:
    """The known words; tokenizes texts, and corrects typing errors.

    To find similar words quickly, every known word is indexed under hashes of itself and of what
    remains when one letter is left out (see `_shortened`).
    """

    def __init__(
        self,
        known: Sequence[str],
        counts: Sequence[int],
        keys: NDArray[np.uint32],
        owners: NDArray[np.int32],
    ) -> None:
        """`keys` are the sorted hashes, `owners` the number of each one's word in `known`."""
        self._words = known
        self._counts = counts
        self.numbers: Mapping[str, int] = {word: number for number, word in enumerate(known)}
        """The known words, each with its number."""
        self._keys = keys
        self._owners = owners
        self._index = HashIndex(keys)

    @classmethod
    def of(cls, texts: Iterable[str], *, known_words: Iterable[str] = ()) -> Vocabulary:
        """The vocabulary of these texts, `known_words`, and the words of all synonyms."""
        counts = Counter(word for text in texts for word in words(text, TEXT_LIMIT))
        counts.update(known_words)
        return cls.learn(counts)

    @classmethod
    def learn(cls, counts: Mapping[str, int]) -> Vocabulary:
        """Index these words, given how often each occurs, and the words of all synonyms."""
        known = Counter(counts)
        for phrase, _ in _PHRASES:
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
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The words, as plain arrays."""
        return {
            "vocabulary": np.frombuffer("\n".join(self._words).encode(), dtype=np.uint8),
            "vocabulary_counts": np.array(self._counts, dtype=np.int64),
            "vocabulary_keys": self._keys,
            "vocabulary_owners": self._owners,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Vocabulary:
        """Restore a vocabulary; `KeyError` or `ValueError` if the arrays are not one."""
        listed = arrays["vocabulary"].tobytes().decode().split("\n")
        counts = arrays["vocabulary_counts"].tolist()
        keys, owners = arrays["vocabulary_keys"], arrays["vocabulary_owners"]
        fits = len(listed) == len(counts) and keys.shape == owners.shape
        if not fits or (len(owners) and owners.max() >= len(counts)):
            raise ValueError("the arrays do not fit together")
        return cls(listed, counts, keys, owners)

    @cached_property
    def key(self) -> str:
        """Its key in `knowledge.modelcache`."""
        return modelcache.key_of([list(self._words), list(self._counts)])

    def save(self, cache: Path) -> None:
        """Save it under its key."""
        modelcache.save(cache, "vocabulary", self.key, self.to_arrays())

    @classmethod
    def restore(cls, key: str, cache: Path) -> Vocabulary | None:
        """Load a vocabulary; None if it is not in the cache."""
        if arrays := modelcache.load(cache, "vocabulary", key):
            with suppress(KeyError, ValueError):
                return cls.from_arrays(arrays)
        return None

    def tokenize(self, text: str, limit: int = WORD_LIMIT) -> tuple[str, ...]:
        """The words of a text, normalized; at most `limit`, from its beginning and its end."""
        return self.normalize(words(text, limit))

    def normalize(self, text: tuple[str, ...]) -> tuple[str, ...]:
        """The words with typing errors corrected and synonyms replaced."""
        known = self.numbers
        if strange := [word for word in text if word not in known]:
            meant = {word: self.correct(word) for word in [*dict.fromkeys(strange)][:MOST_TYPOS]}
            text = tuple([meant.get(word, word) for word in text])
        return text if _BY_FIRST_WORD.keys().isdisjoint(text) else _join(text)

    def correct(self, word: str) -> str:
        """The known word that was most likely meant, at most two errors away; otherwise the word.

        Fewer errors are likelier, and so are swapped letters, errors in the middle of a word, and
        frequent words. In words of less than six letters, only one error is corrected.
        """
        if not _is_correctable(word):
            return word
        found = self._likeliest(word, self._filed_with(word))
        if found is None and len(word) >= LONG_WORD:
            found = self._likeliest(word, self._of_similar_letters(word))
        return word if found is None else found

    def _filed_with(self, word: str) -> set[int]:
        """The numbers of the known words that share a hash with this one."""
        return {self._owners.item(at) for at in self._index.positions(_shortened(word))}

    def _of_similar_letters(self, word: str) -> list[int]:
        """The numbers of the long known words whose letter counts allow two errors at most."""
        numbers, letters = self._long_words
        difference = np.abs(letters - _letter_counts([word])).sum(axis=0, dtype=np.int8)
        similar: list[int] = numbers[difference <= _MOST_DIFFERENT].tolist()
        return similar

    @cached_property
    def _long_words(self) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """The numbers of the long words, and how often each letter (a row) is in each of them."""
        numbers = [
            number
            for number, word in enumerate(self._words)
            if len(word) >= LONG_WORD - 1 and _is_correctable(word)
        ]
        letters = _letter_counts([self._words[number] for number in numbers])
        return np.array(numbers, dtype=np.int64), letters

    def _likeliest(self, word: str, candidates: Iterable[int]) -> str | None:
        letters = sorted(word)
        most_errors = 1 if len(word) < 6 else 2
        best, least = None, math.inf
        for number in sorted(candidates):  # so that of two equally likely ones the first wins
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


_PHRASES = tuple(
    (phrase, meaning)
    for meaning, others in SYNONYMS.items()
    for phrase in map(words, others)
    if phrase
)
"""Every synonym as a tuple of words, with the word that replaces it."""
_BY_FIRST_WORD: dict[str, list[tuple[tuple[str, ...], str]]] = {}
"""The same by a synonym's first word, the longest first."""
for _phrase, _meaning in sorted(_PHRASES, key=lambda pair: -len(pair[0])):
    _BY_FIRST_WORD.setdefault(_phrase[0], []).append((_phrase, _meaning))


def _join(text: tuple[str, ...]) -> tuple[str, ...]:
    """The words with each synonym replaced by one word."""
    joined = []
    end = 0  # of the phrase that was joined last
    for at, word in enumerate(text):
        if at < end:
            continue
        for phrase, meaning in _BY_FIRST_WORD.get(word, ()):
            if text[at : at + len(phrase)] == phrase:
                joined.append(meaning)
                end = at + len(phrase)
                break
        else:
            joined.append(word)
    return tuple(joined)


def _letter_counts(several: Sequence[str]) -> NDArray[np.int8]:
    """How often each letter (a row) is in each of several words (a column)."""
    signs = np.frombuffer("".join(several).encode("ascii", "replace"), dtype=np.uint8)
    sizes = np.fromiter(map(len, several), dtype=np.intp, count=len(several))
    letters, columns = signs.astype(np.intp) - ord("a"), np.repeat(np.arange(len(several)), sizes)
    is_letter = (letters >= 0) & (letters < _LETTERS)
    places = letters[is_letter] * len(several) + columns[is_letter]
    counts = np.bincount(places, minlength=_LETTERS * len(several))
    return counts.reshape(_LETTERS, len(several)).astype(np.int8)


def _is_correctable(word: str) -> bool:
    return 3 <= len(word) <= LETTER_LIMIT and word.isalpha()


def _shortened(word: str) -> list[int]:
    """Hashes of a word, and of what remains of it when any one letter is left out.

    Two words that are one typing error apart (an added, missing, changed or swapped letter) have
    one of these in common.
    """
    shorter = {word[:at] + word[at + 1 :] for at in range(len(word))}
    return [crc32(part.encode()) for part in (word, *shorter)]


def distance(one: str, other: str, limit: int) -> int:
    """The edit distance: letters added, dropped, changed, or swapped with their neighbour.

    If it is above `limit`, which should be small, the result is any number above it.
    """
    # Common letters at both ends, which are most of them, need no search.
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
    if limit < 2 or abs(len(one) - len(other)) > limit:
        return limit + 1
    errors = min(
        distance(one[1:], other[1:], limit - 1),
        distance(one[1:], other, limit - 1),
        distance(one, other[1:], limit - 1),
    )
    if one[:2] == other[1::-1]:
        errors = min(errors, distance(one[2:], other[2:], limit - 1))
    return 1 + errors
