"""Stand-in Slack's deliveries over HTTP: signed requests to an address, and their answers."""

from __future__ import annotations

import asyncio
import io
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp
from slack_sdk.signature import SignatureVerifier

from tests.standins.recording import JSON
from tests.standins.slack_state import TEAM_ID


class HttpDelivery:
    """Signs what people do and sends it to ``url``, as Slack does where Socket Mode is off.

    ``team`` is the workspace that it comes from. ``sent`` has every request, as it could be
    overheard: headers and body. ``status`` is that of the last answer.
    """

    def __init__(self, url: str, signing_secret: str) -> None:
        self.url = url
        self.team = TEAM_ID
        self.sent: list[tuple[dict[str, str], bytes]] = []
        self.status: int | None = None
        self._signer = SignatureVerifier(signing_secret)

    def signed(self, body: bytes, *, age: float = 0.0) -> dict[str, str]:
        """The headers that go with a body, of ``age`` seconds ago."""
        timestamp = str(int(time.time() - age))
        signature = self._signer.generate_signature(timestamp=timestamp, body=body)
        assert signature is not None
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}

    async def send(
        self, kind: str, payload: JSON, *, answerable: bool, timeout: float, **more: Any
    ) -> JSON | None:
        """Send one request; what `SocketMode.send` returns: the acknowledgement's frame, or None.

        An answer other than 200 is no acknowledgement. What is sent again is signed as of another
        second, for Slack lets a minute pass.
        """
        said = json.dumps(payload).replace(TEAM_ID, self.team)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        match kind:
            case "slash_commands":
                body = urlencode(json.loads(said))
            case "interactive":
                body = urlencode({"payload": said})
            case _:
                body = said
                headers["Content-Type"] = "application/json"
        if more.get("retry_attempt"):
            headers["X-Slack-Retry-Num"] = str(more["retry_attempt"])
            headers["X-Slack-Retry-Reason"] = str(more["retry_reason"])
        try:
            headers |= self.signed(body.encode(), age=-more.get("retry_attempt", 0))
            self.status, text = await asyncio.wait_for(self.repeat(headers, body.encode()), timeout)
        except (TimeoutError, aiohttp.ClientError, OSError):
            self.status = None
            return None
        return _frame(text) if self.status == 200 else None

    async def post(self, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        """Send a body with these headers and a fresh signature; status and text of the answer."""
        return await self.repeat({**headers, **self.signed(body)}, body)

    async def repeat(self, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        """Send just this, as somebody would who has overheard it, over a connection of its own."""
        self.sent.append((headers, body))
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, data=io.BytesIO(body), headers=headers) as response,
        ):
            return response.status, await response.text()


def _frame(text: str) -> JSON:
    """What stands in the body of an answer, as it would stand in an acknowledgement's frame."""
    if not text:
        return {}
    return {"payload": json.loads(text) if text.startswith("{") else {"text": text}}
