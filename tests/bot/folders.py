"""Folders of documents for processes that tests start, and start again."""

from __future__ import annotations

from pathlib import Path

import yaml

from knowledge.answer import Answer
from knowledge.compose import Composer
from knowledge.folder import load_library
from tests import shipped
from tests.documents import CRISIS
from tests.shipped import copy_documents

CREDIT = "credit: >-\n  "


def small_folder(folder: Path) -> Path:
    """The shipped article, with so little to learn that a start takes no time."""
    copy_documents(folder)
    (folder / "crisis.yaml").write_text(yaml.safe_dump(CRISIS), encoding="utf-8")
    _write_examples(folder)
    return folder


def withdraw_forms(folder: Path) -> None:
    """The article is published anew, without the section `forms`."""
    shipped.withdraw_forms(folder)
    _write_examples(folder)


def change_credit(folder: Path, words: str = "As revised.") -> None:
    """Another credit, so that whatever was posted has to be edited; `words` stand before it."""
    path = folder / "ldn.yaml"
    text = path.read_text(encoding="utf-8")
    assert CREDIT in text
    path.write_text(text.replace(CREDIT, f"{CREDIT}{words} "), encoding="utf-8")


def sections(folder: Path) -> dict[str, Answer]:
    """Every section's answer, as the folder is now, by its id."""
    [document] = load_library(folder).documents
    composer = Composer(document)
    return {each.id: composer.section(each) for each in document.sections}


def _write_examples(folder: Path) -> None:
    written = yaml.safe_load((folder / "ldn.yaml").read_text(encoding="utf-8"))["sections"]
    questions = {"sections": {each["id"]: [each["title"]] for each in written}}
    (folder / "ldn.questions.yaml").write_text(yaml.safe_dump(questions), encoding="utf-8")
