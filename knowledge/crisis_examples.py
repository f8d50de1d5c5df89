"""The training examples of the crisis check.

They are the phrases of `crisis.yaml`, the ordinary questions of all documents, and combinations of
both, since a cry for help may be in the middle of other talk, or beside a question. Short phrases
of an explicit crisis are called cries here.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from knowledge.passages import LONG, PIECE, SHORTEST, sentences
from knowledge.training import Example

T = TypeVar("T")

ORDINARY, AMBIGUOUS, FIRST_KIND = 0, 1, 2
"""The classes of examples: no crisis, an ambiguous one, and the first of the explicit kinds."""
SHORT_CRY, SHORT_QUESTION = 5, 8
"""The most words of a cry, and of a question, that are combined with other words."""
PIECES_FOR_A_CRY, QUESTIONS_FOR_A_CRY = 2, 4
"""The least number of ordinary pieces, and of questions, for each one that is combined with a cry;
otherwise the ordinary words would seem to be those of a crisis."""
MOST_REPEATED = 2
"""The most combinations of either sort in which the same cry is."""
PAIRS_OF_QUESTIONS = 3
"""For so many combinations of a cry and a question, one pair of ordinary questions is added."""


@dataclass(frozen=True, slots=True)
class CrisisPhrases:
    """The content of `crisis.yaml`: example phrases of each kind, and `traps`, which only sound
    like a crisis.
    """

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
    """All examples; only unchanged questions and phrases are marked as asked."""
    questions = tuple(ordinary)
    groups = (
        (*phrases.traps, *questions),
        phrases.ambiguous,
        phrases.suicide,
        phrases.overdose,
        phrases.emergency,
    )
    examples = [Example(text, kind) for kind, group in enumerate(groups) for text in group]
    # Parts of long messages are judged too, so parts of ordinary messages are examples as well.
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
    """Pieces of talk with a cry at the beginning, in the middle or at the end, in turn.

    A message without punctuation is cut into such pieces.
    """
    chosen = _in_turn(cries, len(talk) // PIECES_FOR_A_CRY)
    for number, (cry, piece) in enumerate(zip(chosen, _spread(talk, len(chosen)), strict=True)):
        words, around = cry.text.split(), piece.text.split()
        room = PIECE - len(words)
        before = (0, room // 2, room)[number % 3]
        amid = [*around[:before], *words, *around[before:room]]
        yield _made(amid, cry.kind, cry.text, *piece.wholes)


def _beside_questions(cries: Sequence[Example], questions: Sequence[str]) -> Iterator[Example]:
    """Cries before and after a question, in turn; and pairs of questions, which are ordinary."""
    chosen = _in_turn(cries, len(questions) // QUESTIONS_FOR_A_CRY)
    pairs = len(chosen) // PAIRS_OF_QUESTIONS
    # Shuffled, because neighbours in a file are about the same topic.
    mixed = random.Random(0).sample(questions, len(chosen) + 2 * pairs)
    for number, cry in enumerate(chosen):
        pair = (cry.text, mixed.pop()) if number % 2 else (mixed.pop(), cry.text)
        yield _made(pair, cry.kind, *pair)
    for pair in zip(mixed[::2], mixed[1::2], strict=True):
        yield _made(pair, ORDINARY, *pair)


def _in_turn(all_of_them: Sequence[T], count: int) -> Sequence[T]:
    """So many items, evenly spaced; of fewer all, each up to `MOST_REPEATED` times."""
    if count <= len(all_of_them):
        return _spread(all_of_them, count)
    return ([*all_of_them] * MOST_REPEATED)[:count]


def _spread(all_of_them: Sequence[T], at_most: int) -> Sequence[T]:
    """At most so many items, evenly spaced from the first to the last."""
    count = min(len(all_of_them), at_most)
    return [all_of_them[number * len(all_of_them) // count] for number in range(count)]


def _made(words: Iterable[str], kind: int, *wholes: str) -> Example:
    return Example(" ".join(words), kind, asked=False, wholes=wholes)


def _size(text: str) -> int:
    return len(text.split())
