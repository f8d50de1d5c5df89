"""Slack: events in, answers out, over Socket Mode.

Slack wants every event acknowledged within three seconds. A command is answered in the
acknowledgement itself; everything else is acknowledged first, then the message under which a button
stands is replaced through the event's response_url, or a modal shows the answer
(https://docs.slack.dev/interactivity/handling-user-interaction).
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import (
    run_async_bolt_app,
    send_async_response,
)
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.moderation import MODERATOR_SUFFIX
from adapters.reception import Reception
from adapters.slack.listeners import Listeners
from adapters.slack.manifest import SHORTCUT_SUFFIX
from adapters.slack.people import SlackPeople
from knowledge.errors import PlatformError
from knowledge.posts import Platform

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 30.0
"""Seconds for one attempt to open the socket."""
LOST_AFTER = 30.0
"""Seconds without a connection after which everything is built anew, tokens checked again."""
PING_EVERY = 5.0
"""Seconds between two pings; slack_sdk looks for a lost connection as often."""
LOOK_EVERY = 2.0
"""Seconds between two looks at the connection."""

# https://docs.slack.dev/reference/methods/auth.test#errors
_REFUSED = frozenset(
    {
        "account_inactive",
        "app_deleted",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "user_removed_from_team",
    }
)


class SlackAdapter:
    """Serves `/ldn` on Slack until it is closed."""

    name = "Slack"

    def __init__(
        self,
        reception: Reception,
        client: AsyncWebClient,
        app_token: str,
        people: SlackPeople,
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._listeners = Listeners(reception, people)
        self._connected = False
        self._handler: AsyncSocketModeHandler | None = None

    @property
    def connected(self) -> bool:
        """Whether questions reach us at this moment."""
        return self._connected

    async def run(self) -> None:
        """Connect, and serve. A dropped connection is taken up again by slack_sdk.

        Raises:
            PlatformError: Slack refuses a token, for good.
            ConnectionError: the connection is lost and does not come back; try anew.
        """
        client = self._client
        await _accepted(client.auth_test(), "SLACK_BOT_TOKEN", "OAuth & Permissions")
        opened = await _accepted(
            client.apps_connections_open(app_token=self._app_token),
            "SLACK_APP_TOKEN",
            "Basic Information → App-Level Tokens, with the scope connections:write",
        )
        handler = _Handler(
            slack_app(self._listeners, client), self._app_token, ping_interval=PING_EVERY
        )
        handler.client.wss_uri = opened["url"]
        handler.client.message_listeners.append(self._count_connection)
        self._handler = handler
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await handler.client.connect()  # type: ignore[no-untyped-call]
            log.info("connected to Slack")
            await self._watch(handler)
        finally:
            self._connected = False
            await handler.client.close()  # type: ignore[no-untyped-call]

    async def documents_changed(self) -> None:
        """Nothing to do: Slack learns new commands from the manifest alone."""

    async def close(self) -> None:
        """Leave Slack."""
        if self._handler is not None:
            await self._handler.client.close()  # type: ignore[no-untyped-call]

    async def _count_connection(self, _: Any, message: dict[str, Any], __: str | None) -> None:
        if message.get("type") == "hello":  # the first message of every connection
            self._listeners.reception.numbers.connected(Platform.SLACK)

    async def _watch(self, handler: AsyncSocketModeHandler) -> None:
        """Return when the adapter is closed; raise when the connection stays away."""
        clock = asyncio.get_running_loop().time
        seen = clock()
        while not handler.client.closed:
            self._connected = await handler.client.is_connected()
            if self._connected:
                seen = clock()
            elif clock() - seen > LOST_AFTER:
                raise ConnectionError("the connection to Slack is lost")
            await asyncio.sleep(LOOK_EVERY)


class _Handler(AsyncSocketModeHandler):
    """bolt's, without reading an answer's JSON and writing it again."""

    async def handle(  # type: ignore[override]
        self, client: SocketModeClient, req: SocketModeRequest
    ) -> None:
        """Called by slack_sdk for each envelope."""
        answer = await run_async_bolt_app(self.app, req)
        if answer.status == 200 and answer.body.startswith("{"):
            envelope = json.dumps(req.envelope_id)
            await client.send_message(f'{{"envelope_id":{envelope},"payload":{answer.body}}}')
        else:
            await send_async_response(client, req, answer, time.time())


async def _accepted(call: Any, variable: str, where: str) -> Any:
    try:
        return await call
    except SlackApiError as error:
        if error.response.get("error") in _REFUSED:
            raise PlatformError(
                f"Slack does not accept the token in {variable}. Copy it again from your app's "
                f"page ({where}), then restart."
            ) from None
        raise


def slack_app(listeners: Listeners, client: AsyncWebClient) -> AsyncApp:
    """The app: a listener for each thing that people can do."""
    app = AsyncApp(
        client=client,
        # Socket Mode events come over a connection that we opened; nothing is signed.
        request_verification_enabled=False,
        # Without this, bolt looks for the acknowledgement only every ten milliseconds.
        process_before_response=True,
        # An event that nobody listens to goes to `_on_error`; bolt would log it with its content.
        raise_error_for_unhandled_request=True,
    )
    app.command(re.compile(f".*{MODERATOR_SUFFIX}"))(ack=_acknowledge, lazy=[listeners.moderate])
    app.command(_ANY)(listeners.ask)
    app.action(_ANY)(ack=_acknowledge, lazy=[listeners.perform])
    app.shortcut(re.compile(f".*{SHORTCUT_SUFFIX}"))(ack=_acknowledge, lazy=[listeners.draft])
    app.event("app_mention")(ack=_acknowledge, lazy=[listeners.mention])
    app.event("message")(ack=_acknowledge, lazy=[listeners.message])
    app.event("app_home_opened")(ack=_acknowledge, lazy=[listeners.home])
    app.error(_on_error)
    return app


_ANY = re.compile(".*", re.DOTALL)


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()


async def _on_error(error: Exception) -> BoltResponse:
    """What bolt could not deliver to a listener. Acknowledged, so that Slack does not repeat it."""
    if not isinstance(error, BoltUnhandledRequestError):
        log.error("an event from Slack failed", exc_info=error)
    return BoltResponse(status=200)
