"""Tolerates what cannot be read on Discord's gateway: of an interaction, what is needed is read;
any other message that cannot be parsed is skipped; and data that cannot be decompressed ends one
connection, which is resumed.

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

_NEEDED = (
    *("id", "application_id", "type", "token", "data", "guild_id", "locale"),
    *("app_permissions", "authorizing_integration_owners"),
)
"""What is needed of an interaction as Discord sends it, besides where it was, and by whom."""
_UNKNOWN_CHANNEL: dict[str, Any] = {
    **{"name": "", "position": 0, "bitrate": 0, "user_limit": 0},
    **{"parent_id": 0, "owner_id": 0, "message_count": 0, "member_count": 0},
    "thread_metadata": {
        "archived": False,
        "auto_archive_duration": 60,
        "archive_timestamp": "2015-01-01T00:00:00+00:00",
    },
}
"""What discord.py requires of channels, besides which one it is, and its kind."""
_UNKNOWN_MEMBER: dict[str, Any] = {
    "user": {"id": 0, "username": "", "discriminator": "0", "avatar": None},
    "roles": [],
    "flags": 0,
}
"""What discord.py requires of members, besides what they may do."""


def reduced(interaction: dict[str, Any]) -> dict[str, Any]:
    """An interaction's data with nothing but what is needed, in the form that discord.py requires.

    discord.py requires much that nobody needs here, and that Discord does not promise: it calls the
    channel partial, and most fields of a thread optional.
    """
    kept = {key: interaction[key] for key in _NEEDED if key in interaction}
    kept |= {"version": 1, "attachment_size_limit": 0}
    channel, member = interaction.get("channel"), interaction.get("member")
    if channel is not None:
        kept["channel"] = {**_UNKNOWN_CHANNEL, **_only(channel, "id", "type")}
    if member is not None:
        kept["member"] = {**_UNKNOWN_MEMBER, **_only(member, "permissions")}
    return kept


_UNKNOWN_SNAPSHOT: dict[str, Any] = {
    **{"type": 0, "content": "", "embeds": [], "attachments": [], "edited_timestamp": None},
    "timestamp": "2015-01-01T00:00:00+00:00",
}
"""What discord.py requires of a message that another one passes on, besides its words."""


def reduced_message(message: dict[str, Any]) -> dict[str, Any]:
    """A message with nothing but its ids and its words, in the form that discord.py requires.

    discord.py cannot read a message of which any part is new to it, such as a poll without an end.
    """
    snapshots = [
        {"message": {**_UNKNOWN_SNAPSHOT, **_only(snapshot["message"], "content")}}
        for snapshot in message.get("message_snapshots") or ()
    ]
    words = {"content": message.get("content") or "", "message_snapshots": snapshots}
    return {"type": 0, **_only(message, "id", "channel_id"), **words}


def _only(values: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: values[key] for key in keys if key in values}


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
