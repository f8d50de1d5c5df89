"""SearchIndex: a question in, the sections that answer it out, with honest probabilities.

Every topic, covered by the document or not, has example questions. A linear classifier
(`knowledge.classifier`) learns from them, and from the sections' titles and sentences, which
words and parts of words speak for which topic. Cross-validation tells what its scores are worth
as probabilities, and `Costs` what to do about them: answer, offer, or say that the document does
not cover it.
"""

from __future__ import annotations

import contextlib
import enum
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from knowledge import modelcache
from knowledge.features import ALWAYS, parts_of, sequence_features
from knowledge.lexical import LexicalIndex
from knowledge.passages import SHORTEST, clauses_as_written, sentences_as_written
from knowledge.textmodel import Example, Probabilities, TextModel, TooFewExamplesError, Views
from knowledge.vocabulary import WORD_LIMIT, Vocabulary, ends_of

MOST_OFFERED = 3
FEWEST_JUDGED = 10
"""Example questions that must be held out to calibrate the classifier, which takes some forty of
them; documents with fewer are searched by their words. With none to four held out, it showed a
wrong section for up to two thirds of all questions; from ten on, at most one in five sections that
it showed was wrong, as `Costs` want it (the shipped document with 1 to 320 of its questions)."""
MOST_LEARNED = 400
"""Topics that the classifier tells apart; documents with more are searched by their words."""
SMALL_TALK = "small-talk"
"""The topic of greetings and thanks."""
QUESTIONS_FOR_TALK = 7
"""One of so many example questions is also learned amid talk."""
MOST_PARTS = 12
"""Sentences or clauses of a text among which the question is looked for."""
_SENTENCE = re.compile(r"(?<=[.:!?])\s+")


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that a question can be about.

    `id` is a section's id when the document covers it, else the not-covered topic's own.
    `texts` are the title, the aliases and the section's text; `questions` are examples.
    """

    id: str
    covered: bool
    texts: tuple[str, ...]
    questions: tuple[str, ...]


class Outcome(enum.Enum):
    """What to do with a question."""

    ANSWER = "answer"
    OFFER = "offer"
    NOT_COVERED = "not covered"


class Candidate(NamedTuple):
    """A section, and the probability that it is the one which answers the question."""

    id: str
    probability: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The outcome of a search.

    `candidates` are the likeliest sections, best first, at most three; the first is the answer
    when the outcome is ANSWER, and all are close but unsure otherwise. `not_covered` is the
    likeliest topic that the document does not cover, when the outcome is NOT_COVERED and there
    is one that is likelier than a topic which nobody has named. `coverage` is the probability
    that the document covers the question at all.
    """

    outcome: Outcome
    candidates: tuple[Candidate, ...]
    not_covered: str | None
    coverage: float

    @property
    def is_talk(self) -> bool:
        """Whether nothing was asked, as far as can be told: small talk, or of no known topic."""
        unknown = self.not_covered in (None, SMALL_TALK)
        return self.outcome is Outcome.NOT_COVERED and unknown


@dataclass(frozen=True, slots=True)
class Costs:
    """What each outcome costs the person who asked, in taps and the like.

    The outcome with the least expected cost is taken, so these numbers are the thresholds: with
    them, a section is shown as the answer when it is right in at least four of five cases.
    """

    wrong_answer: float = 5
    """A section is shown as the answer, and another one was right: the worst, for it misleads."""
    answer_not_covered: float = 5
    """A section is shown as the answer, and the document does not cover the question."""
    offer: float = 1
    """Sections are offered, and one of them is right: one more tap."""
    offer_wrong: float = 2.5
    """Sections are offered, and none of them is right."""
    offer_not_covered: float = 1
    """Sections are offered with "I am not sure", and the document does not cover the question."""
    refusal: float = 4
    """The document covers the question, and is said not to."""


COSTS = Costs()


class Ranker(Protocol):
    """Turns a question into the probability of each topic; the rest, up to one, is unknown."""

    def probabilities(self, text: Sequence[str]) -> Probabilities:
        """The probability of each topic, in the topics' order, for a question's words."""


class SearchIndex:
    """Finds the sections that answer a question; see `build` and `search`."""

    def __init__(
        self,
        topics: Sequence[Topic],
        vocabulary: Vocabulary,
        ranker: Ranker,
        key: str = "",
    ) -> None:
        self.key = key
        """Under which what was learned can be taken up again; empty if nothing was learned."""
        self.vocabulary = vocabulary
        self._ids = TopicIds.of(topics)
        self._ranker = ranker

    @classmethod
    def build(
        cls,
        topics: Sequence[Topic],
        vocabulary: Vocabulary,
        *,
        cache: Path | None = None,
    ) -> SearchIndex:
        """Learn from the topics, or take what was learned from the same topics before.

        Where there is too little to learn from, or too much, it is the same as `by_words`.

        Args:
            topics: all that the document covers, then what is known that it does not.
            vocabulary: reads them, and the questions.
            cache: a folder that keeps what was learned until an input or the code changes.
        """
        questions = sum(len(topic.questions) for topic in topics)
        if questions < FEWEST_JUDGED or len(topics) > MOST_LEARNED:
            return cls.by_words(topics, vocabulary)
        examples = search_examples(topics)
        biases = search_biases(topics)
        plain = [[topic.id, topic.covered, topic.texts, topic.questions] for topic in topics]
        key = modelcache.key_of([plain, vocabulary.key])
        if cache and (known := cls.restore(topics, vocabulary, key, cache)):
            return known
        try:
            model = TextModel.learn(
                examples, biases, views=SEARCH_VIEWS, vocabulary=vocabulary, fewest=FEWEST_JUDGED
            )
        except TooFewExamplesError:
            return cls.by_words(topics, vocabulary)
        if cache:
            modelcache.save(cache, "search", key, model.to_arrays())
        return cls(topics, vocabulary, model, key)

    @classmethod
    def by_words(cls, topics: Sequence[Topic], vocabulary: Vocabulary) -> SearchIndex:
        """Learn nothing, and go by the words of the topics' texts and questions alone."""
        return cls(topics, vocabulary, LexicalIndex.build(topics, vocabulary))

    @classmethod
    def restore(
        cls,
        topics: Sequence[Topic],
        vocabulary: Vocabulary,
        key: str,
        cache: Path,
    ) -> SearchIndex | None:
        """What was learned before under a key; the topics need not hold their questions."""
        if arrays := modelcache.load(cache, "search", key):
            with contextlib.suppress(KeyError, ValueError):
                model = TextModel.from_arrays(arrays, len(topics), SEARCH_VIEWS, vocabulary)
                return cls(topics, vocabulary, model, key)
        return None

    def search(self, text: str) -> Ranking:
        """The sections that answer a question, and what to do with them."""
        return self.search_tokens(text, self.vocabulary.tokenize(text))

    def search_tokens(self, text: str, words: tuple[str, ...]) -> Ranking:
        """As `search`, for a text whose words were read already.

        Where one sentence, or one clause of a single sentence, is a question and all others are
        talk ("Hi everyone, I am new here."), it is looked for alone, if the whole does not say
        enough.
        """
        whole = self._rank(words)
        if whole.outcome is not Outcome.OFFER and not whole.is_talk:
            return whole  # the answer, or what is known not to be covered
        parts = sentences_as_written(text)
        if len(parts) == 1 and whole.is_talk:
            parts = clauses_as_written(text)
        if not 1 < len(parts) <= MOST_PARTS:
            return whole
        tokens = map(self.vocabulary.tokenize, parts)
        found = [self._rank(words) for words in tokens if len(words) >= SHORTEST]
        asked = [ranking for ranking in found if not ranking.is_talk]
        if len(asked) == 1 and (whole.is_talk or asked[0].outcome is Outcome.ANSWER):
            return asked[0]
        return whole

    def _rank(self, words: tuple[str, ...]) -> Ranking:
        probabilities = self._ranker.probabilities(ends_of(words, WORD_LIMIT))
        return decide(probabilities, self._ids)


@dataclass(frozen=True, slots=True)
class TopicIds:
    """The ids of topics that the document covers, and of the others, which come behind them."""

    covered: tuple[str, ...]
    others: tuple[str, ...]

    @classmethod
    def of(cls, topics: Sequence[Topic]) -> TopicIds:
        """Of these topics; `ValueError` if one that is covered comes behind one that is not."""
        covered = tuple(topic.id for topic in topics if topic.covered)
        if not all(topic.covered for topic in topics[: len(covered)]):
            raise ValueError("the topics that are covered come first")
        return cls(covered, tuple(topic.id for topic in topics[len(covered) :]))


def decide(probabilities: Probabilities, ids: TopicIds, costs: Costs = COSTS) -> Ranking:
    """The outcome with the least expected cost, given the probability of each of the topics."""
    covered = probabilities[: len(ids.covered)]
    if math.isnan(coverage := sum(covered)):  # no reason to show anything
        covered, coverage = [], 0.0
    best = sorted(range(len(covered)), key=covered.__getitem__, reverse=True)[:MOST_OFFERED]
    candidates = tuple([Candidate(ids.covered[at], covered[at]) for at in best if covered[at] > 0])
    outcome = min(expected_costs(candidates, coverage, costs), key=itemgetter(1))[0]
    not_covered = None
    if outcome is Outcome.NOT_COVERED and ids.others:
        others = probabilities[len(ids.covered) :]
        at = max(range(len(others)), key=others.__getitem__)
        # Something that nobody has written down is the likelier topic, where words are few.
        if others[at] > 1 - coverage - sum(others):
            not_covered = ids.others[at]
    return Ranking(outcome, candidates, not_covered, coverage)


def expected_costs(
    candidates: Sequence[Candidate], coverage: float, costs: Costs
) -> tuple[tuple[Outcome, float], ...]:
    """What each outcome is expected to cost, with these candidates, best first."""
    first = candidates[0].probability if candidates else 0.0
    within = sum([candidate.probability for candidate in candidates])
    missing = 1 - coverage
    answer = costs.wrong_answer * (coverage - first) + costs.answer_not_covered * missing
    offer = (
        costs.offer * within
        + costs.offer_wrong * (coverage - within)
        + costs.offer_not_covered * missing
    )
    return (
        (Outcome.ANSWER, answer),
        (Outcome.OFFER, offer),
        (Outcome.NOT_COVERED, costs.refusal * coverage),
    )


def texts_of(topics: Iterable[Topic]) -> list[str]:
    """All that is written of these topics, for a vocabulary."""
    return [text for topic in topics for text in (*topic.texts, *topic.questions)]


def search_examples(topics: Sequence[Topic]) -> list[Example]:
    """What the search learns from: the example questions, some of them amid talk, the titles, and
    every sentence.
    """
    examples = [
        Example(text, kind, asked)
        for kind, topic in enumerate(topics)
        for texts, asked in ((topic.questions, True), (_sentences(topic), False))
        for text in texts
    ]
    talk = [text for topic in topics if topic.id == SMALL_TALK for text in topic.questions]
    asked = [each for each in examples if each.asked and topics[each.kind].id != SMALL_TALK]
    return [*examples, *_amid_talk(asked, [text for text in talk if len(text.split()) > 1])]


def _amid_talk(asked: Iterable[Example], talk: Sequence[str]) -> Iterator[Example]:
    """Some questions with talk before or behind them: people greet before they ask, and thank,
    often without a stop.

    Which ones follows from their words, so that one more example changes none of the others.
    """
    for each in asked if talk else ():
        number = crc32(each.text.encode())
        if number % QUESTIONS_FOR_TALK == 0:
            around = talk[number // QUESTIONS_FOR_TALK % len(talk)]
            behind = number % (4 * QUESTIONS_FOR_TALK) == 0
            text = f"{each.text} {around}" if behind else f"{around} {each.text}"
            yield Example(text, each.kind, asked=False, wholes=(each.text,))


def search_biases(topics: Sequence[Topic]) -> NDArray[np.float64]:
    """The calibration may raise or lower what is covered against what is not."""
    return np.array([[float(topic.covered)] for topic in topics])


def _search_views(text: Sequence[str]) -> tuple[Sequence[int], ...]:
    return sequence_features(parts_of(text), range(1, 3), salt=1), ALWAYS


SEARCH_VIEWS = Views(_search_views, letter_runs=(2, 3, 4, 5))
"""What the search sees of a text: words, pairs of neighbours, and letters."""


def _sentences(topic: Topic) -> list[str]:
    return [sentence for text in topic.texts for sentence in _SENTENCE.split(text)]
