"""LiveDocuments: follows a folder of documents while somebody edits it.

The last version without faults is served. The faults of a newer one are shown, and every open page
is told when there is something new to show.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from knowledge.desk import Desks, HelpDesk
from knowledge.errors import DocumentError, Problem
from knowledge.library import Library, Questions
from knowledge.watching import changes, snapshot

log = logging.getLogger(__name__)

CANNOT_LOAD = "The documents cannot be loaded. The terminal says why."


class LiveDocuments:
    """Follows a folder of documents; see `watch`."""

    def __init__(
        self,
        desks: Desks,
        load: Callable[[], Library],
        learn: Callable[[], Awaitable[list[HelpDesk]]],
        on_replaced: Callable[[], Awaitable[None]],
    ) -> None:
        """Nothing is read before `watch`, `reload` or `library` is called.

        Args:
            desks: the desks that are served; their content is replaced when the folder changes.
            load: reads and checks the folder, within a second; raises `DocumentError`.
            learn: makes desks of the folder, which takes seconds.
            on_replaced: called each time after `desks` were replaced.
        """
        self.desks = desks
        self.version = 0
        """Counts up whenever there is something new to show."""
        self.problems: tuple[Problem, ...] = ()
        self.failure = ""
        """A sentence if the folder could not be loaded for another reason than its faults."""
        self.learning = False
        """Whether the search still works with what it learned from an earlier version."""
        self._load = load
        self._learn = learn
        self._on_replaced = on_replaced
        self._library: Library | None = None
        self._news = asyncio.Event()
        self._closed = False

    async def library(self) -> Library | None:
        """The last library without faults; None if there was none yet."""
        if self._library is None:
            with suppress(DocumentError):
                self._library = await asyncio.to_thread(self._load)
        return self._library

    async def wait_for_change(self, version: int) -> int | None:
        """Wait until `self.version` differs from `version`, and return it; None after `close`."""
        while self.version == version and not self._closed:
            await self._news.wait()
        return None if self._closed else self.version

    def close(self) -> None:
        """End every `wait_for_change`."""
        self._closed = True
        self._news.set()

    async def watch(self, folder: Path) -> None:
        """Reload at each change of the folder, until cancelled; a newer change ends a reload."""
        loading: asyncio.Task[None] | None = None
        try:
            async for _ in changes(folder, snapshot(folder)):
                await _end(loading)
                loading = asyncio.create_task(self.reload())
        finally:
            await _end(loading)

    async def reload(self) -> None:
        """Serve the folder as it is now, unless it has faults. Raises nothing."""
        try:
            library = await asyncio.to_thread(self._load)
            if desks := self._with_old_search(library):
                await self._serve(desks)
            self._library, self.learning = library, True
            self._tell()
            await self._serve(await self._learn())
            self._tell()
        except DocumentError as error:
            self._tell(error.problems)
        except Exception:
            log.exception("the documents cannot be loaded, the last good ones serve on")
            self._tell(failure=CANNOT_LOAD)

    def _with_old_search(self, library: Library) -> list[HelpDesk]:
        """Desks with the new texts and the old search, so that edits show before it has learned.

        Empty if topics were added or removed: the old search cannot find those.
        """
        desks = []
        for document in library.documents:
            old = self.desks.get(document.command)
            if old is None:
                return []
            questions = library.questions.get(document.command, Questions())
            desk = HelpDesk(document, old.index, questions, old.safety, library.help_lines)
            if desk.titles.keys() != old.titles.keys():
                return []
            desks.append(desk)
        return desks

    async def _serve(self, desks: list[HelpDesk]) -> None:
        self.desks.replace(desks)
        self.learning = False
        await self._on_replaced()

    def _tell(self, problems: tuple[Problem, ...] = (), failure: str = "") -> None:
        self.problems, self.failure = problems, failure
        if problems or failure:
            self.learning = False
        self.version += 1
        self._news.set()
        self._news = asyncio.Event()


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.wait([task])
