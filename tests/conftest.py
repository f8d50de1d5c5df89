"""What every test may use, made once for the whole run: the shipped documents, loaded and learnt,
and an empty store.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from knowledge.desk import Desks
from knowledge.documents import SHIPPED
from knowledge.folder import load_library
from knowledge.library import Library
from knowledge.opening import open_desks

# How long an example takes says how busy the machine is, and nothing about the code.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")

pytest_plugins = ["tests.standins.fixtures"]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave out of garbage collection what is imported: it stays, and there is very much of it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An `LDN_DATA` in which the shipped documents are learnt already once `desks` was used.

    The workers of a run share it: what is learnt is kept under a name made of all inputs.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "data"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def model_cache(data_folder: Path) -> Path:
    """Where the search keeps what it has learnt during this run."""
    return data_folder / "models"


@pytest.fixture(scope="session")
def library() -> Library:
    """The shipped folder of documents."""
    return load_library(SHIPPED)


@pytest.fixture(scope="session")
def desks(library: Library, model_cache: Path) -> Desks:
    """A help desk for each shipped document."""
    # Of the workers of a run one learns, which takes long; the others wait and find it there.
    with model_cache.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Desks(open_desks(library, cache=model_cache))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which every table is there, and empty: to be copied, never to be used."""
    # Imported here, so that a run that keeps nothing does not pay for it.
    from tests.adapters.postgres import migrate

    folder = tmp_path_factory.mktemp("migrated")
    asyncio.run(migrate(None, folder))
    return folder


@pytest.fixture
def collector_as_it_was() -> Iterator[None]:
    """What serves tells the garbage collector what to do, for the whole process."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    gc.collect()
    gc.freeze()  # as after collection
