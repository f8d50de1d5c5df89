"""Refresher: brings posts up to date with the documents.

An edit goes: claim the post (so that no other process has it), remember durably that the edit
begins, edit, record the outcome. A process that is killed in between leaves the memory of the
begun edit, and so does one that gave up without an answer; whoever claims the post next asks the
platform what the message says, and edits only if it has to.
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
"""Channels in which posts are edited side by side; within a channel they wait for one another."""
UNKNOWN = ""
"""The revision of a post that a crash cut off: nobody knows what the documents said then."""
DOCUMENT_GONE = gettext_noop("Its document is gone.")


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


class Refresher:
    """Edits what stands in channels; see `refresh`."""

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
    ) -> Refreshed:
        """Bring posts up to date.

        Args:
            posts: which; all on platforms that we can reach.
            progress: called once for each post that is done.

        Raises:
            LdnBotError: the store cannot be used; what was begun is taken up by the next refresh.
        """
        begun = frozenset(await self._store.begun())
        await self._targets.look_up(post.place for post in posts)
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

    async def _refresh(self, post: Post, begun: bool, result: Refreshed) -> None:
        target = await self._targets.of(post)
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
            target = await self._targets.of(claim.post) or target
            if claim.post.revision == target.revision and claim.begun is None:
                # Somebody else was first; or the documents are again as the message has it.
                await claim.finish(target.revision, target.state)
                result.current += 1
                return
            await self._bring_up_to_date(claim, target, result)

    async def _bring_up_to_date(self, claim: Claim, target: Target, result: Refreshed) -> None:
        publisher, post = self._publishers[claim.post.place.platform], claim.post
        # After a crash or a lost answer the edit may have been made already.
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
        self, place: Place, posts: Sequence[Post], result: Refreshed
    ) -> None:
        """A post that a moderator pinned or unpinned with the platform's own menu counts too."""
        try:
            pinned = await self._publishers[place.platform].pinned(place)
            for post in posts:
                if post.pinned != (post.message in pinned):
                    await self._store.set_pinned(post, not post.pinned)
        except Exception as error:
            log_failure(error)
            log.info("the pins of a channel cannot be looked through: %s", sentence_for(error))
            result.unsettled += may_pass(error)
