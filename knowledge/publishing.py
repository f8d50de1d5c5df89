"""Publisher: what a platform can do with a post, and the errors that it may answer with."""

from __future__ import annotations

import logging
from typing import Protocol

import tenacity

from knowledge.answer import Answer
from knowledge.errors import LdnBotError, UserFacingError
from knowledge.language import gettext_noop
from knowledge.posts import Place, Post

log = logging.getLogger(__name__)

ATTEMPTS = 6
LONGEST_WAIT = 10.0
"""Seconds between two attempts, at most."""

UNFORESEEN = gettext_noop("Something went wrong. The bot's log says what.")
STORE_AWAY = gettext_noop(
    "I cannot look up or keep anything at the moment. Please try again later."
)
"""What people are told if the store fails; the log says why."""


class PublishError(UserFacingError):
    """A platform did not do what was asked; the text is a sentence for a moderator."""


class MessageGoneError(PublishError):
    """The message or its channel was deleted."""


class RefusedError(PublishError):
    """The platform refuses until somebody changes something there; the text says what."""


class PinsFullError(PublishError):
    """The channel holds as many pins as the platform allows."""


class UnreachableError(PublishError):
    """The platform gave no answer. What was asked may have been done; another attempt may help."""


class Publisher(Protocol):
    """Posts, edits and pins on one platform. Every method may raise a `PublishError`."""

    async def post(
        self, place: Place, answer: Answer, nonce: str, reply_to: str = "", *, notify: bool = False
    ) -> str:
        """Post an answer for everyone in a channel, and return the message's id.

        A second call with the same nonce posts nothing on platforms that honour nonces, and
        returns the first message's id. `reply_to` and `notify`: see `PostOptions`.
        """

    async def edit(self, post: Post, answer: Answer) -> None:
        """Replace a message's text."""

    async def shows(self, post: Post, answer: Answer) -> bool | None:
        """Whether a message's text is exactly that of `answer`; None if it cannot be read."""

    async def pin(self, post: Post) -> None:
        """Pin a message. Pinning a pinned one does nothing."""

    async def unpin(self, post: Post) -> None:
        """Unpin a message. Unpinning one that is not pinned does nothing."""

    async def pinned(self, place: Place) -> frozenset[str]:
        """The ids of all pinned messages of a channel, whoever pinned them."""

    async def link(self, post: Post) -> str:
        """The address of a message. Raises `MessageGoneError` if it was deleted."""


def log_failure(error: Exception) -> None:
    """Log an error that only the operator can mend; any other concerns the one who asked alone."""
    if isinstance(error, UserFacingError):
        return
    if isinstance(error, LdnBotError):
        log.warning("a post could not be brought up to date: %s", error)
    else:
        log.error("a post could not be looked after", exc_info=error)


def sentence_for(error: Exception) -> str:
    """A sentence for moderators, in English; of what only the operator can mend, the log has more
    (see `log_failure`).
    """
    if isinstance(error, UserFacingError):
        return str(error)
    return STORE_AWAY if isinstance(error, LdnBotError) else UNFORESEEN


def may_pass(error: Exception) -> bool:
    """Whether another attempt later may succeed; a platform's refusal would only be repeated."""
    return isinstance(error, UnreachableError) or not isinstance(error, PublishError)


def attempts(at_most: int = ATTEMPTS) -> tenacity.AsyncRetrying:
    """Attempts at a request, for `async for`: at most so many, with growing, random pauses.

    Another one is made only after an `UnreachableError`; the last error is raised as it is.
    """
    return tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(UnreachableError),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=LONGEST_WAIT),
        stop=tenacity.stop_after_attempt(at_most),
        reraise=True,
    )
