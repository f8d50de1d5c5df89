"""The least of HTTP/1.1 and of websockets that the client libraries need, for generators of load.

The stand-ins check what they are sent and remember it; that takes longer than some of what is
measured here. This serves one well-behaved client on this machine, quickly, and nothing else: it
checks nothing, and a request without a Content-Length has no body.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import Callable
from typing import Protocol

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_KEY = re.compile(rb"\r\nsec-websocket-key: *(\S+)", re.IGNORECASE)
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


class Handler(Protocol):
    """What is behind the wire."""

    def requested(self, method: str, path: str, body: bytes, at: float) -> bytes:
        """The whole response to a request that had arrived `at` (`time.perf_counter`)."""

    def opened(self, socket: Socket) -> None:
        """A websocket is open."""

    def heard(self, socket: Socket, text: bytes, at: float) -> None:
        """A text came over a websocket."""

    def closed(self, socket: Socket) -> None:
        """A websocket is closed."""


class Socket(asyncio.Protocol):
    """One connection: requests, until it is asked to become a websocket."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._buffer = bytearray()
        self._fragments = bytearray()
        self._is_websocket = False
        self.path = ""
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_websocket:
            self._handler.closed(self)

    def data_received(self, data: bytes) -> None:
        at = time.perf_counter()
        self._buffer += data
        while self._frame(at) if self._is_websocket else self._request(at):
            pass

    def send(self, text: bytes, kind: int = _TEXT) -> None:
        """Send a text over the websocket."""
        size = len(text)
        if size < 126:
            head = bytes((0x80 | kind, size))
        elif size < 1 << 16:
            head = bytes((0x80 | kind, 126)) + size.to_bytes(2)
        else:
            head = bytes((0x80 | kind, 127)) + size.to_bytes(8)
        self._write(head + text)

    def _write(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data)

    def _request(self, at: float) -> bool:
        """Answer the next request, if it is all there; whether it was."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._buffer[: end + 2])
        found = _LENGTH.search(head)
        behind = end + 4 + (int(found[1]) if found else 0)
        if len(self._buffer) < behind:
            return False
        body = bytes(self._buffer[end + 4 : behind])
        del self._buffer[:behind]
        method, path, _ = head[: head.find(b"\r\n")].decode("ascii").split(" ", 2)
        if key := _KEY.search(head):
            self._upgrade(path, key[1])
        else:
            self._write(self._handler.requested(method, path, body, at))
        return True

    def _upgrade(self, path: str, key: bytes) -> None:
        # The digest is the protocol's own; nothing is kept secret by it.
        accepted = base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest())
        self._write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
        )
        self._is_websocket, self.path = True, path
        self._handler.opened(self)

    def _frame(self, at: float) -> bool:
        """Take the next frame, if it is all there; whether it was. A client masks its frames."""
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        start, size = 2, buffer[1] & 0x7F
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(buffer[2:start])
        behind = start + 4 + size
        if len(buffer) < behind:
            return False
        kind, final = buffer[0] & 0x0F, buffer[0] & 0x80
        data = _unmasked(buffer[start + 4 : behind], buffer[start : start + 4])
        del buffer[:behind]
        if kind == _PING:
            self.send(data, _PONG)
        elif kind == _CLOSE:
            self.send(data, _CLOSE)
            assert self.transport is not None
            self.transport.close()
        elif kind != _PONG:
            self._fragments += data
            if final:
                text = bytes(self._fragments)
                self._fragments.clear()
                self._handler.heard(self, text, at)
        return True


def _unmasked(data: bytearray, mask: bytearray) -> bytes:
    size = len(data)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data) ^ int.from_bytes(key)).to_bytes(size)


class Line(asyncio.Protocol):
    """One connection of an HTTP client, kept open: one request after the other."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answered: Callable[[bytes, float], None] | None = None
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def post(
        self, path: str, headers: str, body: bytes, answered: Callable[[bytes, float], None]
    ) -> None:
        """Send a request; `answered` takes the body of its response, and when it had arrived."""
        assert self.transport is not None
        self._answered = answered
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)

    def data_received(self, data: bytes) -> None:
        at = time.perf_counter()
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        found = _LENGTH.search(self._buffer, 0, end + 2)
        behind = end + 4 + (int(found[1]) if found else 0)
        if len(self._buffer) < behind:
            return
        body = bytes(self._buffer[end + 4 : behind])
        del self._buffer[:behind]
        answered, self._answered = self._answered, None
        assert answered is not None
        answered(body, at)


def response(body: bytes, status: str = "200 OK") -> bytes:
    """A response as it goes over the wire; its Content-Type is to the letter what discord.py takes.

    A 204 has no body, and says nothing of one.
    """
    if not body:
        return b"HTTP/1.1 %s\r\n\r\n" % status.encode()
    return (
        b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % (status.encode(), len(body))
    ) + body


NO_CONTENT = response(b"", "204 No Content")
