"""Installing the app into many workspaces: the two pages that a browser sees on the way.

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

from adapters.slack.manifest import INSTALL_PATH, REDIRECT_PATH, SCOPES
from knowledge.errors import LdnBotError

log = logging.getLogger(__name__)

NO_BOT = "no_bot"
"""In an event's context: whether the app is known not to be installed where it comes from."""

INSTALLED = "The app is installed. You can close this page, go to Slack, and type its command."
NOT_INSTALLED = "The app was not installed."
AGAIN = "Try again"
ONE_WORKSPACE_ONLY = (
    "It cannot be installed for a whole organisation. Please choose one workspace on Slack's page."
)


class SingleWorkspaceFlow(AsyncOAuthFlow):
    """Bolt's flow, into single workspaces: whose tokens, posts and settings are told apart."""

    async def store_installation(
        self, request: AsyncBoltRequest, installation: Installation
    ) -> None:
        """Keep an installation; one of a whole organisation is refused."""
        if installation.is_enterprise_install or not installation.team_id:
            raise BoltError(ONE_WORKSPACE_ONLY)
        await super().store_installation(request, installation)


class AuthorizeMany(AsyncAuthorize):
    """Looks a workspace's bot up. Where there is none, or the store is silent, there is no token.

    What needs one is refused then where it is listened to (`adapters.slack.app`). Left to bolt, it
    would be refused before it is acknowledged, and where Slack fails then, in silence.

    Bolt's own asks Slack which bot a token is of, although that is kept with it: in each process,
    whoever asked first would wait for that, and hear nothing where Slack fails.
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
        except LdnBotError:  # there may be one
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
        """Its token, a new one if it has one that ends soon."""
        try:
            renewed = await self._rotator.perform_bot_token_rotation(bot=bot)
            if renewed is not None:
                await self._installations.async_save_bot(renewed)
        except Exception as error:  # it is good for up to two hours more
            log.warning("a workspace's token could not be renewed (%s)", type(error).__name__)
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
    """The flow, with our pages.

    Args:
        client: without a token, at Slack's base address.
        client_id: the app's, from Basic Information.
        client_secret: the same.
        installations: where bots are kept; nothing of the people who install them.
        states: who has begun.
        public_url: where Slack and browsers reach us, if it is to be told to Slack.
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
    # Without a client, it would renew tokens at Slack's own address, whatever ours is.
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
