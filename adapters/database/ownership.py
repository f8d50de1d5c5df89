"""Whose the files are that are made in the data folder."""

from __future__ import annotations

import os
from pathlib import Path


def leave_to_owner(file: Path) -> None:
    """Give a file to the owner of its folder: root may have made it for a service with a user."""
    if os.geteuid() == 0:
        owner = file.parent.stat()
        # Were a link followed, whoever may write there could be given any file of the machine.
        os.chown(file, owner.st_uid, owner.st_gid, follow_symlinks=False)
