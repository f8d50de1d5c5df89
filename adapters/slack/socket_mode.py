"""Slack in Socket Mode: the bot opens a WebSocket, and Slack sends events through it.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any, NoReturn

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import (
    run_async_bolt_app,
    send_async_response,
)
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.deliveries import Deliveries
from adapters.reception import Reception
from adapters.slack.app import authorize_workspace, check_token, slack_app
from adapters.slack.errors import describe_error
from adapters.slack.listeners import Listeners
from adapters.slack.people import SlackPeople
from adapters.slack.tasks import WORK_FIRST, EventTasks, about_to_send, acknowledge_by
from knowledge.posts import Platform

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 30.0
"""Seconds for one attempt to open the socket."""
LOST_AFTER = 30.0
"""Seconds without a connection after which `run` gives up, to be started anew."""
PING_EVERY = 5.0
"""Seconds between two pings; slack_sdk checks the connection as often."""
LOOK_EVERY = 2.0
"""Seconds between two of our own checks of the connection."""


class SlackSocketAdapter:
    """Serves `/ldn` on Slack in Socket Mode until it is cancelled."""

    def __init__(
        self,
        reception: Reception,
        client: AsyncWebClient,
        app_token: str,
        people: SlackPeople,
        deliveries: Deliveries,
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._listeners = Listeners(reception, people, deliveries)
        self._tasks = EventTasks()
        self._connected = False

    @property
    def connected(self) -> bool:
        """Whether questions reach us at this moment."""
        return self._connected

    async def run(self) -> None:
        """Connect, and serve until cancelled. slack_sdk reopens a dropped connection.

        Raises:
            PlatformError: Slack refuses a token, for good.
            ConnectionError: there was no connection for `LOST_AFTER` seconds; run it again.
        """
        client = self._client
        authorize = await authorize_workspace(client)
        opened = await check_token(
            client.apps_connections_open(app_token=self._app_token),
            "SLACK_APP_TOKEN",
            "Basic Information → App-Level Tokens, with the scope connections:write",
        )
        app = slack_app(self._listeners, client, self._tasks, authorize)
        handler = _Handler(app, self._app_token, self._tasks)
        handler.client.wss_uri = opened["url"]
        handler.client.message_listeners.append(self._count_connection)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await handler.client.connect()  # type: ignore[no-untyped-call]
            log.info("connected to Slack")
            await self._watch(handler)
        finally:
            self._connected = False
            await self._tasks.finish()  # first, because closing may have to wait for Slack
            await handler.client.close()  # type: ignore[no-untyped-call]

    async def documents_changed(self) -> None:
        """Nothing to do: Slack knows commands from the manifest only."""

    def describe_error(self, error: Exception) -> str:
        """An error of `run`, for the log."""
        return describe_error(error)

    async def _count_connection(self, _: Any, message: dict[str, Any], __: str | None) -> None:
        if message.get("type") == "hello":  # the first message of every connection
            self._listeners.reception.metrics.connected(Platform.SLACK)

    async def _watch(self, handler: AsyncSocketModeHandler) -> NoReturn:
        """Keep `connected` current; raise `ConnectionError` after `LOST_AFTER` seconds without."""
        clock = asyncio.get_running_loop().time
        seen = clock()
        while True:
            self._connected = await handler.client.is_connected()
            if self._connected:
                seen = clock()
            elif clock() - seen > LOST_AFTER:
                raise ConnectionError("the connection to Slack is lost")
            await asyncio.sleep(LOOK_EVERY)


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler, which sends an answer's JSON as it is, without parsing it first."""

    def __init__(self, app: AsyncApp, app_token: str, tasks: EventTasks) -> None:
        super().__init__(app, app_token, ping_interval=PING_EVERY)
        self._tasks = tasks

    async def handle(  # type: ignore[override]
        self, client: SocketModeClient, req: SocketModeRequest
    ) -> None:
        """Called by slack_sdk for each envelope, in a task of its own."""
        self._tasks.add_current()
        if req.type == "events_api":
            # Slack does not repeat an acknowledged event. If a process was killed between the
            # acknowledgement and the answer, the answer would be lost; if it was killed between
            # the answer and the acknowledgement, the event would be answered twice.
            acknowledge_by.set(asyncio.get_running_loop().time() + WORK_FIRST)
            about_to_send.set(asyncio.Event())
        answer = await run_async_bolt_app(self.app, req)
        if answer.status == 200 and answer.body.startswith("{"):
            envelope = json.dumps(req.envelope_id)
            await client.send_message(f'{{"envelope_id":{envelope},"payload":{answer.body}}}')
        else:
            await send_async_response(client, req, answer, time.time())
