"""Stand-in Slack's server: its state, its Web API and Socket Mode on one port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web

from tests.standins.base import StandIn, json_response
from tests.standins.recording import Call, Handler, Upload, WebSocketHandler
from tests.standins.slack_api import WebApi
from tests.standins.slack_http import HttpDelivery
from tests.standins.slack_interactions import Interactions
from tests.standins.slack_said import EveryoneSees
from tests.standins.slack_socket import SocketMode
from tests.standins.slack_state import SlackChannel, SlackChannels, SlackPerson
from tests.standins.slack_surfaces import Surfaces
from tests.standins.slack_views import Views


class SlackServer(StandIn):
    """A Slack workspace with one channel that the bot is in, and a direct message.

    The tokens may be changed while it runs: the old ones are wrong from then on. What else can be
    set is at ``api`` (revoked tokens, user groups); ``views`` has modals and Home tabs,
    ``surfaces`` files. ``everyone_sees`` is what the bot has made a whole channel see.
    """

    _prefix = ""

    def __init__(
        self,
        bot_token: str = "xoxb-stand-in",
        app_token: str = "xapp-stand-in",
        *,
        port: int = 0,
        validate: bool = True,
    ) -> None:
        super().__init__(port=port, validate=validate)
        self.bot_token = bot_token
        self.app_token = app_token
        self.member = SlackPerson("U00000001", "sam")
        self.moderator = SlackPerson("U00000002", "kim", is_admin=True)
        self.people = {person.id: person for person in (self.member, self.moderator)}
        self.channel = SlackChannel("C00000001", "general")
        self.channels = SlackChannels(self.channel)
        self.dm = self.channels.dm_with(self.member.id)
        self.everyone_sees = EveryoneSees()
        self.interactions = Interactions()
        self.socket = SocketMode()
        self.http: HttpDelivery | None = None
        self.surfaces = Surfaces(
            interactions=self.interactions,
            upload_url=lambda file_id: f"{self.url}/upload/{file_id}",
            check=self._check,
            everyone_sees=self.everyone_sees,
        )
        self.views = Views(
            interactions=self.interactions,
            check=self._check,
            now=lambda: asyncio.get_running_loop().time(),
        )
        self.api = WebApi(
            bot_token=lambda: self.bot_token,
            app_token=lambda: self.app_token,
            channels=self.channels,
            people=self.people,
            interactions=self.interactions,
            socket_url=lambda: f"ws://127.0.0.1:{self.port}/socket?ticket={self.socket.ticket()}",
            check=self._check,
            everyone_sees=self.everyone_sees,
            more={**self.surfaces.methods, **self.views.methods},
        )

    @property
    def api_url(self) -> str:
        """The base of every Web API method."""
        return f"{self.url}/api/"

    def add_person(self, person: SlackPerson) -> SlackPerson:
        """Make someone known to users.info and return them."""
        self.people[person.id] = person
        return person

    # Connections

    def deliver_to(self, url: str, signing_secret: str) -> HttpDelivery:
        """Deliver over HTTP from now on, to this address, instead of by Socket Mode."""
        self.http = HttpDelivery(url, signing_secret)
        return self.http

    @property
    def way(self) -> SocketMode | HttpDelivery:
        """How what people do reaches the bot."""
        return self.http or self.socket

    async def connected(self, connections: int = 1, timeout: float = 30.0) -> None:
        """Wait until ``connections`` Socket Mode connections are open."""
        await self.until(
            lambda: len(self.socket.connected) >= connections,
            f"{connections} connection(s)",
            timeout,
        )

    async def disconnected(self, timeout: float = 10.0) -> None:
        """Wait until no connection is open."""
        await self.until(lambda: not self.socket.connected, "no connection to be open", timeout)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every client to reconnect: ``refresh_requested``, ``warning``, ``link_disabled``."""
        await self.socket.say_disconnect(reason)

    # Serving

    def _routes(self) -> Iterable[tuple[str, str, Handler]]:
        return [
            ("*", "/api/{method}", self.api.call),
            ("POST", "/response/{token}", self.surfaces.respond),
            ("POST", "/upload/{file_id}", self.surfaces.upload),
        ]

    def _websockets(self) -> Iterable[tuple[str, WebSocketHandler]]:
        return [("/socket", self.socket.connect)]

    def _known_routes(self) -> set[str]:
        return {*self.api.methods, "response_url", "upload", "/socket"}

    def _route_of(self, template: str, request: web.Request) -> str:
        return {"/response/{token}": "response_url", "/upload/{file_id}": "upload"}.get(
            template, request.match_info.get("method", "")
        )

    async def _read_body(self, request: web.Request) -> tuple[Any, Sequence[Upload]]:
        if request.path.startswith("/upload/"):
            return {"size": len(await request.read())}, ()
        if request.content_type == "application/json":
            raw = await request.read()
            body = json.loads(raw) if raw else {}
        else:
            body = dict(await request.post())
        return {key: _decoded(key, value) for key, value in {**request.query, **body}.items()}, ()

    def _unknown(self, call: Call) -> web.Response:
        return json_response({"ok": False, "error": "unknown_method"}, status=404)


def _decoded(key: str, value: Any) -> Any:
    """An argument as the method sees it: forms and queries carry structures as JSON text."""
    if key in ("blocks", "attachments", "view", "metadata", "files") and isinstance(value, str):
        return json.loads(value)
    return value
