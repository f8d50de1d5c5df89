"""Other users of the machine, for what root alone would never meet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Within the block nothing can be written to a folder: root, who always can, is somebody else.

    Other users can read it, as long as they can read its parents.
    """
    me = os.geteuid()
    inside = list(folder.rglob("*"))
    folders = [folder, *(path for path in inside if path.is_dir())]
    for path in inside:
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
    if me == 0:
        os.setresuid(NOBODY, NOBODY, me)
    try:
        yield
    finally:
        if me == 0:
            os.setresuid(me, me, me)
        for path in folders:
            path.chmod(0o755)
