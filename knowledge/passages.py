"""Passages: the parts of a message that are judged on their own, so that no cry for help drowns in
the words around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from knowledge.vocabulary import TEXT_LIMIT

LONGEST = 200
"""Words of a message that are looked at: the first and the last hundred."""
LONG = 16
"""Words of a message above which it is cut into sentences, and of a sentence above which it is cut
into pieces: many people write without stops."""
PIECE, STEP = 7, 2
"""Words of such a piece, and from one piece's start to the next's."""
SHORTEST = 2
"""Words of what is judged on its own; one ("Hell.") says too little."""
MOST_CLAUSES = 12
"""Clauses of a message that are looked at."""
_CLAUSE_END = re.compile(r"[.,;:!?\n]+")
# No stop within "4.5 mg", a time or an address.
_SENTENCE_END = re.compile(r"(?<=[.;:!?\u2026])\s+|\n+")
_SPACED = re.compile(r"\S+")

Words = Sequence[str]
Tokenizer = Callable[[str], Words]


def sentences_as_written(text: str) -> list[str]:
    """The sentences of a text, as they stand there."""
    return [part for part in _SENTENCE_END.split(text[:TEXT_LIMIT]) if part.strip()]


def clauses_as_written(text: str) -> list[str]:
    """The clauses of a text, as they stand there."""
    return [part for part in _CLAUSE_END.split(text[:TEXT_LIMIT]) if part.strip()]


def sentences(text: str, tokenize: Tokenizer) -> Iterator[Words]:
    """The sentences of a text, as they are read; of a long one, its overlapping pieces.

    A piece never reaches from one sentence into the next: there it would say what nobody said.
    """
    for sentence in sentences_as_written(_ends(text)):
        found = tokenize(sentence)
        if len(found) > LONG:
            for start in range(0, len(found) - PIECE + STEP, STEP):
                yield found[start : start + PIECE]
        elif len(found) >= SHORTEST:
            yield found


def clauses(text: str, tokenize: Tokenizer) -> Iterator[Words]:
    """The clauses of a text, as they are read; none where it is a single one."""
    found = clauses_as_written(text)
    if len(found) > 1:
        yield from (
            words for words in map(tokenize, found[:MOST_CLAUSES]) if len(words) >= SHORTEST
        )


def _ends(text: str) -> str:
    """The text, or the beginning and the end of one that is too long to be looked at whole."""
    text = text[:TEXT_LIMIT]
    spaced = list(_SPACED.finditer(text))
    if len(spaced) <= LONGEST:
        return text
    return f"{text[: spaced[LONGEST // 2].start()]}\n{text[spaced[-LONGEST // 2].start() :]}"
