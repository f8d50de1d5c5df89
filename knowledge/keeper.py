"""PostKeeper: share, pin, unpin, and keep every post true to the documents.

A posting goes: reserve it (so that no other process posts the same), post, record. What was begun
and not recorded is taken up by `resume`. How posts follow the documents: `knowledge.refreshing`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from knowledge.answer import Answer
from knowledge.communities import Communities
from knowledge.desk import Desks
from knowledge.errors import LdnBotError
from knowledge.language import gettext_noop
from knowledge.metrics import Metrics
from knowledge.posts import (
    CoolingDown,
    Place,
    Platform,
    Post,
    PostStore,
    Reservation,
    State,
    Terms,
    revision_of,
)
from knowledge.publishing import (
    ATTEMPTS,
    MessageGoneError,
    PinsFullError,
    Publisher,
    PublishError,
    RefusedError,
    UnreachableError,
    attempts,
    in_words,
    may_pass,
)
from knowledge.refreshing import UNKNOWN, Refreshed, Refresher
from knowledge.targets import Targets

log = logging.getLogger(__name__)

POST_WITHIN = 40.0
"""Seconds that a posting may take, with all its attempts, and what a platform makes us wait. It is
less than `RESERVED_FOR`: whoever asks after that may post it as well."""

KNOW_NONCES = frozenset({Platform.DISCORD})
"""Where the same posting, asked for twice, is done once."""

BUSY = gettext_noop("This is being posted at this moment. Please look at the channel.")
NO_PIN_OF_OURS = gettext_noop("None of the pins here is mine. Please unpin one yourself.")
COOLING_DOWN = gettext_noop(
    "Something was posted in this channel a short while ago. Please wait a little, or ask a "
    "moderator."
)
NO_TERMS = Terms()


class Standing(StrEnum):
    """How a post stands, as moderators are told."""

    CURRENT = "current"
    OUTDATED = "outdated"
    WITHDRAWN = "withdrawn"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Shared:
    """A post that stands in the channel. `fresh`: it was posted just now."""

    post: Post
    link: str
    fresh: bool
    pinned: bool = False
    trouble: str = ""
    """Why it could not be pinned, as a sentence."""
    oldest: Post | None = None
    """Our own oldest pin in the channel, to be replaced when its pins are full."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A post, where it is, and how it stands."""

    post: Post
    standing: Standing
    link: str


class PostKeeper:
    """Keeps what stands in channels true to the documents."""

    def __init__(
        self,
        store: PostStore,
        desks: Desks,
        publishers: Mapping[Platform, Publisher],
        communities: Communities | None = None,
        metrics: Metrics | None = None,
        *,
        look_again: Callable[[Platform], None] = lambda _: None,
    ) -> None:
        """`communities` tells who wants posts without decoration.

        `look_again` is called where something on a platform was left open, for `resume` and
        `refresh` to mend soon.
        """
        self._store = store
        self._targets = Targets(desks, communities)
        self._publishers = publishers
        self._refresher = Refresher(store, self._targets, publishers, metrics or Metrics())
        self.look_again = look_again
        self._unrecorded: set[tuple[Reservation, str, str]] = set()
        """What was posted and is not recorded yet: the message, and the revision of its text."""

    # Sharing and pinning

    async def share(
        self, place: Place, command: str, section: str, terms: Terms = NO_TERMS
    ) -> Shared:
        """Post a section for everyone in a channel, unless it was posted a moment ago.

        Raises:
            PublishError: with the sentence for the one who asked.
        """
        await self.record_what_stands()
        await self._targets.look_up([place])
        answer = await self._targets.dressed(place, self._targets.section(command, section))
        held = await self._store.reserve(
            place,
            command,
            section,
            answer.heading,
            reply_to=terms.reply_to,
            cooldown=terms.cooldown,
        )
        if held is None:
            raise RefusedError(BUSY)
        if isinstance(held, CoolingDown):
            raise RefusedError(COOLING_DOWN)
        if isinstance(held, Post):
            try:
                return Shared(held, await self._publisher(place).link(held), fresh=False)
            except MessageGoneError:
                # Somebody deleted it; the moderator wants it to stand there.
                await self._store.forget(held)
                return await self.share(place, command, section, terms)
        if held.taken_over and place.platform not in KNOW_NONCES:
            _tell_of_cut_off(held)
        post = await self._post(held, answer, notify=terms.notify)
        if await self.outdated([post]):
            # The documents were replaced meanwhile, and their refresh did not see this post yet.
            await self.refresh([post])
        return Shared(post, await self._link(post), fresh=True)

    async def pin(
        self, place: Place, command: str, section: str, terms: Terms = NO_TERMS
    ) -> Shared:
        """Post a section and pin it; where we have pinned it before, that post is linked instead.

        Raises:
            PublishError: it could not even be posted.
        """
        self._targets.section(command, section)
        for post in await self._store.at(place):
            if post.pinned and (post.command, post.section) == (command, section):
                try:
                    link = await self._publisher(place).link(post)
                except MessageGoneError:
                    await self._store.forget(post)
                else:
                    # A moderator may have unpinned it with the platform's own menu.
                    return await self._pin(Shared(post, link, fresh=False))
        return await self._pin(await self.share(place, command, section, terms))

    async def replace_oldest(
        self, place: Place, command: str, section: str, terms: Terms = NO_TERMS
    ) -> Shared:
        """Pin a section, in place of our own oldest pin of the channel where its pins are full.

        Pressed twice, it takes down one pin: by then the section is pinned.

        Raises:
            PublishError: there is no pin of ours, or it could not be taken down.
        """
        if await self._oldest_pin(place) is None:
            raise RefusedError(NO_PIN_OF_OURS)
        shared = await self.pin(place, command, section, terms)
        if shared.oldest is None:  # it is pinned, or something else is in the way
            return shared
        await self.unpin(shared.oldest)
        return await self._pin(Shared(shared.post, shared.link, shared.fresh))

    async def unpin(self, post: Post) -> None:
        """Unpin a post; it stays in the channel, and is kept up to date."""
        try:
            await self._publisher(post.place).unpin(post)
        except MessageGoneError:
            await self._store.forget(post)
        else:
            await self._store.set_pinned(post, False)

    async def listing(self, posts: Iterable[Post]) -> list[Listed]:
        """Posts with their links and how they stand. Deleted ones are shown a last time."""
        listed = []
        for post in posts:
            try:
                link = await self._publisher(post.place).link(post)
            except MessageGoneError:
                await self._store.forget(post)
                listed.append(Listed(post, Standing.MISSING, ""))
                continue
            except PublishError:
                link = ""
            listed.append(Listed(post, await self.standing(post), link))
        return listed

    async def standing(self, post: Post) -> Standing:
        """How a post stands to the documents as they are now, as far as we know."""
        target = await self._targets.of(post)
        if target is None or post.revision != target.revision:
            return Standing.OUTDATED
        return Standing.WITHDRAWN if target.state is State.WITHDRAWN else Standing.CURRENT

    # Staying true

    async def posts(self) -> list[Post]:
        """Every recorded post."""
        return list(await self._store.all())

    def reachable(self, posts: Iterable[Post]) -> list[Post]:
        """Those that stand on a platform that we are connected to."""
        return [post for post in posts if post.place.platform in self._publishers]

    async def posts_on(self, platform: Platform) -> list[Post]:
        """Every post of a platform."""
        return [post for post in await self._store.all() if post.place.platform is platform]

    async def resume(self, platform: Platform) -> int:
        """Go on where a process that died left off: postings that were begun and not recorded.

        Returns how many could not be completed now, and may be later. Raises `LdnBotError` where
        the store cannot be used.

        Where nonces are known, the platform takes a message that it has only once, and names it.
        Elsewhere posting once more could double it, and another process may be at it: the
        reservation runs out by itself, and is given back then.
        """
        await self.record_what_stands()
        left = 0
        for held in await self._store.unfinished():
            if held.place.platform is not platform:
                continue
            try:
                if not held.held(datetime.now(UTC)):
                    _tell_of_cut_off(held)
                    await self._store.release(held)
                elif platform in KNOW_NONCES:
                    section = self._targets.section(held.command, held.section)
                    await self._targets.look_up([held.place])
                    answer = await self._targets.dressed(held.place, section)
                    message = await self._publisher(held.place).post(
                        held.place, answer, held.nonce, held.reply_to
                    )
                    # It may have been posted from documents that have been replaced since.
                    await self._store.record(held, message, UNKNOWN)
                else:
                    left += 1
            except Exception as error:  # whatever it is, the others have their chance
                log.warning("an unfinished posting could not be completed: %s", in_words(error))
                left += may_pass(error)
        return left

    async def record_what_stands(self) -> None:
        """Record what was posted, and was not because the store failed: nothing else keeps it true.

        Raises:
            LdnBotError: the store still fails.
        """
        for standing in list(self._unrecorded):
            await self._store.record(*standing)
            self._unrecorded.discard(standing)

    async def outdated(self, posts: Iterable[Post]) -> list[Post]:
        """The posts that a refresh would edit."""
        return [
            post
            for post in posts
            if (target := await self._targets.of(post)) and post.revision != target.revision
        ]

    async def refresh(
        self, posts: Sequence[Post], progress: Callable[[], None] = lambda: None
    ) -> Refreshed:
        """See `Refresher.refresh`."""
        return await self._refresher.refresh(posts, progress)

    async def _post(self, held: Reservation, answer: Answer, *, notify: bool) -> Post:
        publisher = self._publisher(held.place)
        at_most = ATTEMPTS if held.place.platform in KNOW_NONCES else 1
        try:
            async with asyncio.timeout(POST_WITHIN):
                async for attempt in attempts(at_most):
                    with attempt:
                        message = await publisher.post(
                            held.place, answer, held.nonce, held.reply_to, notify=notify
                        )
        except (UnreachableError, TimeoutError) as error:
            # It may have been posted: the reservation stays, and `resume` looks where it can.
            if held.place.platform in KNOW_NONCES:
                self.look_again(held.place.platform)
            raise error if isinstance(error, UnreachableError) else UnreachableError(BUSY) from None
        except PublishError:
            await self._store.release(held)
            raise
        # With a nonce that is known, the platform names the message that it has, as it was then.
        known = not held.taken_over or held.place.platform not in KNOW_NONCES
        standing = held, message, revision_of(answer) if known else UNKNOWN
        self._unrecorded.add(standing)  # before: the bot may be stopped while this waits
        try:
            post = await self._store.record(*standing)
        except LdnBotError:
            self.look_again(held.place.platform)
            raise
        self._unrecorded.discard(standing)
        return post

    async def _pin(self, shared: Shared) -> Shared:
        post = shared.post
        try:
            await self._publisher(post.place).pin(post)
        except PinsFullError as error:
            await self._store.set_pinned(post, False)  # if it was once, it is not any more
            oldest = await self._oldest_pin(post.place)
            return replace(shared, trouble=str(error), oldest=oldest)
        except PublishError as error:
            return replace(shared, trouble=str(error))
        await self._store.set_pinned(post, True)
        return replace(shared, pinned=True)

    async def _oldest_pin(self, place: Place) -> Post | None:
        return next((post for post in await self._store.at(place) if post.pinned), None)

    async def _link(self, post: Post) -> str:
        try:
            return await self._publisher(post.place).link(post)
        except PublishError:
            return ""

    def _publisher(self, place: Place) -> Publisher:
        return self._publishers[place.platform]


def _tell_of_cut_off(held: Reservation) -> None:
    """Tell whoever runs the bot of what may stand in a channel, and is known to nobody."""
    log.warning(
        "a posting of %s in the channel %s was cut off; if it stands there, it is not kept true",
        held.section,
        held.place.channel,
    )
