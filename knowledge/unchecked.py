"""UncheckedDocument: a document as its editor wrote it, possibly with faults.

The loader's checks work on it. A check reports what it finds and goes on, so that one fault does
not hide another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from knowledge.article import Extent
from knowledge.errors import Problem
from knowledge.yamlfile import KeyPath, YamlFile


@dataclass
class UncheckedSection:
    """One section as written; `at` is its index in the file, `values` its keys."""

    at: int
    values: dict[str, Any]
    runs: tuple[Extent, ...] = ()
    """Where its text is in the article: one extent, or several if it leaves sentences out."""
    stray: Extent | None = None
    """Where its text is, if that place is out of order or belongs to another section."""
    copy_of: UncheckedSection | None = None
    """An earlier section with the same id, if there is one."""

    @property
    def path(self) -> KeyPath:
        """The path of its keys in the file."""
        return ("sections", self.at)

    @property
    def id(self) -> str:
        """Its id; empty if it has none."""
        return self.text("id")

    @property
    def place(self) -> Extent | None:
        """Where it is in the article, from its first word to its last; None if it is not."""
        return self.stray or (hull(self.runs) if self.runs else None)

    @property
    def misnamed(self) -> bool:
        """Whether its id is missing or repeated, so that references may be to the right one."""
        return not self.id or self.copy_of is not None

    def text(self, key: str) -> str:
        """The text under a key; empty if there is none."""
        value = self.values.get(key)
        return value if isinstance(value, str) else ""

    def texts(self, key: str) -> list[tuple[KeyPath, str]]:
        """The texts of a list under a key, each with its path."""
        values = self.values.get(key)
        return [
            ((*self.path, key, at), value)
            for at, value in enumerate(values if isinstance(values, list) else ())
            if isinstance(value, str)
        ]


@dataclass
class UncheckedDocument:
    """One file, and the problems that checks have found; they only add to `problems`."""

    file: YamlFile
    problems: list[Problem]
    data: dict[str, Any] = field(default_factory=dict)
    sections: list[UncheckedSection] = field(default_factory=list)

    @classmethod
    def of(cls, file: YamlFile, problems: list[Problem]) -> UncheckedDocument:
        """Read a file as far as it has the form of a document."""
        data = file.data if isinstance(file.data, dict) else {}
        sections = data.get("sections")
        written = [
            UncheckedSection(at, values)
            for at, values in enumerate(sections if isinstance(sections, list) else ())
            if isinstance(values, dict)
        ]
        return cls(file, problems, data, written)

    def report(self, path: KeyPath, what: str, mend: str) -> None:
        """Add a problem at a key of this file."""
        self.problems.append(self.file.problem(path, what, mend))

    def line(self, section: UncheckedSection) -> int:
        """The line on which a section begins."""
        return self.file.line(section.path)


def hull(runs: Sequence[Extent]) -> Extent:
    """The extent from the first word of the first run to the last word of the last."""
    return Extent(runs[0].start, runs[-1].end)
