"""`ldn-bot` on a terminal, where somebody types."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class Terminal:
    """What somebody sees on a terminal on which `ldn-bot` runs."""

    def __init__(self, process: subprocess.Popen[bytes], ours: int) -> None:
        self._process = process
        self._ours = ours
        self.shown = b""

    def read(self) -> bytes:
        """Wait for some more; all that was shown so far."""
        self.shown += os.read(self._ours, 4096)
        return self.shown

    def type(self, text: bytes) -> None:
        """Type it."""
        os.write(self._ours, text)

    def ended(self) -> int:
        """The exit status, once everything that is still to come was shown."""
        try:
            while part := os.read(self._ours, 4096):
                self.shown += part
        except OSError:
            pass  # Linux says so when the other side has left
        return self._process.wait(timeout=60)


@contextmanager
def on_a_terminal(folder: Path, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """`ldn-bot` with these environment variables alone, started in a folder."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot"],
        cwd=folder,
        env=dict(environment),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        os.close(ours)
        if process.poll() is None:
            process.kill()
            process.wait()
