"""From a fresh clone to the first answer, with the README's own command; and a cold start.

The clone is of this repository as it is committed. What pip has to fetch comes from wherever pip
is set to look; how long that takes is the network's doing, and is shown by itself.

    python -m tests.benchmarks.first_answer [--no-clone]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
QUESTION = "how is it taken?"
STARTS = 10
COLD_S = 0.5
IMPORTS_SHOWN = 15


def main(*, clone: bool) -> int:
    """Print every step; 1 if a start takes longer than it may."""
    with tempfile.TemporaryDirectory() as folder:
        if clone:
            _first_answer(Path(folder))
        return _cold_start(Path(folder))


def _first_answer(folder: Path) -> None:
    """The README's way, its command cut at every `&&` to be timed."""
    copy = folder / "ldn-bot"
    steps = ["git clone …", *_readme_command().split(" && ")]
    print(f"{'From a clone to the first answer':<74}{'seconds':>10}")
    total = 0.0
    for number, step in enumerate(steps):
        if number == 0:
            command, typed = ["git", "clone", "--quiet", str(ROOT), str(copy)], ""
        else:
            command, typed = step.split(), QUESTION
        began = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=copy if number else folder,
            env={**os.environ, "LDN_DATA": str(folder / "fresh")},
            input=typed,
            capture_output=True,
            check=True,
            text=True,
        )
        seconds = time.perf_counter() - began
        total += seconds
        print(f"  {step:<72}{seconds:>10.2f}")
    assert "Source:" in done.stdout, done.stdout
    print(f"  {'in all':<72}{total:>10.2f}\n")


def _readme_command() -> str:
    """What the README says to type, the last word of it being the bot."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^python3 -m venv .*ldn-bot$", readme, re.MULTILINE)
    assert found is not None, "the README's command is another"
    return found[0]


def _cold_start(folder: Path) -> int:
    """A process that answers one question, with everything learned before."""
    command = [*_program(), "ask", QUESTION]
    environment = {**os.environ, "LDN_DATA": str(folder / "data")}
    times = []
    for _ in range(STARTS + 1):
        began = time.perf_counter()
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    median = statistics.median(times[1:])  # the first one learns
    word = "holds" if median <= COLD_S else "NO"
    print(f"`ldn-bot ask`, median of {STARTS}: {median:.3f} s (allowed {COLD_S}) {word}")
    print(f"the first, which learns: {times[0]:.2f} s\n")
    bare = statistics.median(_seconds([sys.executable, "-c", "pass"]) for _ in range(STARTS))
    print(f"Python itself: {bare * 1e3:.0f} ms. The largest imports, with all that they import:")
    for name, own, total in _imports(environment):
        print(f"  {name:<44}{total:>8.1f} ms, itself {own:.1f}")
    return int(median > COLD_S)


def _program() -> Sequence[str]:
    """The installed command beside this interpreter."""
    program = shutil.which("ldn-bot", path=str(Path(sys.executable).parent))
    return [program] if program else [sys.executable, "-m", "bot"]


def _seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began


def _imports(environment: dict[str, str]) -> list[tuple[str, float, float]]:
    """(module, milliseconds by itself, with what it imports), the largest first."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "ask", QUESTION],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    rows = re.findall(r"import time: +(\d+) \| +(\d+) \| +(\S+)", done.stderr)
    figures = [(name, int(own) / 1e3, int(total) / 1e3) for own, total, name in rows]
    return sorted(figures, key=lambda row: -row[2])[:IMPORTS_SHOWN]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.first_answer")
    parser.add_argument("--no-clone", action="store_true", help="only the cold start")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(clone=not _arguments().no_clone))
