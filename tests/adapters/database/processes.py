"""A Python program as a process of its own that uses the database at the same time."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]


@contextlib.asynccontextmanager
async def python(
    program: str, *arguments: str, options: Sequence[str] = ()
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that fails on every warning."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", *options, "-c", program, *arguments),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def said(process: asyncio.subprocess.Process) -> str:
    """The next line, or all that it complained of."""
    assert process.stdout
    assert process.stderr
    line = await process.stdout.readline()
    assert line, (await process.stderr.read()).decode()
    return line.decode().strip()


async def output(process: asyncio.subprocess.Process) -> str:
    """What it prints from here to its end, which has to be a good one, without complaints."""
    out, err = await process.communicate(b"\n")
    assert (process.returncode, err.decode()) == (0, "")
    return out.decode()
