"""One process, every platform side by side: one that fails does not take the others along.

While it serves, the documents' folder is watched. A folder that changed is checked first, then
takes the place of the old one at once; a broken one is reported, and the last good one serves on.
Every post is then brought up to date.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from typing import Any

import tenacity

from bot import bootstrap, garbage
from bot.bootstrap import Adapter
from bot.lazy import LazyStores
from bot.settings import Settings
from knowledge import watching
from knowledge.desk import Desks
from knowledge.errors import DocumentError, LdnBotError, PlatformError
from knowledge.keeper import PostKeeper
from knowledge.metrics import Metrics
from knowledge.posts import Platform
from knowledge.tallies import Tallying

log = logging.getLogger(__name__)

CLOSE_TIMEOUT = 4.0
"""Seconds that the platforms have to come to an end once the process is asked to; what they have
under way is cut short then. Everything else has as long once more. Docker kills after ten."""
HAND_OVER_WITHIN = 2.0
"""Seconds that the store has, at the end, to take what was counted, and what was posted while it
failed."""
LONGEST_WAIT = 60.0
"""Seconds between two attempts, at most, while a platform cannot be reached."""
WELL_AFTER = 300.0
"""Seconds after which a platform that breaks is no longer the one that broke before."""
LOOK_EVERY = 0.5
"""Seconds between two looks whether a platform has connected."""
TALLIES_EVERY = 60.0
"""Seconds between two times that what was counted is handed over."""
TIDY_EVERY = 60.0
"""Seconds between two times that memory is tidied up."""
LOOK_AGAIN_AFTER = 5.0
"""Seconds after which a posting is looked at of which nobody knows whether it was made; its
reservation holds for a minute."""
TRY_AGAIN_AFTER = 60.0
"""Seconds after which posts are looked at again that could not be brought up to date."""
REFUSED_AGAIN_AFTER = 3600.0
"""The same for posts that a platform refused to edit: nobody tells us that a permission was given,
a channel opened or the app installed again."""

_NOT_TAKEN = "the documents are not taken, the last good ones serve on:\n%s"


async def serve(settings: Settings) -> bool:
    """Read the documents, then serve until SIGTERM or Ctrl-C, or until no platform is left.

    Returns:
        Whether it ended because it was asked to.

    Raises:
        DocumentError: the documents cannot be served.
    """
    service = Service(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    loop.add_signal_handler(signal.SIGHUP, service.reload_soon.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # see `bot.__main__`
    serving = asyncio.create_task(service.run())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    asked = stop.is_set()
    if asked:
        log.info("stopping")
        # There is nothing to read anew any more; by itself the signal would end the process.
        loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        serving.cancel()
    stopping.cancel()
    for _ in range(2):
        await asyncio.wait((serving, stopping), timeout=CLOSE_TIMEOUT)
        serving.cancel()  # once more: what takes too long is cut short, and the rest ends well
    if serving.done() and not serving.cancelled():
        serving.result()
    return asked


class Service:
    """Everything that runs while the bot serves."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._desks = Desks([])
        self._running: dict[Platform, Adapter] = {}
        self._metrics = Metrics()
        self._refresh_soon = {platform: asyncio.Event() for platform in Platform}
        self._due: dict[Platform, asyncio.TimerHandle] = {}
        """When posts are looked at again; once it is over, it says nothing any more."""
        self.reload_soon = asyncio.Event()

    async def run(self) -> None:
        """Serve until no platform is left, or until cancelled.

        Raises:
            DocumentError: the documents cannot be served.
        """
        log.info("reading the documents")
        before = watching.look(self._settings.documents)
        fault = await self._begin()
        async with AsyncExitStack() as stack:
            stores = bootstrap.build_stores(self._settings, stack)
            health = bootstrap.build_health(self._settings, self._desks, stores)
            if health is not None:
                self._metrics = health.metrics
            if fault:
                self._not_taken(fault)
            platforms = bootstrap.build_platforms(
                self._settings,
                self._desks,
                stores,
                self._metrics,
                lambda platform: self._look_again(platform, LOOK_AGAIN_AFTER),
                stack,
            )
            if health is not None:
                await stack.enter_async_context(
                    health.listening(lambda: self._connected(platforms.adapters))
                )
            if not stores.is_empty:
                try:
                    await stores.open()
                except LdnBotError as error:
                    log.error("%s Until then answers go on, and sharing does not.", error)
            garbage.settle()
            try:
                await _until_first_are_done(
                    [self._keep_running(*each) for each in platforms.adapters.items()],
                    [
                        self._watch(before),
                        self._reload(),
                        _keep_tallies(platforms.tallying, stores),
                        _keep_tidy(),
                        *(self._keep_true(platforms.keeper, each) for each in platforms.adapters),
                    ],
                )
            finally:  # before the stack closes the store
                await asyncio.gather(
                    _hand_over(platforms.tallying, HAND_OVER_WITHIN),
                    _record_what_stands(platforms.keeper),
                )

    def _connected(self, platforms: Iterable[Platform]) -> dict[Platform, bool]:
        """For each of these platforms, whether questions reach us at this moment."""
        running = ((platform, self._running.get(platform)) for platform in platforms)
        return {platform: bool(adapter and adapter.connected) for platform, adapter in running}

    async def _keep_running(self, platform: Platform, make: Callable[[], Adapter]) -> None:
        """Run a platform; start it anew when it breaks; give up when it refuses us."""
        name, clock = platform.value.capitalize(), asyncio.get_running_loop().time
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_may_pass),
            wait=tenacity.wait_random_exponential(max=LONGEST_WAIT),
            before_sleep=lambda state: _report(name, state),
        )
        try:
            async for attempt in attempts:
                began = clock()
                with attempt:
                    adapter = self._running[platform] = make()
                    await adapter.run()
                if clock() - began > WELL_AFTER:
                    attempt.retry_state.attempt_number = 1  # the next wait is a short one again
        except PlatformError as refused:
            log.error("%s", refused)

    async def _watch(self, since: watching.Look) -> None:
        """Notice when a file of the documents' folder changes."""
        async for _ in watching.changes(self._settings.documents, since):
            self.reload_soon.set()

    async def _begin(self) -> str:
        """Take the documents, or the last good ones; then what is wrong with those of the folder.

        A bot that is started again, whoever ended it, answers as it did before.

        Raises:
            DocumentError: they have a fault, and no good ones are kept.
        """
        try:
            await self._load()
        except DocumentError as error:
            good = bootstrap.last_good_desks(self._settings)
            if not good:
                raise
            self._desks.replace(list(good.values()))
            log.error(_NOT_TAKEN, error)
            return error.first
        return ""

    async def _load(self) -> None:
        """Take the documents as they are now; while that takes seconds, questions are answered."""
        desks = await bootstrap.rebuild_desks(self._settings)
        self._desks.replace(list(desks.values()))

    async def _reload(self) -> None:
        while True:
            await self.reload_soon.wait()
            self.reload_soon.clear()
            try:
                await self._load()
            except DocumentError as error:
                log.error(_NOT_TAKEN, error)
                self._not_taken(error.first)
                continue
            except Exception:
                log.exception("the documents cannot be loaded, the last good ones serve on")
                self._not_taken("they cannot be loaded, and the bot's log says why.")
                continue
            bootstrap.forget_rendered()
            garbage.settle()
            self._metrics.reloaded(taken=True)
            log.info("the documents were loaded again")
            for soon in self._refresh_soon.values():
                soon.set()
            for adapter in list(self._running.values()):
                await _tell(adapter)

    def _not_taken(self, why: str) -> None:
        self._desks.not_taken = why
        self._metrics.reloaded(taken=False)

    async def _keep_true(self, keeper: PostKeeper, platform: Platform) -> None:
        """Bring a platform's posts up to date: once it connects, and after each change.

        Where something that may pass was in the way, try again after a while.
        """
        soon = self._refresh_soon[platform]
        soon.set()
        while True:
            await soon.wait()
            adapter = self._running.get(platform)
            if adapter is None or not adapter.connected:
                await asyncio.sleep(LOOK_EVERY)
                continue
            soon.clear()
            if after := await self._refresh(keeper, platform):
                self._look_again(platform, after)

    def _look_again(self, platform: Platform, after: float) -> None:
        """Have a platform's posts brought up to date after so many seconds, if not sooner."""
        loop, due = asyncio.get_running_loop(), self._due.get(platform)
        if due and loop.time() < due.when():
            if due.when() <= loop.time() + after:
                return
            due.cancel()
        self._due[platform] = loop.call_later(after, self._refresh_soon[platform].set)

    async def _refresh(self, keeper: PostKeeper, platform: Platform) -> float | None:
        """Bring a platform's posts up to date; after how many seconds to try again, if at all."""
        try:
            unfinished = await keeper.resume(platform)
            done = await keeper.refresh(await keeper.posts_on(platform))
        except LdnBotError as error:
            log.error("posts could not be brought up to date: %s", error)
            return TRY_AGAIN_AFTER
        except Exception:
            log.exception("posts could not be brought up to date")
            return TRY_AGAIN_AFTER
        if done.edited or done.forgotten or done.failed:
            log.info(
                "posts on %s: %d edited, %d forgotten, %d could not be brought up to date",
                *(platform.value, done.edited, done.forgotten, len(done.failed)),
            )
        if unfinished or done.unsettled:
            return TRY_AGAIN_AFTER
        return REFUSED_AGAIN_AFTER if done.failed else None


async def _keep_tallies(tallying: Tallying, stores: LazyStores) -> None:
    """Hand over what was counted, from time to time.

    Where nothing has been kept yet, a number is no reason to open a database: they are handed over
    at the end, or when a moderator asks for them.
    """
    while True:
        await asyncio.sleep(TALLIES_EVERY)
        if not stores.is_empty:
            await _hand_over(tallying)


async def _keep_tidy() -> None:
    while True:
        await asyncio.sleep(TIDY_EVERY)
        garbage.tidy()


async def _hand_over(tallying: Tallying, within: float | None = None) -> None:
    """Have what was counted kept, in so many seconds; what cannot be kept is told."""
    try:
        async with asyncio.timeout(within):
            await tallying.hand_over()
    except LdnBotError as error:
        log.warning("what was counted could not be kept: %s", error)
    except TimeoutError:
        log.warning("what was counted could not be kept: the store does not answer")


async def _record_what_stands(keeper: PostKeeper) -> None:
    """Have recorded what was posted while the store failed; nobody else knows of it."""
    try:
        async with asyncio.timeout(HAND_OVER_WITHIN):
            await keeper.record_what_stands()
    except LdnBotError as error:
        log.error("what was posted could not be recorded: %s", error)
    except TimeoutError:
        log.error("what was posted could not be recorded: the store does not answer")


async def _tell(adapter: Adapter) -> None:
    """Tell a platform of new documents. One that cannot be told does not stop the others."""
    try:
        await adapter.documents_changed()
    except Exception:
        log.exception("%s could not be told of the new documents", adapter.name)


async def _until_first_are_done(
    first: list[Coroutine[Any, Any, None]], helpers: list[Coroutine[Any, Any, None]]
) -> None:
    """Run all; when the first ones have ended, end the helpers. A helper's failure is logged.

    Whatever is cancelled is cancelled once: twice would cut short what it does to end well.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in first]
        background = [group.create_task(_logged(each)) for each in helpers]
        await asyncio.wait(tasks)
        for task in background:
            task.cancel()


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("a background task failed")


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, Exception) and not isinstance(error, PlatformError)


def _report(name: str, state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("%s cannot be reached; trying again (%s)", name, type(error).__name__)
