"""Answers made from a document; around its words stand few and fixed ones."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from knowledge import compose
from knowledge.answer import Kind
from knowledge.document import Document
from knowledge.folder import load_library
from knowledge.helplines import HelpLine
from knowledge.library import NotCovered
from knowledge.safety import CrisisKind
from tests.documents import CREDIT, REMINDER, section, write_document


def load(folder: Path) -> Document:
    [document] = load_library(folder).documents
    return document


@pytest.fixture
def garden(tmp_path: Path) -> Document:
    write_document(tmp_path)
    return load(tmp_path)


@pytest.fixture
def large(tmp_path: Path) -> Document:
    """60 main topics, the first of which has 40 parts."""
    parts = [section(f"a.p{n}", f"Part {n}", f"Part {n} is here.", parent="a") for n in range(40)]
    rest = [section(f"s{n}", f"Section {n}", f"Section {n} is here.") for n in range(59)]
    write_document(tmp_path, [section("a", "First", "All of these:"), *parts, *rest])
    return load(tmp_path)


def test_every_answer_has_the_documents_reminder_and_credit(garden: Document) -> None:
    answers = [
        *(compose.section_answer(garden, each) for each in garden.sections),
        compose.menu_answer(garden),
        compose.topics_answer(garden),
        compose.help_answer(garden),
        compose.suggestions_answer(garden, garden.sections[:3]),
        compose.not_covered_answer(garden),
    ]
    for answer in answers:
        assert (answer.reminder, answer.credit) == (REMINDER, CREDIT)
        assert answer.command == "garden"


def test_what_to_read_next_comes_first_then_parts_then_neighbours(tmp_path: Path) -> None:
    write_document(
        tmp_path,
        [
            section("a", "A", "Part a is here."),
            section("b", "B", "All of these:", read_next=["d"]),
            section("b.one", "One", "Part one is here.", parent="b"),
            section("b.two", "Two", "Part two is here.", parent="b"),
            section("c", "C", "Part c is here."),
            section("d", "D", "Part d is here."),
        ],
    )
    document = load(tmp_path)
    answer = compose.section_answer(document, document.by_id["b"])
    assert [choice.topic for choice in answer.choices] == ["d", "b.one", "b.two", "c", "a"]
    assert answer.previous is not None
    assert answer.next is not None
    assert (answer.previous.topic, answer.next.topic) == ("a", "c")


def test_a_section_says_what_brings_it_back(garden: Document) -> None:
    answer = compose.section_answer(garden, garden.by_id["tools.rake"])
    assert (answer.kind, answer.topic, answer.section) == (
        Kind.SECTION,
        "tools.rake",
        "tools.rake",
    )


def test_the_menu_offers_the_main_topics_and_topics_all_of_them(garden: Document) -> None:
    menu, topics = compose.menu_answer(garden), compose.topics_answer(garden)
    assert [choice.topic for choice in menu.choices] == ["water", "tools", "winter"]
    assert [choice.topic for choice in topics.choices] == [s.id for s in garden.sections]
    for answer in (menu, topics):
        assert all(f"- {choice.title}" in answer.body for choice in answer.choices)
        assert answer.previous is answer.next is None
        assert answer.section is None


@pytest.mark.parametrize("make", [compose.menu_answer, compose.topics_answer])
def test_a_long_list_of_topics_is_turned_page_by_page(large: Document, make: object) -> None:
    assert callable(make)
    sections = large.top_level if make is compose.menu_answer else large.sections
    answer, pages = make(large), []
    while True:
        pages.append(answer)
        assert len(answer.choices) <= compose.TOPICS_ON_A_PAGE
        if answer.next is None:
            break
        number = int(answer.next.topic.partition(" ")[2])
        assert number == len(pages) + 1
        answer = make(large, number)
        assert answer.topic.endswith(f" {number}")
    listed = [choice.topic for page in pages for choice in page.choices]
    assert listed == [each.id for each in sections]
    assert [page.previous is None for page in pages] == [True] + [False] * (len(pages) - 1)


@pytest.mark.parametrize(("page", "shown"), [(-1, 1), (0, 1), (3, 3), (99, 3)])
def test_a_page_that_does_not_exist_is_the_nearest_that_does(
    large: Document, page: int, shown: int
) -> None:
    assert compose.menu_answer(large, page) == compose.menu_answer(large, shown)


HELP_SAYS = {
    "how to ask": r"Type /garden and your question",
    "which document": r"“Garden Care”",
    "who wrote it": r"The Garden Club",
    "when": r"2020",
    "that this is no clinician": r"not a clinician",
    "what is stored": r"stored about you\.\*\* Nothing",
    "the last review": r"Last reviewed: unknown",
    "the next review": r"Next review: unknown",
}


@pytest.mark.parametrize("words", HELP_SAYS.values(), ids=HELP_SAYS)
def test_help_says(garden: Document, words: str) -> None:
    assert re.search(words, compose.help_answer(garden).body)


def test_help_says_when_the_document_was_reviewed(tmp_path: Path) -> None:
    write_document(tmp_path, reviewed={"last": date(2026, 5, 31), "next": "unknown"})
    body = compose.help_answer(load(tmp_path)).body
    assert "Last reviewed: 2026-05-31" in body
    assert "Next review: unknown" in body


@pytest.mark.parametrize("advice", [True, False])
def test_a_refusal_names_its_topic_and_offers_the_nearest_sections(
    garden: Document, advice: bool
) -> None:
    topic = NotCovered("price", "prices", advice, "Ask in the shop.", ("winter", "water"), ())
    answer = compose.refusal(garden, topic)
    assert answer.kind is (Kind.ADVICE if advice else Kind.NOT_COVERED)
    assert answer.heading == "The article does not cover prices"
    assert answer.body.startswith("Ask in the shop.")
    assert [choice.topic for choice in answer.choices] == ["winter", "water"]
    assert answer.section is None


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_is_not_covered_is_said_to_be_not_covered(garden: Document, count: int) -> None:
    answer = compose.not_covered_answer(garden, garden.sections[:count])
    assert answer.kind is Kind.NOT_COVERED
    assert "does not seem to cover" in answer.body
    assert len(answer.choices) == count
    assert ("closest sections" in answer.body) is bool(count)


def test_suggestions_say_that_the_bot_is_not_sure(garden: Document) -> None:
    answer = compose.suggestions_answer(garden, garden.sections[:2])
    assert answer.kind is Kind.SUGGESTIONS
    assert "not sure" in answer.heading
    assert [choice.topic for choice in answer.choices] == ["water", "tools"]


def test_help_lines_above_an_answer_name_somebody_even_if_only_the_emergency_number() -> None:
    kinds = frozenset({CrisisKind.SUICIDE, CrisisKind.EMERGENCY})
    line = HelpLine("Emergency", "Europe", kinds, phone="112", text=None, url=None)
    assert "112" in compose.crisis_notice([line])


def test_fixed_words_hold_no_number(garden: Document) -> None:
    """Of figures in an answer, none is the bot's own: a dose, a share, a promise."""
    own = garden.source.year
    for answer in (
        compose.menu_answer(garden),
        compose.topics_answer(garden),
        compose.help_answer(garden),
        compose.suggestions_answer(garden, garden.sections),
        compose.not_covered_answer(garden, garden.sections),
    ):
        assert set(re.findall(r"\d+", answer.heading + answer.body)) <= {str(own)}
