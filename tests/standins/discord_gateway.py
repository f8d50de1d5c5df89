"""Stand-in Discord's gateway: sessions over websockets, resumable, sharded."""

from __future__ import annotations

import asyncio
import json
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.standins.discord_state import snowflake
from tests.standins.recording import JSON

_DISPATCH, _HEARTBEAT, _IDENTIFY, _RESUME = 0, 1, 2, 6
_RECONNECT, _INVALID_SESSION, _HELLO, _HEARTBEAT_ACK = 7, 9, 10, 11

_WRONG_TOKEN, _DECODE_ERROR, _SHARDING_REQUIRED = 4004, 4002, 4011

# The intent that an event needs, by name; events not listed need none. A pair is for servers and
# direct messages.
INTENTS = {
    "GUILD_CREATE": 1 << 0,
    "CHANNEL_PINS_UPDATE": 1 << 0,
    "MESSAGE_CREATE": 1 << 9,
    "MESSAGE_UPDATE": 1 << 9,
    "MESSAGE_DELETE": 1 << 9,
    "GUILD_AUDIT_LOG_ENTRY_CREATE": 1 << 2,
}
_DIRECT_MESSAGES = 1 << 12


@dataclass(eq=False)
class Session:
    """A client's session; it outlives its websocket, so that it can be resumed."""

    shard: tuple[int, int]
    intents: int
    id: str = field(default_factory=snowflake)
    ws: web.WebSocketResponse | None = None
    sequence: int = 0
    events: deque[JSON] = field(default_factory=lambda: deque(maxlen=10_000))

    def has(self, guild_id: str | None) -> bool:
        """Whether a server, or with None the direct messages, belong to this session's shard."""
        index, count = self.shard
        return index == (int(guild_id or 0) >> 22) % count

    def wants(self, event: str, data: JSON) -> bool:
        """Whether this session gets the event: its shard, and its intents."""
        guild_id = data.get("guild_id")
        if not self.has(guild_id):
            return False
        needed = INTENTS.get(event, 0)
        if needed == INTENTS["MESSAGE_CREATE"] and not guild_id:
            needed = _DIRECT_MESSAGES
        return not needed or bool(self.intents & needed)

    async def send(self, event: str, data: JSON) -> None:
        """Record the event and send it; while disconnected it waits for a resume."""
        self.sequence += 1
        frame = {"op": _DISPATCH, "t": event, "s": self.sequence, "d": data}
        self.events.append(frame)
        if self.ws is not None and not self.ws.closed:
            try:
                await self.ws.send_str(json.dumps(frame))
            except ConnectionError:
                self.ws = None


class Gateway:
    """Accepts clients, keeps their sessions, hands out events."""

    def __init__(
        self,
        *,
        token: Callable[[], str],
        ready: Callable[[], JSON],
        guild_ids: Callable[[], list[str]],
        guild: Callable[[str], JSON],
        broken: Callable[[str], None],
    ) -> None:
        self._token = token
        self._ready = ready
        self._guild_ids = guild_ids
        self._guild = guild
        self._broken = broken
        self.max_concurrency: int | None = None  # None: IDENTIFYs may come at any pace
        self.least_shards = 1
        self.refusing: int | None = None  # the code with which every IDENTIFY is refused
        self.identify_every = 5.0  # seconds, for shards of one bucket
        self._identified_at: dict[int, float] = {}  # by bucket
        self.sessions: dict[str, Session] = {}
        self.identifies: list[JSON] = []
        self.resumes: list[JSON] = []
        self.heartbeats = 0
        self.heartbeat_interval_ms = 41_250

    @property
    def connected(self) -> list[Session]:
        """The sessions whose websocket is open now."""
        return [s for s in self.sessions.values() if s.ws is not None and not s.ws.closed]

    async def dispatch(self, event: str, data: JSON) -> int:
        """Send an event to every session that wants it; returns to how many."""
        wanting = [s for s in self.sessions.values() if s.wants(event, data)]
        for session in wanting:
            await session.send(event, data)
        return len(wanting)

    async def close(self, code: int) -> None:
        """Close every websocket with this code; sessions can be resumed."""
        for session in self.connected:
            if session.ws is not None:
                await session.ws.close(code=code)

    async def request_reconnect(self) -> None:
        """Ask every client to reconnect and resume (op 7), as Discord does for its restarts."""
        for session in self.connected:
            await self._send(session.ws, _RECONNECT, None)

    async def invalidate(self, *, resumable: bool) -> None:
        """Invalidate every session (op 9)."""
        for session in self.connected:
            await self._send(session.ws, _INVALID_SESSION, resumable)
            if not resumable:
                del self.sessions[session.id]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one client from HELLO to the end of its websocket."""
        ws = web.WebSocketResponse(timeout=0.5, max_msg_size=0)
        await ws.prepare(request)
        await self._send(ws, _HELLO, {"heartbeat_interval": self.heartbeat_interval_ms})
        session: Session | None = None
        try:
            async for message in ws:
                if message.type is not WSMsgType.TEXT:
                    continue
                frame: JSON = json.loads(message.data)
                session = await self._received(ws, session, frame)
        finally:
            if session is not None and session.ws is ws:
                session.ws = None
        return ws

    async def _received(
        self, ws: web.WebSocketResponse, session: Session | None, frame: JSON
    ) -> Session | None:
        op, data = frame.get("op"), frame.get("d")
        if op == _HEARTBEAT:
            self.heartbeats += 1
            await self._send(ws, _HEARTBEAT_ACK, None)
        elif op == _IDENTIFY and isinstance(data, dict):
            self.identifies.append(data)
            return await self._identify(ws, data)
        elif op == _RESUME and isinstance(data, dict):
            self.resumes.append(data)
            return await self._resume(ws, data)
        elif session is None:
            await ws.close(code=_DECODE_ERROR)
        return session

    async def _identify(self, ws: web.WebSocketResponse, data: JSON) -> Session | None:
        if data.get("token") != self._token():
            await ws.close(code=_WRONG_TOKEN, message=b"Authentication failed.")
            return None
        if self.refusing is not None:
            await ws.close(code=self.refusing)
            return None
        index, count = data.get("shard") or (0, 1)
        if count < self.least_shards:
            await ws.close(code=_SHARDING_REQUIRED)
            return None
        if self._comes_too_early(index):
            self._broken(f"IDENTIFY of shard {index} of {count}")
            await self._send(ws, _INVALID_SESSION, False)
            return None
        session = Session((index, count), int(data.get("intents", 0)), ws=ws)
        self.sessions[session.id] = session
        guilds = [guild_id for guild_id in self._guild_ids() if session.has(guild_id)]
        ready = self._ready()
        ready["session_id"] = session.id
        ready["shard"] = [index, count]
        ready["guilds"] = [{"id": guild_id, "unavailable": True} for guild_id in guilds]
        await session.send("READY", ready)
        for guild_id in guilds:
            if session.wants("GUILD_CREATE", {"guild_id": guild_id}):
                await session.send("GUILD_CREATE", self._guild(guild_id))
        return session

    def _comes_too_early(self, shard: int) -> bool:
        """Whether another shard of the same bucket identified less than five seconds ago."""
        if self.max_concurrency is None:
            return False
        now = asyncio.get_running_loop().time()
        bucket = shard % self.max_concurrency
        before = self._identified_at.get(bucket, -math.inf)
        self._identified_at[bucket] = now
        return now - before < self.identify_every

    async def _resume(self, ws: web.WebSocketResponse, data: JSON) -> Session | None:
        if data.get("token") != self._token():
            await ws.close(code=_WRONG_TOKEN, message=b"Authentication failed.")
            return None
        session = self.sessions.get(str(data.get("session_id")))
        if session is None:
            await self._send(ws, _INVALID_SESSION, False)
            return None
        session.ws = ws
        missed = [event for event in session.events if event["s"] > int(data["seq"])]
        for event in missed:
            await ws.send_str(json.dumps(event))
        await session.send("RESUMED", {"_trace": []})
        return session

    @staticmethod
    async def _send(ws: web.WebSocketResponse | None, op: int, data: Any) -> None:
        if ws is not None and not ws.closed:
            await ws.send_str(json.dumps({"op": op, "d": data, "s": None, "t": None}))
