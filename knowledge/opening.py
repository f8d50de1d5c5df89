"""Opening: from a library, or from a folder, to desks that answer.

Checking a folder and learning from its examples needs seconds and much memory, so `open_folder`
has it done in a process of its own, whose result is kept. What serves reads that alone: it is up
in a moment, stays small, and goes on answering while a changed folder is learned.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from knowledge import bundle, watching
from knowledge.bundle import Keys, fingerprint
from knowledge.desk import HelpDesk
from knowledge.document import Document
from knowledge.errors import DocumentError, LearningError, Problem
from knowledge.ideas import KNOWN_WORDS
from knowledge.library import Library, Questions
from knowledge.safety import CrisisDetector
from knowledge.search import SMALL_TALK, SearchIndex, Topic, texts_of
from knowledge.vocabulary import Vocabulary

log = logging.getLogger(__name__)

_FAULTY = 3
"""Exit status of the process that learns, when the folder has faults."""


def open_desks(library: Library, cache: Path | None = None) -> list[HelpDesk]:
    """A desk for each of a library's documents.

    Args:
        library: what they know.
        cache: a folder that keeps what was learned from it until it changes.
    """
    return _open_desks(library, _vocabulary_of(library), cache)


def _open_desks(library: Library, vocabulary: Vocabulary, cache: Path | None) -> list[HelpDesk]:
    safety = CrisisDetector.build(library.crisis, library.ordinary, vocabulary, cache=cache)
    return [
        HelpDesk(
            document,
            SearchIndex.build(_topics(document, questions), vocabulary, cache=cache),
            questions,
            safety,
            library.help_lines,
        )
        for document, questions in _with_questions(library)
    ]


def open_folder(folder: Path, cache: Path | None) -> list[HelpDesk]:
    """A desk for each document of a folder.

    Args:
        folder: the documents.
        cache: a folder that keeps what was learned until a file, or the code, changes; None
            where nothing can be kept.

    Raises:
        DocumentError: with every fault of every file.
        LearningError: the process that learns was ended from outside.
    """
    if cache is None:
        return learn_here(folder)
    learned = ""
    while not (desks := reopen_folder(cache, name := fingerprint(folder))) and name != learned:
        _learn_elsewhere(folder, cache, name)
        learned = name
    # Where nothing can be kept, or no process started, it is learned here.
    return desks or learn_here(folder)


def learn_here(folder: Path) -> list[HelpDesk]:
    """The desks, learned in this process, and not kept.

    Raises:
        DocumentError: with every fault of every file.
    """
    return open_desks(_load(folder))


def reopen_folder(cache: Path, name: str) -> list[HelpDesk]:
    """The desks of a folder of this fingerprint, as they were learned before.

    There is no desk if that was not kept, or not whole.
    """
    with suppress(OSError, json.JSONDecodeError, KeyError, TypeError, ValueError):
        library, keys = bundle.load(cache, name)
        if (vocabulary := Vocabulary.restore(keys.vocabulary, cache)) is None:
            return []
        safety = CrisisDetector.restore(vocabulary, keys.crisis, cache)
        desks: list[HelpDesk] = []
        for document, questions in _with_questions(library):
            topics, key = _topics(document, questions), keys.searches[document.command]
            # The key is empty where nothing was learned: not now either, this is what serves.
            index = (
                SearchIndex.restore(topics, vocabulary, key, cache)
                if key
                else SearchIndex.by_words(topics, vocabulary)
            )
            if safety is None or index is None:
                return []
            desks.append(HelpDesk(document, index, questions, safety, library.help_lines))
        return desks
    return []


def learning_command(folder: Path, cache: Path, name: str) -> list[str]:
    """What learns a folder in a process of its own, for `reopen_folder` to find in the cache.

    `name` is the folder's fingerprint. If it has another one by then, nothing is kept: learn again.
    """
    return [sys.executable, "-m", "knowledge.opening", str(folder), str(cache), name]


LEARNING_OPTIONS: Mapping[str, Any] = {
    # There it finds this very code.
    "env": {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    "stdin": subprocess.DEVNULL,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.DEVNULL,  # what it writes there is no log
    "start_new_session": True,
}
"""How `learning_command` is started, by `subprocess` or by asyncio."""


def judge_learning(status: int, said: bytes) -> None:
    """What a process of `learning_command` came to.

    Raises:
        DocumentError: with every fault of every file.
        LearningError: it was ended from outside. What ended it would end this process next.
    """
    if status < 0:
        raise LearningError(status)
    if status == _FAULTY:
        raise DocumentError([Problem(**fields) for fields in json.loads(said)])
    if status:
        # Where it fails here as well, the caller is told why.
        log.warning("the process that learns the documents failed; they are learned here")


def end_learning(process_id: int) -> None:
    """End a process of `learning_command`, which leads a session of its own, and its helper."""
    with suppress(ProcessLookupError):
        os.killpg(process_id, signal.SIGKILL)


def _learn_elsewhere(folder: Path, cache: Path, name: str) -> None:
    """Have `_learn` done by another process, if one can be started; raises as `judge_learning`."""
    with (
        suppress(OSError),
        subprocess.Popen(learning_command(folder, cache, name), **LEARNING_OPTIONS) as learning,
    ):
        try:
            said, _ = learning.communicate()
        finally:
            end_learning(learning.pid)
        judge_learning(learning.returncode, said)


def _learn(folder: Path, cache: Path, name: str) -> int:
    """Check a folder, learn from it, and keep what serving needs; the exit status.

    What is wrong with the folder is printed as JSON.
    """
    before = watching.look(folder)
    try:
        library = _load(folder)
    except DocumentError as error:
        print(json.dumps([asdict(problem) for problem in error.problems]))  # noqa: T201
        return _FAULTY
    # It may have changed before it was read, or while it was: saved, and undone by now, say. Then
    # this is not what the name stands for, under which it would be found for ever.
    if fingerprint(folder) != name or watching.look(folder) != before:
        return 0
    vocabulary = _vocabulary_of(library)
    _learn_side_by_side(library, vocabulary, cache)
    desks = _open_desks(library, vocabulary, cache)
    if desks:
        vocabulary.save(cache)
        searches = {desk.document.command: desk.index.key for desk in desks}
        bundle.save(cache, name, library, Keys(vocabulary.key, desks[0].safety.key, searches))
    return 0


def _learn_side_by_side(library: Library, vocabulary: Vocabulary, cache: Path) -> None:
    """Learn what finds a section beside what tells a crisis; both are kept in the cache.

    The longer work is the second, and it begins at once.
    """
    # Imported here: what serves never learns.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # A machine that allows no pool of processes has it all learned by `_open_desks`.
    with (
        suppress(OSError, BrokenProcessPool),
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool,
    ):
        searches = pool.submit(_learn_searches, library, vocabulary, cache)
        CrisisDetector.build(library.crisis, library.ordinary, vocabulary, cache=cache)
        searches.result()


def _learn_searches(library: Library, vocabulary: Vocabulary, cache: Path) -> None:
    for document, questions in _with_questions(library):
        SearchIndex.build(_topics(document, questions), vocabulary, cache=cache)


def _vocabulary_of(library: Library) -> Vocabulary:
    """Reads what people ask: it knows the words of every text, and of every idea."""
    texts = list(library.crisis.all)
    for document, questions in _with_questions(library):
        texts += texts_of(_topics(document, questions))
    return Vocabulary.of(texts, known_words=KNOWN_WORDS)


def _load(folder: Path) -> Library:
    # Imported here: what serves has no use for the checks, nor room for them.
    from knowledge.folder import load_library

    return load_library(folder)


def _with_questions(library: Library) -> Sequence[tuple[Document, Questions]]:
    return [
        (document, library.questions.get(document.command, Questions()))
        for document in library.documents
    ]


def _topics(document: Document, questions: Questions) -> list[Topic]:
    """Everything that a question about this document can be about, for the search."""
    covered = [
        Topic(
            id=section.id,
            covered=True,
            texts=(section.title, *section.aliases, section.text),
            questions=questions.sections.get(section.id, ()),
        )
        for section in document.sections
    ]
    not_covered = [
        Topic(id=topic.id, covered=False, texts=(topic.title,), questions=topic.questions)
        for topic in questions.not_covered.values()
    ]
    if questions.small_talk:
        small_talk = Topic(id=SMALL_TALK, covered=False, texts=(), questions=questions.small_talk)
        not_covered.append(small_talk)
    return [*covered, *not_covered]


if __name__ == "__main__":
    gc.disable()  # it ends soon, and next to nothing of what it makes is garbage
    sys.exit(_learn(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
