"""Reading what Discord's gateway sends: a message that cannot be read costs itself alone.

discord.py would end every shard's connection for it, and with them what is under way.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket, ReconnectWebSocket, WebSocketClosure

log = logging.getLogger(__name__)

_OF_THE_CONNECTION = (
    ReconnectWebSocket,
    WebSocketClosure,
    discord.ConnectionClosed,
    aiohttp.ClientError,
    asyncio.TimeoutError,
    OSError,
    zlib.error,  # whatever comes after it cannot be unpacked either
)
"""What does not tell of a message, but of all that would come."""


def read_with_care(socket: DiscordWebSocket) -> None:
    """Let a connection go on after what cannot be read, once it has a session.

    Without one, nothing would come: what cannot be read then is raised as before.
    """
    read = socket.received_message
    has_session = False

    async def received_message(message: Any, /) -> None:
        nonlocal has_session
        try:
            await read(message)
        except _OF_THE_CONNECTION:
            raise
        except Exception as error:
            if not has_session:
                raise
            log.warning("something that Discord sent cannot be read (%s)", type(error).__name__)
        else:
            has_session = has_session or socket.session_id is not None

    socket.received_message = received_message  # type: ignore[method-assign]
