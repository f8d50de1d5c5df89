"""The page beside something that holds the main thread, as a conversation on a terminal does."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from bot import bootstrap, preview
from bot.settings import Settings


def test_it_is_served_beside_something_else(settings: Settings) -> None:
    desks = bootstrap.build_desks(settings)
    with preview.beside(settings, desks) as address:
        port = urlsplit(address).port
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)
