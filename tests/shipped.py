"""The shipped article: what tests ask of it, and how it changes for tests of what follows it."""

from __future__ import annotations

import shutil
from pathlib import Path

from knowledge.documents import SHIPPED

QUESTION = "how is it taken, capsule or drops?"
"""Is answered by the section `forms`."""
FORMS = "It is delivered by capsule, sublingual (under the tongue) liquid or injection."
"""All that the section `forms` says."""
CHANGED = "It is delivered by capsule or injection."


def copy_documents(folder: Path) -> Path:
    """The shipped folder, to be changed."""
    folder.mkdir()
    for name in ("ldn.yaml", "ldn.source.txt", "ldn.questions.yaml"):
        shutil.copy(SHIPPED / name, folder)
        (folder / name).chmod(0o644)
    return folder


def change_forms(folder: Path) -> None:
    """The article is published anew, with another sentence in the section `forms`."""
    for path in (folder / "ldn.yaml", folder / "ldn.source.txt"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(FORMS, CHANGED), encoding="utf-8")


def withdraw_forms(folder: Path) -> None:
    """The article is published anew, without the section `forms`."""
    source = folder / "ldn.source.txt"
    source.write_text(source.read_text(encoding="utf-8").replace(FORMS, ""), encoding="utf-8")
    document = folder / "ldn.yaml"
    text = document.read_text(encoding="utf-8")
    start, end = text.index("  - id: forms"), text.index("  - id: overdose-drug")
    document.write_text(text[:start] + text[end:], encoding="utf-8")
