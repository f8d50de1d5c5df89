"""The OAuth flow that installs the app into many workspaces, with its two pages for browsers.

    /slack/install          a button, which leads to Slack; the person agrees there
    /slack/oauth_redirect   where Slack sends them back to

https://docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import html
import logging
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import describe_error
from adapters.slack.manifest import INSTALL_PATH, REDIRECT_PATH, SCOPES
from knowledge.errors import LdnBotError

log = logging.getLogger(__name__)

NO_BOT = "no_bot"
"""A key of an event's context: the app is known not to be installed in the event's workspace."""

INSTALLED = "The app is installed. You can close this page, go to Slack, and type its command."
NOT_INSTALLED = "The app was not installed."
AGAIN = "Try again"
ONE_WORKSPACE_ONLY = (
    "It cannot be installed for a whole organisation. Please choose one workspace on Slack's page."
)


class SingleWorkspaceFlow(AsyncOAuthFlow):
    """Bolt's flow, which installs into single workspaces only."""

    async def store_installation(
        self, request: AsyncBoltRequest, installation: Installation
    ) -> None:
        """Store an installation; raises `BoltError` for one of a whole organisation."""
        if installation.is_enterprise_install or not installation.team_id:
            raise BoltError(ONE_WORKSPACE_ONLY)
        await super().store_installation(request, installation)


class AuthorizeMany(AsyncAuthorize):
    """Authorizes each event with its workspace's bot, from the store.

    If there is none, or the store fails, the result has no token, and `adapters.slack.app` refuses
    whatever needs one. Bolt's own class would refuse it before the acknowledgement, and would fail
    silently if Slack fails.

    Bolt's own class also asks Slack which bot a token belongs to, although that is stored. The
    first event in each process would wait for that, and be lost if Slack fails.
    """

    def __init__(self, installations: AsyncInstallationStore, rotator: AsyncTokenRotator) -> None:
        self._installations = installations
        self._rotator = rotator

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        **_: Any,
    ) -> AuthorizeResult:
        """Called by bolt for each event."""
        nobody = AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)
        try:
            bot = await self._installations.async_find_bot(
                enterprise_id=enterprise_id,
                team_id=team_id,
                is_enterprise_install=context.is_enterprise_install,
            )
        except LdnBotError:  # it is not known whether there is one
            return nobody
        if bot is None:
            context[NO_BOT] = True
            return nobody
        return AuthorizeResult(
            enterprise_id=bot.enterprise_id,
            team_id=bot.team_id,
            bot_id=bot.bot_id,
            bot_user_id=bot.bot_user_id,
            bot_token=await self._token_of(bot),
        )

    async def _token_of(self, bot: Bot) -> str:
        """The bot's token, renewed if it expires soon."""
        try:
            renewed = await self._rotator.perform_bot_token_rotation(bot=bot)
            if renewed is not None:
                await self._installations.async_save_bot(renewed)
        except Exception as error:  # the old token is valid for up to two hours more
            why = getattr(error, "api_error", error)  # slack_sdk wraps Slack's error in its own
            log.warning("a workspace's token could not be renewed (%s)", describe_error(why))
            return bot.bot_token
        return (renewed or bot).bot_token


def oauth_flow(
    client: AsyncWebClient,
    client_id: str,
    client_secret: str,
    installations: AsyncInstallationStore,
    states: AsyncOAuthStateStore,
    public_url: str | None = None,
) -> AsyncOAuthFlow:
    """The flow, with our own pages.

    Args:
        client: a client without a token, for Slack's base address.
        client_id: the app's client id, from Basic Information.
        client_secret: the app's client secret.
        installations: stores the bots, and nothing about the people who install them.
        states: stores the installations that were begun.
        public_url: the address for the redirect; None to leave that to the app's settings.
    """
    settings = AsyncOAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=list(SCOPES),
        user_scopes=[],
        redirect_uri=public_url.rstrip("/") + REDIRECT_PATH if public_url else None,
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        callback_options=AsyncCallbackOptions(_installed, _not_installed),
        installation_store=installations,
        installation_store_bot_only=True,
        state_store=states,
    )
    # Without a client, it would use Slack's own address, even if another one is configured.
    rotator = AsyncTokenRotator(client_id=client_id, client_secret=client_secret, client=client)
    settings.authorize = AuthorizeMany(installations, rotator)
    return SingleWorkspaceFlow(client=client, settings=settings)


async def _installed(args: AsyncSuccessArgs) -> BoltResponse:
    return _page(args.settings, 200, INSTALLED)


async def _not_installed(args: AsyncFailureArgs) -> BoltResponse:
    why = str(args.error) if isinstance(args.error, BoltError) else ""
    status = 400 if why else args.suggested_status_code
    link = f'</p><p><a href="{INSTALL_PATH}">{AGAIN}</a>'
    return _page(args.settings, status, f"{NOT_INSTALLED} {html.escape(why)}".strip() + link)


def _page(settings: AsyncOAuthSettings, status: int, content: str) -> BoltResponse:
    body = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>ldn-bot</title></head>'
        f"<body><main><p>{content}</p></main></body></html>"
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Set-Cookie": settings.state_utils.build_set_cookie_for_deletion(),
    }
    return BoltResponse(status=status, body=body, headers=dict(headers))
