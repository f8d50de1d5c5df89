"""Live: the documents as they are being edited. The last good ones are served; what is wrong with
newer ones is told, and whoever looks at the page is told that there is something new.
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
from knowledge.watching import changes, look

log = logging.getLogger(__name__)

CANNOT_LOAD = "The documents cannot be loaded. The terminal says why."


class Live:
    """Follows a folder of documents."""

    def __init__(
        self,
        desks: Desks,
        load: Callable[[], Library],
        learn: Callable[[], Awaitable[Desks]],
        replaced: Callable[[], Awaitable[None]],
    ) -> None:
        """Follow a folder.

        Args:
            desks: what is served; replaced when the folder changes.
            load: reads and checks the folder, in a moment; raises `DocumentError`.
            learn: makes desks of the folder, in its own time.
            replaced: called after other desks are served.
        """
        self.desks = desks
        self.version = 0
        """Another one whenever there is something new to see."""
        self.problems: tuple[Problem, ...] = ()
        self.trouble = ""
        """A sentence, where it is not the documents that are at fault."""
        self.learning = False
        """Whether the search still knows the documents as they were."""
        self._load = load
        self._learn = learn
        self._replaced = replaced
        self._library: Library | None = None
        self._news = asyncio.Event()
        self._closed = False

    async def library(self) -> Library | None:
        """The last good library, with its example questions; None if there was none yet."""
        if self._library is None:
            with suppress(DocumentError):
                self._library = await asyncio.to_thread(self._load)
        return self._library

    async def after(self, version: int) -> int | None:
        """Wait for another version than this; None once there will be no more."""
        while self.version == version and not self._closed:
            await self._news.wait()
        return None if self._closed else self.version

    def close(self) -> None:
        """Let go of whoever waits."""
        self._closed = True
        self._news.set()

    async def watch(self, folder: Path) -> None:
        """Follow the folder until cancelled. A newer change puts an end to learning an older."""
        loading: asyncio.Task[None] | None = None
        try:
            async for _ in changes(folder, look(folder)):
                await _end(loading)
                loading = asyncio.create_task(self.reload())
        finally:
            await _end(loading)

    async def reload(self) -> None:
        """Take the folder as it is now, if it is whole."""
        try:
            library = await asyncio.to_thread(self._load)
            if desks := self._with_old_search(library):
                await self._serve(desks)
            self._library, self.learning = library, True
            self._tell()
            await self._serve(list((await self._learn()).values()))
            self._tell()
        except DocumentError as error:
            self._tell(error.problems)
        except Exception:
            log.exception("the documents cannot be loaded, the last good ones serve on")
            self._tell(trouble=CANNOT_LOAD)

    def _with_old_search(self, library: Library) -> list[HelpDesk]:
        """Desks with new words that are found as the old ones were, so that nobody has to wait.

        No desk at all where there are other topics to find.
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
        await self._replaced()

    def _tell(self, problems: tuple[Problem, ...] = (), trouble: str = "") -> None:
        self.problems, self.trouble = problems, trouble
        if problems or trouble:
            self.learning = False
        self.version += 1
        self._news.set()
        self._news = asyncio.Event()


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.wait([task])
