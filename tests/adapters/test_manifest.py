"""The Slack app's manifest: every document's command, and no scope too many."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.moderation import Subcommand
from adapters.slack.manifest import EVENTS, SCOPES, manifest
from knowledge.desk import Desks, HelpDesk
from knowledge.library import Questions
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

    for shortcut in written["features"]["shortcuts"]:
        assert 1 <= len(shortcut["name"]) <= 24, shortcut
        assert 1 <= len(shortcut["description"]) <= 150, shortcut
        assert 1 <= len(shortcut["callback_id"]) <= 255, shortcut


def test_every_document_has_an_entry_in_the_menu_of_a_message(written: dict[str, Any]) -> None:
    shortcuts = written["features"]["shortcuts"]
    assert {(each["type"], each["callback_id"]) for each in shortcuts} == {
        ("message", "garden-answer"),
        ("message", "lawn-and-borders-of-gardens-answer"),
    }
    names = [each["name"] for each in shortcuts]
    assert "Answer with GARDEN" in names
    assert len(set(names)) == len(names)


def test_of_many_documents_as_many_have_such_an_entry_as_slack_allows(tmp_path: Path) -> None:
    """https://docs.slack.dev/interactivity/implementing-shortcuts: ten of a kind"""
    write_document(tmp_path)
    one = open_folder(tmp_path).first
    documents = (replace(one.document, command=f"garden-{number}") for number in range(12))
    desks = [HelpDesk(each, one.index, Questions(), one.safety, []) for each in documents]
    features = manifest(Desks(desks))["features"]
    assert len(features["slash_commands"]) == 24
    assert [each["callback_id"] for each in features["shortcuts"]] == [
        f"garden-{number}-answer" for number in range(10)
    ]


def test_moderators_are_told_every_word_of_theirs(written: dict[str, Any]) -> None:
    for command in written["features"]["slash_commands"]:
        if command["command"].endswith("-mod"):
            assert command["usage_hint"].split(" | ") == [each.value for each in Subcommand]


def test_it_is_told_only_of_what_is_said_to_it_or_done_in_its_own_tab(
    written: dict[str, Any],
) -> None:
    events = written["settings"]["event_subscriptions"]
    assert events == {"bot_events": ["app_home_opened", "app_mention", "message.im"]}
    assert tuple(events["bot_events"]) == EVENTS


def test_it_may_not_read_what_people_write_to_one_another(written: dict[str, Any]) -> None:
    scopes = written["oauth_config"]["scopes"]["bot"]
    assert set(scopes) == set(SCOPES) == {
        "app_mentions:read", "chat:write", "commands", "im:history", "pins:read", "pins:write",
        "usergroups:read", "users:read",
    }  # fmt: skip
    # What is written to the app alone is written to it.
    assert [scope for scope in scopes if "history" in scope] == ["im:history"]
    assert not any(scope.startswith(("channels", "groups", "mpim", "files")) for scope in scopes)
    assert "users:read.email" not in scopes
    assert "user" not in written["oauth_config"]["scopes"]
    assert all(why.strip() for why in SCOPES.values())


def test_people_can_write_to_it_and_look_at_its_tab(written: dict[str, Any]) -> None:
    assert written["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }


def test_it_speaks_over_its_own_connection(written: dict[str, Any]) -> None:
    assert written["settings"]["socket_mode_enabled"] is True
    assert written["settings"]["interactivity"] == {"is_enabled": True}


def test_with_an_address_everything_is_sent_there_and_it_can_be_installed_anywhere(
    contracts: None, tmp_path: Path
) -> None:
    write_document(tmp_path)
    desks = open_folder(tmp_path)
    over_http = manifest(desks, "https://bot.example.org/")
    assert [str(problem) for problem in contract.manifest(over_http)] == []
    address, settings = "https://bot.example.org/slack/events", over_http["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["interactivity"] == {"is_enabled": True, "request_url": address}
    assert settings["event_subscriptions"] == {
        "request_url": address,
        "bot_events": [*EVENTS, "app_uninstalled", "tokens_revoked"],
    }
    assert {each["url"] for each in over_http["features"]["slash_commands"]} == {address}
    oauth = over_http["oauth_config"]
    assert oauth["redirect_urls"] == ["https://bot.example.org/slack/oauth_redirect"]
    assert oauth["scopes"] == manifest(desks)["oauth_config"]["scopes"]


def test_writing_it_twice_gives_the_same(tmp_path: Path) -> None:
    write_document(tmp_path)
    desks = open_folder(tmp_path)
    assert manifest(desks) == manifest(desks)
