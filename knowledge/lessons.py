"""Lessons: what the crisis check learns from.

They are the phrases of `crisis.yaml`, the ordinary questions of all documents, and what people make
of both: a cry for help stands amid talk, or beside a question.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from knowledge.passages import LONG, PIECE, SHORTEST, sentences
from knowledge.textmodel import Example

T = TypeVar("T")

ORDINARY, AMBIGUOUS, FIRST_KIND = 0, 1, 2
"""What examples are of, as numbers: no crisis, despair, and the kinds of an explicit crisis."""
SHORT_CRY, SHORT_QUESTION = 5, 8
"""Words of a phrase and of a question, at most, that are also learned among other words."""
PIECES_FOR_A_CRY, QUESTIONS_FOR_A_CRY = 2, 4
"""Ordinary ones that there are, at least, for each that is learned with a cry: else its own words
would seem to speak of a crisis."""
PAIRS_OF_QUESTIONS = 3
"""One pair of ordinary questions is learned for so many cries beside one."""


@dataclass(frozen=True, slots=True)
class CrisisPhrases:
    """What `crisis.yaml` holds: examples of each kind, and phrases that only sound like one."""

    suicide: tuple[str, ...]
    overdose: tuple[str, ...]
    emergency: tuple[str, ...]
    ambiguous: tuple[str, ...]
    traps: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """The phrases of every kind."""
        return (*self.suicide, *self.overdose, *self.emergency, *self.ambiguous, *self.traps)


def crisis_examples(phrases: CrisisPhrases, ordinary: Iterable[str]) -> list[Example]:
    """What the check learns from; only what people asked or said as it stands counts as asked."""
    questions = tuple(ordinary)
    groups = (
        (*phrases.traps, *questions),
        phrases.ambiguous,
        phrases.suicide,
        phrases.overdose,
        phrases.emergency,
    )
    examples = [Example(text, kind) for kind, group in enumerate(groups) for text in group]
    # A long message is judged in parts as well, and a part of an ordinary one reads oddly.
    parts = [
        _made(part, ORDINARY, text)
        for text in groups[ORDINARY]
        if _size(text) > LONG
        for part in sentences(text, str.split)
    ]
    cries = [
        each
        for each in examples
        if each.kind >= FIRST_KIND and SHORTEST <= _size(each.text) <= SHORT_CRY
    ]
    talk = [part for part in parts if _size(part.text) == PIECE]
    short = [text for text in questions if SHORTEST <= _size(text) <= SHORT_QUESTION]
    return [*examples, *parts, *_amid_talk(cries, talk), *_beside_questions(cries, short)]


def _amid_talk(cries: Sequence[Example], talk: Sequence[Example]) -> Iterator[Example]:
    """Pieces of talk with a cry at the beginning, in the middle or at the end, by turns.

    Where there are no stops, it shares its piece with words of something else.
    """
    chosen = _spread(cries, len(talk) // PIECES_FOR_A_CRY)
    for number, (cry, piece) in enumerate(zip(chosen, _spread(talk, len(chosen)), strict=True)):
        words, around = cry.text.split(), piece.text.split()
        room = PIECE - len(words)
        before = (0, room // 2, room)[number % 3]
        amid = [*around[:before], *words, *around[before:room]]
        yield _made(amid, cry.kind, cry.text, *piece.wholes)


def _beside_questions(cries: Sequence[Example], questions: Sequence[str]) -> Iterator[Example]:
    """Cries before and behind a question, by turns; and questions beside one another, which are
    none.
    """
    chosen = _spread(cries, len(questions) // QUESTIONS_FOR_A_CRY)
    pairs = len(chosen) // PAIRS_OF_QUESTIONS
    # By chance: what stands side by side in a file is about the same.
    mixed = random.Random(0).sample(questions, len(chosen) + 2 * pairs)
    for number, cry in enumerate(chosen):
        pair = (cry.text, mixed.pop()) if number % 2 else (mixed.pop(), cry.text)
        yield _made(pair, cry.kind, *pair)
    for pair in zip(mixed[::2], mixed[1::2], strict=True):
        yield _made(pair, ORDINARY, *pair)


def _spread(all_of_them: Sequence[T], at_most: int) -> Sequence[T]:
    """So many of them, evenly from the first to the last."""
    count = min(len(all_of_them), at_most)
    return [all_of_them[number * len(all_of_them) // count] for number in range(count)]


def _made(words: Iterable[str], kind: int, *wholes: str) -> Example:
    return Example(" ".join(words), kind, asked=False, wholes=wholes)


def _size(text: str) -> int:
    return len(text.split())
