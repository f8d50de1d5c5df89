"""The way of an answer to Discord, for which a person waits.

https://docs.discord.com/developers/interactions/receiving-and-responding#create-interaction-response
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import discord
from discord.http import Route
from discord.webhook.async_ import async_context

from adapters.discord.render import DiscordMessage

Interaction = discord.Interaction[Any]

_DEFERRED = discord.InteractionResponseType.deferred_message_update.value
_THINKING = discord.InteractionResponseType.deferred_channel_message.value
_FOR_ONE = discord.MessageFlags(ephemeral=True).value
_AS_IT_IS = json.dumps({"type": _DEFERRED}).encode()
_TO_COME = json.dumps({"type": _THINKING, "data": {"flags": _FOR_ONE}}).encode()


async def show(interaction: Interaction, message: DiscordMessage) -> None:
    """Answer with a new message, seen by the one who acted alone; raises as `update` does."""
    await _call_back(interaction, message.as_new, message.attachments())


async def update(interaction: Interaction, message: DiscordMessage) -> None:
    """Answer with a message in place of the one under which somebody pressed.

    Raises:
        discord.HTTPException: Discord refuses it.
        aiohttp.ClientError, OSError: Discord was not reached.
    """
    await _call_back(interaction, message.as_update, message.attachments())


async def defer(interaction: Interaction, *, thinking: bool) -> None:
    """Say that the answer comes later, in place of "thinking …" or of what stands there.

    Raises as `update` does.
    """
    await _call_back(interaction, _TO_COME if thinking else _AS_IT_IS)


async def _call_back(
    interaction: Interaction, callback: bytes, files: Sequence[discord.File] = ()
) -> None:
    """Send a callback that is encoded already.

    discord.py's `interaction.response` would encode it for each person anew, ask Discord to send
    back the message that became of it, and read that into objects, which nobody here looks at. It
    is discord.py all the same that waits and tries again where Discord wants that.
    """
    route = Route(
        "POST",
        "/interactions/{webhook_id}/{webhook_token}/callback",
        webhook_id=interaction.id,
        webhook_token=interaction.token,
    )
    http, session = interaction.client.http, interaction._session
    sending: Any = session if files else _Encoded(session, callback)
    await async_context.get().request(
        route,
        session=sending,
        files=files,
        multipart=_form(callback, files) if files else None,
        proxy=http.proxy,
        proxy_auth=http.proxy_auth,
    )


def _form(callback: bytes, files: Sequence[discord.File]) -> list[dict[str, Any]]:
    """A callback with files: https://docs.discord.com/developers/reference#uploading-files."""
    return [
        {"name": "payload_json", "value": callback.decode()},
        *(
            {
                "name": f"files[{number}]",
                "value": file.fp,
                "filename": file.filename,
                "content_type": "application/octet-stream",
            }
            for number, file in enumerate(files)
        ),
    ]


class _Encoded:
    """A session whose requests have a body of JSON; discord.py takes none that is encoded."""

    def __init__(self, session: aiohttp.ClientSession, body: bytes) -> None:
        self._session = session
        self._body = body

    def request(
        self, method: str, url: str, *, data: None, headers: Mapping[str, str], **options: Any
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Called by discord.py for each attempt."""
        headers = {**headers, "Content-Type": "application/json"}
        return self._session.request(method, url, data=self._body, headers=headers, **options)
