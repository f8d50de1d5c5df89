"""Help lines: whom to call, and whether someone has checked lately that the numbers stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from knowledge.errors import Problem
from knowledge.safety import CrisisKind
from knowledge.schema import HelpLinesFile
from knowledge.yamlfile import YamlFile, validate

STALE_AFTER = timedelta(days=180)
"""A number that was verified longer ago is warned of."""


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One help line; at least one of `phone`, `text` and `url` is there."""

    name: str
    region: str
    kinds: frozenset[CrisisKind]
    phone: str | None
    text: str | None
    url: str | None

    @property
    def reach(self) -> str:
        """Every way to reach it, in words: `call 988, text 988, https://988lifeline.org`."""
        ways = (f"call {self.phone}" if self.phone else None, self.text, self.url)
        return ", ".join(way for way in ways if way)

    @property
    def is_emergency(self) -> bool:
        """Whether it sends an ambulance."""
        return CrisisKind.EMERGENCY in self.kinds


def read_help_lines(
    file: YamlFile, today: date, problems: list[Problem], warnings: list[Problem]
) -> tuple[HelpLine, ...]:
    """The help lines of a file; faults and stale dates are added to the two lists."""
    problems += file.problems
    written = validate(file, HelpLinesFile, problems) if not file.problems else None
    if written is None:
        return ()
    for at, line in enumerate(written.helplines):
        path = ("helplines", at)
        if not (line.phone or line.text or line.url):
            what, mend = "has no way to reach it.", "Give a phone, a text or a url."
            problems.append(file.problem(path, what, mend))
        mend = "Check the number on the page under `source`, then write today's date there."
        if line.verified is None:
            what = f"{line.name} ({line.region}) was never verified."
            warnings.append(file.problem((*path, "verified"), what, mend))
        elif today - line.verified > STALE_AFTER:
            what = f"{line.name} ({line.region}) was last verified on {line.verified}."
            warnings.append(file.problem((*path, "verified"), what, mend))
    for kind in CrisisKind:
        if not any(kind.value in line.kind for line in written.helplines):
            what, mend = f"there is no line for the kind {kind.value}.", "Add at least one."
            problems.append(file.problem(("helplines",), what, mend))
    return tuple(
        HelpLine(
            name=line.name,
            region=line.region,
            kinds=frozenset(map(CrisisKind, line.kind)),
            phone=line.phone,
            text=line.text,
            url=line.url,
        )
        for line in written.helplines
    )


def lines_for(lines: Sequence[HelpLine], kind: CrisisKind) -> list[HelpLine]:
    """The lines for a crisis; where a body is in danger, those that send an ambulance first."""
    fitting = [line for line in lines if kind in line.kinds]
    if kind is CrisisKind.SUICIDE:
        return fitting
    return sorted(fitting, key=lambda line: not line.is_emergency)


def shared_file(folder: Path, shipped: Path, name: str) -> Path:
    """The folder's own file of this name, or the shipped one: no folder is without help lines."""
    own = folder / name
    return own if own.exists() else shipped / name
