"""Pretend channels: posts and pins that stand on this page alone, for as long as it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.web.dress import Payload
from adapters.web.painting import PRETEND_ADDRESS
from knowledge.answer import Answer
from knowledge.posts import Place, Platform, Post
from knowledge.publishing import MessageGoneError

COMMUNITY, CHANNEL = "preview", "pretend-channel"


@dataclass(slots=True)
class Message:
    """What stands in a pretend channel."""

    id: str
    payload: Payload
    pinned: bool = False
    edited: bool = False


class PretendChannel:
    """A `Publisher` whose platform is this page: one channel, whose messages it holds."""

    def __init__(self, platform: Platform, dressed: Callable[[Answer], Payload]) -> None:
        """`dressed` makes the payload that everyone in the channel would be sent."""
        self.platform = platform
        self._dressed = dressed
        self._messages: dict[str, Message] = {}
        self._by_nonce: dict[str, str] = {}

    @property
    def messages(self) -> list[Message]:
        """What stands in the channel, newest first."""
        return list(reversed(self._messages.values()))

    async def post(
        self, place: Place, answer: Answer, nonce: str, reply_to: str = "", *, notify: bool = False
    ) -> str:
        """See `Publisher.post`."""
        if nonce not in self._by_nonce:
            id = f"{self.platform.value}-{len(self._by_nonce) + 1}"
            self._messages[id] = Message(id, self._dressed(answer))
            self._by_nonce[nonce] = id
        return self._by_nonce[nonce]

    async def edit(self, post: Post, answer: Answer) -> None:
        """See `Publisher.edit`."""
        message = self._message(post)
        message.payload = self._dressed(answer)
        message.edited = True

    async def shows(self, post: Post, answer: Answer) -> bool | None:
        """See `Publisher.shows`."""
        return self._message(post).payload == self._dressed(answer)

    async def pin(self, post: Post) -> None:
        """See `Publisher.pin`."""
        self._message(post).pinned = True

    async def unpin(self, post: Post) -> None:
        """See `Publisher.unpin`."""
        self._message(post).pinned = False

    async def pinned(self, place: Place) -> frozenset[str]:
        """See `Publisher.pinned`."""
        return frozenset(each.id for each in self._messages.values() if each.pinned)

    async def link(self, post: Post) -> str:
        """See `Publisher.link`."""
        return f"{PRETEND_ADDRESS}#post-{self._message(post).id}"

    def _message(self, post: Post) -> Message:
        try:
            return self._messages[post.message]
        except KeyError:
            raise MessageGoneError("The message was deleted.") from None
