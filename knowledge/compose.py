"""Composer: makes answers from a document: the sections' own words, and a few fixed sentences
around them in the reader's language.

Medical words come from the article only. The fixed sentences are plain and short, and promise
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from knowledge.answer import Answer, Choice, Kind
from knowledge.document import Document, Section, fold
from knowledge.language import ENGLISH, gettext_noop, language_name, translator_for
from knowledge.safety import CrisisKind

if TYPE_CHECKING:
    from knowledge.helplines import HelpLine
    from knowledge.library import NotCovered

TOPICS = "topics"
HELP = "help"
MENU = "menu"
HELP_LINES = "helplines"
APPOINTMENT = "appointment"
RESERVED = frozenset({TOPICS, HELP, MENU, HELP_LINES, APPOINTMENT})
"""The names of the bot's own answers; no section may have one of them."""
MODERATOR_SUFFIX = "-mod"
"""Added to a document's command, it makes the moderators' command; no command may end in it."""
BRIEF = "short"
"""Before a section's id, it asks for the section in short: `short mechanism`."""

TOPICS_ON_A_PAGE = 25
"""Topics on one page of a list: as many as a menu on Discord holds."""

LONG = 400
"""Characters of a section's body from which on it may be offered in short."""
SHORTER = 0.8
"""The largest ratio of a section's length in short to its full length."""


class Composer:
    """Makes a document's answers in one language of the interface."""

    def __init__(self, document: Document, language: str = ENGLISH) -> None:
        self.document = document
        self.language = language
        self._say = translator_for(language)
        own = document.language
        self._foreign = "" if own.partition("-")[0] == language else language_name(own, language)
        """The name of the document's language; empty if it is the reader's."""

    def section(self, section: Section) -> Answer:
        """A section, shown with its parts."""
        other = None
        if self._in_short(section) is not None:
            other = Choice(f"{BRIEF} {section.id}", self._say("In short"))
        return self._section(section, section.id, section.body, other)

    def brief(self, section: Section) -> Answer | None:
        """A section in short: of it and of each of its parts, one sentence and those to discuss.

        No part is left out, because it may hold a caution. None if the result would not be much
        shorter than the whole (see `SHORTER`).
        """
        body = self._in_short(section)
        if body is None:
            return None
        whole = Choice(section.id, self._say("More: the whole section"))
        return self._section(section, f"{BRIEF} {section.id}", body, whole)

    def menu(self, page: int = 1) -> Answer:
        """The menu: a list of the main topics, and every section as a choice, in the article's
        order.

        If there are more sections than a menu holds, the main topics are the choices.
        """
        document = self.document
        all_fit = len(document.sections) <= TOPICS_ON_A_PAGE
        return self._topic_list(
            MENU,
            document.top_level,
            page,
            heading=self._say("{title}: what would you like to know?", title=document.title),
            intro=self._in_which_language(
                self._say(
                    "Choose a topic, or type /{command} and your question in your own words.",
                    command=document.command,
                )
            ),
            offered=document.sections if all_fit else None,
        )

    def topics(self, page: int = 1) -> Answer:
        """A list of every section, in the article's order."""
        document = self.document
        return self._topic_list(
            TOPICS,
            document.sections,
            page,
            heading=self._say("All topics: {title}", title=document.title),
            intro=self._say(
                "Choose a topic, or type /{command} and the name of a topic.",
                command=document.command,
            ),
        )

    def help(self) -> Answer:
        """The help: how to ask, what the document is, what the bot is not, and what is stored."""
        say, document, source = self._say, self.document, self.document.source
        command = f"/{document.command}"
        return self._answer(
            kind=Kind.HELP,
            topic=HELP,
            heading=say("How to use this bot"),
            body="\n\n".join(
                (
                    self._in_which_language(
                        say(
                            "**How to ask.** Type {command} and your question in your own words. "
                            "{command} alone shows the main topics, {command} topics shows all of "
                            "them.",
                            command=command,
                        )
                    ),
                    say(
                        "**What answers.** One article, “{title}”, written by {source} and "
                        "published in {year}. You get its own words. "
                        "Last reviewed: {last}. Next review: {next}.",
                        title=document.title,
                        source=source.name,
                        year=source.year,
                        last=self._date(document.last_review),
                        next=self._date(document.next_review),
                    ),
                    say(
                        "**What this is not.** This bot is not a clinician. It does not know you, "
                        "and it cannot give advice about your treatment."
                    ),
                    say(
                        "**Who can see it.** The answer is shown to you alone, unless someone "
                        "shares it."
                    ),
                    say(
                        "**In a crisis.** {command} helplines shows whom you can call.",
                        command=command,
                    ),
                    say("**What is stored about you.** Nothing: not your question, not your name."),
                )
            ),
            choices=tuple(map(_choice, document.top_level[:TOPICS_ON_A_PAGE])),
            related=self._own(HELP_LINES, APPOINTMENT),
        )

    def appointment(self) -> Answer | None:
        """The sentences of the article that say to weigh or discuss something, for an appointment.

        None if the document marks no such sentence.
        """
        points = self._points
        if not points:
            return None
        intro = self._say(
            "The points of the article to weigh or discuss. You can copy them for your appointment."
        )
        return self._answer(
            kind=Kind.APPOINTMENT,
            topic=APPOINTMENT,
            heading=self._say(_OWN[APPOINTMENT]),
            body="\n".join((intro, "", *points)),
        )

    def suggestions(self, sections: Sequence[Section]) -> Answer:
        """The answer if the bot is not sure; `sections` are the closest ones, best first."""
        return self._answer(
            kind=Kind.SUGGESTIONS,
            topic="",
            heading=self._say("I am not sure the article covers this"),
            body=_listed(self._closest(sections), sections),
            choices=tuple(map(_choice, sections)),
        )

    def not_covered(self, nearest: Sequence[Section] = ()) -> Answer:
        """The answer if the article does not cover a question; `nearest` are the closest ones."""
        words = self._say(
            "The article “{title}” does not seem to cover this. "
            "Your specialist or pharmacist is the right person to ask.",
            title=self.document.title,
        )
        return self._answer(
            kind=Kind.NOT_COVERED,
            topic="",
            heading=self._say("The article does not cover this"),
            body=self._with_nearest(words, nearest),
            choices=tuple(map(_choice, nearest)),
            related=self._own(HELP_LINES),
        )

    def refusal(self, topic: NotCovered) -> Answer:
        """The fixed reply to a known topic that the article does not cover."""
        nearest = [self.document.by_id[id] for id in topic.nearest]
        return self._answer(
            kind=Kind.ADVICE if topic.advice else Kind.NOT_COVERED,
            topic="",
            heading=self._say("The article does not cover {topic}", topic=topic.title),
            body=self._with_nearest(topic.text, nearest),
            choices=tuple(map(_choice, nearest)),
            related=self._own(HELP_LINES),
            not_covered=topic.id,
        )

    def withdrawn(self, title: str, nearest: Choice | None) -> Answer:
        """What a post says after its section was removed; `nearest` is what to read instead."""
        if nearest:
            words = self._say(
                "This answer was withdrawn, because the document has changed. "
                "The nearest topic now is “{title}”. To read it, type: /{command} {topic}",
                title=nearest.title,
                command=self.document.command,
                topic=nearest.topic,
            )
        else:
            words = self._say(
                "This answer was withdrawn, because the document has changed. "
                "To see what it holds now, type: /{command}",
                command=self.document.command,
            )
        return self._answer(
            kind=Kind.WITHDRAWN,
            topic="",
            heading=self._say("Withdrawn: {title}", title=title),
            body=words,
            choices=(nearest,) if nearest else (),
        )

    def crisis(self, kind: CrisisKind, lines: Sequence[HelpLine]) -> Answer:
        """The help lines for a kind of crisis, and nothing else."""
        heading, *words = _CRISIS_WORDS[kind]
        listed = (f"- **{line.name}** ({line.region}): {line.reach(self._say)}" for line in lines)
        return self._answer(
            kind=Kind.CRISIS,
            topic=f"{HELP_LINES} {kind.value}",
            heading=self._say(heading),
            body="\n".join((" ".join(map(self._say, words)), "", *listed)),
            crisis=True,
        )

    def crisis_notice(self, lines: Sequence[HelpLine]) -> str:
        """The line above an answer to somebody who may be in a crisis."""
        return crisis_notice(lines, self.language)

    def with_notice(self, answer: Answer, notice: str) -> Answer:
        """An answer with a notice above it, and a button to all help lines."""
        related = tuple(dict.fromkeys((*self._own(HELP_LINES), *answer.related)))
        return replace(answer, notice=notice, related=related, crisis=True)

    @property
    def names_of_help_lines(self) -> set[str]:
        """The names of the help lines' answer, folded: its label, and common words."""
        return {fold(self._say(_OWN[HELP_LINES])), *map(fold, _HELP_LINE_WORDS)}

    def _section(self, section: Section, topic: str, body: str, other: Choice | None) -> Answer:
        """`other`: the same section in its other form, whole or in short."""
        document = self.document
        offered: dict[str, Choice] = {}
        for id in section.read_next:
            offered[id] = _choice(document.by_id[id])
        for part in document.parts(section):
            offered.setdefault(part.id, _choice(part))
        before, after = document.before(section), document.after(section)
        for neighbour in (after, before):
            if neighbour is not None:
                offered.setdefault(neighbour.id, _choice(neighbour))
        return self._answer(
            kind=Kind.SECTION,
            topic=topic,
            heading=section.title,
            body=body,
            section=section.id,
            choices=tuple(offered.values()),
            previous=_choice(before) if before else None,
            next=_choice(after) if after else None,
            related=(*((other,) if other else ()), *self._own(APPOINTMENT)),
            note=section.note or "",
        )

    def _in_short(self, section: Section) -> str | None:
        if len(section.body) < LONG:
            return None

        def shorts(section: Section) -> Iterable[str]:
            yield section.short
            kept = {*section.discuss, *section.keep} - {section.short}
            yield from sorted(kept, key=" ".join(section.text.split()).find)
            for part in self.document.parts(section):
                yield from shorts(part)

        body = "\n\n".join(shorts(section))
        return body if len(body) <= SHORTER * len(section.body) else None

    def _topic_list(
        self,
        topic: str,
        sections: Sequence[Section],
        page: int,
        *,
        heading: str,
        intro: str,
        offered: Sequence[Section] | None = None,
    ) -> Answer:
        pages = -(-len(sections) // TOPICS_ON_A_PAGE)
        page = min(max(page, 1), pages)
        shown = sections[(page - 1) * TOPICS_ON_A_PAGE : page * TOPICS_ON_A_PAGE]

        def turn(to: int, title: str) -> Choice | None:
            return Choice(f"{topic} {to}", self._say(title)) if 1 <= to <= pages else None

        return self._answer(
            kind=Kind.MENU,
            topic=topic if page == 1 else f"{topic} {page}",
            heading=heading,
            body=_listed(intro, shown),
            choices=tuple(map(_choice, offered or shown)),
            previous=turn(page - 1, gettext_noop("topics before these")),
            next=turn(page + 1, gettext_noop("more topics")),
            related=self._own(APPOINTMENT, HELP, HELP_LINES),
        )

    @cached_property
    def _points(self) -> list[str]:
        return [
            f"- **{section.title}:** {sentence}"
            for section in self.document.sections
            for sentence in section.discuss
        ]

    def _own(self, *topics: str) -> tuple[Choice, ...]:
        """The bot's own answers with these names, as choices; missing ones are left out."""
        return tuple(
            Choice(topic, self._say(_OWN[topic]))
            for topic in topics
            if topic != APPOINTMENT or self._points
        )

    def _with_nearest(self, words: str, nearest: Sequence[Section]) -> str:
        if not nearest:
            return words
        return _listed(f"{words}\n\n{self._closest(nearest)}", nearest)

    def _closest(self, sections: Sequence[Section]) -> str:
        if len(sections) == 1:
            return self._say("The closest section is:")
        return self._say("The closest sections are:")

    def _date(self, day: date | None) -> str:
        return day.isoformat() if day else self._say("unknown")

    def _answer(self, **parts: Any) -> Answer:
        document = self.document
        return Answer(
            command=document.command,
            reminder=document.reminder,
            credit=document.credit,
            language=self.language,
            # Help lines need no more words than they have.
            reminder_intro="" if parts["kind"] is Kind.CRISIS else self._reminder_intro(),
            **parts,
        )

    def _reminder_intro(self) -> str:
        """A sentence before the reminder, if the reader's language is not the document's."""
        if not self._foreign:
            return ""
        return self._say(
            "The article is in {language}, and is shown in its own words. "
            "Please discuss it with your specialist:",
            language=self._foreign,
        )

    def _in_which_language(self, words: str) -> str:
        """An invitation to ask, and in which language questions are understood best."""
        if not self._foreign:
            return words
        hint = self._say("Questions are understood best in {language}.", language=self._foreign)
        return f"{words} {hint}"


def crisis_notice(lines: Sequence[HelpLine], language: str = ENGLISH) -> str:
    """The line above an answer to somebody who may be in a crisis, with phone numbers."""
    say = translator_for(language)
    listening = [line for line in lines if not line.is_emergency] or lines
    reach = "; ".join(f"{line.region}: {line.phone or line.reach(say)}" for line in listening)
    return say("If you feel you cannot go on, someone can listen now. {lines}.", lines=reach)


_OWN = {
    APPOINTMENT: gettext_noop("Questions for my specialist"),
    HELP: gettext_noop("Help"),
    HELP_LINES: gettext_noop("Help lines"),
}
_HELP_LINE_WORDS = ("helpline", "crisis line", "hotline", "crisis")
_NOBODY_IS_TOLD = gettext_noop("Nobody is told that you wrote here.")
_CRISIS_WORDS = {
    CrisisKind.SUICIDE: (
        gettext_noop("Please talk to someone now"),
        gettext_noop(
            "You do not have to be alone with this. If a life is in danger, call the emergency "
            "number."
        ),
        _NOBODY_IS_TOLD,
    ),
    CrisisKind.OVERDOSE: (
        gettext_noop("Please get help now"),
        gettext_noop("Call the emergency number, or a poison line, and say what was taken."),
        _NOBODY_IS_TOLD,
    ),
    CrisisKind.EMERGENCY: (
        gettext_noop("Please get help now"),
        gettext_noop("Call the emergency number."),
        _NOBODY_IS_TOLD,
    ),
}


def _listed(intro: str, sections: Iterable[Section]) -> str:
    return "\n".join((intro, "", *(f"- {section.title}" for section in sections)))


def _choice(section: Section) -> Choice:
    return Choice(section.id, section.title)
