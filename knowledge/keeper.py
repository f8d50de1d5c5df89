"""PostKeeper: shares, pins and unpins posts, and keeps every post true to the documents.

To post takes three steps: reserve (so that no other process posts the same), post, record.
`resume` completes what a killed process has begun and not recorded. `knowledge.refreshing` brings
posts up to date when the documents change.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

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
    PostOptions,
    PostState,
    PostStore,
    Reservation,
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
    log_failure,
    may_pass,
    sentence_for,
)
from knowledge.refreshing import UNKNOWN, Refresher, RefreshResult
from knowledge.targets import Targets

log = logging.getLogger(__name__)

POST_WITHIN = 40.0
"""Seconds that one posting may take, with all attempts and the pauses that a platform asks for.
Less than `RESERVED_FOR`, because another process may post the same once the reservation is over."""

DEDUPLICATE_NONCES = frozenset({Platform.DISCORD})
"""The platforms that post a message with the same nonce only once."""

BUSY = gettext_noop("This is being posted at this moment. Please look at the channel.")
NO_PIN_OF_OURS = gettext_noop("None of the pins here is mine. Please unpin one yourself.")
COOLING_DOWN = gettext_noop(
    "Something was posted in this channel a short while ago. Please wait a little, or ask a "
    "moderator."
)
DEFAULT_OPTIONS = PostOptions()


@dataclass(frozen=True, slots=True)
class ShareResult:
    """What came of sharing or pinning a section.

    Args:
        post: the post in the channel.
        link: its address; empty if the platform did not say it.
        is_new: whether it was posted just now, and not a moment ago.
        pinned: whether it is pinned.
        pin_error: why it could not be pinned, as a sentence for a moderator.
        oldest_pin: the bot's oldest pin in the channel, if the channel's pins are full: it could be
            replaced.
    """

    post: Post
    link: str
    is_new: bool
    pinned: bool = False
    pin_error: str = ""
    oldest_pin: Post | None = None


@dataclass(frozen=True, slots=True)
class ListedPost:
    """A post as moderators are shown it.

    `state` compares it with the documents of this moment; `post.state` is what was last recorded.
    `link` is empty if the platform did not say it.
    """

    post: Post
    state: PostState
    link: str


class PostKeeper:
    """Posts sections in channels, and keeps the posts true to the documents; see the module."""

    def __init__(
        self,
        store: PostStore,
        desks: Desks,
        publishers: Mapping[Platform, Publisher],
        communities: Communities,
        metrics: Metrics | None = None,
        *,
        retry_soon: Callable[[Platform], None] = lambda _: None,
    ) -> None:
        """A keeper for posts on the platforms that `publishers` holds.

        Args:
            store: where posts are recorded.
            desks: what the posts should say.
            publishers: by platform, those that can be reached.
            communities: tells which communities want posts without decoration.
            metrics: counts what a refresh did.
            retry_soon: called with a platform on which something is unfinished, so that the caller
                runs `resume` and `refresh` again soon.
        """
        self._store = store
        self._targets = Targets(desks, communities)
        self._publishers = publishers
        self._refresher = Refresher(store, self._targets, publishers, metrics or Metrics())
        self.retry_soon = retry_soon
        self._unrecorded: set[tuple[Reservation, str, str]] = set()
        """What was posted and is not recorded yet: reservation, message, revision of its text."""

    # Sharing and pinning

    async def share(
        self, place: Place, command: str, section: str, options: PostOptions = DEFAULT_OPTIONS
    ) -> ShareResult:
        """Post a section for everyone in a channel, unless it was posted a moment ago.

        Raises:
            PublishError: it was not posted; the text is a sentence for the one who asked.
            LdnBotError: the store cannot be used.
        """
        await self.record_pending()
        await self._targets.look_up([place])
        answer = await self._targets.styled(place, self._targets.section(command, section))
        reserved = await self._store.reserve(
            place,
            command,
            section,
            answer.heading,
            reply_to=options.reply_to,
            cooldown=options.cooldown,
        )
        if reserved is None:
            raise RefusedError(BUSY)
        if isinstance(reserved, CoolingDown):
            raise RefusedError(COOLING_DOWN)
        if isinstance(reserved, Post):
            try:
                link = await self._publisher(place).link(reserved)
            except MessageGoneError:
                # Its message was deleted, so it is posted anew.
                await self._store.forget(reserved)
                return await self.share(place, command, section, options)
            return ShareResult(reserved, link, is_new=False)
        if reserved.taken_over and place.platform not in DEDUPLICATE_NONCES:
            _log_interrupted(reserved)
        post = await self._post(reserved, answer, notify=options.notify)
        if await self.outdated([post]):
            # The documents were replaced meanwhile, and their refresh did not include this post.
            await self.refresh([post])
        return ShareResult(post, await self._link(post), is_new=True)

    async def pin(
        self, place: Place, command: str, section: str, options: PostOptions = DEFAULT_OPTIONS
    ) -> ShareResult:
        """Post a section and pin it. A post of it that is pinned already is not posted again.

        If only pinning fails, the result's `pin_error` says why.

        Raises:
            PublishError: it could not be posted.
            LdnBotError: the store cannot be used.
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
                    return await self._pin(ShareResult(post, link, is_new=False))
        return await self._pin(await self.share(place, command, section, options))

    async def replace_oldest(
        self, place: Place, command: str, section: str, options: PostOptions = DEFAULT_OPTIONS
    ) -> ShareResult:
        """Pin a section; if the channel's pins are full, unpin the bot's own oldest one for it.

        Called twice, it unpins one post only, because the section is pinned by then.

        Raises:
            PublishError: the bot has no pin there, or it could not be unpinned.
            LdnBotError: the store cannot be used.
        """
        if await self._oldest_pin(place) is None:
            raise RefusedError(NO_PIN_OF_OURS)
        shared = await self.pin(place, command, section, options)
        if shared.oldest_pin is None:  # it is pinned, or something else is in the way
            return shared
        await self.unpin(shared.oldest_pin)
        return await self._pin(ShareResult(shared.post, shared.link, shared.is_new))

    async def unpin(self, post: Post) -> None:
        """Unpin a post. It stays in the channel, and is still kept up to date.

        Raises:
            PublishError: it could not be unpinned.
            LdnBotError: the store cannot be used.
        """
        try:
            await self._publisher(post.place).unpin(post)
        except MessageGoneError:
            await self._store.forget(post)
        else:
            await self._store.set_pinned(post, False)

    async def listing(self, posts: Iterable[Post]) -> list[ListedPost]:
        """Posts with their links and states.

        A post whose message was deleted is listed once more, as missing, and then forgotten.

        Raises:
            LdnBotError: the store cannot be used.
        """
        listed = []
        for post in posts:
            try:
                link = await self._publisher(post.place).link(post)
            except MessageGoneError:
                await self._store.forget(post)
                listed.append(ListedPost(post, PostState.MISSING, ""))
                continue
            except PublishError:
                link = ""
            listed.append(ListedPost(post, await self.state_now(post), link))
        return listed

    async def state_now(self, post: Post) -> PostState:
        """Compare a recorded post with the documents as they are now; the platform is not asked."""
        target = await self._targets.of(post)
        if target is None or post.revision != target.revision:
            return PostState.OUTDATED
        return PostState.WITHDRAWN if target.state is PostState.WITHDRAWN else PostState.CURRENT

    # Staying true

    async def posts(self) -> list[Post]:
        """Every recorded post."""
        return list(await self._store.all())

    def reachable(self, posts: Iterable[Post]) -> list[Post]:
        """The posts on platforms that this keeper has a publisher for."""
        return [post for post in posts if post.place.platform in self._publishers]

    async def posts_on(self, platform: Platform) -> list[Post]:
        """Every post of a platform."""
        return [post for post in await self._store.all() if post.place.platform is platform]

    async def resume(self, platform: Platform) -> int:
        """Complete postings that were begun and not recorded, by a process that was killed.

        Where the platform honours nonces, the message is posted again: the platform posts nothing
        twice, and names the message. Elsewhere that could post it twice, so it is left. A
        reservation that is not active any more is logged and released.

        Returns:
            How many could not be completed now, and may be later.

        Raises:
            LdnBotError: the store cannot be used.
        """
        await self.record_pending()
        left = 0
        for reservation in await self._store.unfinished():
            if reservation.place.platform is not platform:
                continue
            try:
                if not reservation.is_active(datetime.now(UTC)):
                    _log_interrupted(reservation)
                    await self._store.release(reservation)
                elif platform in DEDUPLICATE_NONCES:
                    section = self._targets.section(reservation.command, reservation.section)
                    await self._targets.look_up([reservation.place])
                    answer = await self._targets.styled(reservation.place, section)
                    message = await self._publisher(reservation.place).post(
                        reservation.place, answer, reservation.nonce, reservation.reply_to
                    )
                    # It may have been posted from documents that have been replaced since.
                    await self._store.record(reservation, message, UNKNOWN)
                else:
                    left += 1
            except Exception as error:  # one failure must not keep the others from completing
                log_failure(error)
                log.warning("an unfinished posting could not be completed: %s", sentence_for(error))
                left += may_pass(error)
        return left

    async def record_pending(self) -> None:
        """Record what was posted while the store failed; otherwise it would never be refreshed.

        Raises:
            LdnBotError: the store still fails.
        """
        for recording in list(self._unrecorded):
            await self._store.record(*recording)
            self._unrecorded.discard(recording)

    async def outdated(self, posts: Iterable[Post]) -> list[Post]:
        """The posts that a refresh would edit."""
        return [
            post
            for post in posts
            if (target := await self._targets.of(post)) and post.revision != target.revision
        ]

    async def refresh(
        self, posts: Sequence[Post], progress: Callable[[], None] = lambda: None
    ) -> RefreshResult:
        """See `Refresher.refresh`."""
        return await self._refresher.refresh(posts, progress)

    async def _post(self, reservation: Reservation, answer: Answer, *, notify: bool) -> Post:
        publisher = self._publisher(reservation.place)
        at_most = ATTEMPTS if reservation.place.platform in DEDUPLICATE_NONCES else 1
        try:
            async with asyncio.timeout(POST_WITHIN):
                async for attempt in attempts(at_most):
                    with attempt:
                        message = await publisher.post(
                            reservation.place,
                            answer,
                            reservation.nonce,
                            reservation.reply_to,
                            notify=notify,
                        )
        except (UnreachableError, TimeoutError) as error:
            # It may have been posted, so the reservation is kept; `resume` completes it.
            if reservation.place.platform in DEDUPLICATE_NONCES:
                self.retry_soon(reservation.place.platform)
            raise error if isinstance(error, UnreachableError) else UnreachableError(BUSY) from None
        except PublishError:
            await self._store.release(reservation)
            raise
        # A platform that honours the nonce may have named a message that was posted earlier, from
        # documents that are not known here.
        known = not reservation.taken_over or reservation.place.platform not in DEDUPLICATE_NONCES
        recording = reservation, message, revision_of(answer) if known else UNKNOWN
        self._unrecorded.add(recording)  # first, because the bot may be stopped during the await
        try:
            post = await self._store.record(*recording)
        except LdnBotError:
            self.retry_soon(reservation.place.platform)
            raise
        self._unrecorded.discard(recording)
        return post

    async def _pin(self, shared: ShareResult) -> ShareResult:
        post = shared.post
        try:
            await self._publisher(post.place).pin(post)
        except PinsFullError as error:
            await self._store.set_pinned(post, False)  # if it was once, it is not any more
            oldest_pin = await self._oldest_pin(post.place)
            return replace(shared, pin_error=str(error), oldest_pin=oldest_pin)
        except PublishError as error:
            return replace(shared, pin_error=str(error))
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


def _log_interrupted(reservation: Reservation) -> None:
    """Log a posting that may have been made, and is not recorded."""
    log.warning(
        "a posting of %s in the channel %s was cut off; if it stands there, it is not kept true",
        reservation.section,
        reservation.place.channel,
    )
