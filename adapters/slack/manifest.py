"""The Slack app's manifest: everything that has to be set on Slack's side, as one file to paste.

Format: https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

from typing import Any

from adapters.wording import invite
from knowledge.actions import clip
from knowledge.desk import Desks

APP_NAME = "ldn-bot"


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
            ],
        },
        "oauth_config": {"scopes": {"bot": ["commands"]}},
        "settings": {
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }
