"""PretendChannel: a `Publisher` whose posts and pins are kept in memory and shown on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.web.elements import PRETEND_ADDRESS
from adapters.web.platform_renderer import Payload
from knowledge.answer import Answer
from knowledge.posts import Place, Platform, Post

COMMUNITY, CHANNEL = "preview", "pretend-channel"


@dataclass(slots=True)
class Message:
    """A message in a pretend channel; `payload` is what everyone there would be sent."""

    id: str
    payload: Payload
    pinned: bool = False
    edited: bool = False


class PretendChannel:
    """A `Publisher` with one channel in memory; see the module."""

    def __init__(self, platform: Platform, render_public: Callable[[Answer], Payload]) -> None:
        """`render_public` makes the payload that everyone in the channel would be sent."""
        self.platform = platform
        self._render_public = render_public
        self._messages: dict[str, Message] = {}
        self._by_nonce: dict[str, str] = {}

    @property
    def messages(self) -> list[Message]:
        """The channel's messages, newest first."""
        return list(reversed(self._messages.values()))

    async def post(
        self, place: Place, answer: Answer, nonce: str, reply_to: str = "", *, notify: bool = False
    ) -> str:
        """See `Publisher.post`."""
        if nonce not in self._by_nonce:
            id = f"{self.platform.value}-{len(self._by_nonce) + 1}"
            self._messages[id] = Message(id, self._render_public(answer))
            self._by_nonce[nonce] = id
        return self._by_nonce[nonce]

    async def edit(self, post: Post, answer: Answer) -> None:
        """See `Publisher.edit`."""
        message = self._message(post)
        message.payload = self._render_public(answer)
        message.edited = True

    async def shows(self, post: Post, answer: Answer) -> bool | None:
        """See `Publisher.shows`."""
        return self._message(post).payload == self._render_public(answer)

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
        return self._messages[post.message]  # nothing on the page deletes one
