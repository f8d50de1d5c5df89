"""A plain balancer: TCP connections handed out in turn, nothing repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

_CHUNK = 65536


class Balancer:
    """Each connection goes to the next port that takes one; ``served`` counts them by port."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._turn = 0
        self.served = dict.fromkeys(ports, 0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand one connection on. When either side ends it, it is over for both."""
        try:
            there = await self._next()
        except ConnectionError:
            writer.close()
            return
        ways = [_pour(reader, there[1]), _pour(there[0], writer)]
        pouring = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(pouring, return_when=asyncio.FIRST_COMPLETED)
        for task in pouring:
            task.cancel()
        await asyncio.wait(pouring)
        for each in (writer, there[1]):
            each.close()
            with suppress(OSError):
                await each.wait_closed()

    async def _next(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._turn += 1
        first = self._turn % len(self._ports)
        for port in (*self._ports[first:], *self._ports[:first]):
            with suppress(OSError):
                opened = await asyncio.open_connection("127.0.0.1", port)
                self.served[port] += 1
                return opened
        raise ConnectionError


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()


@asynccontextmanager
async def balanced(*ports: int) -> AsyncIterator[tuple[Balancer, str]]:
    """A balancer in front of these ports, and its address."""
    balancer = Balancer(ports)
    server = await asyncio.start_server(balancer.serve, "127.0.0.1", 0, backlog=512)
    try:
        yield balancer, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
