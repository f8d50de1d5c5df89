"""Strict loading: each fault of an editor is one error, and what is no fault is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.documents import SHIPPED
from tests.knowledge.document_faults import (
    FAULTS,
    SOURCE,
    YAML,
    Fault,
    break_with,
    copy_shipped,
    load,
    replace,
)
from tests.shipped import FORMS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_shipped(tmp_path)


def test_the_shipped_document_has_no_fault(folder: Path) -> None:
    document, problems = load(folder)
    assert problems == []
    assert document is not None


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_one_error_with_file_line_key_and_mend(folder: Path, fault: Fault) -> None:
    break_with(folder, fault)
    document, problems = load(folder)
    assert [str(problem) for problem in problems[1:]] == []
    [problem] = problems
    assert (problem.file, problem.line, problem.key) == (fault.file, fault.line(folder), fault.key)
    assert fault.what in problem.what
    assert fault.mend in problem.mend
    assert document is None or "does not fit" in problem.what


@pytest.mark.parametrize("content", [b"", b" \n\n", "caf\xe9".encode("latin-1")])
def test_an_article_that_cannot_be_read_is_one_error(folder: Path, content: bytes) -> None:
    (folder / SOURCE).write_bytes(content)
    document, [problem] = load(folder)
    assert document is None
    assert (problem.file, problem.line, problem.key) == (YAML, 10, "source.file")


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "- a list\n", "text\n", "[]\n"])
def test_a_file_that_is_no_document_is_one_error(folder: Path, content: str) -> None:
    (folder / YAML).write_text(content, encoding="utf-8")
    document, [problem] = load(folder)
    assert document is None
    assert problem.what == "is not a document."


def test_an_article_may_begin_with_a_byte_order_mark_and_end_its_lines_as_on_windows(
    folder: Path,
) -> None:
    text = (folder / SOURCE).read_text(encoding="utf-8").strip().partition("\n\n")[2]
    replace(folder / YAML, "title: Low Dose Naltrexone", "title: Untitled")
    (folder / SOURCE).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    document, problems = load(folder)
    assert problems == []
    assert document is not None
    assert document.sections[0].body.startswith("Low-dose naltrexone (LDN) is")


def test_a_section_cannot_be_read_next_after_itself(folder: Path) -> None:
    replace(folder / YAML, "read_next: [limits]", "read_next: [limits, reports]")
    _, [problem] = load(folder)
    assert problem.key == "sections[9].read_next[1]"


# What is no fault

LEADS = [
    ("1. **Modulation of the immune system:** ", "1. "),
    ("2. **Anti-inflammatory effects:** ", "2. "),
    ("3. **Neuroprotection:** ", "3. "),
    ("1. **Subjectivity:** ", "1. "),
    ("2. **Small Sample Size:** ", "2. "),
    ("3. **Lack of Control:** ", "3. "),
    ("4. **Publication Bias:** ", "4. "),
    ("5. **Variability:** ", "5. "),
]


@pytest.mark.parametrize("keep", ["nothing", "the heading"])
def test_the_number_and_heading_of_a_list_item_may_be_left_to_the_title(
    folder: Path, keep: str
) -> None:
    for lead, number in LEADS:
        left = "" if keep == "nothing" else lead.removeprefix(number)
        replace(folder / YAML, f"      {lead}", f"      {left}")
    document, problems = load(folder)
    assert problems == []
    assert document is not None
    shipped, _ = load(SHIPPED)
    assert shipped is not None
    if keep == "nothing":
        assert [s.body for s in document.sections] == [s.body for s in shipped.sections]


def test_a_heading_that_the_title_does_not_repeat_may_not_be_left_out(folder: Path) -> None:
    replace(folder / YAML, "      3. **Neuroprotection:** Some", "      Some")
    replace(folder / YAML, "title: Neuroprotection (nerve", "title: Protection (nerve")
    _, [problem] = load(folder)
    assert (problem.file, problem.line) == (SOURCE, 11)
    assert "“3. **Neuroprotection:**”" in problem.what


@pytest.mark.parametrize("mark", ["", "## ", "**"])
def test_a_heading_of_the_article_may_be_a_section_title(folder: Path, mark: str) -> None:
    heading = f"{mark}Deciding: with your pain management specialist? Yes{mark.strip('# ')}"
    replace(folder / SOURCE, "The decision to use", f"{heading}\n\nThe decision to use")
    replace(
        folder / YAML,
        "title: Deciding with your pain management specialist",
        'title: "Deciding: with your pain management specialist? Yes"',
    )
    _, problems = load(folder)
    assert problems == []


def test_lines_may_be_wrapped_anywhere(folder: Path) -> None:
    text = (folder / YAML).read_text(encoding="utf-8")
    start = text.index("      Low-dose naltrexone (LDN) is an")
    end = text.index("    short:", start)
    words = text[start:end].split()
    wrapped = "".join(f"      {word}\n" for word in words)
    (folder / YAML).write_text(text[:start] + wrapped + text[end:], encoding="utf-8")
    document, problems = load(folder)
    assert problems == []
    assert document is not None
    assert "\n" not in document.sections[0].body


def test_a_section_may_have_its_own_id_or_title_among_its_aliases(folder: Path) -> None:
    replace(folder / YAML, "aliases: [sample size]", "aliases: [Small sample size]")
    assert load(folder)[1] == []


def test_a_sentence_that_the_article_repeats_belongs_to_a_section_each_time(folder: Path) -> None:
    replace(folder / SOURCE, "The decision to use", f"{FORMS} The decision to use")
    _, [problem] = load(folder)
    assert (problem.file, problem.line) == (SOURCE, 30)
    replace(
        folder / YAML, "      The decision to use LDN should be", f"      {FORMS} The decision to\n"
        "      use LDN should be",
    )  # fmt: skip
    assert load(folder)[1] == []


def test_a_part_of_a_part_is_shown_with_both(folder: Path) -> None:
    document, _ = load(folder)
    assert document is not None
    for id, parts in {
        "mechanism": ["mechanism.immune", "mechanism.no-relief", "mechanism.neuroprotection"],
        "mechanism.immune": ["mechanism.no-relief"],
    }.items():
        body = document.by_id[id].body
        for part in parts:
            assert document.by_id[part].text in body
