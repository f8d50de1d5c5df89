"""Publisher: what a platform can do with a post; and what it may answer instead."""

from __future__ import annotations

from typing import Protocol

from knowledge.answer import Answer
from knowledge.errors import SaidError
from knowledge.language import gettext_noop
from knowledge.posts import Place, Post

STORE_AWAY = gettext_noop(
    "I cannot look up or keep anything at the moment. Please try again later."
)
"""What people are told where the store does not do its work; why is in the log."""


class PublishError(SaidError):
    """A platform did not do what was asked; the text is a sentence for a moderator."""


class MessageGoneError(PublishError):
    """The message, or its whole channel, does not exist any more."""


class RefusedError(PublishError):
    """The platform will not do it until someone changes something there; the text says what."""


class PinsFullError(PublishError):
    """The channel holds as many pins as the platform allows."""


class UnreachableError(PublishError):
    """The platform did not answer; it may or may not have done it, and trying again may help."""


class Publisher(Protocol):
    """One platform's channels. Every method may raise a `PublishError`."""

    async def post(
        self, place: Place, answer: Answer, nonce: str, reply_to: str = "", *, notify: bool = False
    ) -> str:
        """Post an answer for everyone in a channel; the message's id.

        Where the platform knows nonces, a second call with the same one posts nothing more.
        `reply_to` and `notify`: see `Terms`.
        """

    async def edit(self, post: Post, answer: Answer) -> None:
        """Replace a message's text."""

    async def shows(self, post: Post, answer: Answer) -> bool | None:
        """Whether a message says exactly this now; None where the platform does not tell."""

    async def pin(self, post: Post) -> None:
        """Pin a message. Pinning a pinned one does nothing."""

    async def unpin(self, post: Post) -> None:
        """Unpin a message. Unpinning one that is not pinned does nothing."""

    async def pinned(self, place: Place) -> frozenset[str]:
        """The ids of all messages that are pinned in a channel, by whomever."""

    async def link(self, post: Post) -> str:
        """The address of a message. Raises `MessageGoneError` where it was deleted."""
