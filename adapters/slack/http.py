"""Slack over HTTP: the endpoint that Slack sends events to, in one process or several behind a load
balancer.

Nothing is done before the signature is checked. The work is done before the acknowledgement, as
long as Slack waits for it, so that nothing acknowledged is lost if a process is killed
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
from adapters.listening import why_nothing_listens
from adapters.reception import Reception
from adapters.slack.app import authorize_workspace, slack_app
from adapters.slack.errors import describe_error
from adapters.slack.listeners import Listeners
from adapters.slack.manifest import EVENTS_PATH
from adapters.slack.payloads import Body
from adapters.slack.people import SlackPeople
from adapters.slack.signatures import Signatures
from adapters.slack.tasks import WORK_FIRST, EventTasks, acknowledge_by, in_step
from knowledge.errors import PlatformError

log = logging.getLogger(__name__)

MOST_BYTES = 1024 * 1024
"""The size limit of a request's body. Slack's largest, with a view or a message, have some hundred
kilobytes."""
BODY_WITHIN = 5.0
"""Seconds in which a request's body has to arrive."""
IDLE_FOR = 75.0
"""Seconds after which an idle connection is closed, also before its first request."""
DRAINED_WITHIN = 2.5
"""Seconds in which requests have to end when the adapter is cancelled."""

_SSL_CHECK = re.compile(rb"(token=[^&]*&)?ssl_check=1(&token=[^&]*)?")
"""The whole query or body with which Slack checks the certificate of a command's address now and
then (https://docs.slack.dev/interactivity/implementing-slash-commands). Slack does not say whether
it signs these requests; bolt requires no signature for them either."""

# The headers that are passed on to bolt. It trusts some others, which anybody can send.
_HEADERS = ("Content-Type", "X-Slack-Retry-Num", "X-Slack-Retry-Reason")
# Everything that Slack sends has one of these keys.
_ANY_OF = {"command", "type"}


class SlackHttpAdapter:
    """Serves `/ldn` on Slack over HTTP until it is cancelled.

    Args:
        reception: answers what people type and press.
        client: copied for each request; it has a token if there is only one workspace.
        people: tells who moderates, and in which language somebody reads.
        deliveries: recognises requests that were delivered before, to any process.
        signing_secret: the app's signing secret.
        host: the address to listen on.
        port: the port to listen on; 0 for any free one.
        oauth: makes the flow that installs the app into many workspaces; None for one workspace.
    """

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
        self._tasks = EventTasks()
        self.port: int | None = None
        """The port, while it listens."""

    @property
    def connected(self) -> bool:
        """Whether questions can reach us at this moment."""
        return self.port is not None

    async def run(self) -> None:
        """Listen, and serve until cancelled; requests that have arrived by then are answered.

        Raises:
            PlatformError: Slack refuses the token for good, or the address cannot be listened on.
        """
        installed = await (self._oauth() if self._oauth else authorize_workspace(self._client))
        app = slack_app(self._listeners, self._client, self._tasks, installed)
        signatures = Signatures(self._signing_secret, self._listeners.reception.metrics)
        endpoint = SlackEndpoint(app, signatures, self._deliveries)
        runner = web.AppRunner(
            endpoint.application(),
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
            await asyncio.gather(runner.cleanup(), self._tasks.finish())

    async def documents_changed(self) -> None:
        """Nothing to do: Slack knows commands from the manifest only."""

    def describe_error(self, error: Exception) -> str:
        """An error of `run`, for the log."""
        return describe_error(error)

    async def _listen(self, runner: web.AppRunner) -> int:
        host, port = self._address
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            why = why_nothing_listens(error)
            raise PlatformError(
                f"Nothing can listen on {host}, port {port} ({why}). Set LDN_SLACK_HOST "
                "and LDN_SLACK_PORT to what is free, then restart."
            ) from None
        listening: int = runner.addresses[0][1]
        return listening


class SlackEndpoint:
    """The HTTP handlers in front of bolt: they verify signatures and refuse repeated requests."""

    def __init__(self, app: AsyncApp, signatures: Signatures, deliveries: Deliveries) -> None:
        self._app = app
        self._signatures = signatures
        self._deliveries = deliveries

    def application(self) -> web.Application:
        """The application with its paths: Slack's, and for OAuth two for browsers."""
        served = web.Application(client_max_size=MOST_BYTES)
        served.router.add_post(EVENTS_PATH, self.receive)
        served.router.add_get(EVENTS_PATH, self.check)
        if oauth := self._app.oauth_flow:
            install, finish = oauth.handle_installation, oauth.handle_callback
            served.router.add_get(oauth.install_path, functools.partial(self._browse, install))
            served.router.add_get(oauth.redirect_uri_path, functools.partial(self._browse, finish))
        return served

    async def check(self, request: web.Request) -> web.Response:
        """Answer a check of the certificate; any other GET request is refused (405)."""
        if not _SSL_CHECK.fullmatch(request.query_string.encode()):
            raise web.HTTPMethodNotAllowed(request.method, ["POST"])
        return web.Response()

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one request of Slack's.

        The status is 401 for a request that is not signed or was delivered before, 408 or 400 for a
        body that does not arrive or cannot be read, 503 for an event that Slack has to send again.
        """
        acknowledge_by.set(asyncio.get_running_loop().time() + WORK_FIRST)
        try:
            body = await _body(request)
        except TimeoutError:
            return web.Response(status=408)
        except (web.RequestPayloadError, ConnectionError):  # wrong encoding, or cut off
            return web.Response(status=400)
        if _SSL_CHECK.fullmatch(body):
            return web.Response()
        signature = request.headers.get("X-Slack-Signature", "")
        timestamp = request.headers.get("X-Slack-Request-Timestamp")
        if not self._signatures.is_valid(body, timestamp, signature):
            return web.Response(status=401)
        read = _read(request, body)
        said = read.body if read else {}
        if status := await self._repeated(signature, said):
            return web.Response(status=status)
        if read is None:
            return web.Response(status=400)
        await in_step()
        try:
            answered = await self._app.async_dispatch(read)
            await in_step()
            answer = await to_aiohttp_response(answered)
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
        """The status for a request that was delivered before; None for a new one, now claimed.

        The same signature is refused (401): it is a copy, since Slack signs its own repetitions
        anew. A repeated event is acknowledged (200) only if it is known to be done; otherwise Slack
        has to send it again (503), because the process that began it may have been killed.
        """
        # Slack repeats an event, with the same id, until it is acknowledged. It does not repeat a
        # command or a press, which have a trigger id.
        event = said.get("event_id")
        delivery = event or said.get("trigger_id")
        names = (signature, *([f"delivery {delivery}"] if delivery else []))
        signed, *others = await self._deliveries.claim(*names, strict=bool(event))
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
        """Serve one of the installation's pages to a browser."""
        headers = {"Cookie": request.headers.get("Cookie", "")}
        try:
            read = AsyncBoltRequest(body="", query=request.query_string, headers=dict(headers))
            return await to_aiohttp_response(await handle(read))
        except Exception:
            log.exception("an installation failed")
            return web.Response(status=503, text="This does not work now. Please try again later.")


async def _body(request: web.Request) -> bytes:
    if request.content.is_eof():  # usually it arrives together with the headers
        return await request.read()
    async with asyncio.timeout(BODY_WITHIN):
        return await request.read()


def _read(request: web.Request, body: bytes) -> AsyncBoltRequest | None:
    """The request as bolt's value; None if it is not of a form that Slack sends."""
    headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
    try:
        said = _said(body.decode(), request.content_type)
        # In this mode bolt takes a body that is parsed already.
        read = AsyncBoltRequest(body=said, headers=dict(headers), mode="socket_mode")
        return read if read.body.keys() & _ANY_OF else None
    except Exception:
        return None


def _said(text: str, content_type: str) -> Any:
    """Parse a body: JSON, a form, or a form that holds JSON in its field `payload`.

    Bolt's own parser expects that field as soon as the word "payload" is anywhere in a form, such
    as in a question or a channel's name.
    """
    if content_type == "application/json" or text.startswith("{"):
        return json.loads(text)
    form = dict(parse_qsl(text, keep_blank_values=True))
    return json.loads(form["payload"]) if "payload" in form else form
