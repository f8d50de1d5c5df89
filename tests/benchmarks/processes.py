"""Processes that are measured: started against a load, kept on one core, ended at the end."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tests.benchmarks.load import Load

ROOT = Path(__file__).parents[2]
CONNECTS_WITHIN_S = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")

Running = AbstractAsyncContextManager[int]
"""A process, until the block ends; its id."""


@asynccontextmanager
async def process(
    arguments: Sequence[str], load: Load | None = None, **environment: str
) -> AsyncIterator[int]:
    """A process, until the block ends; its id. With a `load`, once it has connected to it.

    What it says is shown only if the block fails.
    """
    with TemporaryFile() as said:
        child = await asyncio.create_subprocess_exec(
            *arguments,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            _apart(child.pid)
            if load is not None:
                await asyncio.wait_for(load.connected.wait(), CONNECTS_WITHIN_S)
            yield child.pid
        except Exception:
            said.seek(0)
            print(said.read().decode(errors="replace"), file=sys.stderr)
            raise
        finally:
            with suppress(ProcessLookupError):
                child.terminate()
            await child.wait()


def ldn_bot(data: Path, load: Load | None, settings: Mapping[str, str], *arguments: str) -> Running:
    """`ldn-bot`, connected to a load; what it writes goes to `data`."""
    command = (sys.executable, "-m", "bot", *(arguments or ("run",)))
    return process(command, load, LDN_DATA=str(data), **settings)


def floor(name: str, load: Load | None = None, **given: Any) -> Running:
    """One of `tests.benchmarks.floors`, given its arguments."""
    command = (sys.executable, "-m", "tests.benchmarks.floors", name, json.dumps(given))
    return process(command, load)


def javascript(name: str, load: Load, sizes: Mapping[str, int], packages: Path) -> Running:
    """One of the programs in `javascript/`; `packages` is a folder with a `node_modules`."""
    given = json.dumps({"port": load.port, "sizes": sizes})
    script = str(Path(__file__).parent / "javascript" / f"{name}.cjs")
    return process(("node", script, given), load, NODE_PATH=str(packages / "node_modules"))


def keep_to_one_core() -> None:
    """Stay away from what is measured, where there are two cores: this process generates load."""
    if len(cores := sorted(os.sched_getaffinity(0))) > 1:
        os.sched_setaffinity(0, cores[:1])
        _cores.extend(cores[1:2])


_cores: list[int] = []


def _apart(pid: int) -> None:
    if _cores:
        os.sched_setaffinity(pid, _cores)


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used (Linux; in hundredths)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mb(pid: int) -> float:
    """The resident set of a process, in MB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024
