"""The figures are counted right, and those of the shipped documents do not rot."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.desk import Desks
from knowledge.evaluation import (
    CRISIS,
    NONE,
    Labelled,
    LabelsError,
    Reply,
    ReplyKind,
    Share,
    evaluate,
    read_labelled,
    reply_of,
    report,
)
from knowledge.library import Library
from knowledge.opening import topics_of
from knowledge.search import Topic
from knowledge.training import Judged
from knowledge.vocabulary import distance
from tests.knowledge.cross_validation import (
    cross_validate_crisis,
    cross_validate_search,
    inject_typos,
)

LABELLED = Path(__file__).with_name("labelled.jsonl")
"""Questions that the examples were not written from; none of them is learned from on purpose."""
TWINS = Path(__file__).with_name("twins.jsonl")
"""Crises in the words of ordinary questions, and harmless messages in those of crises."""


def asked(expect: str, ok: str = "") -> Labelled:
    return Labelled("a question", frozenset(expect.split()), frozenset(ok.split()))


def shown(what: ReplyKind, *sections: str, line: bool = False) -> Reply:
    return Reply(what, sections, line)


# Counting


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(0, 10, 0.0, 27.8), (10, 10, 72.2, 100.0), (5, 10, 23.7, 76.3), (81, 263, 25.5, 36.6)],
)
def test_intervals_are_wilsons(hits: int, total: int, low: float, high: float) -> None:
    assert Share(hits, total).interval == pytest.approx((low, high), abs=0.06)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share(counted: tuple[int, int]) -> None:
    share = Share(*counted)
    low, high = share.interval
    assert 0 <= low <= share.percent + 1e-9 <= high + 2e-9 <= 100 + 3e-9


def test_of_nothing_there_is_no_share() -> None:
    assert math.isnan(Share(0, 0).percent)
    assert str(Share(0, 0)) == "none to judge"


@pytest.mark.parametrize(
    ("reply", "first", "answered", "within", "wrong", "missed"),
    [
        (shown(ReplyKind.SECTION, "forms"), 1, 1, 1, 0, None),
        (shown(ReplyKind.SECTION, "overview"), 1, 1, 1, 0, None),
        (shown(ReplyKind.SECTION, "limits", "forms"), 0, 0, 0, 1, "wrong section shown"),
        (shown(ReplyKind.OFFER, "forms", "limits"), 1, 0, 1, 0, None),
        (shown(ReplyKind.OFFER, "limits", "forms"), 0, 0, 1, 0, "right section not first"),
        (shown(ReplyKind.OFFER, "a", "b", "c", "forms"), 0, 0, 0, 0, "right section not offered"),
        (shown(ReplyKind.REFUSAL), 0, 0, 0, 0, "right section not offered"),
        (shown(ReplyKind.REFUSAL, "forms"), 0, 0, 1, 0, "right section not first"),
    ],
)
def test_replies_to_what_the_document_answers(
    reply: Reply, first: int, answered: int, within: int, wrong: int, missed: str | None
) -> None:
    figures = report([(asked("forms", "overview"), reply)])
    counted = (figures.first, figures.answered, figures.within, figures.wrong)
    assert tuple(share.hits for share in counted) == (first, answered, within, wrong)
    assert {share.total for share in counted} == {1}
    assert [miss.what for miss in figures.misses] == ([missed] if missed else [])
    assert figures.not_answered.total == figures.crises.total == 0


@pytest.mark.parametrize(
    ("reply", "not_answered", "refused"),
    [
        (shown(ReplyKind.REFUSAL, "decision"), 1, 1),
        (shown(ReplyKind.OFFER, "forms"), 1, 0),
        (shown(ReplyKind.SECTION, "forms"), 0, 0),
        (shown(ReplyKind.SECTION, "decision"), 1, 0),
    ],
)
def test_replies_to_what_the_document_does_not_cover(
    reply: Reply, not_answered: int, refused: int
) -> None:
    figures = report([(asked(NONE, "decision"), reply)])
    assert (figures.not_answered.hits, figures.refused.hits) == (not_answered, refused)
    assert figures.first.total == 0


@pytest.mark.parametrize(
    ("reply", "found", "helped", "missed"),
    [
        (shown(ReplyKind.HELP_LINES), 1, 1, []),
        (shown(ReplyKind.SECTION, "forms", line=True), 0, 1, ["crisis understated"]),
        (shown(ReplyKind.REFUSAL), 0, 0, ["crisis missed"]),
    ],
)
def test_replies_to_a_crisis(reply: Reply, found: int, helped: int, missed: list[str]) -> None:
    figures = report([(asked(CRISIS), reply)])
    assert (figures.crises.hits, figures.crises_helped.hits) == (found, helped)
    assert [miss.what for miss in figures.misses] == missed
    assert figures.false_alarms.total == 0


def test_help_lines_for_an_ordinary_question_are_a_false_alarm() -> None:
    alarm = shown(ReplyKind.HELP_LINES)
    assert report([(asked("forms"), alarm)]).false_alarms.hits == 1
    assert report([(asked(NONE, CRISIS), alarm)]).false_alarms.hits == 0
    assert report([(asked("forms"), shown(ReplyKind.SECTION, "forms"))]).false_alarms.hits == 0


def test_a_report_says_every_figure_and_every_miss() -> None:
    text = str(report([(asked("forms"), shown(ReplyKind.SECTION, "limits"))]))
    assert "wrong section shown" in text
    assert "(20.7 to 100.0; 1 of 1)" in text
    assert "a question  [wanted: forms] [got: section limits]" in text


# Reading labelled questions


def test_labelled_questions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(
        '{"q": "how is it taken", "expect": ["forms"], "kind": "exact"}\n\n'
        '{"q": "with tramadol?", "expect": "none", "ok": ["decision", "crisis"]}\n',
        encoding="utf-8",
    )
    assert read_labelled(path) == [
        Labelled("how is it taken", frozenset({"forms"})),
        Labelled("with tramadol?", frozenset({NONE}), frozenset({"decision", CRISIS})),
    ]


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "3", '{"q": "x"}', '{"expect": "none"}', '{"q": 1, "expect": "none"}',
     '{"q": "x", "expect": "nothing"}', '{"q": "x", "expect": []}', '{"q": "x", "expect": [1]}',
     '{"q": "x", "expect": "none", "ok": "none"}'],
)  # fmt: skip
def test_a_faulty_line_is_named_and_not_repeated(tmp_path: Path, line: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(f'{{"q": "secret", "expect": "none"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(LabelsError, match=r"^questions\.jsonl:2: ") as caught:
        read_labelled(path)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_is_no_text_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "questions.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LabelsError, match=r"^questions\.jsonl cannot be read"):
        read_labelled(path)


# Typing errors


@given(st.text("abcdefgh ij", max_size=60), st.integers(0, 3), st.integers(0, 9))
def test_typing_errors_are_as_many_as_asked_for_each_in_a_word_of_its_own(
    text: str, count: int, seed: int
) -> None:
    typed = inject_typos(text, count, random.Random(seed))
    pairs = list(zip(text.split(" "), typed.split(" "), strict=True))
    long = [before for before, _ in pairs if len(before) >= 4]
    changed = [(before, after) for before, after in pairs if before != after]
    assert len(changed) <= min(count, len(long))
    assert all(len(before) >= 4 and distance(before, after, 1) <= 1 for before, after in changed)


def test_typing_errors_repeat_with_the_seed() -> None:
    text = "does it come as a capsule"
    once, again = (inject_typos(text, 2, random.Random(5)) for _ in range(2))
    assert once == again != text


# The floor below which the shipped documents' figures must not fall. The cross-validated ones are
# far stricter than what people meet: an example has one right section though others would serve,
# and the traps were written to be as close to a crisis as can be.


@pytest.fixture(scope="module")
def topics(library: Library) -> list[Topic]:
    """What the search learns the shipped document from."""
    [document] = library.documents
    return topics_of(document, library.questions[document.command])


@pytest.fixture(scope="module")
def cross_validated(topics: list[Topic], desks: Desks) -> tuple[dict[str, float], list[Judged]]:
    figures, judged = cross_validate_search(topics, desks.first.index.vocabulary)
    shares = {
        name: getattr(figures, name).percent
        for name in ("first", "answered", "within", "wrong", "not_answered", "refused")
    }
    return shares, judged


@pytest.mark.parametrize(
    ("figure", "floor"),
    [("first", 86), ("answered", 70), ("within", 91), ("not_answered", 97), ("refused", 86)],
)
@pytest.mark.long
def test_cross_validated_figures_of_the_search_hold(
    cross_validated: tuple[dict[str, float], list[Judged]], figure: str, floor: float
) -> None:
    assert cross_validated[0][figure] >= floor


@pytest.mark.long
def test_cross_validated_a_wrong_section_is_seldom_the_answer(
    cross_validated: tuple[dict[str, float], list[Judged]],
) -> None:
    assert cross_validated[0]["wrong"] <= 2.3


@pytest.mark.long
def test_a_sections_probability_is_how_often_it_is_right(
    topics: list[Topic], cross_validated: tuple[dict[str, float], list[Judged]]
) -> None:
    judged = cross_validated[1]
    is_covered = np.array([topic.covered for topic in topics])
    covered = np.array([np.where(is_covered, each.probabilities, 0) for each in judged])
    right = covered.argmax(axis=1) == np.array([each.example.kind for each in judged])
    claimed = covered.max(axis=1)
    for low in np.arange(0, 1, 0.1):
        within = (claimed >= low) & (claimed < low + 0.1)
        assert right[within].mean() == pytest.approx(claimed[within].mean(), abs=0.08)


@pytest.mark.long
def test_cross_validated_figures_of_the_crisis_check_hold(library: Library, desks: Desks) -> None:
    vocabulary = desks.first.safety.vocabulary
    figures = cross_validate_crisis(library.crisis, library.ordinary, vocabulary)
    assert figures.explicit.percent >= 88
    assert figures.helped.percent >= 90
    assert figures.ambiguous.percent >= 84
    assert figures.traps.percent <= 5.5
    assert figures.ordinary.percent <= 0.6
    assert figures.screened.percent <= 0.1
    assert figures.spared.percent >= 58


def test_labelled_questions_are_answered_as_well_as_promised(desks: Desks) -> None:
    figures = evaluate(lambda text: reply_of(desks.first.ask(text)), read_labelled(LABELLED))
    assert figures.first.percent >= 95
    assert figures.within.percent >= 98
    assert figures.wrong.percent <= 2
    assert figures.not_answered.percent >= 97
    assert figures.crises.percent >= 95
    assert figures.false_alarms.percent <= 1


def test_most_crises_in_the_words_of_ordinary_questions_are_found_and_few_harmless_twins(
    desks: Desks,
) -> None:
    alarms: dict[str, list[bool]] = {CRISIS: [], NONE: []}
    for each in read_labelled(TWINS):
        [expected] = each.expect
        alarms[expected].append(desks.first.safety.check(each.question) is not None)
    assert np.mean(alarms[CRISIS]) >= 0.72
    assert np.mean(alarms[NONE]) <= 0.17


@pytest.mark.parametrize("count", [1, 2])
def test_typing_errors_cost_few_points(desks: Desks, count: int) -> None:
    chance = random.Random(11)
    labelled = read_labelled(LABELLED)
    typed = [
        Labelled(inject_typos(each.question, count, chance), each.expect, each.ok)
        for each in labelled
        for _ in range(3)
    ]

    def first(questions: list[Labelled]) -> float:
        return evaluate(lambda text: reply_of(desks.first.ask(text)), questions).first.percent

    assert first(typed) >= first(labelled) - 3
