"""Whether a file is there."""

from __future__ import annotations

from pathlib import Path


def is_there(path: Path) -> bool:
    """Whether there is a file or a folder; a link counts as what it leads to.

    `Path.exists` would do, but from Python 3.14 on it also says no where nobody can tell.

    Raises:
        OSError: that cannot be found out, for example because this user may not look there.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
