"""Passages: the parts of a message that the crisis check judges separately, so that a cry for help
is not lost in the words around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from knowledge.vocabulary import TEXT_LIMIT

LONGEST = 200
"""Words of a message that are used, at most: the first and the last hundred."""
LONG = 16
"""A message of more words is divided into sentences, and a sentence of more words into pieces,
since many people write without punctuation."""
PIECE, STEP = 7, 2
"""Words of a piece, and words between the starts of two pieces."""
SHORTEST = 2
"""The least words of a passage; a single one ("Hell.") says too little."""
MOST_CLAUSES = 12
"""Clauses of a message that are used, at most."""
_CLAUSE_END = re.compile(r"[.,;:!?\n]+")
# No stop within "4.5 mg", a time or an address.
_SENTENCE_END = re.compile(r"(?<=[.;:!?\u2026])\s+|\n+")
_SPACED = re.compile(r"\S+")

Words = Sequence[str]
Tokenizer = Callable[[str], Words]


def sentences_as_written(text: str) -> list[str]:
    """The sentences of a text, as they are written."""
    return [part for part in _SENTENCE_END.split(text[:TEXT_LIMIT]) if part.strip()]


def clauses_as_written(text: str) -> list[str]:
    """The clauses of a text, as they are written."""
    return [part for part in _CLAUSE_END.split(text[:TEXT_LIMIT]) if part.strip()]


def sentences(text: str, tokenize: Tokenizer) -> Iterator[Words]:
    """The sentences of a text, tokenized; a long one as overlapping pieces.

    No piece contains parts of two sentences, as it could say what nobody said.
    """
    for sentence in sentences_as_written(_ends(text)):
        found = tokenize(sentence)
        if len(found) > LONG:
            for start in range(0, len(found) - PIECE + STEP, STEP):
                yield found[start : start + PIECE]
        elif len(found) >= SHORTEST:
            yield found


def clauses(text: str, tokenize: Tokenizer) -> Iterator[Words]:
    """The clauses of a text, tokenized; none if it has only one."""
    found = clauses_as_written(text)
    if len(found) > 1:
        yield from (
            words for words in map(tokenize, found[:MOST_CLAUSES]) if len(words) >= SHORTEST
        )


def _ends(text: str) -> str:
    """The text; of one with more than `LONGEST` words, its beginning and its end."""
    text = text[:TEXT_LIMIT]
    spaced = list(_SPACED.finditer(text))
    if len(spaced) <= LONGEST:
        return text
    return f"{text[: spaced[LONGEST // 2].start()]}\n{text[spaced[-LONGEST // 2].start() :]}"
