"""Tolerates what cannot be read on Discord's gateway: a message that cannot be parsed is skipped,
and data that cannot be decompressed ends one connection, which is resumed.

discord.py by itself would end the connections of all shards, and everything under way with them.
"""

from __future__ import annotations

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
    OSError,
)
"""Errors of a whole connection, not of one message."""


class _Decompressor:
    """Wraps the decompressor that discord.py chose for a connection (zlib or zstd).

    A connection is one compressed stream, so after an error nothing more of it can be read. It is
    then treated as closed; when the session is resumed, Discord sends what was missed again.
    """

    def __init__(self, chosen: _DecompressionContext) -> None:
        self._chosen = chosen
        self.COMPRESSION_TYPE = chosen.COMPRESSION_TYPE

    def decompress(self, data: bytes, /) -> str | None:
        """A message, or None while a part of it is still missing.

        Raises:
            WebSocketClosure: the data cannot be decompressed.
            UnicodeDecodeError: it can, and is no text.
        """
        try:
            return self._chosen.decompress(data)
        except UnicodeDecodeError:  # only this message is broken, not the stream
            raise
        except Exception as error:  # each library has its own exceptions
            raise WebSocketClosure from error


def skip_unreadable_messages(socket: DiscordWebSocket) -> None:
    """Make a connection skip messages that cannot be read, once it has a session.

    Before that, an unreadable message is an error: without a session, no event would ever come.
    """
    socket._decompressor = _Decompressor(socket._decompressor)
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
