"""The example questions and phrases, cross-validated; and typing errors, to see what they cost."""

from __future__ import annotations

import random
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.crisis_examples import CrisisPhrases, crisis_examples
from knowledge.evaluation import NONE, EvaluationReport, Labelled, Reply, ReplyKind, Share, report
from knowledge.safety import BIASES, CRISIS_TRAINING, CRISIS_VIEWS, Tier, decide_crisis
from knowledge.screening import Screen
from knowledge.search import (
    SEARCH_VIEWS,
    Outcome,
    Topic,
    TopicIds,
    decide,
    search_biases,
    search_examples,
)
from knowledge.textmodel import cross_validate
from knowledge.training import Judged, TokenizedExamples
from knowledge.vocabulary import Vocabulary


def cross_validate_search(
    topics: Sequence[Topic], vocabulary: Vocabulary, folds: int = 5
) -> tuple[EvaluationReport, list[Judged]]:
    """Evaluate a document's example questions by cross-validation.

    The result is worse than in use, because an example has only one right section, though another
    one may serve as well.

    Returns:
        The report, and each example with its probabilities.
    """
    judged = cross_validate(
        TokenizedExamples.of(search_examples(topics), vocabulary),
        search_biases(topics),
        folds,
        views=SEARCH_VIEWS,
    )
    ids = TopicIds.of(topics)
    replies = []
    for each in judged:
        topic = topics[each.example.kind]
        ranking = decide(each.probabilities, ids)
        sections = (
            tuple(candidate.id for candidate in ranking.candidates)
            if ranking.outcome is not Outcome.NOT_COVERED
            else ()
        )
        expect = frozenset({topic.id if topic.covered else NONE})
        reply = Reply(_KIND_OF_OUTCOME[ranking.outcome], sections)
        replies.append((Labelled(each.example.text, expect), reply))
    return report(replies), judged


_KIND_OF_OUTCOME = {
    Outcome.ANSWER: ReplyKind.SECTION,
    Outcome.OFFER: ReplyKind.OFFER,
    Outcome.NOT_COVERED: ReplyKind.REFUSAL,
}


@dataclass(frozen=True, slots=True)
class CrisisReport:
    """The results of cross-validating the crisis check.

    Args:
        explicit: explicit crises with help lines alone.
        helped: explicit crises with help lines, alone or above an answer.
        ambiguous: ambiguous phrases with help lines, alone or above an answer.
        traps: phrases that only sound like a crisis, with help lines alone.
        ordinary: ordinary questions with help lines alone.
        screened: crises that the check would find, but the screen rules out.
        spared: phrases and questions that are no crisis, which the screen rules out.
    """

    explicit: Share
    helped: Share
    ambiguous: Share
    traps: Share
    ordinary: Share
    screened: Share
    spared: Share


def cross_validate_crisis(
    phrases: CrisisPhrases,
    ordinary: Iterable[str],
    vocabulary: Vocabulary,
    folds: int = 5,
) -> CrisisReport:
    """Evaluate the crisis check's phrases and the ordinary questions by cross-validation.

    The result is worse than in use, because the traps were written to be as close to a crisis as
    possible.
    """
    texts = TokenizedExamples.of(crisis_examples(phrases, ordinary), vocabulary)
    judged = cross_validate(texts, BIASES, folds, views=CRISIS_VIEWS, training=CRISIS_TRAINING)
    traps = frozenset(phrases.traps)
    groups: dict[str, list[Tier | None]] = {
        name: [] for name in ("explicit", "ambiguous", "traps", "ordinary")
    }
    screened, spared = [], []
    for each, ruled_out in zip(judged, _ruled_out(texts, folds), strict=True):
        verdict = decide_crisis(each.probabilities)
        if not each.example.kind:
            spared.append(ruled_out)
        elif verdict:
            screened.append(ruled_out)
        verdict = None if ruled_out else verdict
        if each.example.kind > 1:
            group = "explicit"
        elif each.example.kind == 1:
            group = "ambiguous"
        else:
            group = "traps" if each.example.text in traps else "ordinary"
        groups[group].append(verdict.tier if verdict else None)

    def share(group: str, *tiers: Tier) -> Share:
        return Share(sum(tier in tiers for tier in groups[group]), len(groups[group]))

    return CrisisReport(
        explicit=share("explicit", Tier.EXPLICIT),
        helped=share("explicit", *Tier),
        ambiguous=share("ambiguous", *Tier),
        traps=share("traps", Tier.EXPLICIT),
        ordinary=share("ordinary", Tier.EXPLICIT),
        screened=Share(sum(screened), len(screened)),
        spared=Share(sum(spared), len(spared)),
    )


def _ruled_out(texts: TokenizedExamples, folds: int) -> list[bool]:
    """Whether each asked example is ruled out by a screen that has not learned from it."""
    ruled_out = [False] * len(texts)
    for held_out in texts.held_out(folds):
        screen = Screen.learn(texts.only(~held_out), CRISIS_TRAINING)
        for number in np.flatnonzero(held_out).tolist():
            ruled_out[number] = screen.rules_out(texts.tokens[number])
    return [each for each, asked in zip(ruled_out, texts.asked, strict=True) if asked]


_NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok",
    "o": "ipl", "p": "ol", "a": "qsz", "s": "awdx", "d": "sefc", "f": "drgv", "g": "fthb",
    "h": "gyjn", "j": "hukm", "k": "jil", "l": "kop", "z": "asx", "x": "zsdc", "c": "xdfv",
    "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip


def inject_typos(text: str, count: int, rng: random.Random) -> str:
    """A text with `count` typing errors, each in another word of at least four letters.

    A letter is dropped, doubled, swapped with the next one, or replaced by its neighbour on the
    keyboard. A text with fewer such words gets fewer errors.
    """
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if _typable(word)]
    for at in rng.sample(long, min(count, len(long))):
        word = words[at]
        letters = [i for i, letter in enumerate(word) if letter.lower() in string.ascii_lowercase]
        i = rng.choice(letters[:-1])
        match rng.randrange(4):
            case 0:
                words[at] = word[:i] + word[i + 1 :]
            case 1:
                words[at] = word[: i + 1] + word[i:]
            case 2:
                words[at] = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
            case _:
                words[at] = word[:i] + rng.choice(_NEIGHBOURS[word[i].lower()]) + word[i + 1 :]
    return " ".join(words)


def _typable(word: str) -> bool:
    return sum(letter in string.ascii_letters for letter in word) >= 4
