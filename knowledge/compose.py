"""Answers made from a document: the sections' own words, and the few fixed ones around them.

Medical words come from the article alone. What is written here is plain, short, and promises
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from knowledge.answer import Answer, Choice, Kind
from knowledge.document import Document, Section
from knowledge.safety import CrisisKind

if TYPE_CHECKING:
    from knowledge.helplines import HelpLine
    from knowledge.library import NotCovered

TOPICS = "topics"
HELP = "help"
MENU = "menu"
HELP_LINES = "helplines"
RESERVED = frozenset({TOPICS, HELP, MENU, HELP_LINES})
"""Words that the bot itself answers; no section may take them as its name."""

TOPICS_ON_A_PAGE = 25
"""As many as one menu on Discord holds."""


def section_answer(document: Document, section: Section) -> Answer:
    """A section, shown with its parts."""
    offered: dict[str, Choice] = {}
    for topic in section.read_next:
        offered[topic] = _choice(document.by_id[topic])
    for part in document.parts(section):
        offered.setdefault(part.id, _choice(part))
    before, after = document.before(section), document.after(section)
    for neighbour in (after, before):
        if neighbour is not None:
            offered.setdefault(neighbour.id, _choice(neighbour))
    return _answer(
        document,
        kind=Kind.SECTION,
        topic=section.id,
        heading=section.title,
        body=section.body,
        section=section.id,
        choices=tuple(offered.values()),
        note=section.note or "",
        previous=_choice(before) if before else None,
        next=_choice(after) if after else None,
    )


def menu_answer(document: Document, page: int = 1) -> Answer:
    """The main topics, in the article's order."""
    return _topic_list(
        document,
        MENU,
        document.top_level,
        page,
        heading=f"{document.title}: what would you like to know?",
        intro=f"Choose a topic, or type /{document.command} and your question in your own words.",
    )


def topics_answer(document: Document, page: int = 1) -> Answer:
    """Every section, in the article's order."""
    return _topic_list(
        document,
        TOPICS,
        document.sections,
        page,
        heading=f"All topics: {document.title}",
        intro=f"Choose a topic, or type /{document.command} and the name of a topic.",
    )


def help_answer(document: Document) -> Answer:
    """How to ask, what this document is, what this bot is not, and what is stored: nothing."""
    command, source = f"/{document.command}", document.source
    return _answer(
        document,
        kind=Kind.HELP,
        topic=HELP,
        heading="How to use this bot",
        body="\n\n".join(
            (
                f"**How to ask.** Type {command} and your question in your own words. "
                f"{command} alone shows the main topics, {command} topics shows all of them.",
                f"**What answers.** One article, “{document.title}”, written by {source.name} "
                f"and published in {source.year}. You get its own words. "
                f"Last reviewed: {_date(document.last_review)}. "
                f"Next review: {_date(document.next_review)}.",
                "**What this is not.** This bot is not a clinician. It does not know you, and it "
                "cannot give advice about your treatment.",
                "**Who can see it.** The answer is shown to you alone, unless someone shares it.",
                f"**In a crisis.** {command} helplines shows whom you can call.",
                "**What is stored about you.** Nothing: not your question, not your name.",
            )
        ),
        choices=tuple(map(_choice, document.top_level[:TOPICS_ON_A_PAGE])),
    )


def suggestions_answer(document: Document, sections: Sequence[Section]) -> Answer:
    """The bot is not sure, and says so; `sections` are the closest, best first."""
    return _answer(
        document,
        kind=Kind.SUGGESTIONS,
        topic="",
        heading="I am not sure the article covers this",
        body=_listed("The closest sections are:", sections),
        choices=tuple(map(_choice, sections)),
    )


def not_covered_answer(document: Document, nearest: Sequence[Section] = ()) -> Answer:
    """The article does not say; `nearest` are the sections that come closest."""
    words = (
        f"The article “{document.title}” does not seem to cover this. "
        "Your specialist or pharmacist is the right person to ask."
    )
    if nearest:
        words = _listed(f"{words}\n\nThe closest sections are:", nearest)
    return _answer(
        document,
        kind=Kind.NOT_COVERED,
        topic="",
        heading="The article does not cover this",
        body=words,
        choices=tuple(map(_choice, nearest)),
    )


def refusal(document: Document, topic: NotCovered) -> Answer:
    """The fixed reply to a topic that the article does not cover; it names the topic."""
    nearest = [document.by_id[id] for id in topic.nearest]
    words = topic.text
    if nearest:
        words = _listed(f"{words}\n\nThe closest sections are:", nearest)
    return _answer(
        document,
        kind=Kind.ADVICE if topic.advice else Kind.NOT_COVERED,
        topic="",
        heading=f"The article does not cover {topic.title}",
        body=words,
        choices=tuple(map(_choice, nearest)),
    )


def withdrawn_answer(document: Document, title: str, nearest: Choice) -> Answer:
    """What a posted answer says once its section is gone."""
    return _answer(
        document,
        kind=Kind.WITHDRAWN,
        topic="",
        heading=f"Withdrawn: {title}",
        body=f"This answer was withdrawn, because the document has changed. "
        f"The nearest topic now is “{nearest.title}”. To read it, type: "
        f"/{document.command} {nearest.topic}",
        choices=(nearest,),
    )


def crisis_answer(document: Document, kind: CrisisKind, lines: Sequence[HelpLine]) -> Answer:
    """Help lines, and nothing else."""
    heading, words = _CRISIS_WORDS[kind]
    listed = (f"- **{line.name}** ({line.region}): {line.reach}" for line in lines)
    return _answer(
        document,
        kind=Kind.CRISIS,
        topic=f"{HELP_LINES} {kind.value}",
        heading=heading,
        body="\n".join((words, "", *listed)),
        crisis=True,
    )


def crisis_notice(lines: Sequence[HelpLine]) -> str:
    """One line above an answer, where someone may despair."""
    listening = [line for line in lines if not line.is_emergency] or lines
    reach = (f"{line.region}: {line.phone or line.reach}" for line in listening)
    return f"If you feel you cannot go on, someone can listen now. {'; '.join(reach)}."


_CRISIS_WORDS = {
    CrisisKind.SUICIDE: (
        "Please talk to someone now",
        "You do not have to be alone with this. If a life is in danger, call the emergency number. "
        "Nobody is told that you wrote here.",
    ),
    CrisisKind.OVERDOSE: (
        "Please get help now",
        "Call the emergency number, or a poison line, and say what was taken. "
        "Nobody is told that you wrote here.",
    ),
    CrisisKind.EMERGENCY: (
        "Please get help now",
        "Call the emergency number. Nobody is told that you wrote here.",
    ),
}


def _topic_list(
    document: Document,
    topic: str,
    sections: Sequence[Section],
    page: int,
    *,
    heading: str,
    intro: str,
) -> Answer:
    pages = -(-len(sections) // TOPICS_ON_A_PAGE)
    page = min(max(page, 1), pages)
    shown = sections[(page - 1) * TOPICS_ON_A_PAGE : page * TOPICS_ON_A_PAGE]

    def turn(to: int, title: str) -> Choice | None:
        return Choice(f"{topic} {to}", title) if 1 <= to <= pages else None

    return _answer(
        document,
        kind=Kind.MENU,
        topic=topic if page == 1 else f"{topic} {page}",
        heading=heading,
        body=_listed(intro, shown),
        choices=tuple(map(_choice, shown)),
        previous=turn(page - 1, "topics before these"),
        next=turn(page + 1, "more topics"),
    )


def _listed(intro: str, sections: Iterable[Section]) -> str:
    return "\n".join((intro, "", *(f"- {section.title}" for section in sections)))


def _choice(section: Section) -> Choice:
    return Choice(section.id, section.title)


def _date(day: date | None) -> str:
    return day.isoformat() if day else "unknown"


def _answer(document: Document, **parts: Any) -> Answer:
    return Answer(
        command=document.command, reminder=document.reminder, credit=document.credit, **parts
    )
