"""Opening: makes desks from a library, or from a folder of documents.

To check a folder and learn from its examples takes seconds and much memory. So `open_folder` has
that done by a process of its own, which saves the result (`knowledge.bundle`, `modelcache`). The
serving process only loads the result: it starts quickly, stays small, and goes on answering while a
changed folder is learned.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from knowledge import bundle, watching
from knowledge.bundle import ModelKeys, fingerprint
from knowledge.desk import HelpDesk
from knowledge.document import Document
from knowledge.errors import DocumentError, LearningError, Problem
from knowledge.ideas import KNOWN_WORDS
from knowledge.library import Library, Questions
from knowledge.modelcache import Arrays
from knowledge.safety import CrisisDetector
from knowledge.search import SMALL_TALK, SearchIndex, Topic, texts_of
from knowledge.vocabulary import Vocabulary

log = logging.getLogger(__name__)

_FAULTY = 3
"""The exit status of the learning process if the folder has faults."""


def open_desks(library: Library, cache: Path | None = None) -> list[HelpDesk]:
    """Make a desk for each document of a library; learns in this process.

    Args:
        library: the documents and everything that belongs to them.
        cache: a folder for `knowledge.modelcache`; None to save nothing.
    """
    return _open_desks(library, _vocabulary_of(library), cache)


def _open_desks(library: Library, vocabulary: Vocabulary, cache: Path | None) -> list[HelpDesk]:
    safety = CrisisDetector.build(library.crisis, library.ordinary, vocabulary, cache=cache)
    return [
        HelpDesk(
            document,
            SearchIndex.build(topics_of(document, questions), vocabulary, cache=cache),
            questions,
            safety,
            library.help_lines,
        )
        for document, questions in _with_questions(library)
    ]


async def open_folder(folder: Path, cache: Path) -> tuple[list[HelpDesk], str]:
    """Make a desk for each document of a folder; learns in another process if that is needed.

    If the folder changes meanwhile, it is learned again. If this is cancelled, learning ends. Only
    if no process can be started or its result cannot be saved is the folder learned in a thread of
    this process, which cannot be cancelled.

    Args:
        folder: the folder of documents.
        cache: a folder that keeps what was learned until a file, or the code, changes.

    Returns:
        The desks, and the name under which `load_learned` finds them; empty if they are not saved.

    Raises:
        DocumentError: with every fault of every file.
        LearningError: the learning process was killed, for lack of memory for example.
    """
    learned, has_learned = "", False
    # Not in a thread: it takes only a moment, and a thread would not return its memory.
    while not (desks := load_learned(cache, name := fingerprint(folder))) and name != learned:
        with suppress(OSError):  # no process can be started
            has_learned = await _learn_in_subprocess(folder, cache, name)
        learned = name
    if desks:
        return desks, name
    if has_learned:
        log.warning("what was learned cannot be kept; every start takes longer until it can")
    return await asyncio.to_thread(learn_in_process, folder), ""


def learn_in_process(folder: Path) -> list[HelpDesk]:
    """Make the desks of a folder in this process, without saving anything.

    Raises:
        DocumentError: with every fault of every file.
    """
    return open_desks(_load(folder))


def load_learned(cache: Path, name: str) -> list[HelpDesk]:
    """The desks of the folder with this fingerprint, as they were learned before.

    Empty if they were not saved, or are damaged.
    """
    with suppress(OSError, json.JSONDecodeError, KeyError, TypeError, ValueError):
        library, keys = bundle.load(cache, name)
        if (vocabulary := Vocabulary.restore(keys.vocabulary, cache)) is None:
            return []
        if (safety := CrisisDetector.restore(vocabulary, keys.crisis, cache)) is None:
            return []
        desks: list[HelpDesk] = []
        for document, questions in _with_questions(library):
            topics, key = topics_of(document, questions), keys.searches[document.command]
            # An empty key: no model was learned, so the search goes by words.
            index = (
                SearchIndex.restore(topics, vocabulary, key, cache)
                if key
                else SearchIndex.by_words(topics, vocabulary)
            )
            if index is None:
                return []
            desks.append(HelpDesk(document, index, questions, safety, library.help_lines))
        return desks
    return []


def learning_command(folder: Path, cache: Path, name: str) -> list[str]:
    """The command of a process that learns a folder and saves the result for `load_learned`.

    `name` is the folder's fingerprint. If the folder has changed by the time it is read, nothing is
    saved, and the caller has to start again.
    """
    return [sys.executable, "-m", "knowledge.opening", str(folder), str(cache), name]


_LEARNING_ENVIRONMENT = {
    "PYTHONPATH": str(Path(__file__).parents[1]),  # this very code
    # The matrices are small: the threads of NumPy's library would cost more than they save.
    "OPENBLAS_NUM_THREADS": "1",
}


async def _learn_in_subprocess(folder: Path, cache: Path, name: str) -> bool:
    """Run `_learn` in another process; whether it succeeded.

    If that fails for an unknown reason, it is only logged: the caller then learns by itself, and
    gets the exception.

    Raises:
        OSError: no process can be started, or beside the cache nothing can be written.
        DocumentError: the folder has faults.
        LearningError: the process was killed; the caller must not try too.
    """
    # A file and no pipe: if the process is killed, the one that it has started keeps a pipe open.
    # It is where the data are, since nothing else need be writable.
    with tempfile.TemporaryFile(dir=cache.parent) as said:
        learning = await asyncio.create_subprocess_exec(
            *learning_command(folder, cache, name),
            env={**os.environ, **_LEARNING_ENVIRONMENT},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=asyncio.subprocess.DEVNULL,  # it is not in the form of our logs
            start_new_session=True,
        )
        try:
            status = await learning.wait()
        finally:
            with suppress(ProcessLookupError):  # it has ended, and so has its child
                os.killpg(learning.pid, signal.SIGKILL)
            await learning.wait()
        said.seek(0)
        faults = said.read()
    if status < 0:
        raise LearningError(status)
    if status == _FAULTY:
        raise DocumentError([Problem(**fields) for fields in json.loads(faults)])
    if status:
        log.warning("the process that learns the documents failed; they are learned here")
    return not status


def _learn(folder: Path, cache: Path, name: str) -> int:
    """Check a folder, learn from it, and save the result; returns the exit status.

    The faults of the folder are printed as JSON.
    """
    before = watching.snapshot(folder)
    try:
        library = _load(folder)
    except DocumentError as error:
        print(json.dumps([asdict(problem) for problem in error.problems]))  # noqa: T201
        return _FAULTY
    # The folder may have changed before it was read, or while it was, and been changed back. Then
    # this result does not belong to the name under which it would be found.
    if fingerprint(folder) != name or watching.snapshot(folder) != before:
        return 0
    vocabulary = _vocabulary_of(library)
    _learn_in_parallel(library, vocabulary, cache)
    desks = _open_desks(library, vocabulary, cache)
    if desks:
        vocabulary.save(cache)
        searches = {desk.document.command: desk.index.key for desk in desks}
        bundle.save(cache, name, library, ModelKeys(vocabulary.key, desks[0].safety.key, searches))
    return 0


def _learn_in_parallel(library: Library, vocabulary: Vocabulary, cache: Path) -> None:
    """Learn the search and the crisis check in two processes; both are saved in the cache.

    The crisis check takes longer, so this process begins with it at once.
    """
    # Imported here, because a serving process never learns.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # A vocabulary's memory views cannot be pickled.
    arrays = vocabulary.to_arrays()
    # If no process can be started, `_open_desks` learns what is missing.
    with (
        suppress(OSError, BrokenProcessPool),
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool,
    ):
        searches = pool.submit(_learn_searches, library, arrays, cache)
        CrisisDetector.build(library.crisis, library.ordinary, vocabulary, cache=cache)
        searches.result()


def _learn_searches(library: Library, arrays: Arrays, cache: Path) -> None:
    vocabulary = Vocabulary.from_arrays(arrays)
    for document, questions in _with_questions(library):
        SearchIndex.build(topics_of(document, questions), vocabulary, cache=cache)


def _vocabulary_of(library: Library) -> Vocabulary:
    """The vocabulary of all documents, examples and phrases, and of `knowledge.ideas`."""
    texts = list(library.crisis.all)
    for document, questions in _with_questions(library):
        texts += texts_of(topics_of(document, questions))
    return Vocabulary.of(texts, known_words=KNOWN_WORDS)


def _load(folder: Path) -> Library:
    # Imported here, because a serving process does not need the checks, which take memory.
    from knowledge.folder import load_library

    return load_library(folder)


def _with_questions(library: Library) -> Sequence[tuple[Document, Questions]]:
    return [
        (document, library.questions.get(document.command, Questions()))
        for document in library.documents
    ]


def topics_of(document: Document, questions: Questions) -> list[Topic]:
    """The topics of a document for the search: its sections, then what it does not cover."""
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
    gc.disable()  # the process ends soon, and makes little garbage
    sys.exit(_learn(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
