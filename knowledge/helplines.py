"""Help lines: whom to call in a crisis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.language import Translator
from knowledge.safety import CrisisKind


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One help line; at least one of `phone`, `text` and `url` is there."""

    name: str
    region: str
    kinds: frozenset[CrisisKind]
    phone: str | None
    text: str | None
    url: str | None

    def reach(self, say: Translator) -> str:
        """Every way to reach it, in words: `call 988, text 988, https://988lifeline.org`."""
        phone = say("call {number}", number=self.phone) if self.phone else None
        return ", ".join(way for way in (phone, self.text, self.url) if way)

    @property
    def is_emergency(self) -> bool:
        """Whether it sends an ambulance."""
        return CrisisKind.EMERGENCY in self.kinds


def lines_for(lines: Sequence[HelpLine], kind: CrisisKind) -> list[HelpLine]:
    """The help lines for a kind of crisis; if a body is in danger, emergency numbers come first."""
    fitting = [line for line in lines if kind in line.kinds]
    if kind is CrisisKind.SUICIDE:
        return fitting
    return sorted(fitting, key=lambda line: not line.is_emergency)
