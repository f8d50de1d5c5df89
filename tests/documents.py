"""Small folders of documents, made for a test: quick to write, to load and to learn from.

And an answer as from one of them, where no document is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from knowledge.answer import Answer, Kind
from knowledge.desk import Desks
from knowledge.folder import load_library
from knowledge.opening import open_desks

REMINDER = "Please ask your own gardener."
CREDIT = "Source: The Garden Club, “Garden Care”, 2020."
UNASKABLE = "x" * 300
"""A name that is too long to be looked for, as where somebody may not look."""

# Enough for the crisis detector to learn from in no time.
CRISIS = {
    "explicit": {
        "suicide": ["i want to die", "i am going to kill myself", "end my life"],
        "overdose": ["i took too many pills", "i swallowed a whole bottle"],
        "emergency": ["i cannot breathe", "my chest hurts badly"],
    },
    "ambiguous": ["i cannot go on", "what is the point of it all"],
    "traps": ["these weeds kill me", "dying to know", "how do i water", "where is the shed"],
}


def section(id: str, title: str, *paragraphs: str, **more: Any) -> dict[str, Any]:
    """A section as an editor writes it; its `short` is its first sentence."""
    text = "\n\n".join(paragraphs)
    short = text.replace("\n", " ").split(". ")[0]
    return {
        "id": id,
        "title": title,
        "text": text,
        "short": short if short.endswith((".", ":")) else f"{short}.",
        **more,
    }


GARDEN = (
    section("water", "Watering", "Water the beds in the morning. Never at noon."),
    section("tools", "Tools", "You need these tools:"),
    section("tools.rake", "Rake", "A rake gathers the leaves.", parent="tools"),
    section("tools.spade", "Spade", "A spade turns the soil.", parent="tools"),
    section("winter", "Winter", "Cover the roses before frost.", aliases=["frost", "cold days"]),
)
"""Five sections of which two are parts."""


def write_document(
    folder: Path,
    sections: Sequence[dict[str, Any]] = GARDEN,
    *,
    command: str = "garden",
    **changes: Any,
) -> Path:
    """Write a whole, faultless folder with one document; `changes` replace its top-level keys.

    Returns:
        The document's YAML file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "title": "Garden Care",
        "command": command,
        "source": {
            "file": f"{command}.source.txt",
            "name": "The Garden Club",
            "year": 2020,
            "terms": "Copy as you like.",
            "url": "https://example.org",
        },
        "reminder": REMINDER,
        "credit": CREDIT,
        "reviewed": {"last": "unknown", "next": "unknown"},
        "sections": list(sections),
        **changes,
    }
    paragraphs = [document["title"], *(each["text"] for each in sections)]
    questions = {"sections": {each["id"]: [each["title"]] for each in sections}}
    path = folder / f"{command}.yaml"
    path.write_text(_yaml(document), encoding="utf-8")
    (folder / f"{command}.source.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")
    (folder / f"{command}.questions.yaml").write_text(_yaml(questions), encoding="utf-8")
    (folder / "crisis.yaml").write_text(_yaml(CRISIS), encoding="utf-8")
    return path


def open_folder(folder: Path) -> Desks:
    """The desks of a folder."""
    return Desks(open_desks(load_library(folder)))


def watering(**changes: Any) -> Answer:
    """The answer of the section on watering; `changes` replace its parts."""
    parts: dict[str, Any] = {
        "kind": Kind.SECTION,
        "command": "garden",
        "topic": "water",
        "heading": "Watering",
        "body": "Water the beds.",
        "reminder": REMINDER,
        "credit": CREDIT,
        "section": "water",
    }
    return Answer(**{**parts, **changes})


def _yaml(value: Any) -> str:
    # Where PyYAML has it: many times as fast, and hundreds of tests write a document.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    written: str = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True)
    return written
