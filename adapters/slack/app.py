"""Slack: events in, answers out, over Socket Mode.

Slack wants every event acknowledged within three seconds. A command is answered in the
acknowledgement itself; a button is acknowledged first, then the message that it stands under is
replaced through the event's response_url
(https://docs.slack.dev/interactivity/handling-user-interaction).
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.render import render
from adapters.wording import APOLOGY, STALE_BUTTON, UNKNOWN_COMMAND
from knowledge.actions import Action, Verb
from knowledge.desk import Desks
from knowledge.errors import PlatformError

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
        self, desks: Desks, bot_token: str, app_token: str, *, api_url: str | None = None
    ) -> None:
        self._desks = desks
        self._bot_token = bot_token
        self._app_token = app_token
        self._api_url = api_url or AsyncWebClient.BASE_URL
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
        client = AsyncWebClient(token=self._bot_token, base_url=self._api_url)
        await _accepted(client.auth_test(), "SLACK_BOT_TOKEN", "OAuth & Permissions")
        opened = await _accepted(
            client.apps_connections_open(app_token=self._app_token),
            "SLACK_APP_TOKEN",
            "Basic Information → App-Level Tokens, with the scope connections:write",
        )
        handler = AsyncSocketModeHandler(
            slack_app(self._desks, client), self._app_token, ping_interval=PING_EVERY
        )
        handler.client.wss_uri = opened["url"]
        self._handler = handler
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await handler.client.connect()  # type: ignore[no-untyped-call]
            log.info("connected to Slack")
            await self._watch(handler)
        finally:
            self._connected = False
            await handler.client.close()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Leave Slack."""
        if self._handler is not None:
            await self._handler.client.close()  # type: ignore[no-untyped-call]

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


def slack_app(desks: Desks, client: AsyncWebClient) -> AsyncApp:
    """The app: one listener for every command, one for every button and menu."""
    app = AsyncApp(
        client=client,
        # Socket Mode events come over a connection that we opened; nothing is signed.
        request_verification_enabled=False,
        # Without this, bolt looks for the acknowledgement only every ten milliseconds.
        process_before_response=True,
        # An event that nobody listens to goes to `_on_error`; bolt would log it with its content.
        raise_error_for_unhandled_request=True,
    )
    slack = _Listeners(desks)
    app.command(_ANY)(slack.answer)
    app.action(_ANY)(ack=_acknowledge, lazy=[slack.perform])
    app.error(_on_error)
    return app


_ANY = re.compile(".*", re.DOTALL)


class _Listeners:
    """What bolt calls."""

    def __init__(self, desks: Desks) -> None:
        self._desks = desks

    async def answer(self, ack: AsyncAck, command: dict[str, Any]) -> None:
        """Answer a command, seen by the asker alone."""
        desk = self._desks.get(str(command.get("command", "")).removeprefix("/"))
        if desk is None:
            await ack(UNKNOWN_COMMAND)
            return
        try:
            message = render(desk.ask(command.get("text") or ""))
            await ack(message.to_json())
        except Exception:
            log.exception("a command failed")
            await ack(APOLOGY)

    async def perform(self, respond: AsyncRespond, action: dict[str, Any]) -> None:
        """Do what a button or menu says, in place of the answer it stands under."""
        wanted = _wanted(action)
        if wanted is None or wanted.command not in self._desks:
            await _say(respond, STALE_BUTTON)
            return
        try:
            # A topic that is gone since the button was made is asked like any question.
            message = render(self._desks[wanted.command].ask(wanted.topic), wanted.page)
            await respond({**message.to_json(), "replace_original": True})
        except Exception:
            log.exception("a button failed")
            await _say(respond, APOLOGY)


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()


def _wanted(action: dict[str, Any]) -> Action | None:
    """The action of a button, or of the entry that was chosen in a menu."""
    wanted = Action.decode(str(action.get("action_id", "")))
    if wanted is None or wanted.verb is not Verb.CHOOSE:
        return wanted
    chosen = (action.get("selected_option") or {}).get("value")
    return Action(Verb.OPEN, wanted.command, str(chosen)) if chosen else None


async def _say(respond: AsyncRespond, sentence: str) -> None:
    try:
        await respond(sentence, response_type="ephemeral", replace_original=False)
    except Exception as error:
        # A response_url serves five times in thirty minutes; there is no other way to the person.
        log.warning("a sentence did not reach Slack (%s)", type(error).__name__)


async def _on_error(error: Exception) -> BoltResponse:
    """What bolt could not deliver to a listener. Acknowledged, so that Slack does not repeat it."""
    if not isinstance(error, BoltUnhandledRequestError):
        log.error("an event from Slack failed", exc_info=error)
    return BoltResponse(status=200)
