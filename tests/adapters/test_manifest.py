"""The Slack app's manifest: every document's command, and no scope too many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.slack.manifest import SCOPES, manifest
from tests.contracts import slack as contract
from tests.documents import open_folder, write_document


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("documents")
    write_document(folder)
    write_document(folder, command="lawn-and-borders-of-gardens", title="T" * 75)
    return manifest(open_folder(folder))


def test_it_keeps_to_the_published_schema(contracts: None, written: dict[str, Any]) -> None:
    assert [str(problem) for problem in contract.manifest(written)] == []


def test_every_document_has_its_command_and_one_for_moderators(written: dict[str, Any]) -> None:
    commands = [each["command"] for each in written["features"]["slash_commands"]]
    assert sorted(commands) == [
        "/garden", "/garden-mod", "/lawn-and-borders-of-gardens",
        "/lawn-and-borders-of-gardens-mod",
    ]  # fmt: skip


def test_texts_keep_within_slacks_limits(written: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/app-manifest"""
    assert len(written["display_information"]["name"]) <= 35
    assert len(written["display_information"]["description"]) <= 140
    for command in written["features"]["slash_commands"]:
        assert len(command["command"]) <= 32, command
        assert 1 <= len(command["description"]) <= 2000, command
        assert len(command["usage_hint"]) <= 1000, command


def test_it_may_not_listen_nor_read_what_people_write(written: dict[str, Any]) -> None:
    scopes = written["oauth_config"]["scopes"]["bot"]
    assert set(scopes) == set(SCOPES)
    assert not any("history" in scope or scope.startswith(("channels", "im")) for scope in scopes)
    assert "event_subscriptions" not in written["settings"]
    assert "user" not in written["oauth_config"]["scopes"]


def test_it_speaks_over_its_own_connection(written: dict[str, Any]) -> None:
    assert written["settings"]["socket_mode_enabled"] is True
    assert written["settings"]["interactivity"] == {"is_enabled": True}


def test_writing_it_twice_gives_the_same(tmp_path: Path) -> None:
    write_document(tmp_path)
    desks = open_folder(tmp_path)
    assert manifest(desks) == manifest(desks)
