"""Workspaces: the Web API client for each workspace that the app is installed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from knowledge.publishing import RefusedError

UNINSTALLED = "The app is not installed in this workspace any more."


class Workspaces(Protocol):
    """Gives the client for a workspace."""

    async def client(self, team: str) -> AsyncWebClient:
        """The client for a workspace, by its id (T…).

        Raises:
            RefusedError: the app is not installed there.
            LdnBotError: its token cannot be looked up now.
        """


class OneWorkspace:
    """The one workspace whose token the settings hold; any id gives its client."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def client(self, team: str) -> AsyncWebClient:
        """See `Workspaces.client`."""
        return self._client


class ManyWorkspaces:
    """Workspaces that have installed the app, each with a token of its own.

    `token_of` looks up a workspace's token (None if it has none); `client_with` makes a client that
    uses a token.
    """

    def __init__(
        self,
        token_of: Callable[[str], Awaitable[str | None]],
        client_with: Callable[[str], AsyncWebClient],
    ) -> None:
        self._token_of = token_of
        self._client_with = client_with

    async def client(self, team: str) -> AsyncWebClient:
        """See `Workspaces.client`. The token is looked up at each call, as it may be revoked."""
        token = await self._token_of(team)
        if token is None:
            raise RefusedError(UNINSTALLED)
        return self._client_with(token)
