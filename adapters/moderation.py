"""Sharing and moderating, in words: what people press or type goes to `PostKeeper`, and what comes
of it comes back as a `Reply` that each adapter dresses in its own way.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from knowledge.actions import Action, Button, Verb
from knowledge.answer import Answer
from knowledge.desk import Desks
from knowledge.errors import LdnBotError
from knowledge.keeper import UNKNOWN_TOPIC, Listed, PostKeeper, Refreshed, Shared
from knowledge.posts import Place, PostStore

log = logging.getLogger(__name__)

LISTED_AT_ONCE = 15
"""Posts in one listing: more would not fit a message."""

EVERYONE = "everyone"

NOT_A_MODERATOR = "This is for the group's moderators. Please ask one of them to do it for you."
ONLY_MODERATORS_SHARE = (
    "In this group the moderators share answers. Please ask one of them, or copy the text."
)
NO_CHANNEL = (
    "I cannot post here, because I am not a member of this place. "
    "You can copy the text of the answer instead."
)
PREVIEW = "Preview. This is what everyone in this channel will see:"


class Subcommand(StrEnum):
    """What moderators type after `/ldn-mod`, and what it says it does."""

    PIN = "pin"
    PINS = "pins"
    UNPIN = "unpin"
    REFRESH = "refresh"

    @property
    def description(self) -> str:
        """In the list of commands; at most 100 characters."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS = {
    Subcommand.PIN: "Post a topic in this channel and pin it.",
    Subcommand.PINS: "List what I have posted here, and whether it is current.",
    Subcommand.UNPIN: "Unpin a topic in this channel.",
    Subcommand.REFRESH: "Bring everything that I have posted here up to date.",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A short message for the one who pressed or typed. `text` is Markdown."""

    text: str
    buttons: tuple[Button, ...] = ()


class Moderation:
    """What both adapters do for those who share and moderate."""

    def __init__(self, desks: Desks, keeper: PostKeeper, store: PostStore, share: str) -> None:
        """`share`: who may share, `everyone` or `moderators`."""
        self._desks = desks
        self._keeper = keeper
        self._store = store
        self._share = share

    def offers(self, answer: Answer, *, moderator: bool) -> tuple[Button, ...]:
        """The buttons under a private answer for one who could post it."""
        if answer.section is None:
            return ()
        verbs = {Verb.SHARE: "Share in this channel"} if self.may_share(moderator) else {}
        verbs |= {Verb.PIN: "Pin in this channel"} if moderator else {}
        return tuple(
            Button(Action(verb, answer.command, answer.section), label)
            for verb, label in verbs.items()
        )

    def may_share(self, moderator: bool) -> bool:
        """Whether someone may post an answer for everyone."""
        return moderator or self._share == EVERYONE

    def preview(self, action: Action) -> tuple[Answer, Reply] | None:
        """The answer that would be posted, and what to press next; None if it is gone."""
        desk = self._desks.get(action.command)
        answer = desk.open(action.topic) if desk else None
        if answer is None or answer.section is None:
            return None
        verb, label = (
            (Verb.KEEP, "Post and pin") if action.verb is Verb.PIN else (Verb.POST, "Post")
        )
        return answer, Reply(
            PREVIEW,
            (
                Button(Action(verb, action.command, action.topic), label),
                _back(action),
            ),
        )

    async def perform(self, place: Place, action: Action) -> Reply:
        """Post, pin or replace, as a button says."""
        work = {
            Verb.POST: self._keeper.share,
            Verb.KEEP: self._keeper.pin,
            Verb.REPLACE: self._keeper.replace_oldest,
        }[action.verb]

        async def act() -> Reply:
            return self._shared(await work(place, action.command, action.topic), action)

        return await _in_words(act)

    async def command(
        self, place: Place, command: str, subcommand: Subcommand, topic: str
    ) -> Reply:
        """What a moderator typed."""
        work: dict[Subcommand, Callable[[], Awaitable[Reply]]] = {
            Subcommand.PIN: lambda: self._pin(place, command, topic),
            Subcommand.UNPIN: lambda: self._unpin(place, command, topic),
            Subcommand.PINS: lambda: self._list(place),
            Subcommand.REFRESH: lambda: self._refresh(place),
        }
        return await _in_words(work[subcommand])

    async def _pin(self, place: Place, command: str, topic: str) -> Reply:
        section = self._section(command, topic)
        if section is None:
            return Reply(UNKNOWN_TOPIC)
        return await self.perform(place, Action(Verb.KEEP, command, section))

    async def _unpin(self, place: Place, command: str, topic: str) -> Reply:
        # A section may be gone from the document and still be pinned, under its old id.
        section = self._section(command, topic) or topic
        posts = [
            post
            for post in await self._store.at(place)
            if post.pinned and post.command == command and post.section == section
        ]
        for post in posts:
            await self._keeper.unpin(post)
        return Reply("Unpinned." if posts else "This topic is not pinned here by me.")

    async def _list(self, place: Place) -> Reply:
        posts = await self._store.of(place.platform, place.community)
        if not posts:
            return Reply("I have not posted anything here yet.")
        here = [post for post in posts if post.place == place]
        elsewhere = [post for post in posts if post.place != place]
        shown = [*here, *elsewhere][:LISTED_AT_ONCE]
        lines = [_line(listed, place) for listed in await self._keeper.listing(shown)]
        if len(posts) > len(shown):
            lines.append(f"… and {len(posts) - len(shown)} more.")
        return Reply("\n".join(lines))

    async def _refresh(self, place: Place) -> Reply:
        posts = await self._store.of(place.platform, place.community)
        return Reply(in_words(await self._keeper.refresh(posts)))

    def _section(self, command: str, topic: str) -> str | None:
        desk = self._desks.get(command)
        answer = desk.open(topic) if desk else None
        return answer.section if answer else None

    def _shared(self, shared: Shared, action: Action) -> Reply:
        link = f" [Open the post]({shared.link})" if shared.link else ""
        if shared.trouble:
            buttons = [_back(action)]
            offer = ""
            if shared.oldest:
                replace = Action(Verb.REPLACE, action.command, action.topic)
                buttons.insert(0, Button(replace, "Unpin my oldest and pin this"))
                offer = f" I can unpin my own oldest pin, “{shared.oldest.title}”."
            return Reply(f"Posted, but not pinned. {shared.trouble}{offer}{link}", tuple(buttons))
        if shared.pinned:
            done = "Posted and pinned." if shared.fresh else "It is pinned here."
        else:
            done = "Posted." if shared.fresh else "It was posted here a moment ago."
        return Reply(f"{done}{link}", (_back(action),))


def in_words(done: Refreshed) -> str:
    """What a refresh did."""
    lines = [
        f"{done.edited} brought up to date, {done.withdrawn} of them withdrawn. "
        f"{done.current} were current. {done.forgotten} had been deleted."
    ]
    lines += (f"- {post.title}: {reason}" for post, reason in done.failed[:LISTED_AT_ONCE])
    return "\n".join(lines)


def _line(listed: Listed, here: Place) -> str:
    post = listed.post
    marks: Iterable[str] = (
        listed.standing.value,
        "pinned" if post.pinned else "",
        "" if post.place == here else "in another channel",
        post.reason,
    )
    said = ", ".join(mark.rstrip(".") for mark in marks if mark)
    title = f"[{post.title}]({listed.link})" if listed.link else post.title
    return f"- {title}: {said}."


def _back(action: Action) -> Button:
    return Button(Action(Verb.OPEN, action.command, action.topic), "Back to the answer")


async def _in_words(work: Callable[[], Awaitable[Reply]]) -> Reply:
    try:
        return await work()
    except LdnBotError as error:
        return Reply(str(error))
