"""Watching a folder of documents, by looking at it again and again.

What an operating system can tell is about the folder that it once found. One that was replaced, or
is a symbolic link that leads elsewhere now, would never be heard of again, and a file system over a
network tells nothing. A look is a `stat` for each of a handful of files.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from knowledge.documents import is_passed_over

LOOK_EVERY = 0.5
"""Seconds between two looks. What two of them find alike is not in the middle of being saved."""

Look = frozenset[tuple[str | int, ...]]
"""What tells two states of a folder's files apart."""


def look(folder: Path) -> Look:
    """How the files of a folder are now; none are there where it cannot be read."""
    files: set[tuple[str | int, ...]] = {(os.path.realpath(folder),)}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if is_passed_over(entry.name):
                continue
            with suppress(OSError):
                file = entry.stat()
                leads_to = os.path.realpath(entry) if entry.is_symlink() else ""
                # The last is also the time of a change of who may read it.
                state = file.st_size, file.st_mtime_ns, file.st_ctime_ns
                files.add((entry.name, leads_to, *state))
    return frozenset(files)


async def changes(folder: Path, since: Look) -> AsyncIterator[None]:
    """Come round, without end, each time that the files are others than before.

    Args:
        folder: may be replaced, be gone for a while, or lead to another one later.
        since: how they were when they were read.
    """
    told = before = since
    while True:
        await asyncio.sleep(LOOK_EVERY)
        # In a thread: where a network is down, a look lasts as long as that.
        now = await asyncio.to_thread(look, folder)
        if now == before and now != told:
            told = now
            yield
        before = now
