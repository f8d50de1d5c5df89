"""What both stand-ins share: a server on a fixed port, a record of calls, faults on demand.

A stand-in is a small aiohttp server on 127.0.0.1 that a real client library talks to over real
sockets. Nothing here depends on the bot living in the same process as the test.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from tests.contracts import Problem
from tests.standins.recording import (
    Call,
    Fault,
    Faults,
    Handler,
    Upload,
    Violation,
    WebSocketHandler,
)

T = TypeVar("T")
Drawn = TypeVar("Drawn")


_IN_BRACES = re.compile(r"\{\w+\}")


class UnansweredError(AssertionError):
    """The bot did not answer in time; the message says to what, and what it tried instead."""


class NotConnectedError(AssertionError):
    """No client of the stand-in is connected, so there is nobody to send this to."""


class NotOfferedError(AssertionError):
    """The test pressed, chose or typed something that the bot does not offer to a person."""


def json_response(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A JSON answer whose Content-Type is exactly ``application/json``.

    discord.py compares that header to the letter; aiohttp's own ``json_response`` adds a charset.
    """
    return web.Response(
        body=json.dumps(body).encode(),
        status=status,
        headers={"Content-Type": "application/json", **(headers or {})},
    )


# How often `StandIn.until` looks, in seconds: what it waits for may happen in another process.
_LOOK_AGAIN_S = 0.01


class StandIn(ABC):
    """A server that stands in for a platform; subclasses add the platform's routes.

    ``start`` after ``stop`` comes back on the same port, so clients can find it again. ``validate``
    switches the contract checks of request bodies off, for benchmarks. ``in_flight`` counts the
    calls under way, ``waiting`` the people who wait for the bot, ``most_waiting`` their maximum.
    """

    def __init__(self, *, port: int = 0, validate: bool = True) -> None:
        self.port = port
        self.validate = validate
        self.requests: list[Call] = []
        self.violations: list[Violation] = []
        self.faults = Faults(self._known_route)
        self.in_flight = 0
        self.waiting = 0
        self.most_waiting = 0
        self._runner: web.AppRunner | None = None
        self._clients: list[web.Request] = []

    # Life cycle

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; the first time on a free port, afterwards on that same port."""
        app = web.Application(client_max_size=32 * 1024 * 1024)
        for method, template, handler in self._routes():
            app.router.add_route(method, self._prefix + template, self._serve(template, handler))
        for path, connect in self._websockets():
            app.router.add_get(path, self._connected(connect))
        app.router.add_route("*", "/{tail:.*}", self._serve("", self._no_such_route))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and drop every connection, as a crash would."""
        self.drop_connections()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, known once started."""
        return f"http://127.0.0.1:{self.port}"

    def drop_connections(self) -> None:
        """Cut every open websocket at once, without a closing handshake."""
        for request in self._clients:
            _reset_connection(request)

    # What a subclass gives

    _prefix = ""

    @abstractmethod
    def _routes(self) -> Iterable[tuple[str, str, Handler]]:
        """(HTTP method, template below the prefix, handler), most specific first."""

    @abstractmethod
    def _websockets(self) -> Iterable[tuple[str, WebSocketHandler]]:
        """(path, handler) of each websocket."""

    @abstractmethod
    async def _read_body(self, request: web.Request) -> tuple[Any, Sequence[Upload]]:
        """The parsed body, and the files that came with it."""

    def _route_of(self, template: str, request: web.Request) -> str:
        return template

    def _known_routes(self) -> set[str]:
        """Every value that `Call.route` can have, and the paths of the websockets."""
        served = {template for _, template, _ in self._routes()}
        return served | {path for path, _ in self._websockets()}

    async def _before(self, call: Call) -> web.Response | None:
        """An answer that comes before the handler, such as 401; None to go on."""
        return None

    def _unknown(self, call: Call) -> web.Response:
        return json_response({"message": "404: Not Found", "code": 0}, status=404)

    # Serving

    def _serve(
        self, template: str, handler: Handler
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            body, uploads = await self._read_body(request)
            call = Call(
                method=request.method,
                path=request.path.removeprefix(self._prefix),
                route=self._route_of(template, request),
                params=dict(request.match_info),
                query=dict(request.query),
                headers=request.headers.copy(),
                body=body,
                uploads=uploads,
                at=asyncio.get_running_loop().time(),
            )
            self.requests.append(call)
            self.in_flight += 1
            try:
                response = await self._answer(call, handler)
            except Exception as error:
                self.violations.append(
                    Violation(str(call), Problem("", f"the stand-in itself failed: {error!r}"))
                )
                raise
            finally:
                self.in_flight -= 1
            if response is None:
                return _reset_connection(request)
            call.status = response.status
            return response

        return serve

    async def _answer(self, call: Call, handler: Handler) -> web.Response | None:
        """The answer to give, or None to reset the connection."""
        fault = call.fault = self.faults.take(call)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            instead = fault.reset or fault.status is not None
            if instead and not fault.applied:
                return self._faulty(fault)
        early = await self._before(call)
        if early is not None:
            return early
        response = await handler(call)
        call.applied = response.status < 400 and call.error is None
        if fault is not None and instead:
            return self._faulty(fault)
        return response

    @staticmethod
    def _faulty(fault: Fault) -> web.Response | None:
        if fault.reset or fault.status is None:
            return None
        if isinstance(fault.body, str):
            return web.Response(text=fault.body, status=fault.status, headers=fault.headers)
        return json_response(fault.body, fault.status, fault.headers)

    async def _no_such_route(self, call: Call) -> web.Response:
        self.violations.append(Violation(str(call), Problem("", "the stand-in has no such route")))
        return self._unknown(call)

    def _check(self, call: Call, problems: Iterable[Problem]) -> list[Problem]:
        """Record the problems of a body; returns those for which the platform answers an error."""
        if not self.validate:
            return []
        found = list(problems)
        self.violations.extend(Violation(str(call), problem) for problem in found)
        return [problem for problem in found if problem.refused]

    @contextmanager
    def _somebody_waits(self) -> Iterator[None]:
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        try:
            yield
        finally:
            self.waiting -= 1

    # Looking on

    def requests_to(self, method: str, route: str) -> list[Call]:
        """The calls made so far with this HTTP method to this route, oldest first.

        Raises ValueError for a ``route`` that the stand-in does not have; the names in braces are
        free.
        """
        known = self._known_route(route)
        return [call for call in self.requests if (call.method, call.route) == (method, known)]

    def _known_route(self, route: str) -> str:
        for known in self._known_routes():
            if _IN_BRACES.sub("{}", known) == _IN_BRACES.sub("{}", route):
                return known
        raise ValueError(f"no route {route!r}; there are {sorted(self._known_routes())}")

    async def until(self, condition: Callable[[], T], what: str, timeout: float = 10.0) -> T:
        """Wait until ``condition`` is true and return its value.

        Raises `UnansweredError`, naming ``what``, after ``timeout`` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                while not (value := condition()):  # noqa: ASYNC110 - nothing signals it
                    await asyncio.sleep(_LOOK_AGAIN_S)
                return value
        except TimeoutError:
            raise UnansweredError(f"waited {timeout:g} s in vain for {what}") from None

    async def quiet(self, seconds: float = 0.3) -> None:
        """Wait until nothing has been sent for so long, and nothing is under way.

        For what must not come: that cannot be waited for.
        """
        seen = -1
        while self.in_flight or seen != len(self.requests):
            seen = len(self.requests)
            await asyncio.sleep(seconds)

    def _connected(self, connect: WebSocketHandler) -> WebSocketHandler:
        """The websocket handler, its request remembered so that `drop_connections` can cut it."""

        async def serve(request: web.Request) -> web.StreamResponse:
            fault = self.faults.take_for_websocket(request.path)
            if fault is not None:
                await asyncio.sleep(fault.delay)
                if fault.reset or fault.status is not None:
                    return self._faulty(fault) or _reset_connection(request)
            self._clients.append(request)
            try:
                return await connect(request)
            finally:
                self._clients.remove(request)

        return serve


async def at_once(count: int, send: Callable[[int], Awaitable[Drawn]]) -> list[Drawn]:
    """Call ``send(0)`` … ``send(count - 1)`` concurrently; their results in that order."""
    return list(await asyncio.gather(*(send(number) for number in range(count))))


def _reset_connection(request: web.Request) -> web.Response:
    """Reset the connection; the response is for aiohttp alone, nobody gets it."""
    transport = request.transport
    if transport is not None:
        sock = transport.get_extra_info("socket")
        if sock is not None:
            # Zero linger: closing sends RST instead of FIN, as a broken network does.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
