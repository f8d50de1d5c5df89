"""The tree of errors, each with a sentence that a tired person can act on.

Every error of the project descends from `LdnBotError`. Its text never holds a member's question,
name or id, so it may be logged as it is. It speaks to whoever runs the bot, and may name files and
settings; that of a `SaidError` speaks to the one who asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class LdnBotError(Exception):
    """Anything that went wrong in a way we foresaw. `str(error)` is safe to log."""


class SaidError(LdnBotError):
    """What was asked for is not done; the text is a sentence for the one who asked."""


class SettingsError(LdnBotError):
    """The environment asks for something that cannot be; the text names the variable."""


class PlatformError(LdnBotError):
    """A platform refuses to work with us for good (a wrong token, a missing permission)."""


class LearningError(LdnBotError):
    """The process that learns a folder of documents was ended from outside."""

    def __init__(self, status: int) -> None:
        """`status`: what it ended with, the signal's number below zero."""
        super().__init__(
            f"The process that learns the documents was ended by signal {-status}. If you did "
            "not do that, the memory is full: give the bot more, and start or reload it."
        )


class DoesNotFitError(LdnBotError):
    """A text cannot be shown within a platform's limits, even when it is split."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a file that an editor wrote: where it is, what it is, and how to mend it."""

    file: str
    line: int
    key: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.mend}"

    @property
    def where(self) -> str:
        """File, line and key."""
        return f"{self.file}:{self.line}: {self.key}"


class DocumentError(LdnBotError):
    """A folder of documents has faults. `problems` holds all of them, not the first alone."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @property
    def first(self) -> str:
        """The first fault alone, without its mend."""
        return f"{self.problems[0].where}: {self.problems[0].what}"
