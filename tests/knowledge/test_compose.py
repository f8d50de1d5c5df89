"""Answers made from a document; around its words stand few and fixed ones."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge import compose
from knowledge.answer import Answer, Choice, Kind
from knowledge.compose import Composer
from knowledge.document import Document
from knowledge.folder import load_library
from knowledge.helplines import HelpLine
from knowledge.language import LANGUAGES
from knowledge.library import NotCovered
from knowledge.safety import CrisisKind
from tests.documents import CREDIT, GARDEN, REMINDER, section, write_document


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


ADVICE = "Talk it over with your gardener."
LONG = "The soil wants rest. " * 25


@pytest.fixture
def wordy(tmp_path: Path) -> Document:
    """Sections that are long, and sentences to discuss, in a section and in its parts."""
    write_document(
        tmp_path,
        [
            section("soil", "Soil", f"Soil is alive. {LONG}{ADVICE}", discuss=[ADVICE]),
            section("beds", "Beds", f"Beds are of two kinds. {LONG}".strip()),
            section("beds.high", "High beds", f"High beds are warm. {LONG}".strip(), parent="beds"),
            section(
                "beds.low", "Low beds", "Low beds are cool. Ask before you dig.", parent="beds",
                discuss=["Ask before you dig."],
            ),
            section("moon", "Moon", "Mind the moon.", discuss=["Mind the moon."]),
        ],
    )  # fmt: skip
    return load(tmp_path)


def every_answer(document: Document, language: str = "en") -> list[Answer]:
    """One of every kind of answer."""
    composer, sections = Composer(document, language), document.sections
    topic = NotCovered("price", "prices", False, "Ask in the shop.", (sections[0].id,), ())
    line = HelpLine("Someone", "Europe", frozenset(CrisisKind), "112", text=None, url=None)
    answers = [
        *(composer.section(each) for each in sections),
        *(composer.brief(each) for each in sections),
        composer.appointment(),
        composer.menu(),
        composer.topics(),
        composer.help(),
        composer.suggestions(sections[:3]),
        composer.not_covered(),
        composer.refusal(topic),
        composer.withdrawn("Gone", Choice(sections[0].id, sections[0].title)),
        composer.withdrawn("Gone", None),
        *(composer.crisis(kind, [line]) for kind in CrisisKind),
    ]
    return [answer for answer in answers if answer]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_has_the_documents_reminder_and_credit(wordy: Document, language: str) -> None:
    answers = every_answer(wordy, language)
    assert {answer.kind for answer in answers} == set(Kind) - {Kind.ADVICE}
    for answer in answers:
        assert (answer.reminder, answer.credit) == (REMINDER, CREDIT)
        assert (answer.command, answer.language) == ("garden", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_of_the_bots_are_left_with_a_blank_to_fill(wordy: Document, language: str) -> None:
    for answer in every_answer(wordy, language):
        labels = [choice.title for choice in (*answer.choices, *answer.related)]
        assert "{" not in "".join([answer.heading, answer.body, answer.reminder_intro, *labels])
        assert all(labels)


def test_answers_speak_of_the_articles_language_to_readers_of_another_one(tmp_path: Path) -> None:
    write_document(tmp_path, language="es-MX")
    foreign = load(tmp_path)
    for answer in every_answer(foreign, "en"):
        if answer.kind is Kind.CRISIS:
            assert answer.reminder_intro == "", "help lines need no more words than they have"
            continue
        assert "Spanish" in answer.reminder_intro
        assert answer.reminder_intro.endswith(":"), "it leads to the reminder"


@pytest.mark.parametrize(("language", "is_said"), [("en", False), ("es", True)])
def test_who_is_invited_to_ask_is_told_which_language_is_understood_best(
    tmp_path: Path, language: str, is_said: bool
) -> None:
    write_document(tmp_path, language=language)
    composer = Composer(load(tmp_path), "en")
    for answer in (composer.menu(), composer.help()):
        assert ("Questions are understood best in Spanish." in answer.body) == is_said


@pytest.mark.parametrize("language", ["en", "en-GB"])
def test_nothing_is_said_of_the_language_to_readers_of_the_same(
    tmp_path: Path, language: str
) -> None:
    write_document(tmp_path, language=language)
    assert {answer.reminder_intro for answer in every_answer(load(tmp_path), "en")} == {""}


def test_a_document_may_be_in_a_language_that_has_no_name_here(tmp_path: Path) -> None:
    write_document(tmp_path, language="xx")
    for answer in every_answer(load(tmp_path), "en"):
        assert bool(answer.reminder_intro) == (answer.kind is not Kind.CRISIS)


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
    answer = Composer(document).section(document.by_id["b"])
    assert [choice.topic for choice in answer.choices] == ["d", "b.one", "b.two", "c", "a"]
    assert answer.previous is not None
    assert answer.next is not None
    assert (answer.previous.topic, answer.next.topic) == ("a", "c")


def test_a_section_says_what_brings_it_back(garden: Document) -> None:
    answer = Composer(garden).section(garden.by_id["tools.rake"])
    assert (answer.kind, answer.topic, answer.section) == (
        Kind.SECTION,
        "tools.rake",
        "tools.rake",
    )


def test_the_whole_section_and_the_short_one_lead_to_each_other(wordy: Document) -> None:
    composer = Composer(wordy)
    for each in wordy.sections:
        whole, brief = composer.section(each), composer.brief(each)
        to_brief = [choice for choice in whole.related if choice.title == "In short"]
        assert bool(to_brief) == (brief is not None), each.id
        if brief is None:
            continue
        assert [choice.topic for choice in to_brief] == [brief.topic] == [f"short {each.id}"]
        back = [choice.topic for choice in brief.related if choice.title.startswith("More")]
        assert back == [whole.topic] == [each.id]
        for same in ("kind", "section", "heading", "choices", "previous", "next"):
            assert getattr(brief, same) == getattr(whole, same), same


def test_a_section_in_short_is_its_short_sentence_what_to_discuss_and_so_of_its_parts(
    wordy: Document,
) -> None:
    composer = Composer(wordy)
    bodies = {each.id: brief.body for each in wordy.sections if (brief := composer.brief(each))}
    assert bodies == {
        "soil": f"Soil is alive.\n\n{ADVICE}",
        "beds": "Beds are of two kinds.\n\nHigh beds are warm.\n\nLow beds are cool."
        "\n\nAsk before you dig.",
        "beds.high": "High beds are warm.",
    }


def test_a_sentence_that_is_short_and_to_be_discussed_stands_once(tmp_path: Path) -> None:
    first = "Soil is alive."
    write_document(tmp_path, [section("soil", "Soil", f"{first} {LONG}{ADVICE}",
                                      discuss=[first, ADVICE])])  # fmt: skip
    document = load(tmp_path)
    brief = Composer(document).brief(document.sections[0])
    assert brief is not None
    assert brief.body == f"{first}\n\n{ADVICE}"


def test_in_short_no_sentence_is_lost_that_must_be_kept_and_each_stands_in_its_place(
    tmp_path: Path,
) -> None:
    """In the order of the text, not in that of the two lists; the article may break its lines."""
    caution = "It is\n*never* as easy as it sounds, and may\nharm the beds."
    end = "Dig with care."
    write_document(
        tmp_path,
        [
            section("soil", "Soil", f"Soil is alive. {LONG}{ADVICE} {caution} {LONG}{end}",
                    discuss=[ADVICE], keep=[end, caution, ADVICE]),
            section("soil.sand", "Sand", f"Sand drains. {LONG}{end}", parent="soil", keep=[end]),
        ],
    )  # fmt: skip
    document = load(tmp_path)
    brief = Composer(document).brief(document.sections[0])
    assert brief is not None
    assert brief.body.split("\n\n") == [
        *("Soil is alive.", ADVICE, " ".join(caution.split()), end),
        *("Sand drains.", end),
    ]


def of_length(first: int, whole: int) -> dict[str, Any]:
    """A section of so many characters, of which so many are its first sentence."""
    text = f"{'a' * (first - 1)}. {'b' * (whole - first - 2)}."
    assert len(text) == whole
    return section("soil", "Soil", text)


@pytest.mark.parametrize(
    ("first", "whole", "offered"),
    [
        (10, compose.LONG - 1, False),
        (10, compose.LONG, True),
        (320, compose.LONG, True),
        (321, compose.LONG, False),
        (800, 1000, True),
        (801, 1000, False),
    ],
)
def test_a_section_is_offered_in_short_only_where_it_is_long_and_that_is_much_shorter(
    tmp_path: Path, first: int, whole: int, offered: bool
) -> None:
    write_document(tmp_path, [of_length(first, whole)])
    document = load(tmp_path)
    assert len(document.sections[0].body) == whole
    assert (Composer(document).brief(document.sections[0]) is not None) == offered


def test_the_editors_remark_stands_under_the_whole_section_and_in_short(tmp_path: Path) -> None:
    write_document(tmp_path, [section("soil", "Soil", f"Soil. {LONG}".strip(), note="A slip.")])
    document = load(tmp_path)
    [soil] = document.sections
    brief = Composer(document).brief(soil)
    assert brief is not None
    assert Composer(document).section(soil).note == brief.note == "A slip."


def test_questions_for_the_specialist_are_the_articles_points_under_their_sections_titles(
    wordy: Document,
) -> None:
    answer = Composer(wordy).appointment()
    assert answer is not None
    assert (answer.kind, answer.topic, answer.section) == (Kind.APPOINTMENT, "appointment", None)
    intro, empty, *points = answer.body.splitlines()
    assert intro
    assert empty == ""
    assert points == [
        f"- **Soil:** {ADVICE}",
        "- **Low beds:** Ask before you dig.",
        "- **Moon:** Mind the moon.",
    ]


def test_there_are_no_questions_for_the_specialist_where_the_document_names_none(
    garden: Document,
) -> None:
    assert Composer(garden).appointment() is None
    for answer in every_answer(garden):
        assert "appointment" not in {choice.topic for choice in answer.related}


def test_questions_for_the_specialist_are_offered_beside_every_section_and_list(
    wordy: Document,
) -> None:
    for answer in every_answer(wordy):
        if answer.kind in {Kind.SECTION, Kind.MENU, Kind.HELP}:
            assert "appointment" in {choice.topic for choice in answer.related}, answer.topic


def test_the_menu_lists_the_main_topics_and_topics_all_of_them(garden: Document) -> None:
    menu, topics = Composer(garden).menu(), Composer(garden).topics()
    everything = [(each.id, each.title) for each in garden.sections]
    for answer, listed in ((menu, garden.top_level), (topics, garden.sections)):
        assert re.findall("^- (.*)$", answer.body, re.MULTILINE) == [s.title for s in listed]
        assert [(choice.topic, choice.title) for choice in answer.choices] == everything
        assert answer.previous is answer.next is None
        assert answer.section is None


@pytest.mark.parametrize(("count", "all_of_them"), [(25, True), (26, False)])
def test_the_menu_offers_every_section_where_one_menu_holds_them(
    tmp_path: Path, count: int, all_of_them: bool
) -> None:
    parts = [section(f"a.p{n}", f"Part {n}", f"Part {n} is here.", parent="a")
             for n in range(count - len(GARDEN) - 1)]  # fmt: skip
    write_document(tmp_path, [section("a", "First", "All of these:"), *parts, *GARDEN])
    document = load(tmp_path)
    assert len(document.sections) == count
    offered = document.sections if all_of_them else document.top_level
    menu = Composer(document).menu()
    assert [choice.topic for choice in menu.choices] == [each.id for each in offered]


@pytest.mark.parametrize("name", ["menu", "topics"])
def test_a_long_list_of_topics_is_turned_page_by_page(large: Document, name: str) -> None:
    make = getattr(Composer(large), name)
    sections = large.top_level if name == "menu" else large.sections
    answer, pages = make(), []
    while True:
        pages.append(answer)
        assert len(answer.choices) <= compose.TOPICS_ON_A_PAGE
        if answer.next is None:
            break
        number = int(answer.next.topic.partition(" ")[2])
        assert number == len(pages) + 1
        answer = make(number)
        assert answer.topic == f"{name} {number}"
    listed = [choice.topic for page in pages for choice in page.choices]
    assert listed == [each.id for each in sections]
    assert [page.previous is None for page in pages] == [True] + [False] * (len(pages) - 1)


@pytest.mark.parametrize(("page", "shown"), [(-1, 1), (0, 1), (3, 3), (99, 3)])
def test_a_page_that_does_not_exist_is_the_nearest_that_does(
    large: Document, page: int, shown: int
) -> None:
    assert Composer(large).menu(page) == Composer(large).menu(shown)


@pytest.mark.parametrize("name", ["menu", "topics"])
def test_lists_of_topics_lead_to_help_and_help_lines(garden: Document, name: str) -> None:
    related = {choice.topic for choice in getattr(Composer(garden), name)().related}
    assert {"help", "helplines"} <= related


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
    assert re.search(words, Composer(garden).help().body)


def test_help_says_when_the_document_was_reviewed(tmp_path: Path) -> None:
    write_document(tmp_path, reviewed={"last": date(2026, 5, 31), "next": "unknown"})
    body = Composer(load(tmp_path)).help().body
    assert "Last reviewed: 2026-05-31" in body
    assert "Next review: unknown" in body


@pytest.mark.parametrize("advice", [True, False])
def test_a_refusal_names_its_topic_and_offers_the_nearest_sections(
    garden: Document, advice: bool
) -> None:
    topic = NotCovered("price", "prices", advice, "Ask in the shop.", ("winter", "water"), ())
    answer = Composer(garden).refusal(topic)
    assert answer.kind is (Kind.ADVICE if advice else Kind.NOT_COVERED)
    assert answer.heading == "The article does not cover prices"
    assert answer.body.startswith("Ask in the shop.")
    assert [choice.topic for choice in answer.choices] == ["winter", "water"]
    assert answer.section is None
    assert answer.not_covered == "price"


CLOSEST = [(0, ""), (1, "The closest section is:"), (2, "The closest sections are:")]


@pytest.mark.parametrize(("count", "lead"), CLOSEST)
def test_what_is_not_covered_is_said_to_be_not_covered(
    garden: Document, count: int, lead: str
) -> None:
    answer = Composer(garden).not_covered(garden.sections[:count])
    assert answer.kind is Kind.NOT_COVERED
    assert "does not seem to cover" in answer.body
    assert len(answer.choices) == count
    assert answer.not_covered == ""
    assert "".join(line for line in answer.body.splitlines() if "closest" in line) == lead


@pytest.mark.parametrize(("count", "lead"), CLOSEST[1:])
def test_suggestions_say_that_the_bot_is_not_sure(garden: Document, count: int, lead: str) -> None:
    answer = Composer(garden).suggestions(garden.sections[:count])
    assert answer.kind is Kind.SUGGESTIONS
    assert "not sure" in answer.heading
    assert answer.body.startswith(f"{lead}\n\n- ")
    assert [choice.topic for choice in answer.choices] == ["water", "tools"][:count]


def test_help_lines_above_an_answer_name_somebody_even_if_only_the_emergency_number() -> None:
    kinds = frozenset({CrisisKind.SUICIDE, CrisisKind.EMERGENCY})
    line = HelpLine("Emergency", "Europe", kinds, phone="112", text=None, url=None)
    for language in LANGUAGES:
        assert "112" in compose.crisis_notice([line], language)


def test_help_lines_above_an_answer_are_those_that_listen_each_by_its_shortest_way() -> None:
    listens, sends = frozenset({CrisisKind.SUICIDE}), frozenset(CrisisKind)
    lines = [
        HelpLine("Ambulance", "Europe", sends, phone="112", text=None, url=None),
        HelpLine("One", "Asia", listens, phone="555", text="text 5", url="https://one.example"),
        HelpLine("Two", "worldwide", listens, phone=None, text=None, url="https://two.example"),
    ]
    assert compose.crisis_notice(lines).endswith(" Asia: 555; worldwide: https://two.example.")


@pytest.mark.parametrize("kind", list(CrisisKind))
@pytest.mark.parametrize("language", LANGUAGES)
def test_in_a_crisis_every_line_is_named_with_every_way_to_reach_it(
    garden: Document, kind: CrisisKind, language: str
) -> None:
    kinds = frozenset(CrisisKind)
    lines = [
        HelpLine("One", "Europe", kinds, phone="112", text=None, url=None),
        HelpLine("Two", "Asia", kinds, phone=None, text="text 5", url="https://two.example"),
    ]
    answer = Composer(garden, language).crisis(kind, lines)
    assert (answer.kind, answer.crisis) == (Kind.CRISIS, True)
    one, two = answer.body.splitlines()[2:]
    assert one.startswith("- **One** (Europe): ")
    assert "112" in one
    assert two == "- **Two** (Asia): text 5, https://two.example"
    assert answer.choices == answer.related == ()


def test_what_was_withdrawn_names_the_nearest_topic_and_how_to_read_it(garden: Document) -> None:
    answer = Composer(garden).withdrawn("Hoes", Choice("tools.rake", "Rake"))
    assert answer.kind is Kind.WITHDRAWN
    assert "Hoes" in answer.heading
    assert "/garden tools.rake" in answer.body
    assert [choice.topic for choice in answer.choices] == ["tools.rake"]
    assert answer.section is None


def test_what_was_withdrawn_names_no_topic_where_none_is_near(garden: Document) -> None:
    answer = Composer(garden).withdrawn("Hoes", None)
    assert answer.body.endswith("type: /garden")
    assert answer.choices == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_fixed_words_hold_no_number(garden: Document, language: str) -> None:
    """Of figures in an answer, none is the bot's own: a dose, a share, a promise."""
    own, composer = garden.source.year, Composer(garden, language)
    for answer in (
        composer.menu(),
        composer.topics(),
        composer.help(),
        composer.suggestions(garden.sections),
        composer.not_covered(garden.sections),
        composer.withdrawn("Gone", Choice("water", "Watering")),
        composer.withdrawn("Gone", None),
        *(composer.crisis(kind, []) for kind in CrisisKind),
    ):
        labels = [choice.title for choice in answer.related]
        words = "".join([answer.heading, answer.body, answer.reminder_intro, *labels])
        assert set(re.findall(r"\d+", words)) <= {str(own)}
