"""Slack, as far as answering a command or a press needs it: Socket Mode or signed requests, and
response_url."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote_plus, urlencode

from slack_sdk.signature import SignatureVerifier

from tests.benchmarks.load import KEY, Load
from tests.benchmarks.wire import Line, Socket, response
from tests.standins.slack_interactions import SlackInteraction
from tests.standins.slack_payloads import action_payload, command_payload
from tests.standins.slack_state import (
    APP_ID,
    BOT_ID,
    BOT_USER_ID,
    TEAM_ID,
    SlackChannel,
    SlackPerson,
    new_message,
)

BOT_TOKEN, APP_TOKEN = "xoxb-benchmark", "xapp-benchmark"
SIGNING_SECRET = "benchmark"
PATH = "/slack/events"
LISTENS_SOON_S = 0.1
PORT = b"@PORT@"
PERSON = b"@PERSON@"
"""Stands in an event for who acts: somebody new where it was made with `somebody_new`."""

_PERSON = SlackPerson(PERSON.decode(), "sam")
_KNOWN = b"U00000001"
_CHANNEL = SlackChannel("C00000001", "general")
_OK = response(b'{"ok":true}')


class SlackLoad(Load):
    """Over Socket Mode."""

    def __init__(self) -> None:
        super().__init__()
        self._socket: Socket | None = None

    @property
    def settings(self) -> Mapping[str, str]:
        """The environment in which `ldn-bot` connects to this."""
        return {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "LDN_SLACK_API_URL": f"http://127.0.0.1:{self.port}/api/",
        }

    def send(self, key: str, event: bytes) -> None:
        assert self._socket is not None
        self._socket.send(event.replace(PORT, b"%d" % self.port))

    def opened(self, socket: Socket) -> None:
        self._socket = socket
        hello = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": APP_ID}}
        socket.send(json.dumps(hello).encode())
        self.connected.set()

    def heard(self, socket: Socket, text: bytes, at: float) -> None:
        # What only acknowledges has no payload; the answer comes by another way.
        if b'"payload"' in text:
            frame = json.loads(text)
            if frame.get("payload"):
                self.answered(frame["envelope_id"], text, at)

    def closed(self, socket: Socket) -> None:
        self.connected.clear()

    def requested(self, method: str, path: str, body: bytes, at: float) -> bytes:
        _, kind, name = path.partition("?")[0].split("/", 2)
        if kind == "response":
            self.answered(name, body, at)
            return _OK
        return _json({"ok": True, **self._said(name)})

    def _said(self, method: str) -> Mapping[str, Any]:
        if method == "auth.test":
            return {
                "url": "https://support-group.slack.com/",
                "team": "Support group",
                "user": "ldn",
                "team_id": TEAM_ID,
                "user_id": BOT_USER_ID,
                "bot_id": BOT_ID,
            }
        if method == "apps.connections.open":
            return {"url": f"ws://127.0.0.1:{self.port}/link"}
        if method == "users.info":
            return {"user": _PERSON.as_json()}
        return {}


class SlackHttpLoad(SlackLoad):
    """Over HTTP, on connections that stay open: as many as events are in flight."""

    def __init__(self, bot_port: int) -> None:
        super().__init__()
        self._bot_port = bot_port
        self._idle: list[Line] = []
        self._signs = SignatureVerifier(SIGNING_SECRET)

    @property
    def settings(self) -> Mapping[str, str]:
        return {
            **super().settings,
            "SLACK_APP_TOKEN": "",
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "LDN_SLACK_PORT": str(self._bot_port),
        }

    async def open(self, lines: int) -> None:
        """Connect to the bot, as soon as it listens."""
        loop = asyncio.get_running_loop()
        while len(self._idle) < lines:
            try:
                _, line = await loop.create_connection(Line, "127.0.0.1", self._bot_port)
            except OSError:
                await asyncio.sleep(LISTENS_SOON_S)
            else:
                self._idle.append(line)
        self.connected.set()

    def send(self, key: str, event: bytes) -> None:
        body = event.replace(PORT, b"%d" % self.port)
        stamp = str(int(time.time()))
        signature = self._signs.generate_signature(timestamp=stamp, body=body)
        headers = (
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: {signature}\r\n"
        )
        line = self._idle.pop()
        line.post(PATH, headers, body, partial(self._came_back, line, key))

    def _came_back(self, line: Line, key: str, body: bytes, at: float) -> None:
        self._idle.append(line)
        if body:
            self.answered(key, body, at)


def command(name: str, text: str, *, somebody_new: bool = False) -> bytes:
    """The envelope of a slash command."""
    said = command_payload(_interaction(), f"/{name}", text, _RESPONSE_URL)
    return _by(_envelope("slash_commands", said), somebody_new=somebody_new)


def press(answer: bytes, action_id: str) -> bytes:
    """The envelope of a button under an answer that a bot has given."""
    said = action_payload(_interaction(_blocks(answer)), _RESPONSE_URL, _button(action_id))
    return _by(_envelope("interactive", said))


def buttons(answer: bytes) -> Sequence[str]:
    """The action ids of the buttons under an answer."""
    rows = (block for block in _blocks(answer) if block["type"] == "actions")
    elements = (each for row in rows for each in row["elements"])
    return [each["action_id"] for each in elements if each["type"] == "button"]


def over_http(envelope: bytes) -> bytes:
    """The body in which Slack posts what it would otherwise send in an envelope."""
    frame = json.loads(envelope)
    if frame["type"] == "slash_commands":
        body = urlencode(frame["payload"])
    else:
        body = f"payload={quote_plus(json.dumps(frame['payload']))}"
    # The marks that a key and a port are put in place of stay as they are.
    for mark in (KEY, PORT):
        body = body.replace(quote_plus(mark.decode()), mark.decode())
    return body.encode()


_RESPONSE_URL = f"http://127.0.0.1:{PORT.decode()}/response/{KEY.decode()}"


def _interaction(blocks: Sequence[Any] = ()) -> SlackInteraction:
    source = new_message(_CHANNEL, {"text": "", "blocks": list(blocks)})
    source.seen_by = _PERSON.id
    interaction = SlackInteraction("", _PERSON, _CHANNEL, frozenset(), source)
    interaction.trigger_id = f"trigger.{KEY.decode()}"  # each serves once
    return interaction


def _button(action_id: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": "Next", "emoji": False}
    return {"type": "button", "action_id": action_id, "block_id": "b1", "text": text}


def _envelope(kind: str, payload: Mapping[str, Any]) -> bytes:
    """An envelope of Socket Mode, with an id to be replaced."""
    return json.dumps(
        {
            "envelope_id": KEY.decode(),
            "type": kind,
            "accepts_response_payload": True,
            "payload": payload,
        }
    ).encode()


def _by(envelope: bytes, *, somebody_new: bool = False) -> bytes:
    return envelope.replace(PERSON, b"U" + KEY if somebody_new else _KNOWN)


def _blocks(answer: bytes) -> list[dict[str, Any]]:
    said = json.loads(answer)
    blocks: list[dict[str, Any]] = said.get("payload", said).get("blocks", [])
    return blocks


def _json(value: Any) -> bytes:
    return response(json.dumps(value).encode())
