"""The page's server: what is routed where, who may come in, and how news reaches the browser."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.web.live_documents import LiveDocuments
from adapters.web.pages import Pages
from adapters.web.playground import Playground
from adapters.web.security import add_headers, only_this_page
from adapters.wording import APOLOGY

log = logging.getLogger(__name__)

LARGEST_FORM = 64 * 1024
"""Bytes of what a form may send."""
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
STATIC = Path(__file__).parent / "static"


def build_app(live: LiveDocuments, playground: Playground) -> web.Application:
    """The application; it logs no question, and keeps nothing."""
    app = web.Application(
        middlewares=[only_this_page, _handle_errors], client_max_size=LARGEST_FORM
    )
    app.on_response_prepare.append(add_headers)
    app.add_routes(Pages(live, playground).routes())
    app.router.add_get("/news", _News(live).stream)
    app.router.add_get("/static/{name}", _Files(STATIC).send)

    async def close(_: web.Application) -> None:
        live.close()

    app.on_shutdown.append(close)
    return app


@web.middleware
async def _handle_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The one place for everything unexpected: a discreet log line, and a sentence."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception:
        log.exception("the page could not answer a request")
        return web.Response(status=500, text=APOLOGY)


class _Files:
    """A folder's few small files, from memory: a browser that goes away leaves none open."""

    def __init__(self, folder: Path) -> None:
        self._bodies = {path.name: path.read_bytes() for path in folder.iterdir()}

    async def send(self, request: web.Request) -> web.Response:
        """One of them."""
        name = request.match_info["name"]
        if name not in self._bodies:
            raise web.HTTPNotFound
        kind = _KINDS[Path(name).suffix]
        return web.Response(body=self._bodies[name], content_type=kind, charset="utf-8")


class _News:
    """Tells a browser whenever there is another version of the documents to see."""

    def __init__(self, live: LiveDocuments) -> None:
        self._live = live

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events, each of which holds the version; the present one comes at once."""
        response = web.StreamResponse()
        response.content_type = "text/event-stream"
        version: int | None = self._live.version
        with suppress(ConnectionError):
            await response.prepare(request)
            while version is not None:
                await response.write(f"data: {version}\n\n".encode())
                version = await self._live.wait_for_change(version)
        return response
