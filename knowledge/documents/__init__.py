"""The documents that come with the bot, and the files that go with them."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

SHIPPED = Path(__file__).parent
"""The folder that is served unless the settings name another."""


def is_passed_over(name: str) -> bool:
    """Whether a file in a folder of documents is none of it, by its name.

    Editors keep there what is not saved yet, and mark what they have open (Emacs with a link that
    leads nowhere); file managers keep what they know of a file beside it.
    """
    return name.startswith((".", "#")) or name.endswith("~")


def is_endless(path: Path) -> bool:
    """Whether a file is a pipe or a device: it may never end, so it is no document.

    Raises:
        OSError: it is not there, or may not be looked at.
    """
    mode = path.stat().st_mode
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """What a file holds.

    Raises:
        OSError: it cannot be read, or is no file but a pipe or a device.
        UnicodeDecodeError: it holds something else than text in this encoding.
    """
    if is_endless(path):
        raise OSError(errno.EINVAL, "it is a pipe or a device")
    return path.read_text(encoding=encoding)
