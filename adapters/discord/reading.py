"""Reading what Discord's gateway sends: a message that cannot be read costs itself alone, and what
cannot be unpacked one connection, which is taken up again.

discord.py would end every shard's connection for either, and with them what is under way.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket, ReconnectWebSocket, WebSocketClosure

if TYPE_CHECKING:
    from discord.utils import _DecompressionContext

log = logging.getLogger(__name__)

_OF_THE_CONNECTION = (
    ReconnectWebSocket,
    WebSocketClosure,
    discord.ConnectionClosed,
    aiohttp.ClientError,
    asyncio.TimeoutError,
    OSError,
)
"""What does not tell of a message, but of all that would come."""


class _Unpacking:
    """What discord.py unpacks a connection with: zlib, or zstd where Python or a package has it.

    A connection is one stream: after what cannot be unpacked, nothing can. It is then as good as
    closed. Discord sends what was not read once more when its session is resumed.
    """

    def __init__(self, chosen: _DecompressionContext) -> None:
        self._chosen = chosen
        self.COMPRESSION_TYPE = chosen.COMPRESSION_TYPE

    def decompress(self, data: bytes, /) -> str | None:
        """A message, or None while more of it has to come."""
        try:
            return self._chosen.decompress(data)
        except UnicodeDecodeError:  # unpacked, and no text: that is about this message alone
            raise
        except Exception as error:  # each library has types of its own
            raise WebSocketClosure from error


def read_with_care(socket: DiscordWebSocket) -> None:
    """Let a connection go on after what cannot be read, once it has a session.

    Without one, nothing would come: what cannot be read then is raised as before.
    """
    socket._decompressor = _Unpacking(socket._decompressor)
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
