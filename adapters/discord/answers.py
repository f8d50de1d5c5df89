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
from adapters.discord.callbacks import DEFERRED_REPLY, DEFERRED_UPDATE, call_back
from adapters.discord.render import render_response

Interaction = discord.Interaction[Any]

_ALREADY_ANSWERED = 40060
_DEFERRED = "deferred"
"""A key of an interaction's `extras`: the response comes later."""


async def send(interaction: Interaction, response: Response) -> None:
    """Respond with a new message that only the person who acted sees."""
    message = render_response(response)
    await _with_one_retry(lambda: call_back(interaction, message.as_new, message.attachments()))


async def defer(interaction: Interaction, *, thinking: bool = False) -> None:
    """Tell Discord that the response comes later, by `edit_answer`.

    With `thinking`, a new message says "thinking …" until then; without, the present one stays.
    """
    callback = DEFERRED_REPLY if thinking else DEFERRED_UPDATE
    await _with_one_retry(lambda: call_back(interaction, callback))
    interaction.extras[_DEFERRED] = True


async def send_aside(interaction: Interaction, aside: Aside) -> None:
    """Show a sentence in a new message; also after `defer`."""
    if _DEFERRED in interaction.extras:
        await interaction.followup.send(aside.text, ephemeral=True)
    else:
        await send(interaction, aside)


async def replace_message(interaction: Interaction, response: Response) -> None:
    """Respond by replacing the message with the button that was pressed."""
    message = render_response(response)
    await _with_one_retry(lambda: call_back(interaction, message.as_update, message.attachments()))


async def edit_answer(interaction: Interaction, response: Response) -> None:
    """Send the response after `defer`."""
    message = render_response(response)
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
