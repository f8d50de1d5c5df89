"""The article as published, and where each section's words stand in it.

Words are compared without regard to white space, so that an editor may wrap lines as the YAML
likes; what a member reads is then cut out of the article itself, so it is verbatim by construction.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"\S+")
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n{2,}")
_LIST_LEAD = re.compile(r"\d+\.\s+\*\*[^*]+\*\*\s*")
_RESEMBLES = 0.5


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of the article's words: word `start` up to, not including, word `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the article and the line (from 1) that it starts on."""

    text: str
    line: int


class Article:
    """A published text, indexed by its words."""

    def __init__(self, text: str) -> None:
        self.text = text
        spans = [match.span() for match in _WORD.finditer(text)]
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]
        self.words = [text[start:end] for start, end in spans]
        self._places: dict[str, list[int]] = {}
        for at, word in enumerate(self.words):
            self._places.setdefault(word, []).append(at)
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def slice(self, extent: Extent) -> str:
        """The article's own characters from the first word of an extent to its last."""
        return self.text[self._starts[extent.start] : self._ends[extent.end - 1]]

    def line(self, word: int) -> int:
        """The line (from 1) on which a word stands."""
        return bisect_right(self._line_starts, self._starts[word])

    def find(self, text: str, after: int = 0) -> Extent | None:
        """Where these words stand, contiguously, at or behind the word `after`; None if nowhere."""
        words = text.split()
        if not words:
            return None
        places = self._places.get(words[0], [])
        for at in places[bisect_right(places, after - 1) :]:
            if self.words[at : at + len(words)] == words:
                return Extent(at, at + len(words))
        return None

    def sentences(self, extent: Extent) -> Iterator[Sentence]:
        """The sentences of an extent, each with its line."""
        if extent.start >= extent.end:
            return
        at = extent.start
        for piece in _SENTENCE_END.split(self.slice(extent)):
            words = len(piece.split())
            if words:
                yield Sentence(" ".join(piece.split()), self.line(at))
            at += words

    def departure(self, text: str) -> tuple[str, str] | None:
        """Where a text that is not in the article leaves it: (what it says, what the article says).

        None where nothing in the article resembles it.
        """
        words = text.split()
        matcher = SequenceMatcher(None, self.words, words, autojunk=False)
        match = matcher.find_longest_match()
        if match.size < max(3, len(words) * 0.2):
            return None
        offset = match.a - match.b
        if match.b > 0:
            # The words before the longest common run differ: step back to the last difference.
            return (
                " ".join(words[max(0, match.b - 3) : match.b + 2]),
                " ".join(self.words[max(0, match.a - 3) : match.a + 2]),
            )
        end = match.b + match.size
        return (
            " ".join(words[max(0, end - 2) : end + 3]),
            " ".join(self.words[max(0, end + offset - 2) : end + offset + 3]),
        )


def resembles(sentence: str, texts: Sequence[str]) -> bool:
    """Whether most words of a sentence recur, in order, in one of the texts."""
    words = sentence.split()
    for text in texts:
        matcher = SequenceMatcher(None, words, text.split(), autojunk=False)
        same = sum(block.size for block in matcher.get_matching_blocks())
        if same >= len(words) * _RESEMBLES:
            return True
    return False


def without_list_lead(text: str) -> str:
    """A list item's text without its number and bold run-in heading, which its title repeats."""
    return _LIST_LEAD.sub("", text, count=1) if _LIST_LEAD.match(text) else text
