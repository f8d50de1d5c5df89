"""Strict loading: of several faults, each is one error, and none hides another."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from knowledge.documents import SHIPPED
from knowledge.errors import DocumentError
from knowledge.folder import load_library
from tests.knowledge.document_faults import (
    BY_NAME,
    SOURCE,
    YAML,
    Fault,
    break_with,
    copy_shipped,
    load,
    replace,
    section,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_shipped(tmp_path)


COMBINATIONS = {
    "one of each kind": [
        "unknown key", "missing title", "alias of another section", "word changed",
        "sentence that no message holds, in a part of a part",
    ],
    "neighbours whose words are wrong": [
        "first word changed", "id of another section, on one with parts", "word changed",
        "sentence in the middle left out", "misspelt parent",
    ],
    "neighbours that are left out or wrong": [
        "section left out", "misspelt key that must be there", "list item left out",
        "mark of emphasis left out", "title too long for a button",
    ],
    "at the end": [
        "first sentence left out, which is the short one", "short of two sentences",
        "note that no message holds", "date in another form", "unknown section to read next",
    ],
    "a tree and its words": [
        "unknown parent", "section moved in between another's parts", "alias of the bot's own",
        "words of something else", "title of the article changed",
    ],
    "copies": [
        "section copied whole", "sentence in two sections", "key written twice",
        "year in quotes", "last sentence left out",
    ],
    "around a section without text": [
        "missing text", "id of another section, on one with parts", "unknown parent",
        "typographic apostrophe", "section of several sentences left out",
    ],
    "the article's side": [
        "sentence added to the article", "list item left out", "section left out",
        "missing id of a section with parts", "sentence in the middle left out",
    ],
}  # fmt: skip


def assert_each_is_told_once(folder: Path, faults: Sequence[Fault]) -> None:
    """Make the faults, and look for one error of each, and no other."""
    break_with(folder, *faults)
    _, problems = load(folder)
    report = f"{[fault.name for fault in faults]}\n" + "\n".join(map(str, problems))
    # Places in a list may have moved by another fault; the line says which is meant.
    found = {(p.file, p.line, _last_name(p.key)) for p in problems}
    assert found == {(f.file, f.line(folder), _last_name(f.key)) for f in faults}, report
    assert len(problems) == len(faults), report


def _last_name(key: str) -> str:
    return key.rpartition(".")[2].partition("[")[0]


@pytest.mark.parametrize("names", COMBINATIONS.values(), ids=COMBINATIONS)
def test_five_faults_are_five_errors(folder: Path, names: list[str]) -> None:
    assert len(names) == 5
    assert_each_is_told_once(folder, [BY_NAME[name] for name in names])


INDEPENDENT = [
    "unknown key", "misspelt key that must be there", "misspelt text", "missing short",
    "missing date of review", "title of another section", "unknown parent",
    "alias of the document that is a section's", "unknown section to read next",
    "word changed", "typographic apostrophe",
    "section left out", "sentence in the middle left out", "last sentence left out",
    "sentence added to the article", "short of two sentences", "address that is none",
    "note that no message holds", "sentence that no message holds, in a part of a part",
    "half a sentence to discuss", "something else to discuss behind what is right",
]  # fmt: skip
"""Faults that can be made all at once, for they change different places."""


def test_any_five_faults_are_five_errors(tmp_path: Path) -> None:
    pick = random.Random(5)
    for number in range(60):
        faults = [BY_NAME[name] for name in pick.sample(INDEPENDENT, 5)]
        folder = tmp_path / str(number)
        shutil.copytree(SHIPPED, folder)
        assert_each_is_told_once(folder, faults)


def test_all_these_faults_at_once_are_as_many_errors(folder: Path) -> None:
    assert_each_is_told_once(folder, [BY_NAME[name] for name in INDEPENDENT])


def test_errors_come_in_the_order_of_files_and_lines(folder: Path) -> None:
    break_with(folder, *(BY_NAME[name] for name in COMBINATIONS["one of each kind"]))
    _, problems = load(folder)
    error = DocumentError(problems)
    places = [(problem.file, problem.line) for problem in error.problems]
    assert places == sorted(places)
    assert str(error).splitlines() == [str(problem) for problem in error.problems]


def test_neighbouring_sections_with_a_word_changed_each_are_told_apart(folder: Path) -> None:
    replace(folder / YAML, "      2. **Anti-inflammatory effects:** LDN may", "      2. LDN might")
    replace(folder / YAML, "      3. **Neuroprotection:** Some", "      3. **Neuro:** Some")
    replace(folder / YAML, "      For these reasons, while", "      Therefore, while")
    _, problems = load(folder)
    assert [p.key for p in problems] == [f"sections[{at}].text" for at in (6, 7, 8)]


def test_a_sentence_left_out_beside_a_section_with_a_changed_word_is_still_found(
    folder: Path,
) -> None:
    replace(folder / YAML, "      3. **Neuroprotection:** Some", "      3. **Neuro:** Some")
    replace(folder / YAML, section("status"), "")
    _, problems = load(folder)
    assert {(p.file, p.line) for p in problems} == {(YAML, 110), (SOURCE, 13)}


@pytest.mark.parametrize(
    "name",
    [
        "section left out", "section of several sentences left out", "list item left out",
        "id of another section", "id of another section, on one with parts",
        "missing id of a section with parts", "id with a capital",
    ],
)  # fmt: skip
def test_a_section_that_is_missed_is_not_missed_again_by_the_questions(
    tmp_path: Path, name: str
) -> None:
    """The questions beside the document name every section, some of them many times."""
    folder = tmp_path / "copy"
    shutil.copytree(SHIPPED, folder)
    break_with(folder, BY_NAME[name])
    with pytest.raises(DocumentError) as caught:
        load_library(folder)
    assert [problem.file for problem in caught.value.problems] == [BY_NAME[name].file]


def test_every_pair_of_faults_in_the_same_section_is_reported_as_both(tmp_path: Path) -> None:
    """Faults of one section in different keys do not hide one another."""
    one_section = [
        BY_NAME["number for a title"],
        BY_NAME["alias of the bot's own"],
        BY_NAME["unknown parent"],
        Fault(
            "word of the text changed",
            [("      2. **Small Sample Size:** Anecdotes represent", "      2. Tales represent")],
            "    text: |-", "sections[12].text", "", "", before="      2. Tales",
        ),
        Fault(
            "word of the short changed",
            [("    short: >-\n      Anecdotes represent the", "    short: >-\n      Tales of the")],
            "    short: >-", "sections[12].short", "", "", before="      Tales of",
        ),
    ]  # fmt: skip
    for number, pair in enumerate(itertools.combinations(one_section, 2)):
        folder = tmp_path / str(number)
        shutil.copytree(SHIPPED, folder)
        assert_each_is_told_once(folder, pair)
