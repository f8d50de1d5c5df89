"""Refresher: brings posts up to date with the documents.

An edit takes four steps: claim the post (lock it for this process), record durably that the edit
begins, edit the message, record the outcome. If a process is killed in between, or gives up without
an answer, the record of the begun edit remains. The next process that claims the post asks the
platform for the message's text, and edits only if it differs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from knowledge.language import gettext_noop
from knowledge.metrics import Metrics
from knowledge.posts import Claim, Place, Platform, Post, PostState, PostStore
from knowledge.publishing import (
    MessageGoneError,
    Publisher,
    PublishError,
    UnreachableError,
    attempts,
    log_failure,
    may_pass,
    sentence_for,
)
from knowledge.targets import Target, Targets

log = logging.getLogger(__name__)

CHANNELS_AT_ONCE = 8
"""Channels in which posts are edited at the same time; within a channel, one after another."""
UNKNOWN = ""
"""The revision of a post whose text is not known, because its posting was interrupted."""
DOCUMENT_GONE = gettext_noop("Its document is gone.")


@dataclass(slots=True)
class RefreshResult:
    """What a refresh did, in numbers of posts.

    `edited` includes `withdrawn`; `forgotten` were deleted on the platform; `current` needed no
    edit. `failed` holds the posts that are outdated, each with the reason as a sentence.
    """

    edited: int = 0
    withdrawn: int = 0
    forgotten: int = 0
    current: int = 0
    unsettled: int = 0
    """How often another refresh may succeed later: the platform gave no answer, or another process
    had claimed the post, and may be killed before it is done."""
    failed: list[tuple[Post, str]] = field(default_factory=list)


class Refresher:
    """Edits posts whose text is not what it should be; see `refresh`."""

    def __init__(
        self,
        store: PostStore,
        targets: Targets,
        publishers: Mapping[Platform, Publisher],
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._targets = targets
        self._publishers = publishers
        self._metrics = metrics

    async def refresh(
        self,
        posts: Sequence[Post],
        progress: Callable[[], None] = lambda: None,
    ) -> RefreshResult:
        """Bring posts up to date.

        Args:
            posts: which ones; each on a platform that has a publisher.
            progress: called after each post.

        Raises:
            LdnBotError: the store cannot be used. The next refresh completes what was begun.
        """
        begun = frozenset(await self._store.begun())
        await self._targets.look_up(post.place for post in posts)
        result = RefreshResult()
        channels: dict[Place, list[Post]] = {}
        for post in posts:
            channels.setdefault(post.place, []).append(post)
        at_once = asyncio.Semaphore(CHANNELS_AT_ONCE)

        async def refresh_channel(place: Place, stale: list[Post]) -> None:
            async with at_once:
                await self._find_native_pins(place, stale, result)
                for post in stale:
                    # A post that is current waits for nothing, and there may be very many.
                    await asyncio.sleep(0)
                    try:
                        await self._refresh(post, post.id in begun, result)
                    except Exception as error:  # one failure must not keep the others from it
                        log_failure(error)
                        result.failed.append((post, sentence_for(error)))
                        result.unsettled += 1
                    progress()

        async with asyncio.TaskGroup() as group:
            for place, each in channels.items():
                group.create_task(refresh_channel(place, each))
        self._metrics.refreshed(
            edited=result.edited, forgotten=result.forgotten, failed=len(result.failed)
        )
        return result

    async def _refresh(self, post: Post, begun: bool, result: RefreshResult) -> None:
        target = await self._targets.of(post)
        if target is None:
            result.failed.append((post, DOCUMENT_GONE))
            return
        if (post.revision, post.state) == (target.revision, target.state) and not begun:
            result.current += 1
            return
        async with self._store.claim(post.id) as claim:
            if claim is None:
                result.unsettled += 1  # another process has claimed it, or it was forgotten
                return
            # The documents may have been replaced while we waited for the claim.
            target = await self._targets.of(claim.post) or target
            if claim.post.revision == target.revision and claim.begun is None:
                # Another process has edited it, or the documents were changed back.
                await claim.finish(target.revision, target.state)
                result.current += 1
                return
            await self._bring_up_to_date(claim, target, result)

    async def _bring_up_to_date(self, claim: Claim, target: Target, result: RefreshResult) -> None:
        publisher, post = self._publishers[claim.post.place.platform], claim.post
        # After a crash or a lost answer, the edit may have been made already: look before editing.
        lost = claim.begun is not None or post.revision == UNKNOWN
        try:
            async for attempt in attempts():
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
                await claim.finish(post.revision, PostState.OUTDATED, str(error))
            result.failed.append((post, str(error)))
            result.unsettled += isinstance(error, UnreachableError)
        else:
            await claim.finish(target.revision, target.state)
            result.edited += 1
            result.withdrawn += target.state is PostState.WITHDRAWN

    async def _find_native_pins(
        self, place: Place, posts: Sequence[Post], result: RefreshResult
    ) -> None:
        """Record which posts a moderator has pinned or unpinned with the platform's own menu."""
        try:
            pinned = await self._publishers[place.platform].pinned(place)
            for post in posts:
                if post.pinned != (post.message in pinned):
                    await self._store.set_pinned(post, not post.pinned)
        except Exception as error:
            log_failure(error)
            log.info("the pins of a channel cannot be looked through: %s", sentence_for(error))
            result.unsettled += may_pass(error)
