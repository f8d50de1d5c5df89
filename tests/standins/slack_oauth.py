"""Stand-in Slack's part of an installation by OAuth: codes, and a token for each workspace."""

from __future__ import annotations

import base64
import secrets

from tests.standins.recording import JSON, Call
from tests.standins.slack_state import APP_ID, BOT_USER_ID, SlackError

INSTALLER = "U0000INST"


class Installing:
    """``teams`` maps each token that was given out, and not revoked, to its workspace."""

    client_id = "111.222"
    client_secret = "client-secret"

    def __init__(self) -> None:
        self.teams: dict[str, str] = {}
        self._codes: dict[str, JSON] = {}

    def agree(self, team: str, *, org_wide: bool = False, enterprise: str | None = None) -> str:
        """Somebody agrees on Slack's page: the code that their browser brings back."""
        code = secrets.token_urlsafe(12)
        self._codes[code] = {
            "access_token": f"xoxb-{team}-{secrets.token_hex(12)}",
            "token_type": "bot",
            "scope": "commands,chat:write",
            "bot_user_id": BOT_USER_ID,
            "app_id": APP_ID,
            "team": None if org_wide else {"id": team, "name": "Another group"},
            "enterprise": {"id": enterprise, "name": "Org"} if enterprise else None,
            "authed_user": {"id": INSTALLER},
            "is_enterprise_install": org_wide,
        }
        return code

    def revoke(self, team: str) -> None:
        """Take a workspace's tokens away, as uninstalling does."""
        self.teams = {token: each for token, each in self.teams.items() if each != team}

    async def access(self, call: Call) -> JSON:
        """oauth.v2.access: a code, once, for a token."""
        app = f"{self.client_id}:{self.client_secret}".encode()
        if call.headers.get("Authorization") != f"Basic {base64.b64encode(app).decode()}":
            raise SlackError("bad_client_secret")
        granted = self._codes.pop(str(call.body.get("code")), None)
        if granted is None:
            raise SlackError("invalid_code")
        team = (granted["team"] or {}).get("id", "")
        self.teams[granted["access_token"]] = team
        return granted
