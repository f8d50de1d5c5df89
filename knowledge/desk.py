"""HelpDesk: the one door that every adapter uses. A question goes in, an `Answer` comes out."""

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
"""Characters of a question that are searched for. Beyond, only a crisis is looked for: people may
tell of it at the end."""

_PAGE = re.compile(r"[1-9][0-9]{0,2}")


class HelpDesk:
    """Answers questions about one document. Stateless: it remembers no question and no one."""

    def __init__(
        self,
        document: Document,
        index: SearchIndex,
        questions: Questions,
        safety: CrisisDetector,
        help_lines: Sequence[HelpLine],
    ) -> None:
        if index.vocabulary is not safety.vocabulary:
            raise ValueError("a question is read once, so both need the same vocabulary")
        self.document = document
        self.index = index
        self.safety = safety
        self.titles = {section.id: section.title for section in document.sections} | {
            topic.id: topic.title for topic in questions.not_covered.values()
        }
        """What the document covers, and what it is known not to cover, by id."""
        self.language = language_for(document.language)
        """Of the interface's words where nobody asks for another one."""
        self._questions = questions
        self._help_lines = help_lines
        self._books = {self.language: self._book(self.language)}
        self._folded_titles = [(fold(section.title), section) for section in document.sections]

    def ask(self, text: str, language: str | None = None) -> Answer:
        """The answer to whatever a person typed. Never raises for what is in `text`.

        `language` is that of the words around the article's own, by default the article's; see
        `knowledge.language`.
        """
        question = text.strip()[:QUESTION_LIMIT]
        if answer := self.open(question, language):
            return answer
        book = self._in(language)
        read = self.safety.read(text)
        crisis = self.safety.check_read(text, read)
        if crisis and crisis.tier is Tier.EXPLICIT:
            return book.crises[crisis.kind]
        if len(text) > QUESTION_LIMIT:
            read = self.safety.read(question)
        answer = self._search(question, read, book)
        return book.composer.with_notice(answer, book.notice) if crisis else answer

    def open(self, topic: str, language: str | None = None) -> Answer | None:
        """The answer of exactly this name: empty, the bot's own words, an id, a title, an alias."""
        book = self._in(language)
        key = fold(topic)
        if not key:
            # A question of nothing but signs is a search that finds nothing, not a call for the
            # menu; only empty text is.
            return book.named[compose.MENU] if not topic.strip() else None
        if answer := book.named.get(key):
            return answer
        word, _, rest = topic.strip().partition(" ")
        if word in book.lists and (page := _PAGE.fullmatch(rest)):
            return book.lists[word](int(page[0]))
        if word == compose.BRIEF and rest in self.document.by_id:
            section = self.document.by_id[rest]
            return book.composer.brief(section) or book.sections[rest]
        found = self.document.exact.get(key)
        return book.sections[found.id] if found else None

    def suggest(self, text: str, limit: int) -> list[Choice]:
        """Titles for what was typed so far, best first; the main topics if nothing was typed."""
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

    def _search(self, question: str, read: tuple[str, ...], book: _Book) -> Answer:
        ranking = self.index.search_read(question, read)
        sections = [self.document.by_id[candidate.id] for candidate in ranking.candidates]
        match ranking.outcome:
            case Outcome.ANSWER:
                return book.sections[sections[0].id]
            case Outcome.OFFER:
                return book.composer.suggestions(sections)
            case Outcome.NOT_COVERED:
                if ranking.not_covered == SMALL_TALK:
                    return book.named[compose.MENU]
                known = book.refusals.get(ranking.not_covered or "")
                return known or book.composer.not_covered(sections)

    def _in(self, language: str | None) -> _Book:
        language = language or self.language
        if language not in self._books:
            self._books[language] = self._book(language)
        return self._books[language]

    def _book(self, language: str) -> _Book:
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
            # A section may be called so too.
            **{name: called[name] for name in called.keys() - self.document.exact.keys()},
            compose.MENU: composer.menu(),
            compose.TOPICS: composer.topics(),
            compose.HELP: composer.help(),
            compose.APPOINTMENT: composer.appointment(),
            compose.HELP_LINES: lines,
            **{fold(answer.topic): answer for answer in crises.values()},
        }
        return _Book(
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
class _Book:
    """The answers of one desk in one language."""

    composer: Composer
    sections: Mapping[str, Answer]
    named: Mapping[str, Answer]
    """By the bot's own words, folded."""
    lists: Mapping[str, Callable[[int], Answer]]
    """Lists of topics, which may have several pages."""
    refusals: Mapping[str, Answer]
    crises: Mapping[CrisisKind, Answer]
    notice: str


class Desks(Mapping[str, HelpDesk]):
    """The desks of a folder of documents, by command.

    `replace` swaps them all at once, so that an adapter that holds this object never sees half of
    an old folder and half of a new one.
    """

    def __init__(self, desks: Sequence[HelpDesk]) -> None:
        self._desks: dict[str, HelpDesk] = {}
        self.not_taken = ""
        """What is wrong with the folder as it is now; empty while it is the one that is served."""
        self.replace(desks)

    def replace(self, desks: Sequence[HelpDesk]) -> None:
        """Serve these desks from now on."""
        self._desks = {desk.document.command: desk for desk in desks}
        self.not_taken = ""

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
