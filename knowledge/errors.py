"""The tree of errors. The text of each is a sentence that a tired person can act on.

Every error of the project is an `LdnBotError`. Its text never holds a member's question, name or
id, so it may be logged. It is written for the operator, and may name files and settings; only the
text of a `UserFacingError` is written for the person who asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class LdnBotError(Exception):
    """An expected failure. `str(error)` is safe to log."""


class UserFacingError(LdnBotError):
    """What somebody asked for is not done; the text tells them why, in English."""


class SettingsError(LdnBotError):
    """A setting cannot be used; the text names the variable and what to write."""


class PlatformError(LdnBotError):
    """A platform refuses the bot for good, for example because the token is wrong."""


class LearningError(LdnBotError):
    """The process that learns from a folder of documents was killed."""

    def __init__(self, status: int) -> None:
        """`status`: its exit status, which is minus the signal's number."""
        super().__init__(
            f"The process that learns the documents was ended by signal {-status}. If you did "
            "not do that, the memory is full: give the bot more, and start or reload it."
        )


class DoesNotFitError(LdnBotError):
    """A text cannot be split so that each part is within a platform's limits."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a file that an editor wrote.

    Args:
        file: the file's name.
        line: the line, from 1.
        key: the path of the key, such as `sections[3].title`.
        what: what is wrong, as a sentence that follows the key.
        mend: how to correct it, as a sentence.
    """

    file: str
    line: int
    key: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.mend}"

    @property
    def where(self) -> str:
        """File, line and key, as `ldn-bot check` prints them."""
        return f"{self.file}:{self.line}: {self.key}"


class DocumentError(LdnBotError):
    """A folder of documents has faults; `problems` holds all of them, by file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @property
    def first(self) -> str:
        """The first fault, without its mend."""
        return f"{self.problems[0].where}: {self.problems[0].what}"
