"""The Slack app's manifest: all settings on Slack's side, in one file to paste there.

Format: https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from adapters.moderation import Subcommand
from adapters.wording import ANSWER_WITH, INVITE, MODERATE
from knowledge.actions import clip
from knowledge.compose import MODERATOR_SUFFIX
from knowledge.desk import Desks
from knowledge.language import ENGLISH, translator_for

APP_NAME = "ldn-bot"
SCOPES = {
    "commands": "to be asked",
    "app_mentions:read": "to be called by name",
    "im:history": "to be asked in a direct message; it covers only what is written to the app",
    "chat:write": "to post what someone shares, and to keep it true",
    "pins:read": "to find posts that were pinned by hand",
    "pins:write": "to pin and unpin",
    "users:read": "to know who is an admin, and so may pin, and which language someone reads",
    "usergroups:read": "to know who is in a group of moderators that the settings name",
}
"""Every permission that the app asks for, and why."""
EVENTS = ("app_home_opened", "app_mention", "message.im")
"""The events that the app subscribes to: only what is said to it, or done in its Home tab."""
INSTALLATION_EVENTS = ("app_uninstalled", "tokens_revoked")
"""The further events that are needed if many workspaces install the app."""
EVENTS_PATH = "/slack/events"
"""The path that Slack sends everything to over HTTP: commands, presses, shortcuts, events."""
INSTALL_PATH = "/slack/install"
"""The path where somebody begins to install the app into their workspace."""
REDIRECT_PATH = "/slack/oauth_redirect"
"""The path that Slack sends the browser back to after the installation."""
SHORTCUT_SUFFIX = "-answer"
"""Added to a document's command: the id of its shortcut in messages' menus."""
SHORTCUTS_LIMIT = 10
SHORTCUT_NAME_LIMIT = 24


def manifest(desks: Desks, public_url: str | None = None) -> dict[str, Any]:
    """The manifest with each document's command, and only the scopes that are needed.

    Args:
        desks: the documents.
        public_url: the address at which Slack reaches the bot over HTTP; None for Socket Mode.
    """
    written = _in_socket_mode(desks)
    return _over_http(written, public_url.rstrip("/")) if public_url else written


def _over_http(manifest: dict[str, Any], public_url: str) -> dict[str, Any]:
    """The same manifest for HTTP: Slack sends everything to an address, and OAuth can install."""
    address = {"request_url": public_url + EVENTS_PATH}
    features, settings = manifest["features"], manifest["settings"]
    commands = [{**each, "url": address["request_url"]} for each in features["slash_commands"]]
    events = {**address, "bot_events": [*EVENTS, *INSTALLATION_EVENTS]}
    return manifest | {
        "features": {**features, "slash_commands": commands},
        "oauth_config": {
            **manifest["oauth_config"],
            "redirect_urls": [public_url + REDIRECT_PATH],
        },
        "settings": {
            **settings,
            "event_subscriptions": events,
            "interactivity": {**settings["interactivity"], **address},
            "socket_mode_enabled": False,
        },
    }


def _in_socket_mode(desks: Desks) -> dict[str, Any]:
    say = translator_for(ENGLISH)
    return {
        "display_information": {
            "name": APP_NAME,
            "description": "Answers questions from a published article, privately.",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": APP_NAME, "always_online": True},
            "slash_commands": [
                {
                    "command": f"/{command}",
                    "description": clip(say(INVITE, title=desk.document.title), 2000),
                    "usage_hint": "[topic or question]",
                    "should_escape": False,
                }
                for command, desk in desks.items()
            ]
            + [
                {
                    "command": f"/{command}{MODERATOR_SUFFIX}",
                    "description": say(MODERATE, command=command),
                    "usage_hint": " | ".join(Subcommand),
                    "should_escape": False,
                }
                for command in desks
            ],
            "shortcuts": [
                {
                    "name": clip(say(ANSWER_WITH, name=command.upper()), SHORTCUT_NAME_LIMIT),
                    "type": "message",
                    "callback_id": f"{command}{SHORTCUT_SUFFIX}",
                    "description": "Find the section that answers a message, and post it there.",
                }
                for command in islice(desks, SHORTCUTS_LIMIT)
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }
