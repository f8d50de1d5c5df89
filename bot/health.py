"""Health checks and metrics over HTTP, for the operator and for monitoring.

`/healthz`: the process is alive. `/readyz`: it can answer questions. `/metrics`: Prometheus's
format. Requests are not read any further.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from adapters.listening import why_nothing_listens
from bot.metrics import CONTENT_TYPE, PrometheusMetrics
from knowledge.desk import Desks
from knowledge.errors import LdnBotError
from knowledge.posts import Platform

log = logging.getLogger(__name__)

Connected = Callable[[], Mapping[Platform, bool]]
"""For each platform whose tokens are set, whether questions reach us at this moment."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the bot can do its work, and what is missing.

    Args:
        connected: see `Connected`.
        documents: whether there are documents to answer from.
        store: whether the database can be read and written; None while there is none.
        reload_error: why the documents in the folder are not served; empty if they are.
    """

    connected: Mapping[Platform, bool]
    documents: bool
    store: bool | None
    reload_error: str

    @property
    def ready(self) -> bool:
        """Whether nothing that is needed is missing. A `reload_error` does not count."""
        return all(self.connected.values()) and self.documents and self.store is not False

    def to_json(self) -> dict[str, bool | str]:
        """The body of `/readyz`."""
        said: dict[str, bool | str] = {"ready": self.ready}
        said |= {platform.value: up for platform, up in self.connected.items()}
        said["documents"] = self.documents
        if self.store is not None:
            said["store"] = self.store
        said["last_reload"] = not self.reload_error
        if self.reload_error:
            said["problem"] = self.reload_error
        return said


class CannotListenError(LdnBotError):
    """The port cannot be opened, which may pass: another program has it, or its address is late."""


class Health:
    """Holds the metrics, and serves them and the health checks on a port."""

    def __init__(
        self, host: str, port: int, desks: Desks, store: Callable[[], Awaitable[bool | None]]
    ) -> None:
        """`store`: see `Readiness.store`."""
        self.metrics = PrometheusMetrics()
        self._host, self._port = host, port
        self._desks = desks
        self._store = store
        self._connected: Connected = dict

    @asynccontextmanager
    async def listening(self, connected: Connected) -> AsyncIterator[None]:
        """Answer until the block ends.

        Raises:
            CannotListenError: nothing can listen there.
        """
        self._connected = connected
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await self._listen(runner)
            log.info("health and numbers on http://%s:%d", self._host, self._port)
            yield
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            why = why_nothing_listens(error)
            raise CannotListenError(
                f"The bot cannot listen on {self._host}, port {self._port} ({why}). Change "
                "LDN_HEALTH_PORT or LDN_HEALTH_HOST."
            ) from None

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        now = Readiness(
            self._connected(), bool(self._desks), await self._store(), self._desks.reload_error
        )
        return web.json_response(now.to_json(), status=200 if now.ready else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        text = self.metrics.text(self._connected(), len(asyncio.all_tasks()))
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})
