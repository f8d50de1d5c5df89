"""CrisisDetector: are these words of a crisis? Text in, verdict out.

Three kinds of crisis are looked for: suicide and self-harm, too much of a medicine or a poison,
and medical emergencies. An EXPLICIT crisis is answered with help lines alone, an AMBIGUOUS one
with a line of help above the normal answer. Nobody is reported, and nothing is kept.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.classifier import calibrate, fold_of, score, softmax, train
from knowledge.features import (
    TEXT_LIMIT,
    WORD_LIMIT,
    Features,
    Vocabulary,
    letter_features,
    word_features,
    words,
)
from knowledge.signals import signal_features
from knowledge.vocabulary import SYNONYMS

_SENTENCE = re.compile(r"[.!?\n;]+")
FOLDS = 5
SENTENCE_LIMIT = 12
"""Sentences of a long text that are looked at one by one."""


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
    """Words of a crisis were found. An ambiguous one has the kind SUICIDE: it may be despair."""

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


_KINDS = (CrisisKind.SUICIDE, CrisisKind.OVERDOSE, CrisisKind.EMERGENCY)
_ORDINARY, _AMBIGUOUS, _FIRST_KIND = 0, 1, 2


class CrisisDetector:
    """Finds words of a crisis; see `build` and `check`."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        features: Features,
        weights: NDArray[np.float32],
        factors: NDArray[np.float64],
    ) -> None:
        self._vocabulary = vocabulary
        self._features = features
        self._weights = weights
        self._factors = factors

    @classmethod
    def build(
        cls,
        phrases: CrisisPhrases,
        ordinary: Iterable[str],
        *,
        synonyms: Mapping[str, Sequence[str]] = SYNONYMS,
        cache: Path | None = None,
    ) -> CrisisDetector:
        """Learn from the phrases; `ordinary` are questions that are none (all examples)."""
        groups = (
            (*phrases.traps, *ordinary),
            phrases.ambiguous,
            phrases.suicide,
            phrases.overdose,
            phrases.emergency,
        )
        examples = [
            (text, number)
            for number, group in enumerate(groups)
            for text in map(words, group)
            if text
        ]
        vocabulary = Vocabulary(Counter(w for text, _ in examples for w in text), synonyms)
        understood = [vocabulary.understand(text) for text, _ in examples]
        found = [_views(text) for text in understood]
        features = Features.learn(found)
        labels = np.array([number for _, number in examples], dtype=np.int64)
        held_out = np.array([fold_of(text, FOLDS) == 0 for text in understood])
        learned = np.stack([np.ones_like(held_out), ~held_out])
        blocks = [features.of(views) for views in found]
        weights, without = train(blocks, labels, len(groups), len(features), learned)
        judged = np.flatnonzero(held_out)
        unseen = score([blocks[number] for number in judged], without)
        factors = calibrate(_inputs(unseen), labels[judged])
        return cls(vocabulary, features, weights, factors)

    def check(self, text: str) -> Crisis | None:
        """The crisis that the words speak of, if any. A long text is judged sentence by sentence,
        so that a cry for help cannot drown in it.
        """
        text = text[:TEXT_LIMIT]
        parts = [text]
        sentences = [part for part in _SENTENCE.split(text) if part.strip()]
        if len(sentences) > 1:
            parts += sentences[: SENTENCE_LIMIT // 2] + sentences[SENTENCE_LIMIT // 2 :][-SENTENCE_LIMIT // 2 :]
        verdicts = [verdict for part in parts if (verdict := self._judge(part))]
        return min(verdicts, key=lambda verdict: verdict.tier is not Tier.EXPLICIT, default=None)

    def _judge(self, text: str) -> Crisis | None:
        understood = self._vocabulary.understand(words(text, WORD_LIMIT))
        if not understood:
            return None
        block = self._features.of(_views(understood))
        scores = block.values @ self._weights[block.places]
        chances = softmax(_inputs(scores) @ self._factors)
        explicit = chances[_FIRST_KIND:]
        if explicit.sum() > 0.35:
            return Crisis(Tier.EXPLICIT, _KINDS[int(explicit.argmax())])
        if 1 - chances[_ORDINARY] > 0.4:
            return Crisis(Tier.AMBIGUOUS, CrisisKind.SUICIDE)
        return None


def _views(text: Sequence[str]) -> tuple[list[int], ...]:
    return word_features(text), letter_features(text), signal_features(text)


def _inputs(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the calibration weighs for each kind: its score, and a bias for all but the first."""
    kinds = scores.shape[-1]
    biases = np.broadcast_to(np.eye(kinds)[:, 1:], (*scores.shape, kinds - 1))
    return np.concatenate([scores[..., None].astype(np.float64), biases], axis=-1)
