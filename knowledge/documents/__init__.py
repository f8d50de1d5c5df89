"""The documents that come with the bot, and the files that go with them."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parent
"""The folder that is served unless the settings name another."""


def is_passed_over(name: str) -> bool:
    """Whether a file in a folder of documents is none of it, by its name.

    Editors keep there what is not saved yet, and mark what they have open (Emacs with a link that
    leads nowhere); file managers keep what they know of a file beside it.
    """
    return name.startswith((".", "#")) or name.endswith("~")
