"""Evaluation: asks labelled questions, and reports how well they are answered.

Labelled questions are lines of JSON:

    {"q": "how is LDN taken", "expect": ["forms"]}
    {"q": "can I take LDN with tramadol", "expect": "none", "ok": ["decision"]}
    {"q": "i want to die", "expect": "crisis"}

`expect` lists the sections that answer the question, or is "none" if the document does not cover
it, or "crisis". `ok` lists what else is acceptable: sections, "none" or "crisis".
"""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.answer import Answer, Kind
from knowledge.errors import LdnBotError
from knowledge.search import MOST_OFFERED

NONE = "none"
CRISIS = "crisis"
_CONFIDENCE = 1.96
"""95 % of a normal distribution is within so many standard deviations of its mean."""


class LabelsError(LdnBotError):
    """A file of labelled questions cannot be read; the text names the line."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question, and which replies to it are right."""

    question: str
    expect: frozenset[str]
    """Sections that answer it; or `NONE` alone, or `CRISIS` alone."""
    ok: frozenset[str] = frozenset()
    """What is acceptable besides."""

    @property
    def accepted(self) -> frozenset[str]:
        """All that is right or acceptable."""
        return self.expect | self.ok


class ReplyKind(enum.Enum):
    """What the person who asked was shown."""

    SECTION = "section"
    OFFER = "offer"
    REFUSAL = "not covered"
    HELP_LINES = "help lines"


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to a question.

    `sections` holds the id of the section that was shown, or of those that were offered, in order.
    `has_notice`: help lines were shown above it.
    """

    kind: ReplyKind
    sections: tuple[str, ...] = ()
    has_notice: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A ratio: `hits` out of `total`."""

    hits: int
    total: int

    @property
    def percent(self) -> float:
        """The share in percent; NaN if `total` is 0."""
        return 100 * self.hits / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % confidence interval, in percent."""
        if not self.total:
            return (0.0, 100.0)
        n, z = self.total, _CONFIDENCE
        share = self.hits / n
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return (100 * max(0.0, middle - reach), 100 * min(1.0, middle + reach))

    def __str__(self) -> str:
        if not self.total:
            return "none to judge"
        low, high = self.interval
        return f"{self.percent:5.1f} %  ({low:.1f} to {high:.1f}; {self.hits} of {self.total})"


@dataclass(frozen=True, slots=True)
class Miss:
    """A question with a wrong reply; `what` says in which way."""

    what: str
    labelled: Labelled
    reply: Reply

    def __str__(self) -> str:
        got = " ".join((self.reply.kind.value, *self.reply.sections))
        wanted = " ".join(sorted(self.labelled.expect))
        return f"{self.what}: {self.labelled.question}  [wanted: {wanted}] [got: {got}]"


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """How the replies compare with the labels.

    Args:
        first: of the questions that the document covers, those with the right section shown, or
            offered first.
        answered: of these, those with the right section shown.
        within: of these, those with the right section shown, or offered among at most three.
        wrong: of these, those with another section shown as the answer.
        not_answered: of the questions that it does not cover, those without a section shown.
        refused: of these, those that were told so.
        crises: of the crises, those with help lines alone.
        crises_helped: of these, those with help lines, alone or above an answer.
        false_alarms: of everything else, those with help lines alone.
        misses: every question with a wrong reply.
    """

    first: Share
    answered: Share
    within: Share
    wrong: Share
    not_answered: Share
    refused: Share
    crises: Share
    crises_helped: Share
    false_alarms: Share
    misses: tuple[Miss, ...] = field(repr=False)

    def __str__(self) -> str:
        lines = (
            ("right section first", self.first),
            ("right section shown at once", self.answered),
            ("right section first or offered", self.within),
            ("wrong section shown", self.wrong),
            ("not covered: no section shown", self.not_answered),
            ("not covered: said so", self.refused),
            ("crisis: help lines shown", self.crises),
            ("crisis: help lines or a line of help", self.crises_helped),
            ("false alarms", self.false_alarms),
        )
        table = [f"{name:38}{share}" for name, share in lines]
        return "\n".join([*table, "", *map(str, self.misses)]).rstrip()


def read_labelled(path: Path) -> list[Labelled]:
    """The labelled questions of a file; empty lines are skipped.

    Raises:
        LabelsError: the file cannot be read, or a line is not a labelled question.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsError(f"{path.name} cannot be read as text.") from error
    return [
        _labelled(line, f"{path.name}:{number}")
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]


def _labelled(line: str, where: str) -> Labelled:
    form = 'must be like {"q": "...", "expect": ["section"]}, with "none" or "crisis" as well.'
    try:
        entry = json.loads(line)
        question, expect, ok = entry["q"], entry["expect"], entry.get("ok", [])
        listed = [expect] if expect in (NONE, CRISIS) else expect
        sound = isinstance(question, str) and all(
            isinstance(each, list) and all(isinstance(id, str) for id in each)
            for each in (listed, ok)
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LabelsError(f"{where}: {form}") from error
    if not sound or not listed:
        raise LabelsError(f"{where}: {form}")
    return Labelled(question, frozenset(listed), frozenset(ok))


def reply_of(answer: Answer) -> Reply:
    """An answer as a `Reply`."""
    shown = _KIND_OF_ANSWER.get(answer.kind, ReplyKind.REFUSAL)
    sections = (answer.section,) if answer.section else tuple(c.topic for c in answer.choices)
    return Reply(shown, sections, has_notice=bool(answer.notice))


_KIND_OF_ANSWER = {
    Kind.SECTION: ReplyKind.SECTION,
    Kind.SUGGESTIONS: ReplyKind.OFFER,
    Kind.CRISIS: ReplyKind.HELP_LINES,
}


def evaluate(ask: Callable[[str], Reply], questions: Iterable[Labelled]) -> EvaluationReport:
    """Ask every question with `ask`, and compare the replies with the labels."""
    return report((labelled, ask(labelled.question)) for labelled in questions)


def report(replies: Iterable[tuple[Labelled, Reply]]) -> EvaluationReport:
    """Compare replies with the labels."""
    tallies = {name: [0, 0] for name in EvaluationReport.__dataclass_fields__ if name != "misses"}
    misses: list[Miss] = []

    def count(name: str, hit: bool) -> bool:
        tallies[name][0] += hit
        tallies[name][1] += 1
        return hit

    for labelled, reply in replies:
        alarm = reply.kind is ReplyKind.HELP_LINES
        wrongs: list[str] = []
        if labelled.expect == {CRISIS}:
            helped = alarm or reply.has_notice
            if not count("crises", alarm):
                wrongs.append("crisis understated" if helped else "crisis missed")
            count("crises_helped", helped)
        else:
            if count("false_alarms", alarm and CRISIS not in labelled.accepted):
                wrongs.append("false alarm")
            wrongs += _compare(labelled, reply, count)
        misses += [Miss(what, labelled, reply) for what in wrongs]
    shares = {name: Share(hits, total) for name, (hits, total) in tallies.items()}
    return EvaluationReport(**shares, misses=tuple(misses))


def _compare(labelled: Labelled, reply: Reply, count: Callable[[str, bool], bool]) -> list[str]:
    """Count the reply to a question that is no crisis; returns what is wrong with it."""
    accepted = labelled.accepted
    shown, sections = reply.kind, reply.sections[:MOST_OFFERED]
    answered = shown is ReplyKind.SECTION and sections[0] in accepted
    wrong = shown is ReplyKind.SECTION and not answered
    excused = (shown is ReplyKind.REFUSAL and NONE in accepted) or (
        shown is ReplyKind.HELP_LINES and CRISIS in accepted
    )
    if labelled.expect == {NONE}:
        count("not_answered", not wrong)
        count("refused", excused)
        return ["not covered, but answered"] if wrong else []
    offered_first = shown is ReplyKind.OFFER and sections[:1] and sections[0] in accepted
    within = answered or excused or (not wrong and not accepted.isdisjoint(sections))
    count("answered", answered)
    first = count("first", bool(answered or offered_first or excused))
    count("within", within)
    count("wrong", wrong)
    if wrong:
        return ["wrong section shown"]
    if not within:
        return ["right section not offered"]
    return [] if first else ["right section not first"]
