"""PostKeeper: share, pin, unpin, and bring every post up to date.

An edit goes: claim the post (so that no other process has it), remember durably that the edit
begins, edit, record the outcome. A process that is killed in between leaves the memory of the
begun edit, and so does one that gave up without an answer; whoever claims the post next asks the
platform what the message says, and edits only if it has to.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

import tenacity

from knowledge.answer import Answer
from knowledge.communities import Communities
from knowledge.compose import Composer
from knowledge.desk import Desks
from knowledge.errors import LdnBotError, SaidError
from knowledge.language import gettext_noop
from knowledge.numbers import Numbers
from knowledge.posts import (
    Claim,
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
    STORE_AWAY,
    MessageGoneError,
    PinsFullError,
    Publisher,
    PublishError,
    RefusedError,
    UnreachableError,
)

log = logging.getLogger(__name__)

CHANNELS_AT_ONCE = 8
"""Channels in which posts are edited side by side; within a channel they wait for one another."""
ATTEMPTS = 6
LONGEST_WAIT = 10.0
"""Seconds between two attempts at an edit that the platform did not answer, at most."""

POST_WITHIN = 40.0
"""Seconds that a posting may take, with all its attempts, and what a platform makes us wait. It is
less than `RESERVED_FOR`: whoever asks after that may post it as well."""

UNKNOWN = ""
"""The revision of a post that a crash cut off: nobody knows what the documents said then."""
KNOW_NONCES = frozenset({Platform.DISCORD})
"""Where the same posting, asked for twice, is done once."""

BUSY = gettext_noop("This is being posted at this moment. Please look at the channel.")
UNKNOWN_TOPIC = gettext_noop("There is no such topic any more. Please use the command again.")
NO_PIN_OF_OURS = gettext_noop("None of the pins here is mine. Please unpin one yourself.")
COOLING_DOWN = gettext_noop(
    "Something was posted in this channel a short while ago. Please wait a little, or ask a "
    "moderator."
)
DOCUMENT_GONE = gettext_noop("Its document is gone.")
UNFORESEEN = gettext_noop("Something went wrong. The bot's log says what.")
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


@dataclass(slots=True)
class Refreshed:
    """What a refresh did. `failed` holds posts that are not current, and why."""

    edited: int = 0
    withdrawn: int = 0
    forgotten: int = 0
    current: int = 0
    unsettled: int = 0
    """Times that it is worth to try again later: a platform did not answer, or another process,
    which may die over it, is at the post."""
    failed: list[tuple[Post, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Target:
    """What a post should say."""

    answer: Answer
    revision: str
    state: State


class PostKeeper:
    """Keeps what stands in channels true to the documents."""

    def __init__(
        self,
        store: PostStore,
        desks: Desks,
        publishers: Mapping[Platform, Publisher],
        communities: Communities | None = None,
        numbers: Numbers | None = None,
        *,
        look_again: Callable[[Platform], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`communities` tells who wants posts without decoration.

        `look_again` is called where something on a platform was left open, for `resume` and
        `refresh` to mend soon.
        """
        self._store = store
        self._desks = desks
        self._publishers = publishers
        self._communities = communities
        self._numbers = numbers or Numbers()
        self.look_again = look_again
        self._now = now
        self._unrecorded: set[tuple[Reservation, str, str]] = set()
        """What was posted while the store failed: the message, and the revision of its text."""

    # Sharing and pinning

    async def share(
        self, place: Place, command: str, section: str, terms: Terms = NO_TERMS
    ) -> Shared:
        """Post a section for everyone in a channel, unless it was posted a moment ago.

        Raises:
            PublishError: with the sentence for the one who asked.
        """
        await self._record_what_stands()
        await self._look_up([place])
        answer = await self._dressed(place, self._section(command, section))
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
        self._section(command, section)
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
        target = await self._target(post)
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
        reservation runs out by itself.
        """
        await self._record_what_stands()
        left = 0
        for held in await self._store.unfinished():
            if held.place.platform is not platform:
                continue
            try:
                if not held.held(self._now()):
                    await self._store.release(held)
                elif platform in KNOW_NONCES:
                    section = self._section(held.command, held.section)
                    await self._look_up([held.place])
                    answer = await self._dressed(held.place, section)
                    message = await self._publisher(held.place).post(
                        held.place, answer, held.nonce, held.reply_to
                    )
                    # It may have been posted from documents that have been replaced since.
                    await self._store.record(held, message, UNKNOWN)
            except Exception as error:  # whatever it is, the others have their chance
                log.warning("an unfinished posting could not be completed: %s", _in_words(error))
                left += _may_pass(error)
        return left

    async def outdated(self, posts: Iterable[Post]) -> list[Post]:
        """The posts that a refresh would edit."""
        return [
            post
            for post in posts
            if (target := await self._target(post)) and post.revision != target.revision
        ]

    async def refresh(
        self,
        posts: Sequence[Post],
        progress: Callable[[], None] = lambda: None,
    ) -> Refreshed:
        """Bring posts up to date.

        Args:
            posts: which; all on platforms that we can reach.
            progress: called once for each post that is done.

        Raises:
            LdnBotError: the store cannot be used; what was begun is taken up by the next refresh.
        """
        begun = frozenset(await self._store.begun())
        await self._look_up(post.place for post in posts)
        result = Refreshed()
        channels: dict[Place, list[Post]] = {}
        for post in posts:
            channels.setdefault(post.place, []).append(post)
        at_once = asyncio.Semaphore(CHANNELS_AT_ONCE)

        async def refresh_channel(place: Place, stale: list[Post]) -> None:
            async with at_once:
                await self._find_native_pins(place, stale, result)
                for post in stale:
                    try:
                        await self._refresh(post, post.id in begun, result)
                    except Exception as error:  # whatever it is, the others have their chance
                        result.failed.append((post, _in_words(error)))
                        result.unsettled += 1
                    progress()

        async with asyncio.TaskGroup() as group:
            for place, each in channels.items():
                group.create_task(refresh_channel(place, each))
        self._numbers.refreshed(
            edited=result.edited, forgotten=result.forgotten, failed=len(result.failed)
        )
        return result

    async def _refresh(self, post: Post, begun: bool, result: Refreshed) -> None:
        target = await self._target(post)
        if target is None:
            result.failed.append((post, DOCUMENT_GONE))
            return
        if (post.revision, post.state) == (target.revision, target.state) and not begun:
            result.current += 1
            return
        async with self._store.claim(post.id) as claim:
            if claim is None:
                result.unsettled += 1  # another process has it, or it was forgotten meanwhile
                return
            # There may have been a wait for it, and others have changed the documents meanwhile.
            target = await self._target(claim.post) or target
            if claim.post.revision == target.revision and claim.begun is None:
                # Somebody else was first; or the documents are again as the message has it.
                await claim.finish(target.revision, target.state)
                result.current += 1
                return
            await self._bring_up_to_date(claim, target, result)

    async def _bring_up_to_date(self, claim: Claim, target: _Target, result: Refreshed) -> None:
        publisher, post = self._publisher(claim.post.place), claim.post
        # After a crash or a lost answer the edit may have been made already.
        lost = claim.begun is not None or post.revision == UNKNOWN
        try:
            async for attempt in _attempts():
                with attempt:
                    if not (lost and await publisher.shows(post, target.answer)):
                        await claim.begin(target.revision)
                        try:
                            await publisher.edit(post, target.answer)
                        except UnreachableError:
                            lost = True
                            raise
        except MessageGoneError:
            await claim.forget()
            result.forgotten += 1
        except PublishError as error:
            if lost:
                await claim.give_up(str(error))
            else:
                await claim.finish(post.revision, State.OUTDATED, str(error))
            result.failed.append((post, str(error)))
            result.unsettled += isinstance(error, UnreachableError)
        else:
            await claim.finish(target.revision, target.state)
            result.edited += 1
            result.withdrawn += target.state is State.WITHDRAWN

    async def _find_native_pins(
        self, place: Place, posts: Sequence[Post], result: Refreshed
    ) -> None:
        """A post that a moderator pinned or unpinned with the platform's own menu counts too."""
        try:
            pinned = await self._publisher(place).pinned(place)
            for post in posts:
                if post.pinned != (post.message in pinned):
                    await self._store.set_pinned(post, not post.pinned)
        except Exception as error:
            log.info("the pins of a channel cannot be looked through: %s", _in_words(error))
            result.unsettled += _may_pass(error)

    # What posts should say

    async def _target(self, post: Post) -> _Target | None:
        desk = self._desks.get(post.command)
        if desk is None:
            return None
        answer, state = desk.open(post.section), State.CURRENT
        if answer is None or answer.section != post.section:
            nearest = next(iter(desk.suggest(post.title, limit=1)), None)
            answer = Composer(desk.document, desk.language).withdrawn(post.title, nearest)
            state = State.WITHDRAWN
        answer = await self._dressed(post.place, answer)
        return _Target(answer, revision_of(answer), state)

    async def _look_up(self, places: Iterable[Place]) -> None:
        """Learn what the places' communities have set by now, maybe through another process."""
        if self._communities is not None:
            for platform, community in {(each.platform, each.community) for each in places}:
                await self._communities.held(platform, community)

    async def _dressed(self, place: Place, answer: Answer) -> Answer:
        """An answer as the place's community wants it, as far as we know."""
        if self._communities is None:
            return answer
        settings = await self._communities.shown(place.platform, place.community)
        return replace(answer, plain=True) if settings.plain else answer

    def _section(self, command: str, section: str) -> Answer:
        desk = self._desks.get(command)
        # Exactly a section: other words may open one in short, or under another name.
        answer = desk.open(section) if desk and section in desk.document.by_id else None
        if answer is None:
            raise RefusedError(UNKNOWN_TOPIC)
        return answer

    async def _post(self, held: Reservation, answer: Answer, *, notify: bool) -> Post:
        publisher = self._publisher(held.place)
        attempts = _attempts(ATTEMPTS if held.place.platform in KNOW_NONCES else 1)
        try:
            async with asyncio.timeout(POST_WITHIN):
                async for attempt in attempts:
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
        try:
            return await self._store.record(*standing)
        except LdnBotError:
            self._unrecorded.add(standing)
            self.look_again(held.place.platform)
            raise

    async def _record_what_stands(self) -> None:
        """Record what was posted while the store failed: else nothing would keep it true."""
        for standing in list(self._unrecorded):
            await self._store.record(*standing)
            self._unrecorded.discard(standing)

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


def _in_words(error: Exception) -> str:
    """What to say of an error; of one that only the operator can mend, the log has more."""
    if isinstance(error, SaidError):
        return str(error)
    if isinstance(error, LdnBotError):
        log.warning("a post could not be brought up to date: %s", error)
        return STORE_AWAY
    log.error("a post could not be looked after", exc_info=error)
    return UNFORESEEN


def _may_pass(error: Exception) -> bool:
    """Whether it is worth to try again later; what a platform answered, it will answer again."""
    return isinstance(error, UnreachableError) or not isinstance(error, PublishError)


def _attempts(at_most: int = ATTEMPTS) -> tenacity.AsyncRetrying:
    """Try what a platform did not answer again, a little later each time."""
    return tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(UnreachableError),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=LONGEST_WAIT),
        stop=tenacity.stop_after_attempt(at_most),
        reraise=True,
    )
