"""Watches a folder of documents, by comparing snapshots of it at regular intervals.

An operating system's notifications belong to the folder that existed at the start: if it is
replaced, or is a symbolic link that is changed, no further change is notified, and network file
systems notify nothing at all. A snapshot costs one `stat` for each of a handful of files.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from knowledge.documents import is_ignored

SNAPSHOT_EVERY = 0.5
"""Seconds between two snapshots. If two in a row are equal, nothing is being saved."""

Snapshot = frozenset[tuple[str | int, ...]]
"""The names, link targets, sizes and times of a folder's files; equal if nothing has changed."""


def snapshot(folder: Path) -> Snapshot:
    """A snapshot of a folder now; without files if the folder cannot be read."""
    files: set[tuple[str | int, ...]] = {(os.path.realpath(folder),)}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if is_ignored(entry.name):
                continue
            with suppress(OSError):
                file = entry.stat()
                leads_to = os.path.realpath(entry) if entry.is_symlink() else ""
                # The last one also changes with the permissions.
                state = file.st_size, file.st_mtime_ns, file.st_ctime_ns
                files.add((entry.name, leads_to, *state))
    return frozenset(files)


async def changes(folder: Path, since: Snapshot) -> AsyncIterator[None]:
    """Yield, without end, each time after the folder has changed and settled.

    Args:
        folder: the folder; it may be replaced, or not exist for a while.
        since: the snapshot from before the folder was read.
    """
    told = before = since
    while True:
        await asyncio.sleep(SNAPSHOT_EVERY)
        # In a thread, because it may block while a network is down.
        now = await asyncio.to_thread(snapshot, folder)
        if now == before and now != told:
            told = now
            yield
        before = now
