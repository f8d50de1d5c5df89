"""What Discord's gateway sends and cannot be read, before there is a session and after."""

from __future__ import annotations

from typing import Any, cast
from unittest.mock import AsyncMock, Mock

import pytest
from aiohttp import ClientError
from discord.gateway import DiscordWebSocket, ReconnectWebSocket, WebSocketClosure

from adapters.discord.reading import skip_unreadable_messages


def connection(session: str | None, trouble: Exception) -> Any:
    """A connection whose second message is trouble; by then there may be a session."""
    socket = Mock(session_id=session, received_message=AsyncMock(side_effect=[None, trouble]))
    skip_unreadable_messages(cast(DiscordWebSocket, socket))
    return socket


async def test_without_a_session_what_cannot_be_read_ends_the_connection() -> None:
    socket = connection(None, KeyError("heartbeat_interval"))
    await socket.received_message("hello")
    with pytest.raises(KeyError):
        await socket.received_message("something else")


async def test_within_a_session_what_cannot_be_read_is_passed_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    socket = connection("a session", KeyError("what somebody typed"))
    await socket.received_message("ready")
    await socket.received_message("something else")
    assert caplog.messages == ["something that Discord sent cannot be read (KeyError)"]


@pytest.mark.parametrize(
    "trouble",
    [
        ReconnectWebSocket(0),
        WebSocketClosure(),
        ClientError(),
        ConnectionResetError(),
        TimeoutError(),
    ],
)
async def test_within_a_session_what_is_about_the_connection_is_not_passed_over(
    trouble: Exception,
) -> None:
    socket = connection("a session", trouble)
    await socket.received_message("ready")
    with pytest.raises(type(trouble)):
        await socket.received_message("reconnect")
