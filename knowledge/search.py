"""SearchIndex: finds the sections that answer a question, with calibrated probabilities.

Every topic, covered by the document or not, has example questions. A linear classifier
(`knowledge.classifier`) learns from these, and from the sections' titles and sentences. Its scores
are calibrated on examples that were held out, and `Costs` decide what to do: answer, offer
sections, or say that the document does not cover the question.
"""

from __future__ import annotations

import contextlib
import enum
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol
from zlib import crc32

import numpy as np

from knowledge import modelcache
from knowledge.features import ALWAYS, parts_of, sequence_features
from knowledge.lexical import LexicalIndex
from knowledge.passages import SHORTEST, clauses_as_written, sentences_as_written
from knowledge.textmodel import TextModel, Views
from knowledge.training import (
    Biases,
    Example,
    Probabilities,
    TokenizedExamples,
    TooFewExamplesError,
)
from knowledge.vocabulary import WORD_LIMIT, Vocabulary, ends_of

MOST_OFFERED = 3
FEWEST_JUDGED = 10
"""The least number of example questions that must be held out to calibrate the classifier, for
which a document needs some forty; with fewer it is searched by words alone. With none to four held
out, up to two thirds of all questions got a wrong section; from ten on, at most one of five
sections that were shown was wrong, as `Costs` intend (measured on the shipped document with 1 to
320 of its questions)."""
MOST_LEARNED = 400
"""The most topics for the classifier; documents with more are searched by words alone."""
SMALL_TALK = "small-talk"
"""The id of the topic of greetings and thanks."""
QUESTIONS_FOR_TALK = 7
"""One of so many example questions is also learned with small talk around it."""
MOST_PARTS = 12
"""A text with more sentences or clauses is not searched part by part."""
SHORTEST_QUESTION = 4
"""The least words of a question that is searched without its context. A shorter one ("True or
nonsense?") asks about what was said before it."""
_QUESTION_WORDS = frozenset(
    {"what", "whats", "how", "hows", "why", "when", "where", "which", "who"}
    | {"do", "does", "did", "dont", "doesnt", "is", "isnt", "am", "are", "arent", "was"}
    | {"can", "could", "shall", "should", "will", "would", "has", "have"}
    | {"any", "anyone", "anybody"}
)
"""English words that begin a question; many people type no question mark."""
_SENTENCE = re.compile(r"(?<=[.:!?])\s+")


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that a question can be about.

    Args:
        id: the section's id if the document covers it, otherwise the id of the topic that is not
            covered.
        covered: whether the document covers it.
        texts: its title, aliases and text.
        questions: example questions.
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


_OUTCOMES = tuple(Outcome)


class Candidate(NamedTuple):
    """A section, and the probability that it is the one that answers the question."""

    id: str
    probability: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The result of a search.

    Args:
        outcome: what to do.
        candidates: the likeliest sections, best first, at most three. With ANSWER, the first one is
            the answer.
        not_covered: with NOT_COVERED, the id of the likeliest topic that is not covered; None if an
            unknown topic is likelier.
        coverage: the probability that the document covers the question.
    """

    outcome: Outcome
    candidates: tuple[Candidate, ...]
    not_covered: str | None
    coverage: float

    @property
    def is_talk(self) -> bool:
        """Whether the text seems to ask nothing: it is small talk, or of no known topic."""
        unknown = self.not_covered in (None, SMALL_TALK)
        return self.outcome is Outcome.NOT_COVERED and unknown


@dataclass(frozen=True, slots=True)
class Costs:
    """What each outcome costs the person who asked; the unit is one more tap.

    The outcome with the least expected cost is chosen, so these numbers act as thresholds: a
    section is shown as the answer if it is right in at least four of five cases.
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
    """Gives the probability of each topic; what is missing to 1 is that of an unknown topic."""

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
        """The model's key in `knowledge.modelcache`; empty if there is no model."""
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
        """Learn from the topics, or load what was learned from the same topics before.

        With too few examples, or too many topics, it is the same as `by_words`.

        Args:
            topics: those that the document covers, followed by those that it does not.
            vocabulary: tokenizes them, and the questions.
            cache: a folder for `knowledge.modelcache`; None to save nothing.
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
                TokenizedExamples.of(examples, vocabulary),
                biases,
                views=SEARCH_VIEWS,
                fewest=FEWEST_JUDGED,
            )
        except TooFewExamplesError:
            return cls.by_words(topics, vocabulary)
        if cache:
            modelcache.save(cache, "search", key, model.to_arrays())
        return cls(topics, vocabulary, model, key)

    @classmethod
    def by_words(cls, topics: Sequence[Topic], vocabulary: Vocabulary) -> SearchIndex:
        """An index that compares words only, without a learned model."""
        return cls(topics, vocabulary, LexicalIndex.build(topics, vocabulary))

    @classmethod
    def restore(
        cls,
        topics: Sequence[Topic],
        vocabulary: Vocabulary,
        key: str,
        cache: Path,
    ) -> SearchIndex | None:
        """Load a learned index; None if it is not in the cache.

        The topics need not have their questions.
        """
        if arrays := modelcache.load(cache, "search", key):
            with contextlib.suppress(KeyError, ValueError):
                model = TextModel.from_arrays(arrays, len(topics), SEARCH_VIEWS, vocabulary)
                return cls(topics, vocabulary, model, key)
        return None

    def search(self, text: str) -> Ranking:
        """The sections that answer a question, and what to do with them."""
        return self.search_tokens(text, self.vocabulary.tokenize(text))

    def search_tokens(self, text: str, words: tuple[str, ...]) -> Ranking:
        """As `search`, for a text that is tokenized already.

        If the whole text gives no clear result, and exactly one of its sentences (or clauses of a
        single sentence) asks something, the result for that part is returned: the only one among
        small talk ("Hi everyone, I am new here."), or the only question in a story.
        """
        whole = self._rank(words)
        if whole.outcome is not Outcome.OFFER and not whole.is_talk:
            return whole  # an answer, or a known topic that is not covered
        parts = sentences_as_written(text)
        if len(parts) == 1 and whole.is_talk:
            parts = clauses_as_written(text)
        if not 1 < len(parts) <= MOST_PARTS:
            return whole
        found = [
            _Part(part, tokens, self._rank(tokens))
            for part, tokens in zip(parts, map(self.vocabulary.tokenize, parts), strict=True)
            if len(tokens) >= SHORTEST
        ]
        asked = [number for number, part in enumerate(found) if not part.ranking.is_talk]
        in_story = len(asked) > 1
        if in_story:
            asked = [number for number in asked if found[number].is_question]
        if len(asked) != 1:
            return whole
        ranking = found[asked[0]].ranking
        is_clear = ranking.outcome is Outcome.ANSWER and not (
            in_story and self._depends_on_context(found, asked[0])
        )
        return ranking if whole.is_talk or is_clear else whole

    def _depends_on_context(self, parts: Sequence[_Part], number: int) -> bool:
        """Whether the part before suggests another section than the part alone."""
        if not number:
            return False
        before, part = parts[number - 1 : number + 1]
        both = self._rank(before.tokens + part.tokens).candidates
        return not both or both[0].id != part.ranking.candidates[0].id

    def _rank(self, words: tuple[str, ...]) -> Ranking:
        probabilities = self._ranker.probabilities(ends_of(words, WORD_LIMIT))
        return decide(probabilities, self._ids)


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence or clause of a text: as it is written, its tokens, and its own result."""

    text: str
    tokens: tuple[str, ...]
    ranking: Ranking

    @property
    def is_question(self) -> bool:
        """Whether it has the form of a question that can be understood without its context."""
        has_form = self.text.rstrip().endswith("?") or self.tokens[0] in _QUESTION_WORDS
        return has_form and len(self.tokens) >= SHORTEST_QUESTION


@dataclass(frozen=True, slots=True)
class TopicIds:
    """The ids of the topics that the document covers, and of the others, which follow them."""

    covered: tuple[str, ...]
    others: tuple[str, ...]

    @classmethod
    def of(cls, topics: Sequence[Topic]) -> TopicIds:
        """The ids of these topics; `ValueError` if a covered one follows one that is not."""
        covered = tuple(topic.id for topic in topics if topic.covered)
        if not all(topic.covered for topic in topics[: len(covered)]):
            raise ValueError("the topics that are covered come first")
        return cls(covered, tuple(topic.id for topic in topics[len(covered) :]))


def decide(probabilities: Probabilities, ids: TopicIds) -> Ranking:
    """The outcome with the least expected cost, given the probability of each of the topics."""
    covered = probabilities[: len(ids.covered)]
    if math.isnan(coverage := sum(covered)):  # a broken model must not show anything
        covered, coverage = [], 0.0
    best = sorted(range(len(covered)), key=covered.__getitem__, reverse=True)[:MOST_OFFERED]
    candidates = tuple([Candidate(ids.covered[at], covered[at]) for at in best if covered[at] > 0])
    costs = expected_costs(candidates, coverage)
    outcome = _OUTCOMES[costs.index(min(costs))]
    not_covered = None
    if outcome is Outcome.NOT_COVERED and ids.others:
        others = probabilities[len(ids.covered) :]
        at = max(range(len(others)), key=others.__getitem__)
        # The missing probability is that of an unknown topic, which may be likelier.
        if others[at] > 1 - coverage - sum(others):
            not_covered = ids.others[at]
    return Ranking(outcome, candidates, not_covered, coverage)


def expected_costs(candidates: Sequence[Candidate], coverage: float) -> tuple[float, float, float]:
    """The expected cost of each outcome, in their order; `candidates` are sorted, best first."""
    first = candidates[0].probability if candidates else 0.0
    within = sum([candidate.probability for candidate in candidates])
    missing = 1 - coverage
    answer = COSTS.wrong_answer * (coverage - first) + COSTS.answer_not_covered * missing
    offer = (
        COSTS.offer * within
        + COSTS.offer_wrong * (coverage - within)
        + COSTS.offer_not_covered * missing
    )
    return answer, offer, COSTS.refusal * coverage


def texts_of(topics: Iterable[Topic]) -> list[str]:
    """All texts and questions of these topics, for a vocabulary."""
    return [text for topic in topics for text in (*topic.texts, *topic.questions)]


def search_examples(topics: Sequence[Topic]) -> list[Example]:
    """The training examples: the example questions, some of them with small talk around them, the
    titles, and every sentence.
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
    """Some questions with small talk before or after them, as people greet and thank without
    punctuation.

    They are chosen by a hash of their text, so another example changes none of the others.
    """
    for each in asked if talk else ():
        number = crc32(each.text.encode())
        if number % QUESTIONS_FOR_TALK == 0:
            around = talk[number // QUESTIONS_FOR_TALK % len(talk)]
            behind = number % (4 * QUESTIONS_FOR_TALK) == 0
            text = f"{each.text} {around}" if behind else f"{around} {each.text}"
            yield Example(text, each.kind, asked=False, wholes=(each.text,))


def search_biases(topics: Sequence[Topic]) -> Biases:
    """The calibration finds one offset for all covered topics."""
    return np.array([[float(topic.covered)] for topic in topics])


def _search_views(text: Sequence[str]) -> tuple[Sequence[int], ...]:
    return sequence_features(parts_of(text), range(1, 3), salt=1), ALWAYS


SEARCH_VIEWS = Views(_search_views, letter_runs=(3, 4))
"""The search's views of a text: words, pairs of neighbours, and runs of letters."""


def _sentences(topic: Topic) -> list[str]:
    return [sentence for text in topic.texts for sentence in _SENTENCE.split(text)]
