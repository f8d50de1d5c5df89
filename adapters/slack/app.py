"""The bolt app: which listener gets which event, in Socket Mode and over HTTP alike.

Slack requires every event to be acknowledged within three seconds. A command that is a question is
answered in the acknowledgement itself. The response to anything else is sent separately: through
the event's response_url it replaces the message with the button, or it is shown in a modal
(https://docs.slack.dev/interactivity/handling-user-interaction). `adapters.slack.tasks` decides
whether the acknowledgement is sent before or after that.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncRespond
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.conversation import Aside
from adapters.slack.errors import is_token_refused
from adapters.slack.listeners import Listeners
from adapters.slack.manifest import SHORTCUT_SUFFIX
from adapters.slack.oauth import NO_BOT
from adapters.slack.payloads import command_of
from adapters.slack.surfaces import PrivateMessage
from adapters.slack.tasks import EventTasks
from knowledge.compose import MODERATOR_SUFFIX
from knowledge.errors import LdnBotError, PlatformError

log = logging.getLogger(__name__)

CANNOT_ANSWER = (
    "Sorry, I cannot answer in this workspace now. Please try again in a few minutes. If that does "
    "not help, the app has to be installed here again."
)
"""The response if a workspace's token is not known. The reader's language is not known either."""


async def check_token(call: Any, variable: str, where: str) -> Any:
    """Await a call to Slack that uses a token, and return its result.

    `variable` is the setting with the token, `where` the place on the app's page to copy it from.

    Raises:
        PlatformError: Slack refuses the token, for good; the text names `variable` and `where`.
        SlackApiError: Slack refuses the call for another reason.
    """
    try:
        return await call
    except SlackApiError as error:
        if is_token_refused(error):
            raise PlatformError(
                f"Slack does not accept the token in {variable}. Copy it again from your app's "
                f"page ({where}), then restart."
            ) from None
        raise


class AuthorizeOne(AsyncAuthorize):
    """Authorizes every event with the one token in the settings.

    Bolt would look it up at Slack when the first event comes, and lose that event if this fails.
    """

    def __init__(self, result: AuthorizeResult) -> None:
        self._result = result

    async def __call__(self, **_: Any) -> AuthorizeResult:
        """Called by bolt for each event."""
        return self._result


async def authorize_workspace(client: AsyncWebClient) -> AuthorizeOne:
    """Ask Slack who the bot is, with the client's token, before any event comes.

    Raises:
        PlatformError: Slack refuses the token, for good.
    """
    said = await check_token(client.auth_test(), "SLACK_BOT_TOKEN", "OAuth & Permissions")
    return AuthorizeOne(
        AuthorizeResult.from_auth_test_response(bot_token=client.token, auth_test_response=said)
    )


class _App(AsyncApp):
    """Bolt's app, with our OAuth flow or none.

    Bolt would make a flow that stores tokens in files if the environment has a client id, even an
    empty one.
    """

    def __init__(self, oauth: AsyncOAuthFlow | None, **options: Any) -> None:
        super().__init__(oauth_flow=oauth, **options)
        self._ours = oauth

    @property
    def oauth_flow(self) -> AsyncOAuthFlow | None:
        """The flow that installs the app; None if there is only one workspace."""
        return self._ours


def slack_app(
    listeners: Listeners,
    client: AsyncWebClient,
    tasks: EventTasks,
    installed: AuthorizeOne | AsyncOAuthFlow,
) -> AsyncApp:
    """Bolt's app, with a listener for everything that people can do.

    Args:
        listeners: the listeners' methods.
        client: copied for each request; it has a token if there is only one workspace.
        tasks: runs the listeners whose response is not the acknowledgement.
        installed: the authorization of the one workspace, or the OAuth flow for many.
    """
    one, oauth = (installed, None) if isinstance(installed, AuthorizeOne) else (None, installed)
    bolts = logging.getLogger("slack_bolt")
    app = _App(
        oauth,
        # Otherwise bolt sets the root's level on its own loggers, whatever we have set for them.
        logger=bolts,
        # The name of bolt's other loggers. Without it, bolt names them after the file that calls
        # it, and reads the source of every module on the stack to find that.
        name=bolts.name,
        client=client,
        authorize=one,
        # Socket Mode events come through a connection that we opened; `adapters.slack.http`
        # verifies requests before bolt reads them.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        # Without this, bolt looks for the acknowledgement only every ten milliseconds.
        process_before_response=True,
        # An event without a listener goes to `_on_error`; bolt would log its content.
        raise_error_for_unhandled_request=True,
    )

    app.use(_QuestionMiddleware(listeners))
    needs = None if oauth is None else [_require_token(tasks)]
    tasks.register(app.command(_ANY, middleware=needs), listeners.moderate)
    tasks.register(app.action(_ANY, middleware=needs), listeners.perform)
    tasks.register(app.shortcut(_ending_in(SHORTCUT_SUFFIX), middleware=needs), listeners.draft)
    tasks.register(app.event("app_mention", middleware=needs), listeners.mention)
    tasks.register(app.event("message", middleware=needs), listeners.message)
    tasks.register(app.event("app_home_opened", middleware=needs), listeners.home)
    if oauth is not None:
        app.enable_token_revocation_listeners()
    app.error(_on_error)
    return app


class _QuestionMiddleware(AsyncMiddleware):
    """Answers commands that are questions in the acknowledgement, which needs no token.

    These are the most frequent events, so they bypass bolt's listeners: for each listener that it
    considers, and again for the one that it calls, bolt makes forty arguments.
    """

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse:
        """Called by bolt for each event."""
        if "command" in req.body and not command_of(req.body).endswith(MODERATOR_SUFFIX):
            if req.context.get(NO_BOT):
                return BoltResponse(status=200, body={"text": CANNOT_ANSWER})
            return await self._listeners.ask(req.context.client, req.body)
        return await next()


_ANY = re.compile(".*", re.DOTALL)


def _ending_in(suffix: str) -> re.Pattern[str]:
    """A pattern for a text that ends in `suffix`, without `.*`: bolt uses `search`, with which that
    would take quadratic time.
    """
    return re.compile(rf"{suffix}\Z")


def _require_token(tasks: EventTasks) -> Callable[..., Awaitable[BoltResponse | None]]:
    """A middleware that calls the next one if there is a token, and otherwise says that the bot
    cannot answer.
    """

    async def refuse_without_token(
        client: AsyncWebClient,
        context: AsyncBoltContext,
        respond: AsyncRespond,
        next: Callable[[], Awaitable[None]],
    ) -> BoltResponse | None:
        if client.token:
            await next()
            return None
        if respond.response_url:
            surface = PrivateMessage(respond, client.session)
            return await tasks.start(surface.show(Aside(CANNOT_ANSWER)))
        # There is no way to the person: Slack sends an event again, and reports a failed press.
        return BoltResponse(status=200 if context.get(NO_BOT) else 503)

    return refuse_without_token


async def _on_error(error: Exception) -> BoltResponse:
    """Acknowledge an event that failed outside our listeners, so that Slack does not repeat it.

    If the store failed, Slack is asked to repeat it (503): only bolt's own listener that deletes a
    token raises that, and it can do so later.
    """
    if isinstance(error, LdnBotError):
        log.warning("an event from Slack has to come again: %s", error)
        return BoltResponse(status=503)
    if not isinstance(error, BoltUnhandledRequestError):
        log.error("an event from Slack failed", exc_info=error)
    return BoltResponse(status=200)
