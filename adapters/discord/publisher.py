"""Discord's channels, as a `Publisher`: messages that everyone sees, and pins.

Codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import aiohttp
import discord

from adapters.discord.errors import describe_error
from adapters.discord.render import NO_MENTIONS, public_content
from knowledge.answer import Answer
from knowledge.language import gettext_noop
from knowledge.posts import Place, Post
from knowledge.publishing import (
    MessageGoneError,
    PinsFullError,
    PublishError,
    RefusedError,
    UnreachableError,
)

log = logging.getLogger(__name__)

_GONE = frozenset({10003, 10008})  # unknown channel, unknown message
_PINS_FULL = 30003
_INVALID = 50035
_LACKING = gettext_noop(
    "I lack a permission in this channel: View Channel, Send Messages, "
    "Read Message History or Pin Messages."
)
_REFUSALS = {
    50001: gettext_noop("I cannot see this channel. Let me in with the permission View Channel."),
    50013: _LACKING,
    50083: gettext_noop("This thread is archived. Open it again first."),
    160002: _LACKING,  # a reply needs Read Message History
    160005: gettext_noop("This thread is locked. Unlock it first."),
}

SILENT_FOR = 60.0
"""Seconds without a request after a rate limit that does not say how long it lasts."""
LONGEST_SILENCE = 86_400.0
"""Seconds without a request after any rate limit, at most."""

LESS_OFTEN = gettext_noop("Discord wants us to ask less often. Try again later.")
PINS_FULL = gettext_noop("This channel has as many pins as Discord allows (250).")
REFUSED = gettext_noop("Discord refused this. If it goes on, tell whoever runs the bot.")
"""For a reason that is in the log."""


class DiscordPublisher:
    """Posts, edits and pins through a connected client."""

    def __init__(self) -> None:
        self.client: discord.Client | None = None
        """The client whose connection is used; None while there is none that is logged in."""
        self._silent_until = 0.0

    @asynccontextmanager
    async def logged_in(self, token: str) -> AsyncIterator[None]:
        """Log in without connecting to the gateway, to post and edit until the block ends.

        Raises:
            PublishError: Discord refuses the token, or cannot be reached.
        """
        async with discord.Client(intents=discord.Intents.none()) as client:
            try:
                async with self._errors_as_ours():
                    await client.login(token)
            except discord.LoginFailure:
                raise PublishError("Discord does not accept the token in DISCORD_TOKEN.") from None
            self.client = client
            try:
                yield
            finally:
                self.client = None

    async def post(
        self, place: Place, answer: Answer, nonce: str, reply_to: str = "", *, notify: bool = False
    ) -> str:
        """See `Publisher.post`. Discord honours a nonce for some minutes."""
        reference: dict[str, Any] = {}
        if reply_to:
            # Discord's API has ids as strings; discord.py sends them as they are.
            reference["reference"] = discord.MessageReference(
                message_id=reply_to,  # type: ignore[arg-type]
                channel_id=place.channel,  # type: ignore[arg-type]
                # If it was deleted meanwhile, the answer is posted without a reference.
                fail_if_not_exists=False,
            )

        async def send(**reference: Any) -> discord.Message:
            return await self._channel(place).send(
                public_content(answer),
                nonce=nonce,
                suppress_embeds=True,
                allowed_mentions=NO_MENTIONS,
                mention_author=notify,
                **reference,
            )

        async with self._errors_as_ours():
            try:
                message = await send(**reference)
            except discord.HTTPException as error:
                # Discord's own notices, such as a thread's first message, cannot be replied to.
                if error.code != _INVALID or not reference:
                    raise
                message = await send()
        return str(message.id)

    async def edit(self, post: Post, answer: Answer) -> None:
        """See `Publisher.edit`."""
        async with self._errors_as_ours():
            await self._message(post).edit(
                content=public_content(answer), allowed_mentions=NO_MENTIONS
            )

    async def shows(self, post: Post, answer: Answer) -> bool | None:
        """See `Publisher.shows`. None without the permission Read Message History."""
        try:
            async with self._errors_as_ours():
                message = await self._message(post).fetch()
        except RefusedError:
            return None
        return message.content == public_content(answer)

    async def pin(self, post: Post) -> None:
        """See `Publisher.pin`."""
        async with self._errors_as_ours():
            await self._message(post).pin()

    async def unpin(self, post: Post) -> None:
        """See `Publisher.unpin`."""
        async with self._errors_as_ours():
            await self._message(post).unpin()

    async def pinned(self, place: Place) -> frozenset[str]:
        """See `Publisher.pinned`."""
        async with self._errors_as_ours():
            pins = self._channel(place).pins(limit=None)
            found = frozenset([str(message.id) async for message in pins])
        if not found:
            await self._check_history(place)
        return found

    async def link(self, post: Post) -> str:
        """See `Publisher.link`."""
        try:
            async with self._errors_as_ours():
                await self._message(post).fetch()
        except RefusedError:
            pass  # the bot may not read it, but it may exist
        # discord.py's own link needs the server in its cache, which is empty.
        place = post.place
        return f"https://discord.com/channels/{place.community}/{place.channel}/{post.message}"

    async def _check_history(self, place: Place) -> None:
        """Raise `RefusedError` if the bot may not read messages, because the list of pins is empty
        then.

        It asks for a message that does not exist: no message has its channel's id.
        """
        with suppress(MessageGoneError):
            async with self._errors_as_ours():
                await self._channel(place).get_partial_message(int(place.channel)).fetch()

    def _channel(self, place: Place) -> discord.PartialMessageable:
        if self.client is None or self.client.is_closed():
            raise UnreachableError(gettext_noop("Discord is not connected at the moment."))
        if time.monotonic() < self._silent_until:
            raise UnreachableError(LESS_OFTEN)
        return self.client.get_partial_messageable(
            int(place.channel), guild_id=int(place.community)
        )

    def _message(self, post: Post) -> discord.PartialMessage:
        return self._channel(post.place).get_partial_message(int(post.message))

    @asynccontextmanager
    async def _errors_as_ours(self) -> AsyncIterator[None]:
        """Raise Discord's errors as `PublishError`s."""
        try:
            yield
        except discord.HTTPException as error:
            if error.status == 429:
                # discord.py waits out Discord's own limits. This one comes from the proxy before
                # Discord, which blocks clients that go on asking for longer.
                wait = _seconds_of(error.response.headers)
                self._silent_until = time.monotonic() + wait
            _raise(error)
        except discord.RateLimited:
            raise UnreachableError(LESS_OFTEN) from None
        except (aiohttp.ClientError, OSError):
            raise UnreachableError(gettext_noop("Discord could not be reached.")) from None


def _seconds_of(headers: Mapping[str, str]) -> float:
    """The seconds that `Retry-After` asks to wait, at most `LONGEST_SILENCE`.

    It may hold a date (RFC 9110, 10.2.3). That is compared with the sender's own `Date`, because
    the clock of this machine may be wrong. `SILENT_FOR` if it cannot be parsed.
    """
    retry_after = headers.get("Retry-After", "")
    with suppress(ValueError, OverflowError):
        return min(float(int(retry_after)), LONGEST_SILENCE)
    with suppress(ValueError, OverflowError, TypeError):
        until = parsedate_to_datetime(retry_after)
        wait = until - parsedate_to_datetime(headers.get("Date", ""))
        return min(wait.total_seconds(), LONGEST_SILENCE)
    return SILENT_FOR


def _raise(error: discord.HTTPException) -> NoReturn:
    if error.code in _GONE:
        raise MessageGoneError(gettext_noop("The message or its channel was deleted.")) from None
    if error.code == _PINS_FULL:
        raise PinsFullError(PINS_FULL) from None
    if error.code in _REFUSALS:
        raise RefusedError(_REFUSALS[error.code]) from None
    # A 404 without one of those codes is not about the message: a wrong address, or a proxy.
    if error.status >= 500 or error.status in {404, 429}:
        raise UnreachableError(gettext_noop("Discord did not answer as it should.")) from None
    # In a proxy's answer, the code may be anything.
    is_code = isinstance(error.code, int) and 0 < error.code < 1_000_000
    log.warning("Discord refused a request (%s)", error.code if is_code else describe_error(error))
    raise PublishError(REFUSED) from None
