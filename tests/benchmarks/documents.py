"""Documents of 19, 1,000 and 10,000 sections: how long they load, what they weigh, how they answer.

The first is the shipped one; the others are made here, of words as frequent as in a language, and
without example questions. Each is opened in processes of its own: once with nothing learned yet
(which checks the whole folder), and once more as every later start does.

    python -m tests.benchmarks.documents [SECTIONS …]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from knowledge.documents import SHIPPED
from tests.benchmarks.search import many_sections
from tests.documents import section, write_document

SIZES = (19, 1_000, 10_000)
SENTENCE = 12
"""Words."""

_OPEN = """
import asyncio, json, random, statistics, sys, time
from pathlib import Path
from knowledge.opening import open_folder
folder, cache = Path({folder!r}), Path({cache!r})
began = time.perf_counter()
[desk], _ = asyncio.run(open_folder(folder, cache))
opened = time.perf_counter() - began

def times(texts):
    for text in texts:
        began = time.perf_counter()
        desk.ask(text)
        yield time.perf_counter() - began

chance = random.Random(1)
some = chance.choices(desk.document.sections, k=500)
asked = ["what about " + " ".join(chance.sample(each.text.split(), 4)) for each in some]
list(times(asked[:20]))
exact, free = list(times([each.title for each in some])), list(times(asked))
status = open("/proc/self/status", encoding="ascii").read()
resident = int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])
print(json.dumps([
    opened, resident / 1024, 1e6 * statistics.median(exact), 1e3 * statistics.median(free),
    1e3 * statistics.quantiles(free, n=100)[98],
]))
"""


def main(sizes: tuple[int, ...]) -> int:
    """Print the table. What the shipped document may need is demanded in `search`."""
    print(
        f"{'sections':>10}{'first load s':>14}{'load s':>10}{'MB':>8}{'exact us':>10}"
        f"{'free ms':>10}{'p99 ms':>10}"
    )
    for size in sizes:
        with tempfile.TemporaryDirectory() as temporary:
            folder = SHIPPED if size == SIZES[0] else _written(Path(temporary) / "folder", size)
            cache = Path(temporary) / "cache"
            cache.mkdir()
            first, *_ = _opened(folder, cache)
            again, memory, exact, free, slowest = _opened(folder, cache)
        print(
            f"{size:>10}{first:>14.2f}{again:>10.2f}{memory:>8.1f}{exact:>10.1f}{free:>10.2f}"
            f"{slowest:>10.2f}",
            flush=True,
        )
    return 0


def _opened(folder: Path, cache: Path) -> list[float]:
    """The figures of one process."""
    code = _OPEN.format(folder=str(folder), cache=str(cache))
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, text=True
    )
    figures: list[float] = json.loads(done.stdout)
    return figures


def _written(folder: Path, size: int) -> Path:
    """A folder with a document of so many sections."""
    sections = []
    for topic in many_sections(size):
        title, text = topic.texts
        sentences = " ".join(_sentences(text.split()))
        sections.append(section(f"s{topic.id}", f"{title} {topic.id}".capitalize(), sentences))
    write_document(folder, sections, command="many")
    (folder / "many.questions.yaml").write_text("sections: {}\n", encoding="utf-8")
    return folder


def _sentences(words: list[str]) -> list[str]:
    return [
        " ".join(words[at : at + SENTENCE]).capitalize() + "."
        for at in range(0, len(words), SENTENCE)
    ]


if __name__ == "__main__":
    sys.exit(main(tuple(map(int, sys.argv[1:])) or SIZES))
