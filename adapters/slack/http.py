"""Slack over HTTP: a door for what Slack sends, for one process or several behind a balancer.

Nothing is done before the signature is checked. What was asked is done first and acknowledged then,
as long as Slack waits for it: what is acknowledged is not lost when a process is killed
(https://docs.slack.dev/apis/events-api/using-http-request-urls).
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.deliveries import Deliveries, DeliveryState
from adapters.reception import Reception
from adapters.slack.app import signed_in, slack_app
from adapters.slack.listeners import Listeners
from adapters.slack.manifest import EVENTS_PATH
from adapters.slack.payloads import Body
from adapters.slack.people import SlackPeople
from adapters.slack.signatures import Signatures
from adapters.slack.working import WORK_FIRST, Working, acknowledge_by
from knowledge.errors import PlatformError

log = logging.getLogger(__name__)

MOST_BYTES = 1024 * 1024
"""Of a request's body. Slack's largest hold a view or a message, some hundred kilobytes."""
BODY_WITHIN = 5.0
"""Seconds that a body may take to arrive."""
IDLE_FOR = 75.0
"""Seconds that a connection may stand idle, also before its first request."""
DRAINED_WITHIN = 2.5
"""Seconds that requests under way have to come to an end when the adapter is cancelled."""

_SSL_CHECK = re.compile(rb"(token=[^&]*&)?ssl_check=1(&token=[^&]*)?")
"""All that stands in what Slack sends now and then to see whether a command's address has a good
certificate (https://docs.slack.dev/interactivity/implementing-slash-commands). Whether it signs
that, it does not say; bolt asks for no signature either."""

# The headers that bolt is shown. From others, which anybody can write, it would take orders.
_HEADERS = ("Content-Type", "X-Slack-Retry-Num", "X-Slack-Retry-Reason")
# One of them stands in everything that Slack sends.
_ANY_OF = {"command", "type"}


class SlackHttpAdapter:
    """Serves `/ldn` on Slack over HTTP until it is cancelled.

    Args:
        reception: what answers.
        client: the base of each request's own client; with a token, if there is one workspace.
        people: who someone is.
        deliveries: what has been handed over already, to whichever process.
        signing_secret: what Slack signs with.
        host: the address to listen on.
        port: the port to listen on; 0 is any that is free.
        oauth: where the app is installed in many workspaces: makes what installs it, once what
            that keeps can be reached.
    """

    name = "Slack"

    def __init__(
        self,
        reception: Reception,
        client: AsyncWebClient,
        people: SlackPeople,
        deliveries: Deliveries,
        signing_secret: str,
        host: str,
        port: int,
        oauth: Callable[[], Awaitable[AsyncOAuthFlow]] | None = None,
    ) -> None:
        self._listeners = Listeners(reception, people, deliveries)
        self._client = client
        self._deliveries = deliveries
        self._signing_secret = signing_secret
        self._address = (host, port)
        self._oauth = oauth
        self._working = Working()
        self.port: int | None = None
        """The port, while it listens."""

    @property
    def connected(self) -> bool:
        """Whether questions can reach us at this moment."""
        return self.port is not None

    async def run(self) -> None:
        """Listen, and serve. Cancelled, it takes no more requests, and answers those under way.

        Raises:
            PlatformError: Slack refuses the token for good, or the address cannot be listened on.
        """
        installed = await (self._oauth() if self._oauth else signed_in(self._client))
        app = slack_app(self._listeners, self._client, self._working, installed)
        signatures = Signatures(self._signing_secret, self._listeners.reception.metrics)
        door = Door(app, signatures, self._deliveries)
        runner = web.AppRunner(
            door.application(),
            access_log=None,
            keepalive_timeout=IDLE_FOR,
            lingering_time=BODY_WITHIN,
            shutdown_timeout=DRAINED_WITHIN,
        )
        await runner.setup()
        try:
            self.port = await self._listen(runner)
            log.info("connected to Slack: listening on %s, port %d", self._address[0], self.port)
            await asyncio.Event().wait()
        finally:
            self.port = None
            await asyncio.gather(runner.cleanup(), self._working.finish())

    async def documents_changed(self) -> None:
        """Nothing to do: Slack learns new commands from the manifest alone."""

    async def _listen(self, runner: web.AppRunner) -> int:
        host, port = self._address
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise PlatformError(
                f"Nothing can listen on {host}, port {port} ({error.strerror}). Set LDN_SLACK_HOST "
                "and LDN_SLACK_PORT to what is free, then restart."
            ) from None
        listening: int = runner.addresses[0][1]
        return listening


class Door:
    """What stands between the network and bolt: verifies, and refuses what is repeated."""

    def __init__(self, app: AsyncApp, signatures: Signatures, deliveries: Deliveries) -> None:
        self._app = app
        self._signatures = signatures
        self._deliveries = deliveries

    def application(self) -> web.Application:
        """The paths that there are: Slack's, and with OAuth two for a browser."""
        served = web.Application(client_max_size=MOST_BYTES)
        served.router.add_post(EVENTS_PATH, self.receive)
        served.router.add_get(EVENTS_PATH, self.check, allow_head=False)
        if oauth := self._app.oauth_flow:
            install, finish = oauth.handle_installation, oauth.handle_callback
            served.router.add_get(oauth.install_path, functools.partial(self._browse, install))
            served.router.add_get(oauth.redirect_uri_path, functools.partial(self._browse, finish))
        return served

    async def check(self, request: web.Request) -> web.Response:
        """Answer a check of the certificate; nothing else is asked for in this way."""
        if not _SSL_CHECK.fullmatch(request.query_string.encode()):
            raise web.HTTPMethodNotAllowed(request.method, ["POST"])
        return web.Response()

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one request of Slack's: 401 for what is not, or was here before.

        For a check of the certificate nothing is done.
        """
        acknowledge_by.set(asyncio.get_running_loop().time() + WORK_FIRST)
        try:
            body = await _body(request)
        except TimeoutError:
            return web.Response(status=408)
        except (web.RequestPayloadError, ConnectionError):  # packed wrongly, or broken off
            return web.Response(status=400)
        if _SSL_CHECK.fullmatch(body):
            return web.Response()
        signature = request.headers.get("X-Slack-Signature", "")
        timestamp = request.headers.get("X-Slack-Request-Timestamp")
        if not self._signatures.holds(body, timestamp, signature):
            return web.Response(status=401)
        read = _read(request, body)
        said = read.body if read else {}
        if status := await self._repeated(signature, said):
            return web.Response(status=status)
        if read is None:
            return web.Response(status=400)
        try:
            answer = await to_aiohttp_response(await self._app.async_dispatch(read))
        except Exception:
            log.exception("a request from Slack could not be read")
            return web.Response(status=400)
        if event := said.get("event_id"):
            if answer.status == 200:
                await self._deliveries.finish(f"delivery {event}")
            elif answer.status == 503:  # nothing has been done
                await self._deliveries.release(f"delivery {event}")
        return answer

    async def _repeated(self, signature: str, said: Body) -> int | None:
        """What to answer to what was here before; None for what was not, which is claimed now.

        Slack signs its repetitions anew. One is acknowledged where it is known to be answered:
        whoever has begun with it may have been killed.
        """
        # An id belongs to one event, which Slack repeats until it is acknowledged; a trigger to one
        # command or press, which it does not.
        event = said.get("event_id")
        delivery = event or said.get("trigger_id")
        names = (signature, *([f"delivery {delivery}"] if delivery else []))
        signed, *others = await self._deliveries.claim(*names, surely=bool(event))
        if signed in {DeliveryState.BEGUN, DeliveryState.DONE}:
            return 401
        [state] = others or [signed]
        if state is DeliveryState.FIRST:
            return None
        return 200 if state is DeliveryState.DONE else 503

    @staticmethod
    async def _browse(
        handle: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]], request: web.Request
    ) -> web.Response:
        """A page of the installation, for somebody's browser."""
        headers = {"Cookie": request.headers.get("Cookie", "")}
        try:
            read = AsyncBoltRequest(body="", query=request.query_string, headers=dict(headers))
            return await to_aiohttp_response(await handle(read))
        except Exception:
            log.exception("an installation failed")
            return web.Response(status=503, text="This does not work now. Please try again later.")


async def _body(request: web.Request) -> bytes:
    if request.content.is_eof():  # mostly it has come along with what stands before it
        return await request.read()
    async with asyncio.timeout(BODY_WITHIN):
        return await request.read()


def _read(request: web.Request, body: bytes) -> AsyncBoltRequest | None:
    """What bolt makes of a request; None of one that Slack does not send."""
    headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
    try:
        said = _said(body.decode(), request.content_type)
        # Bolt calls it so where what it gets has been read before.
        read = AsyncBoltRequest(body=said, headers=dict(headers), mode="socket_mode")
        return read if read.body.keys() & _ANY_OF else None
    except Exception:
        return None


def _said(text: str, content_type: str) -> Any:
    """What stands in a body: JSON, a form, or a form that holds JSON.

    Where the word "payload" stands anywhere in a form, in a question or in a channel's name, bolt
    looks for the latter alone, and finds nothing.
    """
    if content_type == "application/json" or text.startswith("{"):
        return json.loads(text)
    form = dict(parse_qsl(text, keep_blank_values=True))
    return json.loads(form["payload"]) if "payload" in form else form
