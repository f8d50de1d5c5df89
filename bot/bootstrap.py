"""Builds everything; the only place that chooses an implementation.

Platforms are imported where they are built: answering on a terminal needs neither of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bot.memory import FileMemory
from bot.settings import Settings
from knowledge.answer import Answer
from knowledge.desk import Desks, open_desks
from knowledge.errors import SettingsError
from knowledge.library import Library, load_library

if TYPE_CHECKING:
    from adapters.discord.client import DiscordAdapter
    from adapters.slack.app import SlackAdapter


class Adapter(Protocol):
    """A platform that questions come from."""

    name: str

    @property
    def connected(self) -> bool:
        """Whether questions reach us at this moment."""

    async def run(self) -> None:
        """Connect and serve until closed; raises `PlatformError` when refused for good."""

    async def close(self) -> None:
        """Leave the platform."""


def load_checked_library(folder: Path) -> Library:
    """The documents of a folder, checked against the limits of every platform as well.

    Raises:
        DocumentError: with every fault of every file.
    """
    from adapters.discord import render as discord
    from adapters.slack import render as slack

    return load_library(folder, fits=(discord.contents, slack.render))


def build_desks(settings: Settings) -> Desks:
    """A help desk for each document of the settings' folder.

    Raises:
        DocumentError: with every fault of every file.
    """
    library = load_library(settings.documents)
    return Desks(open_desks(library, cache=settings.data / "models"))


def build_adapters(settings: Settings, desks: Desks) -> dict[str, Callable[[], Adapter]]:
    """For each platform whose tokens are set, what makes a new adapter for it."""
    adapters: dict[str, Callable[[], Adapter]] = {}
    if settings.discord_token:
        adapters["Discord"] = lambda: discord_adapter(settings, desks)
    if settings.slack_bot_token and settings.slack_app_token:
        adapters["Slack"] = lambda: slack_adapter(settings, desks)
    return adapters


def discord_adapter(settings: Settings, desks: Desks) -> DiscordAdapter:
    """What serves Discord.

    Raises:
        SettingsError: there is no token.
    """
    from adapters.discord.client import DiscordAdapter

    if settings.discord_token is None:
        raise SettingsError("DISCORD_TOKEN is missing. Set it (README, “Connect Discord”).")
    return DiscordAdapter(
        desks,
        settings.discord_token.get_secret_value(),
        FileMemory(settings.data / "memory.json"),
        api_url=settings.discord_api_url,
        gateway_url=settings.discord_gateway_url,
    )


def slack_adapter(settings: Settings, desks: Desks) -> SlackAdapter:
    """What serves Slack.

    Raises:
        SettingsError: a token is missing.
    """
    from adapters.slack.app import SlackAdapter

    if settings.slack_bot_token is None or settings.slack_app_token is None:
        raise SettingsError(
            "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are needed. Set both (README, “Connect Slack”)."
        )
    return SlackAdapter(
        desks,
        settings.slack_bot_token.get_secret_value(),
        settings.slack_app_token.get_secret_value(),
        api_url=settings.slack_api_url,
    )


def renderers() -> Mapping[str, Callable[[Answer], str | dict[str, Any]]]:
    """What a platform would be sent, by the platform's name."""
    from adapters import text
    from adapters.discord import render as discord
    from adapters.slack import render as slack

    return {
        "discord": lambda answer: discord.render(answer).to_json(),
        "slack": lambda answer: slack.render(answer).to_json(),
        "text": text.render,
    }
