"""The owner of files that are created in the data folder."""

from __future__ import annotations

import os
from pathlib import Path


def leave_to_owner(file: Path) -> None:
    """Give a file to the owner of its folder, if root runs this: the service may have a user.

    Raises:
        OSError: that is not possible.
    """
    if os.geteuid() == 0:
        owner = file.parent.stat()
        # If links were followed, anybody who may write there could get any file of the machine.
        os.chown(file, owner.st_uid, owner.st_gid, follow_symlinks=False)
