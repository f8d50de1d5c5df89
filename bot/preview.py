"""`ldn-bot preview`: serves a page, on this machine only, that shows what members will see.

It uses the bot's own code for everything but the platforms: posts go to pretend channels, and are
recorded in a temporary folder that is deleted when the page is closed.
"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
import discord
from aiohttp import web

from adapters.conversation import AnswerPage, Aside, PostPreview, Reply
from adapters.discord import render as discord_render
from adapters.moderation import Moderation
from adapters.reception import Reception
from adapters.slack import render as slack_render
from adapters.web.app import build_app
from adapters.web.live_documents import LiveDocuments
from adapters.web.platform_renderer import Limits, PlatformRenderer
from adapters.web.playground import Playground
from adapters.web.pretend_channel import PretendChannel
from bot import bootstrap, documents
from bot.settings import Settings
from knowledge.answer import Answer
from knowledge.desk import Desks
from knowledge.errors import SettingsError
from knowledge.keeper import PostKeeper
from knowledge.posts import Platform
from knowledge.tallies import TallyCounter

HOST = "127.0.0.1"
PORT = 8610
_CLOSE_WITHIN = 1.0
"""Seconds that open connections have to end when the page is closed."""
_REFUSED = {
    errno.EADDRINUSE: "The port {port} is taken. Name another one with --port.",
    errno.EACCES: "This user may not listen on port {port}. Name one above 1023 with --port.",
}
"""By error number, what to say if a port cannot be listened on."""


@asynccontextmanager
async def open_page(
    settings: Settings, desks: Desks, port: int | None = None
) -> AsyncIterator[str]:
    """Serve the page while the block runs; gives its address.

    Args:
        settings: name the folder of documents.
        desks: what is served; their content is replaced when the documents change.
        port: the port to listen on; None for `PORT`, or any free one if that is taken.

    Raises:
        SettingsError: the port cannot be listened on.
    """
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(_listening(port))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ldn-bot-preview-"))
        live, playground = await _built(settings, desks, Path(folder), stack)
        runner = web.AppRunner(
            build_app(live, playground),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_CLOSE_WITHIN,
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listening).start()
        watching = asyncio.create_task(live.watch(settings.documents))
        stack.push_async_callback(_end, watching)
        yield f"http://{HOST}:{listening.getsockname()[1]}/"


async def serve_page(
    settings: Settings, desks: Desks, port: int | None, say: Callable[[str], None]
) -> None:
    """Serve the page until SIGTERM or Ctrl-C; `say` is called with its address."""
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    async with open_page(settings, desks, port) as address:
        say(address)
        await stop.wait()


@contextmanager
def serve_in_thread(settings: Settings, desks: Desks) -> Iterator[str]:
    """Serve the page in a thread of its own while the block runs; gives its address.

    It must be called in the main thread. SIGTERM ends the block, so that everything is cleaned up.

    Raises:
        LdnBotError: the page cannot be served; the text says why.
    """
    ready, stop = threading.Event(), asyncio.Event()
    found: list[str] = []
    failed: list[BaseException] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with open_page(settings, desks) as address:
            found.append(address)
            ready.set()
            await stop.wait()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(serve())
        except BaseException as error:
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="ldn-bot-page")
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        # From here on, also Ctrl-C has to end the thread, or the process would not end.
        thread.start()
        ready.wait()
        if failed:
            raise failed[0]
        yield found[0]
    finally:
        signal.signal(signal.SIGTERM, before)
        with suppress(RuntimeError):  # the thread has failed, and closed its loop
            loop.call_soon_threadsafe(stop.set)
        if thread.is_alive():
            thread.join()


async def _built(
    settings: Settings, desks: Desks, folder: Path, stack: AsyncExitStack
) -> tuple[LiveDocuments, Playground]:
    """Build what the page shows, with a database of its own in `folder`."""
    own = attrs.evolve(settings, database_url=None, data=folder, slack_client_id=None)
    # Closed after the page, whenever it was opened.
    stores = bootstrap.build_stores(own, await stack.enter_async_context(AsyncExitStack()))
    renderers = {renderer.platform: renderer for renderer in (_slack(), _discord())}
    channels = {
        platform: PretendChannel(platform, each.render_public)
        for platform, each in renderers.items()
    }
    communities = bootstrap.build_communities(own, stores)
    tally_counter = TallyCounter(stores.tallies)
    keeper = PostKeeper(stores.posts, desks, channels, communities)
    moderation = Moderation(desks, keeper, stores.posts, communities, tally_counter)
    reception = Reception(desks, moderation, communities, tally_counter)

    async def refresh() -> None:
        await keeper.refresh(await keeper.posts())

    live = LiveDocuments(
        desks,
        lambda: documents.load_checked_library(settings.documents),
        lambda: documents.rebuild_desks(settings),
        refresh,
    )
    return live, Playground(reception, communities, renderers, channels)


def _slack() -> PlatformRenderer:
    def shown(shown: AnswerPage | PostPreview | Reply) -> dict[str, Any]:
        return slack_render.render_response(shown).to_json()

    return PlatformRenderer(
        Platform.SLACK,
        shown,
        lambda sentence: {"response_type": "ephemeral", "text": sentence},
        slack_render.render_public,
        Limits(slack_render.SECTION_LIMIT, slack_render.HEADER_LIMIT),
    )


def _discord() -> PlatformRenderer:
    quiet = discord.MessageFlags(suppress_embeds=True)
    mentions = discord_render.NO_MENTIONS.to_dict()

    def shown(shown: AnswerPage | PostPreview | Reply) -> dict[str, Any]:
        return discord_render.render_response(shown).to_json()

    def public(answer: Answer) -> dict[str, Any]:
        content = discord_render.public_content(answer)
        return {"content": content, "flags": quiet.value, "allowed_mentions": mentions}

    return PlatformRenderer(
        Platform.DISCORD,
        shown,
        lambda sentence: discord_render.render_response(Aside(sentence)).to_json(),
        public,
        Limits(discord_render.CONTENT_LIMIT),
    )


@contextmanager
def _listening(port: int | None) -> Iterator[socket.socket]:
    """A socket on 127.0.0.1 at `port`; without one, at `PORT`, or at any free port."""
    wanted = (port,) if port is not None else (PORT, 0)
    for each in wanted:
        with socket.socket() as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listening.bind((HOST, each))
            except OSError as error:
                if error.errno not in _REFUSED:
                    raise
                why = _REFUSED[error.errno].format(port=each)
                continue
            yield listening
            return
    raise SettingsError(why)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
