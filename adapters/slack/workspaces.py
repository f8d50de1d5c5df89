"""The workspaces that the app is installed in: with which client each is talked to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from knowledge.publishing import RefusedError

UNINSTALLED = "The app is not installed in this workspace any more."


class Workspaces(Protocol):
    """Clients by workspace."""

    async def client(self, team: str) -> AsyncWebClient:
        """The client for a workspace, by its id (T…).

        Raises:
            RefusedError: the app is not installed there.
            LdnBotError: it cannot be looked up now.
        """


class OneWorkspace:
    """The one workspace that the settings hold a token of, whatever its id."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def client(self, team: str) -> AsyncWebClient:
        """See `Workspaces.client`."""
        return self._client


class ManyWorkspaces:
    """Workspaces that have installed the app, each with a token of its own.

    `token_of` looks a token up; `client_with` makes a client with it.
    """

    def __init__(
        self,
        token_of: Callable[[str], Awaitable[str | None]],
        client_with: Callable[[str], AsyncWebClient],
    ) -> None:
        self._token_of = token_of
        self._client_with = client_with

    async def client(self, team: str) -> AsyncWebClient:
        """See `Workspaces.client`. Looked up each time: it may have been uninstalled just now."""
        token = await self._token_of(team)
        if token is None:
            raise RefusedError(UNINSTALLED)
        return self._client_with(token)
