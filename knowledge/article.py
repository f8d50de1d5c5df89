"""Article: the published text, and how to find a section's words in it.

Words are compared without white space, so editors may wrap lines as they like. What a member reads
is a slice of the article itself, so it is verbatim by construction.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

_WORD = re.compile(r"\S+")
_PARAGRAPH_END = re.compile(r"\n\s*\n")
# The number of a list item stays with the sentence behind it.
_SENTENCE_END = re.compile(
    r"(?<=[.!?:])(?<!^\d\.)(?<!^\d\d\.)\s+|\n\s*\n|\n(?=\s*\d+\.\s)", re.MULTILINE
)
_LIST_LEAD = re.compile(r"\d+\.\s+\*\*[^*]+\*\*\s*")
_HEADING_OF_ITEM = re.compile(r"(?:\d+\.)?\s*(?:\*\*([^*]+)\*\*)?")
_CLOSING = r"[\"'”’)\]*_]*$"
_STOP = re.compile(rf"[.!?]{_CLOSING}")
_STOP_OR_COLON = re.compile(rf"[.!?:]{_CLOSING}")
# Dr., vs., e.g., U.S., and the number of a list item
_ABBREVIATION = re.compile(r"\W*(?:\w{1,2}\.|(?:\w\.){2,})\W*$")
_RESEMBLES = 0.5


@dataclass(frozen=True, slots=True)
class Extent:
    """A range of the article's words: from word `start` up to, not including, word `end`."""

    start: int
    end: int

    def overlaps(self, other: Extent) -> bool:
        """Whether they have a word in common."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the article, its place, and the line (from 1) on which it begins."""

    text: str
    extent: Extent
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

    def start(self, extent: Extent) -> int:
        """The position of an extent's first character in the article."""
        return self._starts[extent.start]

    def line(self, word: int) -> int:
        """The line (from 1) of a word, given by its index."""
        return bisect_right(self._line_starts, self._starts[word])

    def find(self, text: str, after: int = 0) -> Extent | None:
        """The first place of these words, contiguously, from word `after` on; None if none."""
        return next(self.find_all(text, after), None)

    def find_all(self, text: str, after: int = 0) -> Iterator[Extent]:
        """Every place of these words, contiguously, from word `after` on."""
        words = text.split()
        places = self._places.get(words[0], []) if words else []
        for at in places[bisect_right(places, after - 1) :]:
            if self.words[at : at + len(words)] == words:
                yield Extent(at, at + len(words))

    def find_runs(self, text: str) -> tuple[Extent, ...]:
        """The places of a text that only leaves out whole sentences of the article: one extent for
        each contiguous part. Empty if it differs in another way.
        """
        sentences = [" ".join(piece.split()) for piece in _SENTENCE_END.split(text)]
        runs: list[Extent] = []
        for sentence in filter(None, sentences):
            place = self.find(sentence, after=runs[-1].end if runs else 0)
            if place is None:
                return ()
            if runs and place.start == runs[-1].end:
                place = Extent(runs.pop().start, place.end)
            runs.append(place)
        return tuple(runs)

    def paragraphs(self, extent: Extent) -> Iterator[Extent]:
        """The paragraphs of an extent."""
        return self._pieces(extent, _PARAGRAPH_END)

    def sentences(self, extent: Extent) -> Iterator[Sentence]:
        """The sentences of an extent, each with its line."""
        for piece in self._pieces(extent, _SENTENCE_END):
            words = " ".join(self.words[piece.start : piece.end])
            yield Sentence(words, piece, self.line(piece.start))

    def _pieces(self, extent: Extent, breaks: re.Pattern[str]) -> Iterator[Extent]:
        if extent.start >= extent.end:
            return
        at = extent.start
        for piece in breaks.split(self.slice(extent)):
            words = len(piece.split())
            if words:
                yield Extent(at, at + words)
            at += words

    def departure(self, text: str) -> tuple[str, str] | None:
        """Where a text first differs from the article: (its words, the article's words).

        None if nothing in the article resembles it.
        """
        words = text.split()
        matcher = SequenceMatcher(None, self.words, words, autojunk=False)
        match = matcher.find_longest_match()
        if match.size < max(3, len(words) * 0.2):
            return None
        offset = match.a - match.b
        if match.b > 0:
            # The words before the longest common run differ.
            return (
                " ".join(words[max(0, match.b - 3) : match.b + 2]),
                " ".join(self.words[max(0, match.a - 3) : match.a + 2]),
            )
        end = match.b + match.size
        return (
            " ".join(words[max(0, end - 2) : end + 3]),
            " ".join(self.words[max(0, end + offset - 2) : end + offset + 3]),
        )


def longest_chain(options: Sequence[Sequence[Extent]]) -> dict[int, int]:
    """Choose places for as many texts as possible, in the given order and without overlap.

    Args:
        options: for each text, its possible places.

    Returns:
        For each text that has a place, by its index: the index of that place.
    """
    # ends[k]: where the earliest-ending chain of k + 1 texts ends; chains[k]: that chain itself,
    # as (text, place, the chain before). Texts are looked at in order, so a chain is in order.
    ends: list[int] = []
    chains: list[tuple[int, int, object]] = []
    for text, places in enumerate(options):
        longer = []
        for at, place in enumerate(places):
            length = bisect_right(ends, place.start)
            longer.append((length, place.end, (text, at, chains[length - 1] if length else None)))
        for length, end, chain in longer:
            if length == len(ends):
                ends.append(end)
                chains.append(chain)
            elif end < ends[length]:
                ends[length], chains[length] = end, chain
    chosen: dict[int, int] = {}
    link: object = chains[-1] if chains else None
    while isinstance(link, tuple):
        text, at, link = link
        chosen[text] = at
    return chosen


def resembles(sentence: str, texts: Sequence[str]) -> bool:
    """Whether at least half of a sentence's words are, in order, in one of the texts."""
    words = sentence.split()
    for text in texts:
        matcher = SequenceMatcher(None, words, text.split(), autojunk=False)
        same = sum(block.size for block in matcher.get_matching_blocks())
        if same >= len(words) * _RESEMBLES:
            return True
    return False


def without_list_lead(text: str) -> str:
    """A list item's text without its number and bold run-in heading, which the title repeats."""
    return _LIST_LEAD.sub("", text, count=1) if _LIST_LEAD.match(text) else text


def heading_of_item(text: str) -> str | None:
    """The run-in heading of a list item, if the text is only its number and heading.

    Empty if it has no heading; None if the text is something else.
    """
    match = _HEADING_OF_ITEM.fullmatch(text)
    return (match[1] or "") if match else None


def first_sentence(text: str) -> str:
    """The first sentence of a text, with single spaces."""
    words = text.split()
    for at, (word, behind) in enumerate(pairwise(words), start=1):
        if _ends_sentence(word, behind):
            return " ".join(words[:at])
    return " ".join(words)


def is_sentence(article: Article, extent: Extent) -> bool:
    """Whether an extent is one whole sentence, judged by punctuation."""
    before, words = article.words[: extent.start], article.words[extent.start : extent.end]
    begins = not before or before[-1] in "-*•" or _STOP_OR_COLON.search(before[-1])
    ends = extent.end == len(article.words) or _STOP_OR_COLON.search(words[-1])
    return bool(begins and ends) and not any(
        _ends_sentence(word, behind) for word, behind in pairwise(words)
    )


def _ends_sentence(word: str, behind: str) -> bool:
    return bool(_STOP.search(word) and not _ABBREVIATION.match(word) and not behind[0].islower())
