"""Slack: events in, answers out, whichever way they come: in Socket Mode or over HTTP.

Slack wants every event acknowledged within three seconds. A command that is a question is answered
in the acknowledgement itself. What comes of everything else goes a way of its own: through the
event's response_url it replaces the message under which a button stands, or a modal shows it
(https://docs.slack.dev/interactivity/handling-user-interaction). When that is acknowledged, before
or behind the work, `adapters.slack.working` knows.
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
from adapters.slack.errors import error_name
from adapters.slack.listeners import Listeners
from adapters.slack.manifest import SHORTCUT_SUFFIX
from adapters.slack.oauth import NO_BOT
from adapters.slack.payloads import command_of
from adapters.slack.surfaces import PrivateMessage
from adapters.slack.working import Working
from knowledge.compose import MODERATOR_SUFFIX
from knowledge.errors import LdnBotError, PlatformError

log = logging.getLogger(__name__)

CANNOT_ANSWER = (
    "Sorry, I cannot answer in this workspace now. Please try again in a few minutes. If that does "
    "not help, the app has to be installed here again."
)
"""Where a workspace's token is not known. Its language is not known either."""

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


async def accepted(call: Any, variable: str, where: str) -> Any:
    """What Slack answers to a call with a token.

    Raises:
        PlatformError: it refuses the token, for good; the variable, and where to copy it again.
    """
    try:
        return await call
    except SlackApiError as error:
        if error_name(error) in _REFUSED:
            raise PlatformError(
                f"Slack does not accept the token in {variable}. Copy it again from your app's "
                f"page ({where}), then restart."
            ) from None
        raise


class AuthorizeOne(AsyncAuthorize):
    """The one workspace whose token the settings hold.

    Bolt would ask Slack for it with the first event, and lose that if Slack does not answer then.
    """

    def __init__(self, result: AuthorizeResult) -> None:
        self._result = result

    async def __call__(self, **_: Any) -> AuthorizeResult:
        """Called by bolt for each event."""
        return self._result


async def signed_in(client: AsyncWebClient) -> AuthorizeOne:
    """Who the bot is in the workspace of the client's token.

    Raises:
        PlatformError: Slack refuses the token, for good.
    """
    said = await accepted(client.auth_test(), "SLACK_BOT_TOKEN", "OAuth & Permissions")
    return AuthorizeOne(
        AuthorizeResult.from_auth_test_response(bot_token=client.token, auth_test_response=said)
    )


class _App(AsyncApp):
    """Bolt's, with no installation but ours.

    From ids in the environment, also from empty ones, bolt makes one that keeps tokens in files.
    """

    def __init__(self, oauth: AsyncOAuthFlow | None, **options: Any) -> None:
        super().__init__(oauth_flow=oauth, **options)
        self._ours = oauth

    @property
    def oauth_flow(self) -> AsyncOAuthFlow | None:
        """Who installs the app; None where there is one workspace."""
        return self._ours


def slack_app(
    listeners: Listeners,
    client: AsyncWebClient,
    working: Working,
    installed: AuthorizeOne | AsyncOAuthFlow,
) -> AsyncApp:
    """The app: a listener for each thing that people can do.

    Args:
        listeners: what is done then.
        client: the base of each request's own client, and its token where there is one workspace.
        working: does what is more than an acknowledgement.
        installed: the one workspace, or where each of many has a token of its own.
    """
    one, oauth = (installed, None) if isinstance(installed, AuthorizeOne) else (None, installed)
    bolts = logging.getLogger("slack_bolt")
    app = _App(
        oauth,
        # Otherwise bolt gives its own loggers the level of the root, whatever was set for them.
        logger=bolts,
        # It names other loggers of bolt's. Without one, bolt names them after the file that calls
        # it, and to find that reads the source of every module on the stack.
        name=bolts.name,
        client=client,
        authorize=one,
        # Socket Mode events come over a connection that we opened; what comes over HTTP has been
        # verified before bolt gets to read it (`adapters.slack.http`).
        request_verification_enabled=False,
        ssl_check_enabled=False,
        # Without this, bolt looks for the acknowledgement only every ten milliseconds.
        process_before_response=True,
        # An event that nobody listens to goes to `_on_error`; bolt would log it with its content.
        raise_error_for_unhandled_request=True,
    )

    app.use(_Questions(listeners))
    needs = None if oauth is None else [_refusal(working)]
    working.register(app.command(_ANY, middleware=needs), listeners.moderate)
    working.register(app.action(_ANY, middleware=needs), listeners.perform)
    working.register(app.shortcut(_ending_in(SHORTCUT_SUFFIX), middleware=needs), listeners.draft)
    working.register(app.event("app_mention", middleware=needs), listeners.mention)
    working.register(app.event("message", middleware=needs), listeners.message)
    working.register(app.event("app_home_opened", middleware=needs), listeners.home)
    if oauth is not None:
        app.enable_token_revocation_listeners()
    app.error(_on_error)
    return app


class _Questions(AsyncMiddleware):
    """Answers commands that are questions, in the acknowledgement, which needs no token.

    They are what is wanted most, and never get as far as bolt's listeners: for each that it looks
    at, and again for the one that it calls, bolt makes forty arguments.
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
    """For bolt, which searches: with `.*` before it, it would begin anew at every character."""
    return re.compile(rf"{suffix}\Z")


def _refusal(working: Working) -> Callable[..., Awaitable[BoltResponse | None]]:
    """A middleware that goes on where there is a token, else says that we cannot answer."""

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
            return await working.begin(surface.show(Aside(CANNOT_ANSWER)))
        # Otherwise an event comes again; at a press, Slack says that it failed.
        return BoltResponse(status=200 if context.get(NO_BOT) else 503)

    return refuse_without_token


async def _on_error(error: Exception) -> BoltResponse:
    """What bolt could not deliver to a listener. Acknowledged, so that Slack does not repeat it.

    Except where the store fails: the only listener to let that through is bolt's own, which deletes
    a token, and does so when the event comes again.
    """
    if isinstance(error, LdnBotError):
        log.warning("an event from Slack has to come again: %s", error)
        return BoltResponse(status=503)
    if not isinstance(error, BoltUnhandledRequestError):
        log.error("an event from Slack failed", exc_info=error)
    return BoltResponse(status=200)
