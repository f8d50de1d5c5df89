"""What a bot is told to serve Slack over HTTP, for one workspace or for many."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp

from tests.standins.slack import SlackStandIn

SECRET = "not-a-secret"


def over_http(documents: Path, port: int, **more: str) -> dict[str, str]:
    """For the one workspace that has the tokens; `more` settings come last."""
    return {
        "LDN_DOCUMENTS": str(documents),
        "LDN_SLACK_PORT": str(port),
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_APP_TOKEN": "",
        **more,
    }


def for_many(slack: SlackStandIn, documents: Path, port: int, **more: str) -> dict[str, str]:
    """For whichever workspace installs the app."""
    installing = slack.api.installing
    return over_http(
        documents,
        port,
        SLACK_BOT_TOKEN="",
        SLACK_CLIENT_ID=installing.client_id,
        SLACK_CLIENT_SECRET=installing.client_secret,
        **more,
    )


async def install(slack: SlackStandIn, first: str, last: str, team: str) -> int:
    """Go the way of a browser from one address to the other; the status of the last page."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        async with session.get(f"{first}/slack/install") as page:
            cookies = {name: each.value for name, each in page.cookies.items()}
            state = re.search(r"state=([^&]+)&", await page.text())
            assert state
        query = {"code": slack.api.installing.agree(team), "state": state[1]}
        async with session.get(
            f"{last}/slack/oauth_redirect", params=query, cookies=cookies
        ) as page:
            return page.status
