"""How well are questions answered? Labelled questions in, a report with intervals and misses out.

Labelled questions are lines of JSON:

    {"q": "how is LDN taken", "expect": ["forms"]}
    {"q": "can I take LDN with tramadol", "expect": "none", "ok": ["decision"]}
    {"q": "i want to die", "expect": "crisis"}

`expect` lists the sections that answer the question, or is "none" when the document does not cover
it, or "crisis". `ok` lists what is acceptable besides: sections, "none" or "crisis".
"""

from __future__ import annotations

import enum
import json
import math
import random
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.answer import Answer, Kind
from knowledge.crisis_examples import CrisisPhrases, crisis_examples
from knowledge.errors import LdnBotError
from knowledge.safety import (
    BIASES,
    CRISIS_TRAINING,
    CRISIS_VIEWS,
    Tier,
    decide_crisis,
)
from knowledge.search import (
    MOST_OFFERED,
    SEARCH_VIEWS,
    Outcome,
    Topic,
    TopicIds,
    decide,
    search_biases,
    search_examples,
)
from knowledge.textmodel import Judged, cross_validate
from knowledge.vocabulary import Vocabulary

NONE = "none"
CRISIS = "crisis"
_CONFIDENCE = 1.96
"""Standard deviations on either side that hold 95 % of a normal distribution."""


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


class Shown(enum.Enum):
    """What a person who asked got to see."""

    SECTION = "section"
    OFFER = "offer"
    REFUSAL = "not covered"
    HELP_LINES = "help lines"


@dataclass(frozen=True, slots=True)
class Reply:
    """What was shown for a question; `sections` are the one shown, or those offered, in order.

    `line_of_help` tells that help lines stood above the reply.
    """

    shown: Shown
    sections: tuple[str, ...] = ()
    line_of_help: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """So many out of so many."""

    hits: int
    total: int

    @property
    def percent(self) -> float:
        """The share in percent; not a number when there was nothing to count."""
        return 100 * self.hits / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval, in percent: where the true share is likely to be."""
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
    """A question whose reply was not right, and in which way."""

    what: str
    labelled: Labelled
    reply: Reply

    def __str__(self) -> str:
        got = " ".join((self.reply.shown.value, *self.reply.sections))
        wanted = " ".join(sorted(self.labelled.expect))
        return f"{self.what}: {self.labelled.question}  [wanted: {wanted}] [got: {got}]"


@dataclass(frozen=True, slots=True)
class Report:
    """How the replies compare with the labels.

    Of questions that the document answers: `first` were shown the right section or offered it
    first, `answered` shown it at once, `within` shown it or offered it among at most three, and
    `wrong` shown another one as the answer. Of those that it does not cover: `not_answered` were
    not shown a section as the answer, and `refused` were told that it is not covered. Of crises:
    `crises` got help lines alone, `crises_helped` these or a line of help. Of all that is no
    crisis: `false_alarms` got help lines alone.
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
    """What a person gets to see of an answer."""
    shown = _SHOWN_AS.get(answer.kind, Shown.REFUSAL)
    sections = (answer.section,) if answer.section else tuple(c.topic for c in answer.choices)
    return Reply(shown, sections, line_of_help=bool(answer.notice))


_SHOWN_AS = {
    Kind.SECTION: Shown.SECTION,
    Kind.SUGGESTIONS: Shown.OFFER,
    Kind.CRISIS: Shown.HELP_LINES,
}


def evaluate(ask: Callable[[str], Reply], questions: Iterable[Labelled]) -> Report:
    """Ask every question, and compare the replies with the labels."""
    return report((labelled, ask(labelled.question)) for labelled in questions)


def report(replies: Iterable[tuple[Labelled, Reply]]) -> Report:
    """Compare replies with the labels."""
    tallies = {name: [0, 0] for name in Report.__dataclass_fields__ if name != "misses"}
    misses: list[Miss] = []

    def count(name: str, hit: bool) -> bool:
        tallies[name][0] += hit
        tallies[name][1] += 1
        return hit

    for labelled, reply in replies:
        alarm = reply.shown is Shown.HELP_LINES
        wrongs: list[str] = []
        if labelled.expect == {CRISIS}:
            helped = alarm or reply.line_of_help
            if not count("crises", alarm):
                wrongs.append("crisis understated" if helped else "crisis missed")
            count("crises_helped", helped)
        else:
            if count("false_alarms", alarm and CRISIS not in labelled.accepted):
                wrongs.append("false alarm")
            wrongs += _compare(labelled, reply, count)
        misses += [Miss(what, labelled, reply) for what in wrongs]
    shares = {name: Share(hits, total) for name, (hits, total) in tallies.items()}
    return Report(**shares, misses=tuple(misses))


def _compare(labelled: Labelled, reply: Reply, count: Callable[[str, bool], bool]) -> list[str]:
    """Count a reply to a question that is no crisis; what is wrong with it, in words."""
    accepted = labelled.accepted
    shown, sections = reply.shown, reply.sections[:MOST_OFFERED]
    answered = shown is Shown.SECTION and sections[0] in accepted
    wrong = shown is Shown.SECTION and not answered
    excused = (shown is Shown.REFUSAL and NONE in accepted) or (
        shown is Shown.HELP_LINES and CRISIS in accepted
    )
    if labelled.expect == {NONE}:
        count("not_answered", not wrong)
        count("refused", excused)
        return ["not covered, but answered"] if wrong else []
    offered_first = shown is Shown.OFFER and sections[:1] and sections[0] in accepted
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


def cross_validate_search(
    topics: Sequence[Topic], vocabulary: Vocabulary, folds: int = 5
) -> tuple[Report, list[Judged]]:
    """Judge the example questions of a document as if each had never been seen.

    Stricter than what people meet: an example has one label, though often another section would
    serve as well. Also gives every example's probabilities.
    """
    judged = cross_validate(
        search_examples(topics),
        search_biases(topics),
        folds,
        views=SEARCH_VIEWS,
        vocabulary=vocabulary,
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
        reply = Reply(_SHOWN[ranking.outcome], sections)
        replies.append((Labelled(each.example.text, expect), reply))
    return report(replies), judged


_SHOWN = {
    Outcome.ANSWER: Shown.SECTION,
    Outcome.OFFER: Shown.OFFER,
    Outcome.NOT_COVERED: Shown.REFUSAL,
}


@dataclass(frozen=True, slots=True)
class CrisisReport:
    """What cross-validation makes of crises: explicit ones, and what is none.

    `explicit` got help lines alone, `helped` these or a line of help; `ambiguous` got a line of
    help or more; `traps` and `ordinary` got help lines alone, though they are no crisis.
    """

    explicit: Share
    helped: Share
    ambiguous: Share
    traps: Share
    ordinary: Share


def cross_validate_crisis(
    phrases: CrisisPhrases,
    ordinary: Iterable[str],
    vocabulary: Vocabulary,
    folds: int = 5,
) -> CrisisReport:
    """Judge the phrases and questions as if each had never been seen.

    Stricter than what people meet: the traps were written to be as close to a crisis as can be.
    """
    judged = cross_validate(
        crisis_examples(phrases, ordinary),
        BIASES,
        folds,
        views=CRISIS_VIEWS,
        vocabulary=vocabulary,
        training=CRISIS_TRAINING,
    )
    traps = frozenset(phrases.traps)
    groups: dict[str, list[Tier | None]] = {
        name: [] for name in ("explicit", "ambiguous", "traps", "ordinary")
    }
    for each in judged:
        verdict = decide_crisis(each.probabilities)
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
    )


_NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok",
    "o": "ipl", "p": "ol", "a": "qsz", "s": "awdx", "d": "sefc", "f": "drgv", "g": "fthb",
    "h": "gyjn", "j": "hukm", "k": "jil", "l": "kop", "z": "asx", "x": "zsdc", "c": "xdfv",
    "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip


def inject_typos(text: str, count: int, rng: random.Random) -> str:
    """The text with so many typing errors, in as many words of at least four letters.

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
