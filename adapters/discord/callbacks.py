"""Callbacks: the requests that carry a response to Discord while a person waits.

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

Interaction = discord.Interaction[Any]

_DEFER_UPDATE = discord.InteractionResponseType.deferred_message_update.value
_DEFER_REPLY = discord.InteractionResponseType.deferred_channel_message.value
_EPHEMERAL = discord.MessageFlags(ephemeral=True).value
DEFERRED_UPDATE = json.dumps({"type": _DEFER_UPDATE}).encode()
"""The response comes later, and replaces the message with the button."""
DEFERRED_REPLY = json.dumps({"type": _DEFER_REPLY, "data": {"flags": _EPHEMERAL}}).encode()
"""The response comes later, in a new message that says "thinking …" until then."""


async def call_back(
    interaction: Interaction, callback: bytes, files: Sequence[discord.File] = ()
) -> None:
    """Send a callback whose JSON is encoded already, with the files that it names.

    discord.py's `interaction.response` would encode the message for each person, and ask Discord to
    send it back and parse that, which nobody needs. The request is still made by discord.py, which
    waits out rate limits and tries again after errors.

    Raises:
        discord.HTTPException: Discord refused it.
        aiohttp.ClientError, OSError: Discord could not be reached.
    """
    route = Route(
        "POST",
        "/interactions/{webhook_id}/{webhook_token}/callback",
        webhook_id=interaction.id,
        webhook_token=interaction.token,
    )
    session = interaction._session
    sending: Any = session if files else _JsonSession(session, callback)
    await async_context.get().request(
        route,
        session=sending,
        files=files,
        multipart=_form(callback, files) if files else None,
    )


def _form(callback: bytes, files: Sequence[discord.File]) -> list[dict[str, Any]]:
    """The form for a callback with files.

    https://docs.discord.com/developers/reference#uploading-files
    """
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


class _JsonSession:
    """An HTTP session that sends encoded JSON; discord.py itself accepts no encoded body."""

    def __init__(self, session: aiohttp.ClientSession, body: bytes) -> None:
        self._session = session
        self._body = body

    def request(
        self, method: str, url: str, *, data: None, headers: Mapping[str, str], **options: Any
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Called by discord.py for each attempt."""
        headers = {**headers, "Content-Type": "application/json"}
        return self._session.request(method, url, data=self._body, headers=headers, **options)
