"""The documents while they are edited: what is served, what is told, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from adapters.web.live_documents import CANNOT_LOAD, LiveDocuments
from knowledge.desk import HelpDesk
from knowledge.folder import load_library
from tests.documents import GARDEN, open_folder, section, write_document


class Edited:
    """A small folder, followed without a watcher: `live.reload` is what a saved file calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_document(folder)
        self.learned = asyncio.Event()
        self.learned.set()
        self.replaced = 0
        self.desks = open_folder(folder)
        self.live = LiveDocuments(
            self.desks, lambda: load_library(folder), self._learn, self._replace
        )

    def shows(self, topic: str) -> str:
        answer = self.desks.first.lookup(topic)
        return answer.body if answer else ""

    async def _learn(self) -> list[HelpDesk]:
        await self.learned.wait()
        return list(open_folder(self.folder).values())

    async def _replace(self) -> None:
        self.replaced += 1


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path / "documents")


def watered(words: str) -> list[dict[str, object]]:
    return [section("water", "Watering", words), *GARDEN[1:]]


async def until(what: Callable[[], bool], live: LiveDocuments) -> None:
    while not what():
        await asyncio.wait_for(live.wait_for_change(live.version), 20)


async def test_new_words_are_served_before_they_are_learned(edited: Edited) -> None:
    edited.learned.clear()
    write_document(edited.folder, watered("Water the beds at night. Never at noon."))
    reload = asyncio.create_task(edited.live.reload())
    await until(lambda: edited.live.learning, edited.live)
    assert "at night" in edited.shows("water")
    edited.learned.set()
    await reload
    assert not edited.live.learning
    assert "at night" in edited.shows("water")
    assert edited.replaced == 2


async def test_a_new_section_is_served_once_it_is_learned(edited: Edited) -> None:
    edited.learned.clear()
    write_document(edited.folder, [*GARDEN, section("shed", "Shed", "The shed is locked.")])
    reload = asyncio.create_task(edited.live.reload())
    await until(lambda: edited.live.learning, edited.live)
    assert edited.shows("shed") == ""
    edited.learned.set()
    await reload
    assert "locked" in edited.shows("shed")


async def test_a_broken_file_is_told_with_its_line_and_the_last_good_one_serves_on(
    edited: Edited,
) -> None:
    before = edited.shows("water")
    path = edited.folder / "garden.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Never", "Always"), encoding="utf-8")
    await edited.live.reload()
    assert edited.shows("water") == before
    [*_, problem] = edited.live.problems
    assert (problem.file, problem.key) == ("garden.yaml", "sections[0].text")
    assert problem.line > 1
    assert edited.live.version == 1


async def test_a_mended_file_ends_the_telling(edited: Edited) -> None:
    path = edited.folder / "garden.yaml"
    good = path.read_text(encoding="utf-8")
    path.write_text("title: [", encoding="utf-8")
    await edited.live.reload()
    assert edited.live.problems
    path.write_text(good, encoding="utf-8")
    await edited.live.reload()
    assert edited.live.problems == ()


async def test_what_is_not_the_documents_fault_is_told_too(tmp_path: Path) -> None:
    def broken() -> None:
        raise OSError("the disk is gone")

    write_document(tmp_path)
    live = LiveDocuments(open_folder(tmp_path), broken, _never, _nothing)  # type: ignore[arg-type]
    await live.reload()
    assert live.failure == CANNOT_LOAD
    assert not live.learning


async def test_a_saved_file_is_noticed(edited: Edited) -> None:
    watching = asyncio.create_task(edited.live.watch(edited.folder))
    await asyncio.sleep(0)  # it has looked before
    write_document(edited.folder, watered("Water the beds at night. Never at noon."))
    await until(lambda: "at night" in edited.shows("water"), edited.live)
    watching.cancel()
    await asyncio.wait([watching])


async def test_a_newer_change_ends_the_learning_of_an_older(edited: Edited) -> None:
    edited.learned.clear()
    watching = asyncio.create_task(edited.live.watch(edited.folder))
    await asyncio.sleep(0)
    write_document(edited.folder, watered("Water the beds at night. Never at noon."))
    await until(lambda: "at night" in edited.shows("water"), edited.live)
    write_document(edited.folder, watered("Water the beds at dawn. Never at noon."))
    await until(lambda: "at dawn" in edited.shows("water"), edited.live)
    edited.learned.set()
    await until(lambda: not edited.live.learning, edited.live)
    assert "at dawn" in edited.shows("water")
    watching.cancel()
    await asyncio.wait([watching])


async def test_whoever_waits_for_news_is_let_go_at_the_end(edited: Edited) -> None:
    waiting: Awaitable[int | None] = asyncio.create_task(edited.live.wait_for_change(0))
    await asyncio.sleep(0)
    edited.live.close()
    assert await asyncio.wait_for(waiting, 20) is None


async def _never() -> list[HelpDesk]:
    raise AssertionError("nothing was loaded, so nothing is learned")


async def _nothing() -> None:
    pass
