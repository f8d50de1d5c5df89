"""What a stand-in records of each call, and the faults that it can be told to make."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.contracts import Problem

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart body; ``part`` is the name of its part (``files[0]``)."""

    part: str
    filename: str
    content: bytes


@dataclass(slots=True)
class Call:
    """One HTTP request as it arrived, and what became of it.

    ``route`` is the route's template on Discord (``/channels/{channel_id}/messages``) and the Web
    API method's name on Slack (``chat.postMessage``). ``status`` is the HTTP status answered; None
    while the call is under way and when its connection was reset. ``error`` is Slack's error code,
    which comes with status 200. ``applied`` tells whether the call took effect: a fault can lose
    the answer of a call that did.
    """

    method: str
    path: str
    route: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    uploads: Sequence[Upload] = ()
    at: float = 0.0
    status: int | None = None
    error: str | None = None
    applied: bool = False
    fault: Fault | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def files(self) -> list[str]:
        """The names of the files that came with it."""
        return [upload.filename for upload in self.uploads]


@dataclass(frozen=True, slots=True)
class Violation:
    """A request body that breaks a contract; tests fail on it at teardown."""

    call: str
    problem: Problem

    def __str__(self) -> str:
        return f"{self.call}: {self.problem}"


@dataclass(frozen=True)
class Fault:
    """What to do with a call instead of serving it, or (``applied``) with its answer.

    ``delay`` seconds pass first. Then the connection is reset, or ``status`` is answered, or, when
    neither is set, the call is served as usual.
    """

    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: bool = False
    applied: bool = False


def slow(seconds: float) -> Fault:
    """Serve the call as usual, ``seconds`` late."""
    return Fault(delay=seconds)


def reset(*, applied: bool = False) -> Fault:
    """Reset the TCP connection (RST) instead of answering; ``applied``: after doing what was asked.

    The second kind is the treacherous one: the client cannot know that its message was posted.
    """
    return Fault(reset=True, applied=applied)


@dataclass
class _Queued:
    """A fault that waits for the call that it is meant for."""

    fault: Fault
    method: str | None
    route: str | None
    when: Callable[[Call], bool] | None

    def matches(self, call: Call) -> bool:
        return (
            (self.method is None or self.method == call.method)
            and (self.route is None or self.route == call.route)
            and (self.when is None or self.when(call))
        )


class Faults:
    """Faults waiting for a matching call, first in first out; each is used once.

    ``chooser`` is asked about every call that no waiting fault matched: for faults at random. A
    websocket's handshake gets those alone whose ``route`` is its path (``/gateway``, ``/socket``).
    """

    def __init__(self, known_route: Callable[[str], str]) -> None:
        self._known_route = known_route
        self._queue: deque[_Queued] = deque()
        self.chooser: Callable[[Call], Fault | None] | None = None

    def add(
        self,
        *faults: Fault,
        method: str | None = None,
        route: str | None = None,
        when: Callable[[Call], bool] | None = None,
        times: int = 1,
    ) -> None:
        """Queue ``faults`` (``times`` over) for the next calls that match all that is given.

        Raises ValueError for a ``route`` that the stand-in does not have.
        """
        route = None if route is None else self._known_route(route)
        for _ in range(times):
            self._queue.extend(_Queued(fault, method, route, when) for fault in faults)

    def clear(self) -> None:
        """Forget every waiting fault, and the chooser."""
        self._queue.clear()
        self.chooser = None

    @property
    def waiting(self) -> int:
        """How many queued faults have met no matching call yet."""
        return len(self._queue)

    def take_for_websocket(self, path: str) -> Fault | None:
        """The fault for a websocket's handshake: only one that names its path is for it."""
        for queued in self._queue:
            if queued.route == path:
                self._queue.remove(queued)
                return queued.fault
        return None

    def take(self, call: Call) -> Fault | None:
        """The fault for this call, if any."""
        for queued in self._queue:
            if queued.matches(call):
                self._queue.remove(queued)
                return queued.fault
        return self.chooser(call) if self.chooser is not None else None


Handler = Callable[[Call], Awaitable[web.Response]]
WebSocketHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
