"""The Slack app's manifest: everything that has to be set on Slack's side, as one file to paste.

Format: https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

from typing import Any

from adapters.moderation import Subcommand
from adapters.wording import invite
from knowledge.actions import clip
from knowledge.desk import Desks

APP_NAME = "ldn-bot"
SCOPES = {
    "commands": "to be asked",
    "chat:write": "to post what someone shares, and to keep it true",
    "pins:read": "to find posts that were pinned by hand",
    "pins:write": "to pin and unpin",
    "users:read": "to know who is an admin, and so may pin",
    "usergroups:read": "to know who is in a group of moderators that the settings name",
}
"""Every permission that the app asks for, and why."""


def manifest(desks: Desks) -> dict[str, Any]:
    """A manifest with each document's command, and no scope beyond what that needs."""
    return {
        "display_information": {
            "name": APP_NAME,
            "description": "Answers questions from a published article, privately.",
        },
        "features": {
            "bot_user": {"display_name": APP_NAME, "always_online": True},
            "slash_commands": [
                {
                    "command": f"/{command}",
                    "description": clip(invite(desk.document.title), 2000),
                    "usage_hint": "[topic or question]",
                    "should_escape": False,
                }
                for command, desk in desks.items()
            ]
            + [
                {
                    "command": f"/{command}-mod",
                    "description": f"For moderators: post and pin answers of /{command}.",
                    "usage_hint": " | ".join(Subcommand),
                    "should_escape": False,
                }
                for command in desks
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }
