"""The page beside something that holds the main thread, as a conversation on a terminal does."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlsplit

import pytest

from bot import documents, preview
from bot.settings import Settings


def test_it_is_served_beside_something_else(settings: Settings) -> None:
    desks = documents.build_desks(settings)
    with preview.serve_in_thread(settings, desks) as address:
        port = urlsplit(address).port
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_interrupted_while_it_opens_it_leaves_no_thread_behind(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks = documents.build_desks(settings)
    start = threading.Thread.start
    pages: list[threading.Thread] = []

    def interrupted(thread: threading.Thread) -> None:
        thread.daemon = True  # what is left behind must not keep the tests
        start(thread)
        if thread.name == "ldn-bot-page":
            pages.append(thread)
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt), preview.serve_in_thread(settings, desks):
        pytest.fail("it was not interrupted")
    [page] = pages
    assert not page.is_alive()


def test_what_it_fails_over_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    desks = documents.build_desks(settings)

    def fails(_: object) -> None:
        raise OSError("No room")

    monkeypatch.setattr(preview, "_listening", fails)
    with pytest.raises(OSError, match="No room"), preview.serve_in_thread(settings, desks):
        pytest.fail("it was served")
