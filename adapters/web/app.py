"""The page's server: its routes, middlewares, static files and server-sent events."""

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
"""Bytes of a posted form, at most."""
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
STATIC = Path(__file__).parent / "static"


def build_app(live: LiveDocuments, playground: Playground) -> web.Application:
    """The application. It logs no question, and stores nothing."""
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
    """A middleware that handles every unexpected error: it is logged, and answered with 500."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception:
        log.exception("the page could not answer a request")
        return web.Response(status=500, text=APOLOGY)


class _Files:
    """Serves a folder's few small files from memory."""

    def __init__(self, folder: Path) -> None:
        self._bodies = {path.name: path.read_bytes() for path in folder.iterdir()}

    async def send(self, request: web.Request) -> web.Response:
        """Send one file; 404 if there is none of this name."""
        name = request.match_info["name"]
        if name not in self._bodies:
            raise web.HTTPNotFound
        kind = _KINDS[Path(name).suffix]
        return web.Response(body=self._bodies[name], content_type=kind, charset="utf-8")


class _News:
    """Notifies browsers of new versions of the documents."""

    def __init__(self, live: LiveDocuments) -> None:
        self._live = live

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send the present version, and each further one, as server-sent events."""
        response = web.StreamResponse()
        response.content_type = "text/event-stream"
        version: int | None = self._live.version
        with suppress(ConnectionError):
            await response.prepare(request)
            while version is not None:
                await response.write(f"data: {version}\n\n".encode())
                version = await self._live.wait_for_change(version)
        return response
