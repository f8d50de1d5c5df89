"""Serves every platform in one process; one that fails does not affect the others.

The folder of documents is watched meanwhile. When it changes, it is checked, and then replaces the
served documents at once, and every post is brought up to date. If it has faults, they are logged,
and the last good documents stay.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from typing import Any

import tenacity

from bot import bootstrap, documents, garbage
from bot.bootstrap import Adapter
from bot.lazy import LazyStores
from bot.settings import Settings
from knowledge import watching
from knowledge.desk import Desks
from knowledge.errors import DocumentError, LdnBotError, PlatformError
from knowledge.keeper import PostKeeper
from knowledge.metrics import Metrics
from knowledge.posts import Platform
from knowledge.tallies import TallyCounter

log = logging.getLogger(__name__)

CLOSE_TIMEOUT = 4.0
"""Seconds that the platforms have to end when the process is stopped; then they are cancelled.
Everything else has as long again. Docker kills after ten seconds."""
FLUSH_TIMEOUT = 2.0
"""Seconds that the store has, at the end, for the last flush of the tallies, and to record what was
posted while it failed."""
FIRST_FLUSH_TIMEOUT = 3.5
"""The same for the tallies if there is no database yet: it has to be loaded and created, or all of
them since the start are lost."""
LONGEST_WAIT = 60.0
"""Seconds between two attempts, at most, while a platform cannot be reached."""
WELL_AFTER = 300.0
"""Seconds of running after which a platform's next failure counts as its first."""
LOOK_EVERY = 0.5
"""Seconds between two checks whether a platform has connected."""
FLUSH_EVERY = 60.0
"""Seconds between two flushes of the tallies."""
COLLECT_EVERY = 60.0
"""Seconds between two garbage collections."""
UNFINISHED_AGAIN_AFTER = 5.0
"""Seconds until a refresh after a posting that may or may not have been made. Less than its
reservation is valid (a minute)."""
TRY_AGAIN_AFTER = 60.0
"""Seconds until the next refresh if posts could not be brought up to date."""
REFUSED_AGAIN_AFTER = 3600.0
"""Seconds until the next refresh if a platform refused to edit posts: it does not notify us when a
permission is given, a channel is opened or the app is installed again."""

_FAULTS = (
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""Errors that no connection causes: what is wrong is in the program."""
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
    # Not with asyncio, which restores the default for a moment when a handler is removed.
    signal.signal(signal.SIGHUP, lambda *_: loop.call_soon_threadsafe(service.reload_requested.set))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # see `bot.__main__`
    serving = asyncio.create_task(service.run())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    # There is nothing to read anew any more; by itself the signal would end the process.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    asked = stop.is_set()
    if asked:
        log.info("stopping")
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
        self._refresh_requested = {platform: asyncio.Event() for platform in Platform}
        self._due: dict[Platform, asyncio.TimerHandle] = {}
        """The timer of each platform's next refresh; one that has expired does not count."""
        self.reload_requested = asyncio.Event()

    async def run(self) -> None:
        """Serve until no platform is left, or until cancelled.

        Raises:
            DocumentError: the documents cannot be served.
        """
        log.info("reading the documents")
        before = watching.snapshot(self._settings.documents)
        fault = await self._begin()
        async with AsyncExitStack() as stack:
            stores = bootstrap.build_stores(self._settings, stack)
            health = bootstrap.build_health(self._settings, self._desks, stores)
            if health is not None:
                self._metrics = health.metrics
            if fault:
                self._report_failed_reload(fault)
            platforms = bootstrap.build_platforms(
                self._settings,
                self._desks,
                stores,
                self._metrics,
                lambda platform: self._refresh_after(platform, UNFINISHED_AGAIN_AFTER),
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
            garbage.freeze()
            try:
                await _run_until_done(
                    [self._keep_running(*each) for each in platforms.adapters.items()],
                    [
                        self._watch(before),
                        self._reload(),
                        _keep_flushing(platforms.tally_counter, stores),
                        _keep_collecting(),
                        *(
                            self._keep_posts_current(platforms.keeper, each)
                            for each in platforms.adapters
                        ),
                    ],
                )
            finally:  # before the stack closes the store
                within = FIRST_FLUSH_TIMEOUT if stores.is_empty else FLUSH_TIMEOUT
                await asyncio.gather(
                    _flush_tallies(platforms.tally_counter, within),
                    _record_pending(platforms.keeper),
                )

    def _connected(self, platforms: Iterable[Platform]) -> dict[Platform, bool]:
        """For each of these platforms, whether questions reach us at this moment."""
        running = ((platform, self._running.get(platform)) for platform in platforms)
        return {platform: bool(adapter and adapter.connected) for platform, adapter in running}

    async def _keep_running(self, platform: Platform, make: Callable[[], Adapter]) -> None:
        """Run a platform, restart it after failures, and give up when it refuses us for good."""
        clock = asyncio.get_running_loop().time
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_is_retryable),
            wait=tenacity.wait_random_exponential(max=LONGEST_WAIT),
            before_sleep=lambda state: self._report(platform, state),
        )
        try:
            async for attempt in attempts:
                began = clock()
                with attempt:
                    adapter = self._running[platform] = make()
                    await adapter.run()
                if clock() - began > WELL_AFTER:
                    attempt.retry_state.attempt_number = 1  # so the next wait is short again
        except PlatformError as refused:
            log.error("%s", refused)

    def _report(self, platform: Platform, state: tenacity.RetryCallState) -> None:
        """Log why a platform is tried again."""
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, Exception)  # see `_is_retryable`
        name, why = platform.capitalize(), self._running[platform].describe_error(error)
        if isinstance(error, _FAULTS):
            log.error("%s failed; trying again (%s)", name, why, exc_info=error)
        else:
            log.warning("%s cannot be reached; trying again (%s)", name, why)

    async def _watch(self, since: watching.Snapshot) -> None:
        """Request a reload at each change of the folder."""
        async for _ in watching.changes(self._settings.documents, since):
            self.reload_requested.set()

    async def _begin(self) -> str:
        """Serve the documents, or if they have a fault, the last good ones.

        So a bot that is restarted answers as before.

        Returns:
            The first fault of the folder; empty if there is none.

        Raises:
            DocumentError: they have a fault, and no good ones were saved.
        """
        try:
            await self._load()
        except DocumentError as error:
            good = documents.last_good_desks(self._settings)
            if not good:
                raise
            self._desks.replace(good)
            log.error(_NOT_TAKEN, error)
            return error.first
        return ""

    async def _load(self) -> None:
        """Serve the documents as they are now; questions are answered while that takes seconds."""
        self._desks.replace(await documents.rebuild_desks(self._settings))

    async def _reload(self) -> None:
        while True:
            await self.reload_requested.wait()
            self.reload_requested.clear()
            try:
                await self._load()
            except DocumentError as error:
                log.error(_NOT_TAKEN, error)
                self._report_failed_reload(error.first)
                continue
            except Exception:
                log.exception("the documents cannot be loaded, the last good ones serve on")
                self._report_failed_reload("they cannot be loaded, and the bot's log says why.")
                continue
            documents.clear_render_caches()
            garbage.freeze()
            self._metrics.reloaded(taken=True)
            log.info("the documents were loaded again")
            for requested in self._refresh_requested.values():
                requested.set()
            for platform, adapter in list(self._running.items()):
                await _notify(platform, adapter)

    def _report_failed_reload(self, why: str) -> None:
        self._desks.reload_error = why
        self._metrics.reloaded(taken=False)

    async def _keep_posts_current(self, keeper: PostKeeper, platform: Platform) -> None:
        """Refresh a platform's posts when it has connected, and at each request, until cancelled.

        If posts could not be brought up to date, another refresh is scheduled.
        """
        requested = self._refresh_requested[platform]
        requested.set()
        while True:
            await requested.wait()
            adapter = self._running.get(platform)
            if adapter is None or not adapter.connected:
                await asyncio.sleep(LOOK_EVERY)
                continue
            requested.clear()
            if after := await self._refresh(keeper, platform):
                self._refresh_after(platform, after)

    def _refresh_after(self, platform: Platform, after: float) -> None:
        """Schedule a refresh of a platform's posts in so many seconds, unless one is due sooner."""
        loop, due = asyncio.get_running_loop(), self._due.get(platform)
        if due and loop.time() < due.when():
            if due.when() <= loop.time() + after:
                return
            due.cancel()
        self._due[platform] = loop.call_later(after, self._refresh_requested[platform].set)

    async def _refresh(self, keeper: PostKeeper, platform: Platform) -> float | None:
        """Complete unfinished postings, and refresh a platform's posts.

        Returns:
            The seconds until it should be done again; None if everything is up to date.
        """
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


async def _keep_flushing(tally_counter: TallyCounter, stores: LazyStores) -> None:
    """Flush the tallies at regular intervals.

    As long as there is no database, none is created for tallies alone: they are flushed at the end,
    or when a moderator asks for them.
    """
    while True:
        await asyncio.sleep(FLUSH_EVERY)
        if not stores.is_empty:
            await _flush_tallies(tally_counter)


async def _keep_collecting() -> None:
    while True:
        await asyncio.sleep(COLLECT_EVERY)
        garbage.collect()


async def _flush_tallies(tally_counter: TallyCounter, within: float | None = None) -> None:
    """Flush the tallies, within so many seconds; a failure is logged."""
    try:
        async with asyncio.timeout(within):
            await tally_counter.flush()
    except LdnBotError as error:
        log.warning("what was counted could not be kept: %s", error)
    except TimeoutError:
        log.warning("what was counted could not be kept: the store does not answer")


async def _record_pending(keeper: PostKeeper) -> None:
    """Record what was posted while the store failed, as no other process knows of it."""
    try:
        async with asyncio.timeout(FLUSH_TIMEOUT):
            await keeper.record_pending()
    except LdnBotError as error:
        log.error("what was posted could not be recorded: %s", error)
    except TimeoutError:
        log.error("what was posted could not be recorded: the store does not answer")


async def _notify(platform: Platform, adapter: Adapter) -> None:
    """Notify an adapter of new documents; a failure is logged."""
    try:
        await adapter.documents_changed()
    except Exception:
        log.exception("%s could not be told of the new documents", platform.capitalize())


async def _run_until_done(
    first: list[Coroutine[Any, Any, None]], helpers: list[Coroutine[Any, Any, None]]
) -> None:
    """Run all coroutines until those of `first` have ended; then cancel the helpers.

    A helper's failure is logged. When this is cancelled, so are all of them, and once more when it
    is cancelled once more, which cuts short what they do to end properly.
    """
    tasks = [asyncio.create_task(each) for each in first]
    background = [asyncio.create_task(_logged(each)) for each in helpers]
    try:
        await asyncio.wait(tasks)
    finally:
        try:
            await _cancel([*tasks, *background])
        except asyncio.CancelledError:
            await _cancel([*tasks, *background])
            raise
    for task in tasks:
        task.result()


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("a background task failed")


def _is_retryable(error: BaseException) -> bool:
    return isinstance(error, Exception) and not isinstance(error, PlatformError)
