"""How long an answer takes, how long loading takes, and what the search weighs.

Every figure stands beside what it may be. Times of answers are of one process that answers the
shipped document's labelled questions, each as typed and with two typing errors, and of an index
over `MANY` sections made here, none of which has example questions. Memory is that of a child
process which has opened the shipped folder and answered questions, less that of one which has
only imported what shows answers.

    python -m tests.benchmarks.search
"""

from __future__ import annotations

import asyncio
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from knowledge.documents import SHIPPED
from knowledge.evaluation import read_labelled
from knowledge.opening import open_folder
from knowledge.search import SearchIndex, Topic, texts_of
from knowledge.vocabulary import Vocabulary
from tests.knowledge.cross_validation import inject_typos

LABELLED = Path(__file__).parents[1] / "knowledge" / "labelled.jsonl"
ROUNDS = 7
MANY = 10_000

EXACT_US = 50
MEDIAN_MS, P99_MS = 0.5, 1.5
MANY_P99_MS = 10
COLD_S, WARM_S = 5, 0.3
MEMORY_MB = 30

_WITHOUT = """
import asyncio, knowledge.answer, knowledge.compose, knowledge.document, knowledge.helplines
"""
_WITH = """
import asyncio
from pathlib import Path
from knowledge.opening import open_folder
[desk], _ = asyncio.run(open_folder(Path({folder!r}), Path({cache!r})))
for question in {questions!r}:
    desk.ask(question)
"""
_RESIDENT = """
status = open("/proc/self/status", encoding="ascii").read()
print(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])
"""


def main() -> int:
    """Print the table; 1 if a figure is beyond what it may be."""
    questions = [labelled.question for labelled in read_labelled(LABELLED)]
    chance = random.Random(1)
    typed = [*questions, *(inject_typos(question, 2, chance) for question in questions)]
    within = True

    def row(name: str, figure: float, allowed: float, unit: str) -> None:
        nonlocal within
        within &= figure <= allowed
        print(f"{name:<44}{figure:>9.3f} {unit:<3} (allowed {allowed:g})")

    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        row(
            "opening, nothing learned yet",
            seconds(lambda: asyncio.run(open_folder(SHIPPED, cache))),
            COLD_S,
            "s",
        )
        opening = [seconds(lambda: asyncio.run(open_folder(SHIPPED, cache))) for _ in range(ROUNDS)]
        row("opening what was learned", statistics.median(opening), WARM_S, "s")
        row("memory of the search", memory_mb(cache, typed), MEMORY_MB, "MB")
        [desk], _ = asyncio.run(open_folder(SHIPPED, cache))
    names = [section.title for section in desk.document.sections]
    exact = times(desk.ask, names)
    row("exact topic, median", 1e6 * statistics.median(exact), EXACT_US, "us")
    answers = times(desk.ask, typed)
    row("free text, median", 1e3 * statistics.median(answers), MEDIAN_MS, "ms")
    row("free text, 99 of 100", 1e3 * percentile(answers, 99), P99_MS, "ms")
    topics = many_sections(MANY)
    index = SearchIndex.build(topics, Vocabulary.of(texts_of(topics)))
    searches = times(index.search, [*typed, *(words(topic, chance) for topic in topics[::20])])
    row(f"{MANY} sections, 99 of 100", 1e3 * percentile(searches, 99), MANY_P99_MS, "ms")
    return int(not within)


def seconds(work: Callable[[], object]) -> float:
    """How long some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def times(ask: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """How long each text takes, in seconds: the best of some rounds, without what others do."""
    rounds = [[seconds(partial(ask, text)) for text in texts] for _ in range(ROUNDS)]
    return [min(each) for each in zip(*rounds, strict=True)]


def percentile(figures: Sequence[float], percent: int) -> float:
    """The figure that so many percent are not above."""
    return statistics.quantiles(figures, n=100, method="inclusive")[percent - 1]


def memory_mb(cache: Path, questions: Sequence[str]) -> float:
    """What a process that answers needs more than one that only could show answers (Linux)."""
    code = _WITH.format(folder=str(SHIPPED), cache=str(cache), questions=list(questions))
    rounds = [(resident_mb(code), resident_mb(_WITHOUT)) for _ in range(3)]
    return statistics.median(answering - bare for answering, bare in rounds)


def resident_mb(code: str) -> float:
    """The resident set of a child process when it has run some code."""
    done = subprocess.run(
        [sys.executable, "-c", code + _RESIDENT], capture_output=True, check=True, text=True
    )
    return int(done.stdout) / 1024


def many_sections(count: int) -> list[Topic]:
    """Sections of sixty words, frequent and rare ones as in a language; each has its own title."""
    chance = random.Random(2)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    stock = ["".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(20_000)]
    weights = [1 / rank for rank in range(1, len(stock) + 1)]
    text = [" ".join(chance.choices(stock, weights, k=60)) for _ in range(count)]
    titles = [" ".join(chance.choices(stock, k=3)) for _ in range(count)]
    return [
        Topic(str(number), True, (title, text), ())
        for number, (title, text) in enumerate(zip(titles, text, strict=True))
    ]


def words(topic: Topic, chance: random.Random) -> str:
    """Some words of a section, as a question."""
    return "what about " + " ".join(chance.sample(topic.texts[1].split(), 6))


if __name__ == "__main__":
    sys.exit(main())
