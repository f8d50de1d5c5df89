"""response_url: the address to which responses to a press or a command are sent.

It can be used five times within thirty minutes
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
"""How often a message is sent in all, while Slack answers with a server error."""
BETWEEN_S = 1.0
"""Seconds before the second attempt; twice as many before the third."""


class ResponseRejectedError(Exception):
    """Slack rejected a response; the text names the HTTP status."""


async def respond(to: AsyncRespond, message: dict[str, Any], session: ClientSession | None) -> None:
    """Send a message to a response_url; bolt's own `respond` makes only one attempt.

    A message that replaces another is sent again after a server error or a broken connection. Any
    other is not: the first one may have arrived, and would then be seen twice.

    Args:
        to: bolt's `respond`, which holds the address.
        message: the JSON to send.
        session: an HTTP session to use; None for a new one.

    Raises:
        ResponseRejectedError: the address has expired, or Slack still fails after `ATTEMPTS`.
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
        raise ResponseRejectedError(f"status {response.status_code}")
