"""An installation of the app in a workspace, as Slack tells it."""

from __future__ import annotations

from slack_sdk.oauth.installation_store import Installation

from tests.standins.slack_oauth import INSTALLER

TEAM = "T0000TEAM"
"""Another workspace than the one that stand-in Slack has."""


def installation(token: str, at: float = 1000.0, team: str = TEAM) -> Installation:
    """All that Slack tells of one when the app is installed there."""
    return Installation(
        app_id="A1",
        enterprise_id="E1",
        enterprise_name="Org",
        team_id=team,
        team_name="Group",
        bot_token=token,
        bot_id="B1",
        bot_user_id="U1",
        bot_scopes=["commands"],
        bot_refresh_token="xoxe-refresh",
        user_id=INSTALLER,
        user_token="xoxp-of-a-person",
        installed_at=at,
    )
