"""What is wrong with a payload."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One breach of a contract.

    ``where`` is the path inside the payload (``data.components[0].custom_id``), or empty.
    ``refused`` tells a breach that the platform answers with an error from a breach of our own
    rules (no mentions, no unknown keys), which it would let pass.
    """

    where: str
    what: str
    refused: bool = True

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


def join(where: str, *steps: str | int) -> str:
    """The path ``where`` followed by keys and list positions."""
    for step in steps:
        if isinstance(step, int):
            where = f"{where}[{step}]"
        else:
            where = f"{where}.{step}" if where else step
    return where
