"""Stand-in Slack's Socket Mode: connections, envelopes and their acknowledgements."""

from __future__ import annotations

import asyncio
import json
import secrets
import uuid
from typing import Any

from aiohttp import WSMsgType, web

from tests.standins.base import NotConnectedError
from tests.standins.recording import JSON
from tests.standins.slack_state import APP_ID

MOST_CONNECTIONS = 10


class SocketMode:
    """Hands out one-time tickets, accepts clients, sends envelopes and takes their acks."""

    def __init__(self) -> None:
        self.connections: list[web.WebSocketResponse] = []
        self.envelopes = 0
        self._tickets: set[str] = set()
        self._acks: dict[str, asyncio.Future[JSON]] = {}
        self._turn = 0

    def ticket(self) -> str:
        """A ticket for one connection, as apps.connections.open gives in its URL."""
        ticket = secrets.token_urlsafe(12)
        self._tickets.add(ticket)
        return ticket

    @property
    def connected(self) -> list[web.WebSocketResponse]:
        """The connections that are open now."""
        return [ws for ws in self.connections if not ws.closed]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one client from hello to the end of its websocket."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404, text="unknown or used ticket")
        self._tickets.remove(ticket)
        ws = web.WebSocketResponse(timeout=0.5)
        await ws.prepare(request)
        self.connections.append(ws)
        await ws.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connected),
                "connection_info": {"app_id": APP_ID},
                "debug_info": {"host": "stand-in", "approximate_connection_time": 18060},
            }
        )
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    self._received(json.loads(message.data))
        finally:
            self.connections.remove(ws)
        return ws

    def _received(self, frame: JSON) -> None:
        waiting = self._acks.get(str(frame.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)

    async def send(
        self, kind: str, payload: JSON, *, answerable: bool, timeout: float, **more: Any
    ) -> JSON | None:
        """Send one envelope over the next connection and return the ack's frame.

        None where no ack came within ``timeout`` seconds. Raises `NotConnectedError`.
        """
        open_now = self.connected
        if not open_now:
            raise NotConnectedError(f"no client is there to get an envelope of type {kind}")
        self._turn += 1
        ws = open_now[self._turn % len(open_now)]
        envelope_id = str(uuid.uuid4())
        ack: asyncio.Future[JSON] = asyncio.get_running_loop().create_future()
        self._acks[envelope_id] = ack
        self.envelopes += 1
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "accepts_response_payload": answerable,
            "payload": payload,
            **more,
        }
        try:
            await ws.send_json(envelope)
            return await asyncio.wait_for(ack, timeout)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            del self._acks[envelope_id]

    async def say_disconnect(self, reason: str) -> None:
        """Announce the end of every connection, then close it, as Slack does."""
        for ws in self.connected:
            await ws.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "stand-in"}}
            )
