"""Slack's channels, as a `Publisher`: messages that everyone sees, and pins.

Errors: https://docs.slack.dev/reference/methods/chat.update and its siblings.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import describe_error, error_name, is_outage
from adapters.slack.render import render_public
from adapters.slack.workspaces import UNINSTALLED, Workspaces
from knowledge.answer import Answer
from knowledge.errors import LdnBotError
from knowledge.language import gettext_noop
from knowledge.posts import Place, Post
from knowledge.publishing import (
    STORE_AWAY,
    MessageGoneError,
    PinsFullError,
    PublishError,
    RefusedError,
    UnreachableError,
)

log = logging.getLogger(__name__)

_LINKED = re.compile(r"<(https?://[^<>|]+)>")
"""A bare address, in the form in which Slack returns it."""
_GONE = "message_not_found"
_RULE = "restricted_action"
"""The beginning of the error names for a workspace's rules, such as read-only channels."""
_NO_THREAD = gettext_noop("Slack does not let this message be answered. It may have been deleted.")
_REFUSALS = {
    "not_in_channel": gettext_noop(
        "I am not in this channel. Invite me with /invite, then try again."
    ),
    # Slack says it of a channel that was deleted, and of a private one that we are not in.
    "channel_not_found": gettext_noop(
        "I am not in this channel, or it was deleted. Invite me with /invite, then try again."
    ),
    "is_archived": gettext_noop("This channel is archived."),
    _RULE: gettext_noop("A rule of this workspace does not let me do this here."),
    "cannot_reply_to_message": _NO_THREAD,
    "thread_not_found": _NO_THREAD,
    "cant_update_message": gettext_noop("Slack does not let me edit this message any more."),
    "edit_window_closed": gettext_noop(
        "A rule of this workspace does not let messages be edited any more."
    ),
    "missing_scope": gettext_noop(
        "The app lacks a permission. Install it again from “ldn-bot manifest”."
    ),
    "not_pinnable": gettext_noop("Slack does not let this message be pinned."),
    # For whoever runs the bot: nobody in such a workspace can read it here.
    "token_revoked": UNINSTALLED,
    "account_inactive": UNINSTALLED,
}
_PINS_FULL = "too_many_pins"
_TRANSIENT = frozenset(
    {
        "internal_error",
        "fatal_error",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",  # while the workspace is moved into an organisation
    }
)

PINS_FULL = gettext_noop("This channel has as many pins as Slack allows (100).")
REFUSED = gettext_noop("Slack refused this. If it goes on, tell whoever runs the bot.")
"""For a reason that is in the log."""


class SlackPublisher:
    """Posts, edits and pins through the Web API, with clients of `with_rate_limit_retries`.

    Slack limits the rate of each API method in each workspace. So only one call of each is made at
    a time: while it waits for the limit to pass, the others wait too.
    """

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self._turns: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def post(
        self, place: Place, answer: Answer, nonce: str, reply_to: str = "", *, notify: bool = False
    ) -> str:
        """See `Publisher.post`. Slack has no nonces, and notifies a thread's followers itself."""
        async with self._turn(place, "chat.postMessage") as client:
            said = await client.chat_postMessage(
                channel=place.channel, thread_ts=reply_to or None, **render_public(answer)
            )
        return str(said["ts"])

    async def edit(self, post: Post, answer: Answer) -> None:
        """See `Publisher.edit`."""
        async with self._turn(post.place, "chat.update") as client:
            message = render_public(answer)
            await client.chat_update(
                channel=post.place.channel,
                ts=post.message,
                text=message["text"],
                blocks=message["blocks"],
            )

    async def shows(self, post: Post, answer: Answer) -> bool | None:
        """See `Publisher.shows`. None for a message that is not pinned: others cannot be read."""
        for message in await self._pins(post.place):
            if message.get("ts") == post.message:
                text = _LINKED.sub(r"\1", str(message.get("text")))
                return bool(text == render_public(answer)["text"])
        return None

    async def pin(self, post: Post) -> None:
        """See `Publisher.pin`."""
        async with self._turn(post.place, "pins.add", harmless="already_pinned") as client:
            await client.pins_add(channel=post.place.channel, timestamp=post.message)

    async def unpin(self, post: Post) -> None:
        """See `Publisher.unpin`."""
        async with self._turn(post.place, "pins.remove", harmless="no_pin") as client:
            await client.pins_remove(channel=post.place.channel, timestamp=post.message)

    async def pinned(self, place: Place) -> frozenset[str]:
        """See `Publisher.pinned`."""
        return frozenset(str(message.get("ts")) for message in await self._pins(place))

    async def link(self, post: Post) -> str:
        """See `Publisher.link`."""
        async with self._turn(post.place, "chat.getPermalink") as client:
            found = await client.chat_getPermalink(
                channel=post.place.channel, message_ts=post.message
            )
        return str(found["permalink"])

    @asynccontextmanager
    async def _turn(
        self, place: Place, method: str, *, harmless: str | None = None
    ) -> AsyncIterator[AsyncWebClient]:
        """A client for one call of a method; raises Slack's errors as `PublishError`s.

        The error named `harmless` is ignored.
        """
        async with self._turns[place.community, method]:
            client = await self._client(place)
            try:
                yield client
            except SlackApiError as error:
                if error_name(error) != harmless:
                    _raise(error)
            except (SlackClientError, aiohttp.ClientError, OSError):
                raise UnreachableError(gettext_noop("Slack could not be reached.")) from None

    async def _client(self, place: Place) -> AsyncWebClient:
        try:
            return await self._workspaces.client(place.community)
        except PublishError:
            raise
        except LdnBotError as error:
            log.warning("a workspace's token could not be looked up: %s", error)
            raise UnreachableError(STORE_AWAY) from None

    async def _pins(self, place: Place) -> list[dict[str, Any]]:
        async with self._turn(place, "pins.list") as client:
            listed = await client.pins_list(channel=place.channel)
        items: list[dict[str, Any]] = listed.get("items", [])
        return [item["message"] for item in items if "message" in item]


def with_rate_limit_retries(client: AsyncWebClient) -> AsyncWebClient:
    """The same client, which waits as long as Slack asks when it is rate-limited, up to five times.

    Unlike slack_sdk's default, a broken connection is not tried again: the first request may have
    been carried out, and a message would be posted twice.
    """
    client.retry_handlers = [AsyncRateLimitErrorRetryHandler(max_retry_count=5)]
    return client


def _raise(error: SlackApiError) -> NoReturn:
    name = error_name(error)
    if name == _GONE:
        raise MessageGoneError(gettext_noop("The message or its channel was deleted.")) from None
    if name == _PINS_FULL:
        raise PinsFullError(PINS_FULL) from None
    refusal = _RULE if name.startswith(_RULE) else name
    if refusal in _REFUSALS:
        raise RefusedError(_REFUSALS[refusal]) from None
    if is_outage(error) or name in _TRANSIENT:
        raise UnreachableError(gettext_noop("Slack did not answer as it should.")) from None
    log.warning("Slack refused a request (%s)", describe_error(error))
    raise PublishError(REFUSED) from None
