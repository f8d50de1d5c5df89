"""Names that open a section, and what stands around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.document import Document, fold
from knowledge.folder import load_library
from tests.documents import write_document


@pytest.fixture
def garden(tmp_path: Path) -> Document:
    write_document(tmp_path, aliases=["gardening"])
    [document] = load_library(tmp_path).documents
    return document


@pytest.mark.parametrize(
    "typed",
    ["mechanism.no-relief", "Mechanism No Relief", "MECHANISMNORELIEF", " mechanism_no–relief?! "],
)
def test_case_spacing_hyphens_and_punctuation_make_no_difference(typed: str) -> None:
    assert fold(typed) == "mechanismnorelief"


@pytest.mark.parametrize(
    ("one", "other"),
    [("ＬＤＮ", "ldn"), ("Straße", "STRASSE"), ("ﬁbre", "fibre"), ("Σίσυφος", "ΣΊΣΥΦΟΣ")],
)
def test_forms_of_the_same_letters_are_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize("signs", ["", "  ", "?!…", "—", "🙂", "<@>", "___"])
def test_signs_alone_name_nothing(signs: str) -> None:
    assert fold(signs) == ""


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("water", "water"), ("Watering", "water"), ("tools.rake", "tools.rake"),
        ("Rake", "tools.rake"), ("frost", "winter"), ("cold days", "winter"),
        ("Garden Care", "water"), ("gardening", "water"),
    ],
)  # fmt: skip
def test_id_title_and_alias_open_a_section_and_the_subject_opens_the_first(
    garden: Document, name: str, id: str
) -> None:
    assert garden.exact[fold(name)].id == id


def test_the_main_topics_are_the_sections_that_are_no_parts(garden: Document) -> None:
    assert [section.id for section in garden.top_level] == ["water", "tools", "winter"]


@pytest.mark.parametrize(
    ("id", "before", "after"),
    [
        ("water", None, "tools"),
        ("tools", "water", "winter"),
        ("tools.rake", "tools", "tools.spade"),
        ("tools.spade", "tools.rake", "winter"),
        ("winter", "tools", None),
    ],
)
def test_neighbours_are_what_a_reader_finds_before_and_after(
    garden: Document, id: str, before: str | None, after: str | None
) -> None:
    section = garden.by_id[id]
    found = garden.before(section), garden.after(section)
    assert tuple(each.id if each else None for each in found) == (before, after)


def test_a_section_is_shown_with_its_parts(garden: Document) -> None:
    assert [part.id for part in garden.parts(garden.by_id["tools"])] == [
        "tools.rake",
        "tools.spade",
    ]
    assert garden.by_id["tools"].body == (
        "You need these tools:\n\nA rake gathers the leaves.\n\nA spade turns the soil."
    )


def test_positions_are_those_of_the_text_in_the_article(garden: Document) -> None:
    for section in garden.sections:
        assert garden.article[section.start : section.end] == section.text
