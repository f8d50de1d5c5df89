"""Whatever happens to a folder of documents, a change in it is noticed; and nothing else is."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from knowledge import watching
from knowledge.watching import changes, snapshot

Noticed = Callable[[], asyncio.Future[None]]


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Noticed]:
    """Gives what waits for the next change."""
    following = changes(folder, snapshot(folder))

    def noticed() -> asyncio.Future[None]:
        return asyncio.ensure_future(asyncio.wait_for(anext(following), 30))

    try:
        yield noticed
    finally:
        await following.aclose()  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SNAPSHOT_EVERY", 0.01)


def folder_of(path: Path, words: str = "first") -> Path:
    path.mkdir()
    (path / "ldn.yaml").write_text(words, encoding="utf-8")
    return path


def edit(folder: Path) -> None:
    (folder / "ldn.yaml").write_text("edited in place", encoding="utf-8")


def switch(link: Path, target: str) -> None:
    """At once, as deployments do."""
    new = link.with_name("new-link")
    new.symlink_to(target)
    os.replace(new, link)


async def test_a_link_that_leads_to_another_folder_is_noticed_and_so_is_what_is_edited_there(
    tmp_path: Path,
) -> None:
    # As large as each other, and saved at the same moment.
    for name, words in (("v1", "first"), ("v2", "other")):
        os.utime(folder_of(tmp_path / name, words) / "ldn.yaml", (0, 0))
    link = tmp_path / "documents"
    link.symlink_to("v1")
    async with watched(link) as noticed:
        switch(link, "v2")
        await noticed()
        edit(link)
        await noticed()


async def test_a_folder_that_takes_the_place_of_another_is_noticed_and_so_is_what_is_edited_there(
    tmp_path: Path,
) -> None:
    documents = folder_of(tmp_path / "documents")
    async with watched(documents) as noticed:
        documents.rename(tmp_path / "old")
        folder_of(tmp_path / "new", "other").rename(documents)
        await noticed()
        edit(documents)
        await noticed()


async def test_a_folder_that_is_deleted_and_made_again_is_noticed_each_time(
    tmp_path: Path,
) -> None:
    documents = folder_of(tmp_path / "documents")
    async with watched(documents) as noticed:
        shutil.rmtree(documents)
        await noticed()
        folder_of(documents)
        await noticed()
        edit(documents)
        await noticed()


async def test_files_that_are_links_are_noticed_when_a_config_map_changes(tmp_path: Path) -> None:
    for name in ("..v1", "..v2"):
        folder_of(tmp_path / name)
    (tmp_path / "..data").symlink_to("..v1")
    (tmp_path / "ldn.yaml").symlink_to("..data/ldn.yaml")
    async with watched(tmp_path) as noticed:
        switch(tmp_path / "..data", "..v2")
        await noticed()
        edit(tmp_path)
        await noticed()


async def test_what_changed_before_anybody_watched_is_noticed(tmp_path: Path) -> None:
    documents = folder_of(tmp_path / "documents")
    read = snapshot(documents)
    edit(documents)
    await asyncio.wait_for(anext(changes(documents, read)), 30)


async def test_a_file_that_may_be_read_now_is_noticed(tmp_path: Path) -> None:
    documents = folder_of(tmp_path / "documents")
    (documents / "ldn.yaml").chmod(0)
    async with watched(documents) as noticed:
        (documents / "ldn.yaml").chmod(0o644)
        await noticed()


async def test_nothing_is_told_while_files_are_still_being_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [snapshot(folder_of(tmp_path / str(number))) for number in range(4)]
    *saving, saved = states
    seen = iter([*saving, saved, saved])
    monkeypatch.setattr(watching, "snapshot", lambda _: next(seen))
    await anext(changes(tmp_path, states[0]))
    assert next(seen, None) is None  # it waited for the last


def test_what_is_read_or_is_an_editors_own_is_no_change(tmp_path: Path) -> None:
    documents = folder_of(tmp_path / "documents")
    before = snapshot(documents)
    for name in (".ldn.yaml.swp", "#ldn.yaml#", "ldn.yaml~"):
        (documents / name).write_text("not saved yet", encoding="utf-8")
    (documents / "ldn.yaml").read_text(encoding="utf-8")
    assert snapshot(documents) == before
