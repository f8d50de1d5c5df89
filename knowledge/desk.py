"""HelpDesk: answers questions about one document; the entry point that every adapter uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from knowledge import compose
from knowledge.answer import Answer, Choice
from knowledge.compose import Composer
from knowledge.document import Document, fold
from knowledge.helplines import HelpLine, lines_for
from knowledge.language import language_for
from knowledge.library import Questions
from knowledge.safety import CrisisDetector, CrisisKind, Tier
from knowledge.search import SMALL_TALK, Outcome, SearchIndex

QUESTION_LIMIT = 1000
"""Characters of a question that are searched for. What follows is only checked for a crisis, which
people may mention at the end."""

_PAGE = re.compile(r"[1-9][0-9]{0,2}")


class HelpDesk:
    """Answers questions about one document. It remembers no question and no person.

    Args:
        document: the document.
        index: searches its sections.
        questions: the example questions, with the topics that are not covered.
        safety: recognises a crisis; it needs the same vocabulary as `index`.
        help_lines: whom to call in a crisis.

    Raises:
        ValueError: `index` and `safety` have different vocabularies.
    """

    def __init__(
        self,
        document: Document,
        index: SearchIndex,
        questions: Questions,
        safety: CrisisDetector,
        help_lines: Sequence[HelpLine],
    ) -> None:
        if index.vocabulary is not safety.vocabulary:
            raise ValueError("a question is tokenized once, so both need the same vocabulary")
        self.document = document
        self.index = index
        self.safety = safety
        self.titles = {section.id: section.title for section in document.sections} | {
            topic.id: topic.title for topic in questions.not_covered.values()
        }
        """The titles of all sections, and of the topics that are known not to be covered, by id."""
        self.language = language_for(document.language)
        """The interface's language if none is asked for."""
        self._questions = questions
        self._help_lines = help_lines
        self._answer_sets = {self.language: self._make_answer_set(self.language)}
        self._folded_titles = [(fold(section.title), section) for section in document.sections]

    def ask(self, text: str, language: str | None = None) -> Answer:
        """The answer to whatever a person typed. No text makes it raise.

        First an exact name is looked up, then the text is checked for a crisis, then it is searched
        for.

        Args:
            text: the question, of any length.
            language: of the interface's words around the article's; None for the document's own.
        """
        question = text.strip()[:QUESTION_LIMIT]
        if answer := self.lookup(question, language):
            return answer
        answers = self._answers_in(language)
        tokens = self.safety.tokenize(text)
        crisis = self.safety.check_tokens(text, tokens)
        if crisis and crisis.tier is Tier.EXPLICIT:
            return answers.crises[crisis.kind]
        if len(text) > QUESTION_LIMIT:
            tokens = self.safety.tokenize(question)
        answer = self._search(question, tokens, answers)
        return answers.composer.with_notice(answer, answers.notice) if crisis else answer

    def lookup(self, topic: str, language: str | None = None) -> Answer | None:
        """The answer with exactly this name; None if there is none.

        Names are the empty text (the menu), the bot's own words such as `topics`, and the ids,
        titles and aliases of sections. Case, spacing and punctuation do not matter.
        """
        answers = self._answers_in(language)
        key = fold(topic)
        if not key:
            # Only an empty text asks for the menu. Punctuation alone is a question without words.
            return answers.named[compose.MENU] if not topic.strip() else None
        if answer := answers.named.get(key):
            return answer
        word, _, rest = topic.strip().partition(" ")
        if word in answers.lists and (page := _PAGE.fullmatch(rest)):
            return answers.lists[word](int(page[0]))
        if word == compose.BRIEF and rest in self.document.by_id:
            section = self.document.by_id[rest]
            return answers.composer.brief(section) or answers.sections[rest]
        found = self.document.exact.get(key)
        return answers.sections[found.id] if found else None

    def suggest(self, text: str, limit: int) -> list[Choice]:
        """At most `limit` sections that complete what was typed so far, best first.

        For an empty text, the main topics come first.
        """
        typed = fold(text[:QUESTION_LIMIT])
        if not typed:
            found = [*self.document.top_level, *self.document.sections]
        else:
            starts = [s for title, s in self._folded_titles if title.startswith(typed)]
            named = [s for name, s in self.document.exact.items() if name.startswith(typed)]
            holds = [s for title, s in self._folded_titles if typed in title]
            ranked = self.index.search(text[:QUESTION_LIMIT]).candidates
            by_id = self.document.by_id
            found = [*starts, *named, *holds, *(by_id[c.id] for c in ranked if c.id in by_id)]
        unique = {section.id: Choice(section.id, section.title) for section in found}
        return list(unique.values())[:limit]

    def _search(self, question: str, tokens: tuple[str, ...], answers: _AnswerSet) -> Answer:
        ranking = self.index.search_tokens(question, tokens)
        sections = [self.document.by_id[candidate.id] for candidate in ranking.candidates]
        match ranking.outcome:
            case Outcome.ANSWER:
                return answers.sections[sections[0].id]
            case Outcome.OFFER:
                return answers.composer.suggestions(sections)
            case Outcome.NOT_COVERED:
                if ranking.not_covered == SMALL_TALK:
                    return answers.named[compose.MENU]
                known = answers.refusals.get(ranking.not_covered or "")
                return known or answers.composer.not_covered(sections)

    def _answers_in(self, language: str | None) -> _AnswerSet:
        language = language or self.language
        if language not in self._answer_sets:
            self._answer_sets[language] = self._make_answer_set(language)
        return self._answer_sets[language]

    def _make_answer_set(self, language: str) -> _AnswerSet:
        composer = Composer(self.document, language)
        crises = {
            kind: composer.crisis(kind, lines_for(self._help_lines, kind)) for kind in CrisisKind
        }
        lines = crises[CrisisKind.SUICIDE]
        called = dict.fromkeys(composer.names_of_help_lines, lines) | {
            fold(name): answer
            for kind, answer in crises.items()
            for line in lines_for(self._help_lines, kind)
            for name in (line.name, line.phone)
            if name
        }
        fixed = {
            # A section's name takes precedence over a help line's.
            **{name: called[name] for name in called.keys() - self.document.exact.keys()},
            compose.MENU: composer.menu(),
            compose.TOPICS: composer.topics(),
            compose.HELP: composer.help(),
            compose.APPOINTMENT: composer.appointment(),
            compose.HELP_LINES: lines,
            **{fold(answer.topic): answer for answer in crises.values()},
        }
        return _AnswerSet(
            composer=composer,
            sections={each.id: composer.section(each) for each in self.document.sections},
            named={name: answer for name, answer in fixed.items() if answer},
            lists={compose.MENU: composer.menu, compose.TOPICS: composer.topics},
            refusals={
                topic.id: composer.refusal(topic) for topic in self._questions.not_covered.values()
            },
            crises=crises,
            notice=composer.crisis_notice(lines_for(self._help_lines, CrisisKind.SUICIDE)),
        )


@dataclass(frozen=True, slots=True)
class _AnswerSet:
    """A desk's prepared answers in one language."""

    composer: Composer
    sections: Mapping[str, Answer]
    """By the section's id."""
    named: Mapping[str, Answer]
    """By the bot's own words, folded (see `fold`)."""
    lists: Mapping[str, Callable[[int], Answer]]
    """Lists of topics by their name; each takes a page number, from 1."""
    refusals: Mapping[str, Answer]
    """By the id of a topic that is not covered."""
    crises: Mapping[CrisisKind, Answer]
    notice: str
    """The line above an answer to somebody who may be in a crisis."""


class Desks(Mapping[str, HelpDesk]):
    """The desks of a folder of documents, by their commands, in the folder's order.

    `replace` exchanges all of them at once, so nobody who holds this object ever sees a mixture of
    an old folder and a new one.
    """

    def __init__(self, desks: Sequence[HelpDesk]) -> None:
        self._desks: dict[str, HelpDesk] = {}
        self.reload_error = ""
        """Why the folder's present state is not served; empty if it is."""
        self.replace(desks)

    def replace(self, desks: Sequence[HelpDesk]) -> None:
        """Serve these desks from now on."""
        self._desks = {desk.document.command: desk for desk in desks}
        self.reload_error = ""

    @property
    def first(self) -> HelpDesk:
        """The desk of the folder's first document."""
        return next(iter(self._desks.values()))

    def __getitem__(self, command: str) -> HelpDesk:
        return self._desks[command]

    def __iter__(self) -> Iterator[str]:
        return iter(self._desks)

    def __len__(self) -> int:
        return len(self._desks)
