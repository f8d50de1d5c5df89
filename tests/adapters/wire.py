"""Servers that say nothing: one from the start, one in the middle of a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """A port that accepts and never speaks."""
    opened: list[asyncio.StreamWriter] = []

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in opened:
            writer.transport.abort()
        server.close()
        await server.wait_closed()


class Wire:
    """Passes bytes on, both ways, until it is killed.

    It takes connections then, too, and nobody is told that anything is wrong. What was said
    meanwhile comes through when it is mended.
    """

    def __init__(self, to: int) -> None:
        self.port = 0
        self._to = to
        self._alive = asyncio.Event()
        self._alive.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    def kill(self) -> None:
        """Pass nothing on from now on."""
        self._alive.clear()

    def mend(self) -> None:
        """Pass everything on again."""
        self._alive.set()

    async def cut(self) -> None:
        """Hang up on everybody."""
        self.mend()
        for end in self._ends:
            end.transport.abort()
        await asyncio.gather(*self._serving)

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either end hangs up."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = {writer}
        self._ends |= ends
        try:
            await self._alive.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
            ends.add(back)
            self._ends |= ends
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        except OSError:
            pass  # whoever hung up has gone
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(65536):
            await self._alive.wait()
            writer.write(said)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[Wire]:
    """A wire to a port of this machine, until the block ends; it has a port of its own."""
    wire = Wire(port)
    server = await asyncio.start_server(wire.take, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        await wire.cut()
        await server.wait_closed()
