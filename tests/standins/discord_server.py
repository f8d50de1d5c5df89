"""Stand-in Discord's server: its state, its REST routes and its gateway on one port."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web

from tests.contracts import Problem
from tests.standins.base import StandIn
from tests.standins.discord_answers import WITHOUT_AUTHORIZATION, Answers
from tests.standins.discord_errors import UNAUTHORIZED
from tests.standins.discord_gateway import Gateway
from tests.standins.discord_guild import guild_json
from tests.standins.discord_interactions import Interaction
from tests.standins.discord_rest import Rest
from tests.standins.discord_said import EveryoneSees
from tests.standins.discord_state import (
    APPLICATION_ID,
    FOREIGN_GUILD_ID,
    GUILD_ID,
    MODERATOR,
    Channel,
    Channels,
    Message,
    Person,
)
from tests.standins.recording import JSON, Call, Handler, Upload, Violation, WebSocketHandler


class DiscordServer(StandIn):
    """A Discord with one server, a direct message, and a server where the bot is not.

    ``token`` may be changed while it runs: the old one is wrong from then on. ``guilds`` is the
    number of servers that READY lists; their ids are spread over shards. ``everyone_sees`` is what
    the bot has made a whole channel see.
    """

    _prefix = "/api/v10"

    def __init__(
        self,
        token: str = "discord-token",
        *,
        port: int = 0,
        validate: bool = True,
        guilds: int = 1,
    ) -> None:
        super().__init__(port=port, validate=validate)
        self.token = token
        self.me: JSON = {
            "id": APPLICATION_ID,
            "username": "ldn",
            "discriminator": "0",
            "global_name": None,
            "avatar": None,
            "bot": True,
            "flags": 0,
        }
        self.member = Person("400000000000000001", "sam")
        self.moderator = Person("400000000000000002", "kim", permissions=MODERATOR)
        self.channel = Channel("500000000000000001", "general", GUILD_ID)
        self.dm = Channel("500000000000000002", "dm", type=1)
        self.foreign_channel = Channel(
            "500000000000000003", "elsewhere", FOREIGN_GUILD_ID, bot_permissions=0
        )
        self.private_channel = Channel(
            "500000000000000004", "between", type=1, bot_permissions=0, between_people=True
        )
        self.channels = Channels(self.channel, self.dm, self.foreign_channel, self.private_channel)
        # Neighbouring ids that differ in the bits which decide the shard.
        self.guild_ids = [str(int(GUILD_ID) + (number << 22)) for number in range(guilds)]
        self.interactions: dict[str, Interaction] = {}  # by token
        self.everyone_sees = EveryoneSees()
        self.gateway = Gateway(
            token=lambda: self.token,
            ready=self._ready,
            guild_ids=lambda: self.guild_ids,
            guild=self._guild,
            broken=self._identified_too_early,
        )
        self.rest = Rest(
            me=self.me,
            channels=self.channels,
            gateway_url=lambda: self.gateway_url,
            check=self._check,
            dispatch=self.gateway.dispatch,
            everyone_sees=self.everyone_sees,
        )
        self.answers = Answers(
            me=self.me,
            interactions=self.interactions,
            check=self._check,
            everyone_sees=self.everyone_sees,
        )

    @property
    def api_url(self) -> str:
        """The base of every REST route."""
        return f"{self.url}{self._prefix}"

    @property
    def gateway_url(self) -> str:
        """The websocket that clients connect to."""
        return f"ws://127.0.0.1:{self.port}/gateway"

    @property
    def commands(self) -> dict[str, JSON]:
        """The commands registered everywhere, by name, as the API returns them."""
        return {command["name"]: command for command in self.rest.commands[None]}

    # Connections

    async def connected(self, shards: int = 1, timeout: float = 30.0) -> None:
        """Wait until ``shards`` clients have identified or resumed and are connected."""
        await self.until(
            lambda: len(self.gateway.connected) >= shards, f"{shards} client(s)", timeout
        )

    async def disconnected(self, timeout: float = 10.0) -> None:
        """Wait until no client is connected."""
        await self.until(lambda: not self.gateway.connected, "no client to be connected", timeout)

    async def close_connections(self, code: int = 4000) -> None:
        """Close every gateway connection with this close code; sessions stay resumable."""
        await self.gateway.close(code)

    async def request_reconnect(self) -> None:
        """Ask every client to reconnect and resume, as Discord does for its restarts."""
        await self.gateway.request_reconnect()

    async def invalidate_sessions(self, *, resumable: bool = False) -> None:
        """End every session; clients must identify anew unless ``resumable``."""
        await self.gateway.invalidate(resumable=resumable)

    def recommend_shards(
        self, count: int, *, max_concurrency: int = 1, identify_every: float = 5.0
    ) -> None:
        """Tell clients to run so many shards, and hold them to the pace of their IDENTIFYs.

        One that comes earlier than Discord allows is refused, and a violation.
        """
        self.rest.shards = count
        self.rest.max_concurrency = self.gateway.max_concurrency = max_concurrency
        self.gateway.identify_every = identify_every

    # Looking on

    def message(self, message_id: str) -> Message:
        """A message as it is now, the private and the deleted ones included."""
        if message_id in self.answers.messages:
            return self.answers.messages[message_id]
        for channel in self.channels:
            if message_id in channel.messages:
                return channel.messages[message_id]
        raise KeyError(message_id)

    # Serving

    def _routes(self) -> Iterable[tuple[str, str, Handler]]:
        return [*self.answers.routes(), *self.rest.routes()]

    def _websockets(self) -> Iterable[tuple[str, WebSocketHandler]]:
        return [("/gateway", self.gateway.connect), ("/gateway/", self.gateway.connect)]

    async def _read_body(self, request: web.Request) -> tuple[Any, Sequence[Upload]]:
        if request.content_type == "multipart/form-data":
            form = await request.post()
            uploads = [
                Upload(name, part.filename, part.file.read())
                for name, part in form.items()
                if isinstance(part, web.FileField)
            ]
            payload = form.get("payload_json")
            return (json.loads(str(payload)) if payload is not None else {}), uploads
        raw = await request.read()
        return (json.loads(raw) if raw else None), ()

    async def _before(self, call: Call) -> web.Response | None:
        if call.route in WITHOUT_AUTHORIZATION:
            return None
        if call.headers.get("Authorization") != f"Bot {self.token}":
            return UNAUTHORIZED.response()
        return None

    def _ready(self) -> JSON:
        return {
            "v": 10,
            "user": self.me,
            "resume_gateway_url": self.gateway_url,
            "application": {"id": APPLICATION_ID, "flags": 0},
        }

    def _guild(self, guild_id: str) -> JSON:
        return guild_json(guild_id, self.moderator, self.channels.of(guild_id))

    def _identified_too_early(self, what: str) -> None:
        self.violations.append(Violation(what, Problem("", "comes earlier than Discord allows")))
