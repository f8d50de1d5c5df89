"""The shipped documents, and how files in a folder of documents are read."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

SHIPPED = Path(__file__).parent
"""The folder of the shipped documents, which are served unless the settings name another."""


def is_ignored(name: str) -> bool:
    """Whether a file in a folder of documents is ignored, by its name.

    Such files are made by programs: unsaved copies, lock files (Emacs makes a dangling link), and
    file managers' metadata.
    """
    return name.startswith((".", "#")) or name.endswith("~")


def is_pipe_or_device(path: Path) -> bool:
    """Whether a path is a pipe or a device, which must not be read because it may never end.

    Raises:
        OSError: it does not exist, or may not be accessed.
    """
    mode = path.stat().st_mode
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file.

    Raises:
        OSError: it cannot be read, or is a pipe or a device.
        UnicodeDecodeError: it is not text in this encoding.
    """
    if is_pipe_or_device(path):
        raise OSError(errno.EINVAL, "it is a pipe or a device")
    return path.read_text(encoding=encoding)
