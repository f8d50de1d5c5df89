"""Deliveries: what a platform has handed over already, so that nothing is done twice.

Slack repeats what it is unsure of, and anybody might repeat what they have overheard. Of several
processes, any may get the repetition; then the store has to be one that they share.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import Enum, auto
from math import inf
from typing import Protocol

from knowledge.errors import LdnBotError

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(minutes=20)
"""For how long a delivery is known, at least. Slack repeats an event for some minutes
(https://docs.slack.dev/apis/events-api#retries); what was signed five minutes ago is refused."""
REMEMBERED = 100_000
"""As many new deliveries one process remembers by itself before it forgets the older ones."""
PATIENCE = 0.5
"""Seconds that a claim waits, at most, for the store; Slack wants an answer within three, and there
is more to wait for."""

SETTLED_AFTER = 10.0
"""Seconds without a failure after which the store counts as back: while it is slow, it answers one
and not the other."""


class DeliveryState(Enum):
    """How far a delivery is that somebody claims."""

    FIRST = auto()
    """Nobody has claimed it before; whoever asked has it now."""
    BEGUN = auto()
    """Somebody has it, and has not finished. They may have been killed."""
    DONE = auto()
    """Somebody has finished it."""
    UNKNOWN = auto()
    """The store does not say, and whoever asked wants to be sure. Nobody has it now."""


class DeliveryStore(Protocol):
    """Keeps deliveries for several processes at once, for `KEPT_FOR`."""

    async def claim(self, *deliveries: str, surely: bool = False) -> tuple[DeliveryState, ...]:
        """Claim deliveries; of however many that ask at once, one is the first.

        With `surely`, a claim that fails or is cancelled is taken back, as soon as that can be.

        Raises:
            LdnBotError: the store cannot say.
        """

    async def finish(self, delivery: str) -> None:
        """A claimed delivery is done.

        Raises:
            LdnBotError: the store cannot keep that.
        """

    async def release(self, delivery: str) -> None:
        """A delivery that whoever asks has claimed, and will not do, is free again.

        That is so as soon as can be, also when nobody waits for it any more.

        Raises:
            LdnBotError: the store cannot be reached.
        """


class Deliveries:
    """What this process knows to be delivered, and, where there is a store, what others know.

    When the store does not answer, this process goes by what it knows itself: what comes but once
    is answered then. For what comes again, ask `surely`.
    """

    def __init__(self, store: DeliveryStore | None = None) -> None:
        self._store = store
        self._memory = RecentDeliveries()
        self._is_away = False
        self._lost_at = -inf

    async def claim(self, *deliveries: str, surely: bool = False) -> tuple[DeliveryState, ...]:
        """Claim deliveries; how each stands, as far as anybody knows.

        With `surely`, what would be the first while the store does not answer is unknown instead.
        """
        own = tuple(map(self._memory.claim, deliveries))
        if self._store is None:
            return own
        try:
            async with asyncio.timeout(PATIENCE):
                others = await self._store.claim(*deliveries, surely=surely)
        except (LdnBotError, TimeoutError) as error:
            self._lost(error)
            others = (DeliveryState.UNKNOWN if surely else DeliveryState.FIRST,) * len(deliveries)
        else:
            self._found()
        states = tuple(map(_together, own, others))
        for delivery, known, state in zip(deliveries, own, states, strict=True):
            if surely and known is DeliveryState.FIRST and state is not known:
                # It is not done here now, and may be when it comes again: who has it may let it go.
                self._memory.forget(delivery)
        return states

    async def finish(self, delivery: str) -> None:
        """A delivery is done, and may be acknowledged when it comes again."""
        self._memory.finish(delivery)
        if self._store is not None:
            await self._told(self._store.finish(delivery))

    async def release(self, delivery: str) -> None:
        """A delivery that was claimed here will not be done; it may be when it comes again."""
        self._memory.forget(delivery)
        if self._store is not None:
            await self._told(self._store.release(delivery))

    async def _told(self, telling: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await telling
        except (LdnBotError, TimeoutError) as error:
            self._lost(error)
        else:
            self._found()

    # One line when it begins, and one when it is over, however much is delivered meanwhile.

    def _lost(self, error: Exception) -> None:
        self._lost_at = time.monotonic()
        if not self._is_away:
            self._is_away = True
            log.warning(
                "what other processes have answered is not known now (%s)", type(error).__name__
            )

    def _found(self) -> None:
        if self._is_away and time.monotonic() - self._lost_at >= SETTLED_AFTER:
            self._is_away = False
            log.info("what other processes have answered is known again")


def _together(own: DeliveryState, other: DeliveryState) -> DeliveryState:
    """How a delivery stands, of which a process knows this and the store that."""
    if own is DeliveryState.FIRST or other in {DeliveryState.BEGUN, DeliveryState.DONE}:
        return other
    return own  # what was done here while the store did not answer, it does not know of


class RecentDeliveries:
    """What was claimed of late, in two generations: a number for each.

    `clock` counts seconds from anywhere.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._young: dict[int, DeliveryState] = {}
        self._old: dict[int, DeliveryState] = {}

    def claim(self, delivery: str) -> DeliveryState:
        """How a delivery stands that may have been claimed within `KEPT_FOR`; it is now."""
        age = self._clock() - self._since
        if age >= KEPT_FOR.total_seconds() or len(self._young) >= REMEMBERED:
            outlived = age >= 2 * KEPT_FOR.total_seconds()
            self._old = {} if outlived else self._young
            self._young = {}
            self._since = self._clock()
        key = hash(delivery)  # Python keys it anew in each process
        if known := self._young.get(key) or self._old.get(key):
            return known
        self._young[key] = DeliveryState.BEGUN
        return DeliveryState.FIRST

    def forget(self, delivery: str) -> None:
        """A delivery that was claimed a moment ago is free again."""
        for generation in (self._young, self._old):  # they may have changed since
            generation.pop(hash(delivery), None)

    def finish(self, delivery: str) -> None:
        """A delivery is done."""
        self._young[hash(delivery)] = DeliveryState.DONE
