"""Raw requests, whole and broken, and what comes back for them."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from tests.bot.marked import TYPED, WORD
from tests.fuzz.mutations import GARBAGE, Mutator

AT_ONCE = 16
"""Connections at a time."""
NO_ANSWER = 0.15
"""Seconds without a byte after which a broken request is taken to have no answer."""
PATIENCE = 20.0
"""Seconds for the answer to a whole request."""

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sent:
    """What goes over a connection; `whole` if there has to be an answer.

    `parts` are sent one after the other, with a breath between.
    """

    parts: tuple[bytes, ...]
    whole: bool = True


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A whole request, the last of its connection."""
    given = {"Host": "127.0.0.1", "Connection": "close", **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    if body or method not in ("GET", "HEAD"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body


def as_bytes(value: object) -> bytes:
    """The text of anything, also of what is no text in UTF-8."""
    return str(value).encode("utf-8", "surrogatepass")


class Answers:
    """What came back: how often each status, 0 for none; and what must never be."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.wrong: list[tuple[int, bytes]] = []

    async def send(self, port: int, requests: Iterable[Sent]) -> None:
        """Send each over a connection of its own, `AT_ONCE` at a time."""
        waiting = iter(requests)

        async def some() -> None:
            for sent in waiting:
                status, body = await _exchange(port, sent)
                self.statuses[status] += 1
                # 503 is what we say ourselves: not now.
                failed = status >= 500 and status != 503
                if failed or b"Traceback" in body or (sent.whole and not status):
                    self.wrong.append((status, b"".join(sent.parts)[:500]))

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(some())


async def _exchange(port: int, sent: Sent) -> tuple[int, bytes]:
    """The last status that is not 1xx, and all that came; 0 for no answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        for number, part in enumerate(sent.parts):
            if number:
                await asyncio.sleep(0.01)
            with suppress(ConnectionError):
                writer.write(part)
                await writer.drain()
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(PATIENCE) as patience:
                while not _is_complete(received):
                    if not sent.whole:
                        now = asyncio.get_running_loop().time()
                        patience.reschedule(now + NO_ANSWER)
                    if not (chunk := await reader.read(65536)):
                        break
                    received += chunk
    finally:
        writer.transport.abort()
    statuses = [int(found) for found in _STATUS.findall(received)]
    return next((each for each in reversed(statuses) if each >= 200), 0), received


def _is_complete(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    length = _LENGTH.search(head + b"\r\n")
    return bool(end) and length is not None and len(body) >= int(length[1])


_GOOD_LINES = ("GET {path} HTTP/1.1", "POST {path} HTTP/1.1", "POST {path}?{word}={word} HTTP/1.1")
_LINES = (
    *("{path} GET HTTP/1.1", "GET  {path}  HTTP/1.1", "get {path} http/1.1", "GET {path} HTTP/9.9"),
    *("G\x00T {path} HTTP/1.1", "GET {path}", "GET", "", "PRI * HTTP/2.0", "OPTIONS * HTTP/1.1"),
    *("BREW {path} HTTP/1.1", "CONNECT 127.0.0.1:9 HTTP/1.1", "GET //{path} HTTP/1.1"),
    *("GET http://127.0.0.1:9{path} HTTP/1.1", "GET {path}?{word} HTTP/1.1"),
    *("GET {path}/../{word} HTTP/1.1", "GET {path}%00{word} HTTP/1.1", "GET {path}%ff%fe HTTP/1.1"),
    *("GET {path}\u00e4 HTTP/1.1", "POST {path}#{word} HTTP/1.1", "GET {path};{word}=1 HTTP/1.0"),
    *("HEAD {path} HTTP/1.1", "TRACE {path} HTTP/1.1", "DELETE {path} HTTP/1.1"),
    "POST {path} HTTP/1.0",
)
_HEADERS = (
    *("Connection: close", "Content-Length: 5", "Content-Length: 0", "Transfer-Encoding: chunked"),
    *("Expect: 100-continue", "Content-Encoding: gzip", "Content-Encoding: deflate"),
    *("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x", "Upgrade: h2c"),
    *("Content-Type: application/json; charset=nope", "Content-Type: multipart/form-data"),
    *("Content-Type: multipart/form-data; boundary=x", f"Content-Type: {WORD}"),
    "Content-Type: application/x-www-form-urlencoded",
    *(f"Cookie: {WORD}={TYPED}", "Cookie: " + "a=b; " * 300, f"Range: bytes={WORD}"),
    *(f"X-Slack-Signature: {WORD}", "X-Slack-Request-Timestamp: 1e9", "X-Forwarded-For: <script>"),
    *(f"If-Modified-Since: {WORD}", f"Authorization: Basic {WORD}", "Accept-Encoding: *;q=9"),
)
_BAD_HEADERS = (
    *("Host:", f"Host: {WORD}", "Host: a\r\nHost: b", "Content-Encoding: br", f"Expect: {WORD}"),
    *("Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: abc"),
    *("Content-Length: 5\r\nContent-Length: 6", "Content-Length: 0x5", "Transfer-Encoding: x"),
    *("Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4"),
    *("X-" + "y" * 9000 + ": z", "X: " + "y" * 9000, " folded: x", "no colon", ": no name"),
    "X\x00Y: z",
)
_BODIES = (
    *(b"", b"x", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"5\r\nhel", b"FFFFFFFFFFFFFFFF\r\nx"),
    *(b"-1\r\nx\r\n0\r\n\r\n", b"zz\r\n", b"5;x=y\r\nhello\r\n0\r\nTrailer: z\r\n\r\n", b"0\r\n"),
    *(b"\x1f\x8b\x08\x00garbage", b"--x\r\n\r\n\r\n--x--"),
    b"--x\r\nContent-Disposition: form-data",
)


def broken(mutator: Mutator, *paths: str) -> Sent:
    """A request as no good client sends it, for one of the paths: all of it, or the beginning."""
    choose = mutator.random
    if choose.random() < 0.15:
        return Sent((choose.randbytes(choose.randrange(1, 300)),), whole=False)
    path = choose.choice(paths)
    line = choose.choice(_LINES if choose.random() < 0.3 else _GOOD_LINES).format(
        path=path, word=WORD
    )
    head = [line, *choose.sample(_HEADERS, k=choose.randrange(4))]
    if choose.random() < 0.8:
        head.insert(1, "Host: 127.0.0.1")
    if choose.random() < 0.3:
        head.append(choose.choice(_BAD_HEADERS))
    end = choose.choice(("\r\n\r\n",) * 4 + ("\n\n", "\r\n", ""))
    data = ("\r\n".join(head) + end).encode() + choose.choice(_BODIES + GARBAGE)
    if choose.random() < 0.15:
        data = mutator.spoilt(data)
    if choose.random() < 0.2:
        cut = choose.randrange(len(data) + 1)
        return Sent((data[:cut], data[cut:]), whole=False)
    if choose.random() < 0.15:
        data = data[: choose.randrange(len(data) + 1)]
    return Sent((data or b"\r\n",), whole=False)
