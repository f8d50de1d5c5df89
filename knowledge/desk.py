"""HelpDesk: the one door that every adapter uses. A question goes in, an `Answer` comes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from knowledge import compose
from knowledge.answer import Answer, Choice
from knowledge.document import Document, fold
from knowledge.helplines import HelpLine, lines_for
from knowledge.library import Questions
from knowledge.safety import CrisisDetector, CrisisKind, Tier
from knowledge.search import Outcome, Ranking, SearchIndex

QUESTION_LIMIT = 1000
"""Characters of a question that are looked at; what is beyond is left unread."""

SMALL_TALK = "small-talk"
"""The topic of greetings and thanks, for the search."""
_PAGE = re.compile(r"(?P<topic>[a-z]+) (?P<page>[1-9][0-9]{0,3})")


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
        self.document = document
        self.index = index
        self.safety = safety
        self._crisis = {
            kind: compose.crisis_answer(document, kind, lines_for(help_lines, kind))
            for kind in CrisisKind
        }
        self._notice = compose.crisis_notice(lines_for(help_lines, CrisisKind.SUICIDE))
        self._not_covered = {
            topic.id: compose.refusal(document, topic) for topic in questions.not_covered.values()
        }
        self._lists: Mapping[str, Callable[[int], Answer]] = {
            compose.MENU: lambda page: compose.menu_answer(document, page),
            compose.TOPICS: lambda page: compose.topics_answer(document, page),
            compose.HELP: lambda page: compose.help_answer(document),
        }
        self._help_lines = {fold(answer.topic): answer for answer in self._crisis.values()} | {
            compose.HELP_LINES: self._crisis[CrisisKind.SUICIDE]
        }
        self._sections = {
            section.id: compose.section_answer(document, section) for section in document.sections
        }
        self._titles = [(fold(section.title), section) for section in document.sections]

    def ask(self, text: str) -> Answer:
        """The answer to whatever a person typed. Never raises for what is in `text`."""
        question = text.strip()[:QUESTION_LIMIT]
        if answer := self.open(question):
            return answer
        crisis = self.safety.check(text)
        if crisis is None:
            return self._search(question)
        if crisis.tier is Tier.EXPLICIT:
            return self._crisis[crisis.kind]
        return replace(self._search(question), notice=self._notice, crisis=True)

    def open(self, topic: str) -> Answer | None:
        """The answer of exactly this name: empty, the bot's own words, an id, a title, an alias."""
        key = fold(topic)
        if not key:
            # A question of nothing but signs is a search that finds nothing, not a call for the
            # menu; only empty text is.
            return self._lists[compose.MENU](1) if not topic.strip() else None
        if key in self._lists:
            return self._lists[key](1)
        if key in self._help_lines:
            return self._help_lines[key]
        page = _PAGE.fullmatch(topic)
        if page and page["topic"] in self._lists:
            return self._lists[page["topic"]](int(page["page"]))
        section = self.document.exact.get(key)
        return self._sections[section.id] if section else None

    def suggest(self, text: str, limit: int) -> list[Choice]:
        """Titles for what was typed so far, best first; the main topics if nothing was typed."""
        typed = fold(text[:QUESTION_LIMIT])
        if not typed:
            found = [*self.document.top_level, *self.document.sections]
        else:
            starts = [s for title, s in self._titles if title.startswith(typed)]
            named = [s for name, s in self.document.exact.items() if name.startswith(typed)]
            holds = [s for title, s in self._titles if typed in title]
            ranked = self.index.search(text[:QUESTION_LIMIT]).candidates
            by_id = self.document.by_id
            found = [*starts, *named, *holds, *(by_id[c.id] for c in ranked if c.id in by_id)]
        unique = {section.id: Choice(section.id, section.title) for section in found}
        return list(unique.values())[:limit]

    def _search(self, question: str) -> Answer:
        ranking = self.index.search(question)
        sections = [self.document.by_id[candidate.id] for candidate in ranking.candidates]
        match ranking.outcome:
            case Outcome.ANSWER:
                return self._sections[sections[0].id]
            case Outcome.OFFER:
                return compose.suggestions_answer(self.document, sections)
            case Outcome.NOT_COVERED:
                return self._refuse(ranking)

    def _refuse(self, ranking: Ranking) -> Answer:
        if ranking.not_covered == SMALL_TALK:
            return compose.menu_answer(self.document)
        if ranking.not_covered in self._not_covered:
            return self._not_covered[ranking.not_covered]
        sections = [self.document.by_id[candidate.id] for candidate in ranking.candidates]
        return compose.not_covered_answer(self.document, sections)


class Desks(Mapping[str, HelpDesk]):
    """The desks of a folder of documents, by command.

    `replace` swaps them all at once, so that an adapter that holds this object never sees half of
    an old folder and half of a new one.
    """

    def __init__(self, desks: Sequence[HelpDesk]) -> None:
        self._desks: dict[str, HelpDesk] = {}
        self.replace(desks)

    def replace(self, desks: Sequence[HelpDesk]) -> None:
        """Serve these desks from now on."""
        self._desks = {desk.document.command: desk for desk in desks}

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
