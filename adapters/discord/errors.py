"""The errors of requests to Discord, and what is said of them."""

from __future__ import annotations

import aiohttp
import discord

from knowledge.errors import PlatformError

DISCORD_ERRORS = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)
"""Discord refused a request, or could not be reached."""


def describe_error(error: BaseException | None) -> str:
    """An error as its HTTP status or its type, for the log: its text may quote a member's words."""
    if isinstance(error, discord.HTTPException):
        return f"status {error.status}"
    return type(error).__name__


def wrong_token() -> PlatformError:
    """The error to raise if Discord does not accept the token."""
    return PlatformError(
        "Discord does not accept the token in DISCORD_TOKEN. Copy it again from your application's "
        "page (Bot → Reset Token), then restart."
    )
