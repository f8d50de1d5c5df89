"""Discord, as far as answering a command or a press needs it: the gateway and the callbacks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks.load import KEY, Load
from tests.benchmarks.wire import NO_CONTENT, Socket, response
from tests.standins.discord_guild import guild_json
from tests.standins.discord_interactions import (
    COMMAND_TYPE,
    COMPONENT_TYPE,
    MESSAGE,
    UPDATE,
    Interaction,
    controls,
    payload,
)
from tests.standins.discord_state import (
    APPLICATION_ID,
    EPHEMERAL,
    GUILD_ID,
    MEMBER,
    Channel,
    Person,
    Place,
    new_message,
)

TOKEN = "discord-token"
GUILDS_INTENT = 1 << 0

_HEARTBEAT, _IDENTIFY, _RESUME, _HELLO, _HEARTBEAT_ACK = 1, 2, 6, 10, 11
_ME = {"id": APPLICATION_ID, "username": "ldn", "discriminator": "0", "avatar": None, "bot": True}
_PERSON = Person("400000000000000001", "sam")
_CHANNEL = Channel("500000000000000001", "general", GUILD_ID)
_COMMAND_ID = "600000000000000001"


class DiscordLoad(Load):
    """`guilds`: in how many servers the bot is. `shards`: how many it is told to run."""

    def __init__(self, *, guilds: int = 1, shards: int = 1) -> None:
        super().__init__()
        # Neighbouring ids that differ in the bits which decide the shard.
        self._guilds = [str(int(GUILD_ID) + (number << 22)) for number in range(guilds)]
        self._shards = shards
        self._sessions: dict[Socket, int] = {}
        self._first: Socket | None = None

    @property
    def settings(self) -> Mapping[str, str]:
        """The environment in which `ldn-bot` connects to this."""
        return {
            "DISCORD_TOKEN": TOKEN,
            "LDN_DISCORD_API_URL": f"http://127.0.0.1:{self.port}/api/v10",
            "LDN_DISCORD_GATEWAY_URL": self._gateway,
        }

    @property
    def _gateway(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway/"

    def send(self, key: str, event: bytes) -> None:
        assert self._first is not None
        self._dispatch(self._first, b"INTERACTION_CREATE", event)

    def opened(self, socket: Socket) -> None:
        self._say(socket, _HELLO, {"heartbeat_interval": 41_250})

    def heard(self, socket: Socket, text: bytes, at: float) -> None:
        frame = json.loads(text)
        if frame["op"] == _HEARTBEAT:
            self._say(socket, _HEARTBEAT_ACK, None)
        elif frame["op"] == _IDENTIFY:
            self._identified(socket, frame["d"])

    def closed(self, socket: Socket) -> None:
        self._sessions.pop(socket, None)

    def requested(self, method: str, path: str, body: bytes, at: float) -> bytes:
        path, _, query = path.removeprefix("/api").partition("?")
        path = path.removeprefix("/v10")
        if path.startswith("/interactions/"):
            _, _, key, _, _ = path.split("/")
            self.answered(key, body, at)
            asks = "with_response=1" in query or "with_response=true" in query
            return response(_outcome(key, body)) if asks else NO_CONTENT
        if path == "/users/@me":
            return _json(_ME)
        if path.endswith("applications/@me"):
            application = {"id": APPLICATION_ID, "name": "ldn", "description": "", "icon": None}
            return _json(
                {
                    **application,
                    "bot_public": True,
                    "bot_require_code_grant": False,
                    "owner": {**_ME, "bot": False},
                    "verify_key": "0" * 64,
                    "team": None,
                    "flags": 0,
                }
            )
        if path.startswith("/gateway"):
            limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 16}
            return _json(
                {"url": self._gateway, "shards": self._shards, "session_start_limit": limit}
            )
        if method == "PUT" and path.endswith("/commands"):
            return _json([_registered(command) for command in json.loads(body)])
        return response(b'{"message":"404: Not Found","code":0}', "404 Not Found")

    def _identified(self, socket: Socket, said: Mapping[str, Any]) -> None:
        shard, shards = said.get("shard") or (0, 1)
        mine = [guild for guild in self._guilds if (int(guild) >> 22) % shards == shard]
        self._sessions[socket] = 0
        if shard == (int(GUILD_ID) >> 22) % shards:
            self._first = socket
        ready = {
            "v": 10,
            "user": _ME,
            "resume_gateway_url": self._gateway,
            "session_id": f"session-{shard}",
            "shard": [shard, shards],
            "application": {"id": APPLICATION_ID, "flags": 0},
            "guilds": [{"id": guild, "unavailable": True} for guild in mine],
        }
        self._dispatch(socket, b"READY", json.dumps(ready).encode())
        if int(said.get("intents", 0)) & GUILDS_INTENT:
            for guild in mine:
                created = guild_json(guild, _PERSON, [_CHANNEL])
                self._dispatch(socket, b"GUILD_CREATE", json.dumps(created).encode())
        if len(self._sessions) == shards:
            self.connected.set()

    def _dispatch(self, socket: Socket, event: bytes, data: bytes) -> None:
        self._sessions[socket] += 1
        frame = (event, self._sessions[socket], data)
        socket.send(b'{"op":0,"t":"%b","s":%d,"d":%b}' % frame)

    @staticmethod
    def _say(socket: Socket, op: int, data: Any) -> None:
        socket.send(json.dumps({"op": op, "d": data, "s": None, "t": None}).encode())


def command(name: str, question: str) -> bytes:
    """The event of a slash command with an option `question`, which may be left empty."""
    options = [{"name": "question", "type": 3, "value": question}] if question else []
    data = {"id": _COMMAND_ID, "name": name, "type": 1, "options": options}
    return _event(Interaction(name, COMMAND_TYPE, data, _PERSON, Place.GUILD, _CHANNEL))


def press(answer: bytes, custom_id: str) -> bytes:
    """The event of a button under an answer that a bot has given."""
    message = new_message(
        _CHANNEL, _ME, {**_said(answer), "flags": EPHEMERAL}, application_id=APPLICATION_ID
    )
    data = {"custom_id": custom_id, "component_type": 2, "id": 1}
    return _event(
        Interaction(custom_id, COMPONENT_TYPE, data, _PERSON, Place.GUILD, _CHANNEL, message)
    )


def buttons(answer: bytes) -> Sequence[str]:
    """The custom ids of the buttons under an answer."""
    offered = controls(_said(answer).get("components") or [])
    return [each["custom_id"] for each in offered if each["type"] == 2]


def _event(interaction: Interaction) -> bytes:
    interaction.permissions = MEMBER
    interaction.id, interaction.token = KEY.decode(), f"token-{KEY.decode()}"
    event = payload(
        interaction, application_id=APPLICATION_ID, app_permissions=MEMBER, locale="en-US"
    )
    return json.dumps(event).encode()


def _said(answer: bytes) -> dict[str, Any]:
    """The `data` of a callback; it may come as a part of a form, beside a file."""
    said, _ = json.JSONDecoder().raw_decode(answer[answer.index(b'{"type"') :].decode())
    data: dict[str, Any] = said["data"]
    return data


def _outcome(key: str, body: bytes) -> bytes:
    """What Discord says to a callback: the message as it is now."""
    message = new_message(_CHANNEL, _ME, _said(body), application_id=APPLICATION_ID).data
    kind = UPDATE if body.find(b'"type": 7') >= 0 or body.find(b'"type":7') >= 0 else MESSAGE
    interaction = {"id": key, "type": COMMAND_TYPE, "response_message_id": message["id"]}
    return json.dumps(
        {"interaction": interaction, "resource": {"type": kind, "message": message}}
    ).encode()


def _registered(sent: dict[str, Any]) -> dict[str, Any]:
    """A command as Discord gives it back once it is registered."""
    permissions = sent.get("default_member_permissions")
    return {
        **sent,
        "id": _COMMAND_ID,
        "application_id": APPLICATION_ID,
        "version": "1",
        "description": sent.get("description") or "",
        "default_member_permissions": None if permissions is None else str(permissions),
    }


def _json(value: Any) -> bytes:
    return response(json.dumps(value).encode())
