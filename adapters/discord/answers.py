"""What is sent to the one who acts on Discord: in place of a message, or as one of its own.

https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import discord

from adapters.conversation import Aside, Response
from adapters.discord import callbacks
from adapters.discord.render import DiscordMessage, render_response

Interaction = discord.Interaction[Any]

UNREACHED = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)
"""Discord refused something, or could not be reached."""
_ALREADY_ANSWERED = 40060
_DEFERRED = "deferred"


async def send(interaction: Interaction, response: Response) -> None:
    """Answer with a new message, seen by the one who acted alone."""
    message = render_response(response)
    await _surely(lambda: callbacks.show(interaction, message))


async def defer(interaction: Interaction, *, thinking: bool = False) -> None:
    """Say that an answer comes later, in place of "thinking …" or of what stands there."""
    await _surely(lambda: callbacks.defer(interaction, thinking=thinking))
    interaction.extras[_DEFERRED] = True


async def send_aside(interaction: Interaction, aside: Aside) -> None:
    """Say a sentence beside what stands there, also where an answer was to come later."""
    if _DEFERRED in interaction.extras:
        await interaction.followup.send(aside.text, ephemeral=True)
    else:
        await send(interaction, aside)


async def replace_message(interaction: Interaction, message: DiscordMessage) -> None:
    """Put a message in place of the one under which somebody pressed."""
    await _surely(lambda: callbacks.update(interaction, message))


async def edit_answer(interaction: Interaction, message: DiscordMessage) -> None:
    """Put a message in place of "thinking …", or of what stands there."""
    await _surely(
        lambda: interaction.edit_original_response(content=message.content, view=message.view)
    )


async def _surely(answer: Callable[[], Awaitable[Any]]) -> None:
    """Answer an interaction; once more where the connection broke.

    Discord takes one answer to an interaction, and an edit twice is one edit, so nothing can be
    seen twice. discord.py tries again by itself after most errors of Discord's, not after this one.
    """
    try:
        await _once(answer)
    except (aiohttp.ClientError, OSError):
        await _once(answer)


async def _once(answer: Callable[[], Awaitable[Any]]) -> None:
    try:
        await answer()
    except discord.HTTPException as error:
        # An attempt before this one has arrived, and what got lost was Discord's word that it did.
        if error.code != _ALREADY_ANSWERED:
            raise


def why(error: Exception) -> str:
    """What went wrong on the way to Discord, without anybody's words."""
    if isinstance(error, discord.HTTPException):
        return f"status {error.status}"
    return type(error).__name__
