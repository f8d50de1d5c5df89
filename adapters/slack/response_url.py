"""response_url: the address at which what somebody pressed or typed is answered.

It serves five times within thirty minutes
(https://docs.slack.dev/interactivity/handling-user-interaction#message_responses).
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import ClientSession
from slack_bolt.async_app import AsyncRespond
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.webhook.async_client import AsyncWebhookClient

ATTEMPTS = 3
"""Times that a message is sent that Slack fails over, the first one included."""
BETWEEN_S = 1.0


class NotTakenError(Exception):
    """Slack does not take an answer; the text says with which status."""


async def respond(to: AsyncRespond, message: dict[str, Any], session: ClientSession | None) -> None:
    """Send a message to a response_url, as often as it takes; `to` itself sends it but once.

    What takes another message's place can be sent again without being seen twice. Of any other, who
    knows whether it stands there, after an error or a connection that broke?

    `session`: connections to use again, if there are any.

    Raises:
        NotTakenError: it has expired, or Slack has trouble; there is no other way to the person.
        aiohttp.ClientError, OSError: Slack cannot be reached.
    """
    replaces = bool(message.get("replace_original"))
    client = AsyncWebhookClient(
        to.response_url or "",
        proxy=to.proxy,
        ssl=to.ssl,
        session=session,
        retry_handlers=[
            AsyncRateLimitErrorRetryHandler(max_retry_count=ATTEMPTS),
            *([AsyncConnectionErrorRetryHandler(ATTEMPTS)] if replaces else []),
        ],
    )
    for attempt in range(1, ATTEMPTS + 1):
        response = await client.send_dict(message)
        if response.status_code < 500 or not replaces or attempt == ATTEMPTS:
            break
        await asyncio.sleep(BETWEEN_S * attempt)
    if response.status_code != 200:
        raise NotTakenError(f"status {response.status_code}")
