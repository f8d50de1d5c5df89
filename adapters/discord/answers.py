"""Responses to interactions: a new message, or one that replaces the message with the button.

Each has to reach Discord within three seconds, or be deferred within them.

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

_ALREADY_ANSWERED = 40060
_DEFERRED = "deferred"


async def send(interaction: Interaction, response: Response) -> None:
    """Respond with a new message that only the person who acted sees."""
    message = render_response(response)
    await _with_one_retry(lambda: callbacks.show(interaction, message))


async def defer(interaction: Interaction, *, thinking: bool = False) -> None:
    """Tell Discord that the response comes later, by `edit_answer`.

    With `thinking`, a new message says "thinking …" until then; without, the present one stays.
    """
    await _with_one_retry(lambda: callbacks.defer(interaction, thinking=thinking))
    interaction.extras[_DEFERRED] = True


async def send_aside(interaction: Interaction, aside: Aside) -> None:
    """Show a sentence in a new message; also after `defer`."""
    if _DEFERRED in interaction.extras:
        await interaction.followup.send(aside.text, ephemeral=True)
    else:
        await send(interaction, aside)


async def replace_message(interaction: Interaction, message: DiscordMessage) -> None:
    """Respond by replacing the message with the button that was pressed."""
    await _with_one_retry(lambda: callbacks.update(interaction, message))


async def edit_answer(interaction: Interaction, message: DiscordMessage) -> None:
    """Send the response after `defer`."""
    await _with_one_retry(
        lambda: interaction.edit_original_response(content=message.content, view=message.view)
    )


async def _with_one_retry(answer: Callable[[], Awaitable[Any]]) -> None:
    """Send a response, and once more if the connection broke.

    Nothing can be seen twice, because Discord accepts one response to an interaction, and the same
    edit changes nothing. discord.py tries again by itself after most of Discord's errors, but not
    after a broken connection.
    """
    try:
        await _attempt(answer)
    except (aiohttp.ClientError, OSError):
        await _attempt(answer)


async def _attempt(answer: Callable[[], Awaitable[Any]]) -> None:
    try:
        await answer()
    except discord.HTTPException as error:
        # An earlier attempt has arrived, and only Discord's confirmation was lost.
        if error.code != _ALREADY_ANSWERED:
            raise
