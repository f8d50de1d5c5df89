"""A folder of documents: whole, or all of its faults at once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from knowledge.documents import SHIPPED
from knowledge.errors import DocumentError, Problem
from knowledge.folder import load_library
from tests.documents import UNASKABLE, write_document


def faults(folder: Path) -> Sequence[Problem]:
    with pytest.raises(DocumentError) as caught:
        load_library(folder)
    return caught.value.problems


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Within the block we are nobody in particular: root may read whatever there is."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


@pytest.mark.parametrize(
    ("below", "mode"),
    [("", 0), ("", 0o444), ("documents", 0)],
    ids=["closed", "shows names alone", "in a closed one"],
)
def test_a_folder_that_we_may_not_read_is_one_fault_with_its_mend(below: str, mode: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / below
        write_document(folder)
        Path(name).chmod(mode)
        with as_somebody_else(), pytest.raises(DocumentError) as caught:
            load_library(folder)
        Path(name).chmod(0o700)
    [problem] = caught.value.problems
    assert (problem.file, problem.key) == (str(folder), "folder")
    assert problem.what == "cannot be read (Permission denied)."
    assert "LDN_DOCUMENTS" in problem.mend


@pytest.mark.parametrize("name", ["garden.yaml", "garden.source.txt", "helplines.yaml"])
def test_a_file_that_cannot_be_read_is_not_said_to_be_missing(tmp_path: Path, name: str) -> None:
    write_document(tmp_path)
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).mkdir()
    with pytest.raises(DocumentError) as caught:
        load_library(tmp_path)
    [problem] = caught.value.problems
    assert "cannot be read (Is a directory)" in problem.what
    assert "may read it" in problem.mend


def test_several_documents_stand_side_by_side_under_their_own_commands(tmp_path: Path) -> None:
    write_document(tmp_path)
    write_document(tmp_path, command="lawn")
    library = load_library(tmp_path)
    assert [document.command for document in library.documents] == ["garden", "lawn"]
    assert library.questions["lawn"].sections["water"] == ("Watering",)


def test_a_document_needs_no_example_questions(tmp_path: Path) -> None:
    write_document(tmp_path)
    (tmp_path / "garden.questions.yaml").unlink()
    assert load_library(tmp_path).questions["garden"].sections == {}


def test_two_documents_cannot_have_one_command(tmp_path: Path) -> None:
    write_document(tmp_path)
    shutil.copy(tmp_path / "garden.yaml", tmp_path / "lawn.yaml")
    [problem] = faults(tmp_path)
    assert (problem.file, problem.line, problem.key) == ("lawn.yaml", 2, "command")
    assert "garden.yaml" in problem.what


@pytest.mark.parametrize("name", ["", "none"])
def test_a_folder_without_a_document_is_one_error_that_names_the_setting(
    tmp_path: Path, name: str
) -> None:
    [problem] = faults(tmp_path / name)
    assert problem.file == str(tmp_path / name)
    assert "LDN_DOCUMENTS" in problem.mend


def test_a_file_in_place_of_the_folder_is_one_error(tmp_path: Path) -> None:
    [problem] = faults(write_document(tmp_path))
    assert problem.what == "is not a folder."


def test_a_folder_that_cannot_be_looked_into_is_one_error_that_says_why(tmp_path: Path) -> None:
    [problem] = faults(tmp_path / UNASKABLE)
    assert problem.what == "cannot be read (File name too long)."
    assert "LDN_DOCUMENTS" in problem.mend


@pytest.mark.parametrize(
    ("questions", "line", "key", "what", "mend"),
    [
        pytest.param(
            "sections:\n  water: [when]\n  tool: [which]\n",
            3, "sections.tool", "there is no section 'tool'", "`tools`", id="unknown section",
        ),
        pytest.param(
            "not_covered:\n  price:\n    title: prices\n    text: Ask.\n"
            "    nearest: [winter,\n      wintr]\n    questions: [cost]\n",
            5, "not_covered.price.nearest", "there is no section 'wintr'", "`winter`",
            id="unknown nearest section",
        ),
        pytest.param(
            "sektions:\n  water: [when]\n",
            1, "sektions", "is not a key that is known here.", "`sections`", id="unknown key",
        ),
        pytest.param(
            "sections:\n  water: [when]\n  water: [how]\n",
            3, "sections.water", "is written twice", "Keep one", id="section twice",
        ),
        pytest.param(
            "not_covered:\n  price:\n    title: prices\n    questions: [cost]\n",
            2, "not_covered.price.text", "is missing.", "Add `text:`", id="missing reply",
        ),
        pytest.param(
            "sections:\n  water: [4.5]\n",
            2, "sections.water[0]", "is not a text.", "quotes", id="number for a question",
        ),
        pytest.param("sections: [\n", 2, "file", "is not valid YAML", "quotes", id="broken"),
        pytest.param("", 1, "file", "is empty.", "Write", id="empty"),
    ],
)  # fmt: skip
def test_a_fault_of_the_questions_is_one_error(
    tmp_path: Path, questions: str, line: int, key: str, what: str, mend: str
) -> None:
    write_document(tmp_path)
    (tmp_path / "garden.questions.yaml").write_text(questions, encoding="utf-8")
    [problem] = faults(tmp_path)
    assert (problem.file, problem.line) == ("garden.questions.yaml", line)
    assert problem.key.startswith(key)
    assert what in problem.what
    assert mend in problem.mend


def test_faults_of_all_files_come_together(tmp_path: Path) -> None:
    write_document(tmp_path)
    write_document(tmp_path, command="lawn")
    replace(tmp_path / "garden.yaml", "year: 2020", "year: old")
    replace(tmp_path / "lawn.yaml", "year: 2020", "year: old")
    (tmp_path / "garden.questions.yaml").write_text("sections: 5\n", encoding="utf-8")
    (tmp_path / "crisis.yaml").write_text("explicit: {}\n", encoding="utf-8")
    assert {problem.file for problem in faults(tmp_path)} == {
        "crisis.yaml", "garden.questions.yaml", "garden.yaml", "lawn.yaml",
    }  # fmt: skip


@pytest.mark.parametrize("key", ["reminder", "credit"])
def test_a_reminder_or_credit_of_blanks_is_an_error(tmp_path: Path, key: str) -> None:
    write_document(tmp_path, **{key: "  "})
    [problem] = faults(tmp_path)
    assert problem.key == key


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("  overdose:\n  - i took too many pills\n  - i swallowed a whole bottle\n", "",
         "overdose"),
        ("  emergency:\n  - i cannot breathe\n  - my chest hurts badly\n", "  emergency: []\n",
         "emergency"),
        ("ambiguous:\n- i cannot go on\n- what is the point of it all\n", "ambiguous: []\n",
         "ambiguous"),
    ],
)  # fmt: skip
def test_a_kind_of_crisis_without_phrases_is_an_error(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    write_document(tmp_path)
    replace(tmp_path / "crisis.yaml", old, new)
    [problem] = faults(tmp_path)
    assert problem.key.endswith(key)
    assert problem.what == "has no phrases."


def test_questions_of_a_document_that_is_not_there_are_an_error(tmp_path: Path) -> None:
    write_document(tmp_path)
    os.rename(tmp_path / "garden.questions.yaml", tmp_path / "gardens.questions.yaml")
    [problem] = faults(tmp_path)
    assert problem.file == "gardens.questions.yaml"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("lawn.yaml", "lawn.yml"),
        ("lawn.yaml", "lawn.YAML"),
        ("lawn.questions.yaml", "lawn.questions.yml"),
        ("lawn.questions.yaml", "lawn.questions.yaml.txt"),
        ("helplines.yaml", "helplines.Yaml"),
        ("helplines.yaml", "helplines.yaml.txt"),
        ("crisis.yaml", "crisis.yml.TXT"),
    ],
)
def test_a_file_whose_name_is_nearly_right_is_an_error(
    right: str, wrong: str, tmp_path: Path
) -> None:
    write_document(tmp_path)
    write_document(tmp_path, command="lawn")
    if not (tmp_path / right).exists():
        shutil.copy(SHIPPED / right, tmp_path)
    os.rename(tmp_path / right, tmp_path / wrong)
    problem = next(each for each in faults(tmp_path) if each.file == wrong)
    assert problem.what == "is not read."
    assert problem.mend == f"Rename it to {right}."


def test_a_copy_put_aside_as_text_is_passed_over(tmp_path: Path) -> None:
    write_document(tmp_path)
    shutil.copy(tmp_path / "garden.yaml", tmp_path / "garden.yaml.txt")
    assert len(load_library(tmp_path).documents) == 1


@pytest.mark.parametrize(
    "name", ["garden.yaml", "garden.questions.yaml", "helplines.yaml", "crisis.yaml"]
)
def test_a_link_that_leads_nowhere_is_an_error_and_not_a_file_that_is_absent(
    name: str, tmp_path: Path
) -> None:
    write_document(tmp_path)
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).symlink_to(tmp_path / "elsewhere" / name)
    [problem] = faults(tmp_path)
    assert problem.file == name
    assert problem.what == "cannot be read (No such file or directory)."


def test_what_editors_and_file_managers_leave_there_is_no_document(tmp_path: Path) -> None:
    write_document(tmp_path)
    (tmp_path / ".#garden.yaml").symlink_to("editor@machine.1234:5678")  # Emacs has it open
    (tmp_path / "._garden.yaml").write_bytes(b"\x00\x05\x16\x07")  # macOS, on a foreign disk
    (tmp_path / ".draft.yml").write_text("not yet", encoding="utf-8")
    (tmp_path / "._lawn.questions.yaml").write_bytes(b"\x00\x05\x16\x07")
    assert len(load_library(tmp_path).documents) == 1


def test_a_fixed_reply_that_needs_two_messages_is_an_error(tmp_path: Path) -> None:
    from adapters.discord import render as discord

    write_document(tmp_path)
    text = "This is a long reply. " * 120
    (tmp_path / "garden.questions.yaml").write_text(
        f"not_covered:\n  price: {{title: prices, text: '{text}', questions: [cost]}}\n",
        encoding="utf-8",
    )
    with pytest.raises(DocumentError) as caught:
        load_library(tmp_path, fits=(discord.contents,))
    [problem] = caught.value.problems
    assert problem.key == "not_covered.price.text"


def test_a_nearest_section_named_twice_is_an_error(tmp_path: Path) -> None:
    write_document(tmp_path)
    (tmp_path / "garden.questions.yaml").write_text(
        "not_covered:\n  price:\n    title: prices\n    text: Ask.\n"
        "    nearest: [water, water]\n    questions: [cost]\n",
        encoding="utf-8",
    )
    [problem] = faults(tmp_path)
    assert problem.key.startswith("not_covered.price.nearest")


def test_what_is_asked_near_a_crisis_is_not_taken_for_ordinary(tmp_path: Path) -> None:
    write_document(tmp_path)
    (tmp_path / "garden.questions.yaml").write_text(
        "sections:\n  water: [when to water]\n"
        "not_covered:\n"
        "  price: {title: prices, text: Ask., questions: [what it costs]}\n"
        "  berries: {title: berries, text: Ask., near_crisis: true, questions: [he ate some]}\n"
        "small_talk: [hello]\n",
        encoding="utf-8",
    )
    library = load_library(tmp_path)
    assert library.ordinary == ["when to water", "what it costs", "hello"]
    assert library.questions["garden"].not_covered["berries"].questions == ("he ate some",)


def test_the_shipped_folder_loads() -> None:
    assert [document.command for document in load_library(SHIPPED).documents] == ["ldn"]


def test_a_misspelt_list_of_sections_is_the_only_fault(tmp_path: Path) -> None:
    """The questions name sections, which nobody knows now; that is no fault of theirs."""
    replace(write_document(tmp_path), "sections:", "setions:")
    [problem] = faults(tmp_path)
    assert (problem.key, problem.mend) == ("setions", "Did you mean `sections`?")


def test_of_many_faults_the_first_is_told_without_its_mend() -> None:
    problems = [
        Problem("b.yaml", 1, "x", "is wrong.", "Mend."),
        Problem("a.yaml", 2, "y", "is odd.", "Do."),
    ]
    assert DocumentError(problems).first == "a.yaml:2: y: is odd."
