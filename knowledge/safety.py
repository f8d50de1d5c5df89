"""CrisisDetector: are these words of a crisis? Text in, verdict out.

Three kinds of crisis are looked for: suicide and self-harm, too much of a medicine or a poison,
and medical emergencies. An EXPLICIT crisis is answered with help lines alone, an AMBIGUOUS one
with a line of help above the normal answer. Nobody is reported, and nothing is kept.

The verdict is a classifier's (`knowledge.classifier`), learned from `crisis.yaml` and from all
ordinary example questions. It sees the words, which of them are near each other, their letters,
and the ideas behind the words (`knowledge.ideas`). The sentences of a long message are judged on
their own as well, so that a cry for help does not drown in it.
"""

from __future__ import annotations

import contextlib
import enum
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from knowledge import modelcache
from knowledge.classifier import Training
from knowledge.features import (
    ALWAYS,
    TEXT_LIMIT,
    nearby_features,
    sequence_features,
)
from knowledge.ideas import KNOWN_WORDS, gist_features, ideas, pair_features
from knowledge.synonyms import SYNONYMS
from knowledge.textmodel import Chances, Example, TextModel, Views

LONGEST = 200
"""Words of a message that are looked at: the first and the last hundred."""
LONG = 16
"""Words of a message above which its sentences are also judged, and of a sentence above which it
is judged in pieces: many people write without stops."""
PIECE, STEP = 7, 2
"""Words of such a piece, and from one piece's start to the next's."""
PIECE_DOUBT = 0.1
"""How likely a sentence or piece may be ordinary and still be taken for a crisis: it is torn from
its context, and a long message has many."""
SHORT = 4
"""Words of a phrase that fits into a piece beside others."""
SHORTEST_SENTENCE = 2
"""Words of a sentence that is judged; one word ("Hell.") says too little."""
MOST_CLAUSES, SHORTEST_CLAUSE = 12, 3
"""Clauses of a message that are judged on their own, and the words that a clause must have."""
NEARBY = 5
"""Words that may lie between two words that are seen together, and one more."""
MOST_COUNTED = 10
"""Words with an idea, above which their number tells no more."""
_WORDS, _NEARBY, _HOW_MANY = 1, 5, 100
_CLAUSE_END = re.compile(r"[.,;:!?\n]+")
# No stop within "4.5 mg", a time or an address.
_SENTENCE_END = re.compile(r"(?<=[.;:!?\u2026])\s+|\n+")
_SPACED = re.compile(r"\S+")


class Tier(enum.Enum):
    """How plain a crisis is."""

    EXPLICIT = "explicit"
    AMBIGUOUS = "ambiguous"


class CrisisKind(enum.Enum):
    """What kind of help is needed."""

    SUICIDE = "suicide"
    OVERDOSE = "overdose"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Crisis:
    """Words of a crisis were found. The kind of an ambiguous one is the likeliest of the three."""

    tier: Tier
    kind: CrisisKind


@dataclass(frozen=True, slots=True)
class CrisisPhrases:
    """What `crisis.yaml` holds: examples of each kind, and phrases that only sound like one."""

    suicide: tuple[str, ...]
    overdose: tuple[str, ...]
    emergency: tuple[str, ...]
    ambiguous: tuple[str, ...]
    traps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CrisisCosts:
    """What each mistake costs, in units of "an explicit crisis gets no help line at all".

    The verdict with the least expected cost is taken, so these numbers are the thresholds.
    """

    missed_explicit: float = 1.0
    missed_ambiguous: float = 0.4
    """Despair is answered as an ordinary question."""
    understated: float = 0.7
    """An explicit crisis gets a line of help above an answer."""
    overstated: float = 0.15
    """Despair gets help lines alone."""
    false_alarm: float = 0.95
    """An ordinary question is answered with help lines alone: it stays unanswered."""
    needless_line: float = 0.25
    """An ordinary question is answered with a line of help above the answer."""


CRISIS_COSTS = CrisisCosts()
CRISIS_TRAINING = Training(passes=5, rate=1.0, decay=1e-3, averaged=3)
"""Nobody says it in the words of the last one."""
_KINDS = (CrisisKind.SUICIDE, CrisisKind.OVERDOSE, CrisisKind.EMERGENCY)
_ORDINARY, _AMBIGUOUS, _FIRST_KIND = 0, 1, 2
BIASES = np.eye(_FIRST_KIND + len(_KINDS))[:, 1:]
"""The calibration may raise or lower every kind but the ordinary."""


class CrisisDetector:
    """Finds words of a crisis; see `build` and `check`."""

    def __init__(self, model: TextModel, costs: CrisisCosts, key: str) -> None:
        self.key = key
        """Under which what was learned can be taken up again."""
        self._model = model
        self._costs = costs

    @classmethod
    def build(
        cls,
        phrases: CrisisPhrases,
        ordinary: Iterable[str],
        *,
        synonyms: Mapping[str, Sequence[str]] = SYNONYMS,
        costs: CrisisCosts = CRISIS_COSTS,
        cache: Path | None = None,
    ) -> CrisisDetector:
        """Learn from the phrases, or take what was learned from the same phrases before.

        Args:
            phrases: what `crisis.yaml` holds.
            ordinary: questions that are no crisis: all examples of all documents.
            synonyms: one word to all that mean it.
            costs: what each mistake costs.
            cache: a folder that keeps what was learned until an input or the code changes.
        """
        examples = crisis_examples(phrases, ordinary)
        key = modelcache.key_of([[[each.text, each.kind] for each in examples], dict(synonyms)])
        if cache and (known := cls.restore(key, cache, synonyms=synonyms, costs=costs)):
            return known
        model = TextModel.learn(
            examples,
            BIASES,
            views=CRISIS_VIEWS,
            synonyms=synonyms,
            known_words=KNOWN_WORDS,
            training=CRISIS_TRAINING,
        )
        if cache:
            modelcache.save(cache, "crisis", key, model.to_arrays())
        return cls(model, costs, key)

    @classmethod
    def restore(
        cls,
        key: str,
        cache: Path,
        *,
        synonyms: Mapping[str, Sequence[str]] = SYNONYMS,
        costs: CrisisCosts = CRISIS_COSTS,
    ) -> CrisisDetector | None:
        """What was learned before under a key."""
        if arrays := modelcache.load(cache, "crisis", key):
            with contextlib.suppress(KeyError, ValueError):
                model = TextModel.from_arrays(arrays, len(BIASES), CRISIS_VIEWS, synonyms)
                return cls(model, costs, key)
        return None

    def check(self, text: str) -> Crisis | None:
        """The crisis that the words speak of, if any; the plainest, if there are several."""
        whole = self._read(text)
        found = self._judge(whole) if whole else None
        # Despair in one clause must not hide what the next one says outright.
        clauses = self._clauses(text) if found else ()
        pieces = _cut(text, self._read) if len(whole) > LONG else ()
        for piece in chain(pieces, clauses):
            if found and found.tier is Tier.EXPLICIT:
                break
            if any(map(ideas, piece)):
                verdict = self._judge(piece, PIECE_DOUBT)
                found = verdict if verdict and verdict.tier is Tier.EXPLICIT else found or verdict
        return found

    def _read(self, text: str) -> Sequence[str]:
        return self._model.understand(text, LONGEST)

    def _clauses(self, text: str) -> Iterator[Sequence[str]]:
        for clause in _CLAUSE_END.split(text[:TEXT_LIMIT])[:MOST_CLAUSES]:
            words = self._model.understand(clause)
            if len(words) >= SHORTEST_CLAUSE:
                yield words

    def _judge(self, words: Sequence[str], doubt: float = 1) -> Crisis | None:
        """The verdict on the words, if the chance that they are ordinary is below the doubt."""
        chances = self._model.chances(words)
        return decide_crisis(chances, self._costs) if chances[_ORDINARY] < doubt else None


def decide_crisis(chances: Chances, costs: CrisisCosts) -> Crisis | None:
    """The verdict with the least expected cost, given the chances of each kind."""
    ordinary, ambiguous = float(chances[_ORDINARY]), float(chances[_AMBIGUOUS])
    explicit = 1 - ordinary - ambiguous
    expected: dict[Tier | None, float] = {
        Tier.EXPLICIT: costs.false_alarm * ordinary + costs.overstated * ambiguous,
        Tier.AMBIGUOUS: costs.needless_line * ordinary + costs.understated * explicit,
        None: costs.missed_explicit * explicit + costs.missed_ambiguous * ambiguous,
    }
    tier = min(expected, key=expected.__getitem__)
    if tier is None:
        return None
    return Crisis(tier, _KINDS[int(np.argmax(chances[_FIRST_KIND:]))])


def _cut(text: str, read: Callable[[str], Sequence[str]]) -> Iterator[Sequence[str]]:
    """The sentences of a long text, as they are read; of a long one, its overlapping pieces.

    A piece never reaches from one sentence into the next: there it would say what nobody said.
    """
    for sentence in _SENTENCE_END.split(_ends(text)):
        found = read(sentence)
        if len(found) > LONG:
            for start in range(0, len(found) - PIECE + STEP, STEP):
                yield found[start : start + PIECE]
        elif len(found) >= SHORTEST_SENTENCE:
            yield found


def _ends(text: str) -> str:
    """The text, or the beginning and the end of one that is too long to be looked at whole."""
    text = text[:TEXT_LIMIT]
    spaced = list(_SPACED.finditer(text))
    if len(spaced) <= LONGEST:
        return text
    return f"{text[: spaced[LONGEST // 2].start()]}\n{text[spaced[-LONGEST // 2].start() :]}"


def crisis_examples(phrases: CrisisPhrases, ordinary: Iterable[str]) -> list[Example]:
    """What the detector learns from; the kinds are numbered in the order of the groups here."""
    groups = (
        (*phrases.traps, *ordinary),
        phrases.ambiguous,
        phrases.suicide,
        phrases.overdose,
        phrases.emergency,
    )
    examples = [Example(text, kind) for kind, group in enumerate(groups) for text in group]
    # A long message is judged in parts as well, and a part of an ordinary one reads oddly.
    parts = [
        Example(" ".join(part), _ORDINARY, asked=False, whole=text)
        for text in groups[_ORDINARY]
        if len(text.split()) > LONG
        for part in _cut(text, str.split)
    ]
    talk = [part.text.split() for part in parts if len(part.text.split()) == PIECE]
    # Where there are no stops, a cry for help shares its piece with words of something else.
    cries = [
        (text, kind)
        for kind in range(_FIRST_KIND, len(groups))
        for text in groups[kind]
        if SHORTEST_SENTENCE <= len(text.split()) <= SHORT
    ]
    amid = [
        Example(
            " ".join(_amid(talk[number * len(talk) // len(cries)], text.split(), number)),
            kind,
            asked=False,
            whole=text,
        )
        for number, (text, kind) in enumerate(cries)
        if talk
    ]
    return [*examples, *parts, *amid]


def _amid(talk: Sequence[str], cry: Sequence[str], number: int) -> Sequence[str]:
    """A piece with the cry at its beginning, in its middle or at its end, by turns."""
    room = PIECE - len(cry)
    before = (0, room // 2, room)[number % 3]
    return [*talk[:before], *cry, *talk[before:room]]


def _crisis_views(text: Sequence[str]) -> tuple[Sequence[int], ...]:
    # How many words have an idea tells how much there is to go by: a word or two are seldom a
    # crisis.
    found = [ideas(word) for word in text]
    return (
        sequence_features(text, range(1, 3), salt=_WORDS),
        nearby_features(text, NEARBY, salt=_NEARBY),
        pair_features(found),
        gist_features(text, found),
        (*ALWAYS, _HOW_MANY + min(sum(map(bool, found)), MOST_COUNTED)),
    )


# Shorter runs of letters say little of a crisis, and longer ones are half a word.
CRISIS_VIEWS = Views(_crisis_views, letter_runs=(4,))
"""What the detector sees of a text: words, letters, and the ideas behind the words."""
