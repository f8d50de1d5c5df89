"""Deliveries: recognises requests and events that were delivered before, so that nothing is done
twice.

Slack repeats an event that was not acknowledged in time, and an attacker may repeat a request. A
repetition may reach any of several processes, which then need a store that they share.
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
"""How long a delivery is remembered, at least. Slack repeats an event for some minutes
(https://docs.slack.dev/apis/events-api#retries), and a signature is valid for five."""
MAX_REMEMBERED = 100_000
"""New deliveries after which one process forgets older ones, if that comes before `KEPT_FOR`."""
STORE_TIMEOUT = 0.5
"""Seconds that each call waits for the store, at most: Slack waits for three in all."""

SETTLED_AFTER = 10.0
"""Seconds without a failure after which an outage of the store counts as over: a slow store answers
some requests and not others."""


class DeliveryState(Enum):
    """What is known of a delivery when somebody tries to claim it."""

    FIRST = auto()
    """It was not claimed before; the caller has it now."""
    BEGUN = auto()
    """It was claimed before, and is not done. The process that claimed it may have been killed."""
    DONE = auto()
    """It was claimed before, and is done."""
    UNKNOWN = auto()
    """The store does not answer, and the claim was strict. The caller does not have it."""


class DeliveryStore(Protocol):
    """Stores deliveries for several processes, for `KEPT_FOR`."""

    async def claim(self, *deliveries: str, strict: bool = False) -> tuple[DeliveryState, ...]:
        """Claim deliveries, and return the state of each.

        If several callers claim a delivery at the same time, exactly one gets `FIRST`. With
        `strict`, a claim that fails or is cancelled is undone as soon as the store can be reached.

        Raises:
            LdnBotError: the store cannot be used.
        """

    async def finish(self, delivery: str) -> None:
        """Record that a claimed delivery is done.

        Raises:
            LdnBotError: the store cannot be used.
        """

    async def release(self, delivery: str) -> None:
        """Undo a claim, so that the delivery can be claimed again; only for one that is not done.

        If the store cannot be reached, that is tried again later, even if the call is cancelled.

        Raises:
            LdnBotError: the store cannot be used.
        """


class Deliveries:
    """Remembers deliveries in this process, and in a shared store if there is one.

    While the store does not answer, only this process's memory counts. So a request that the
    platform does not repeat is still answered; one that it repeats should be claimed `strict`.
    """

    def __init__(self, store: DeliveryStore | None = None) -> None:
        self._store = store
        self._memory = RecentDeliveries()
        self._store_is_away = False
        self._failed_at = -inf

    async def claim(self, *deliveries: str, strict: bool = False) -> tuple[DeliveryState, ...]:
        """Claim deliveries, and return the state of each. Never raises.

        While the store does not answer, a delivery that this process does not know is `FIRST`, or
        with `strict` `UNKNOWN`.
        """
        own = tuple(map(self._memory.claim, deliveries))
        if self._store is None:
            return own
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                others = await self._store.claim(*deliveries, strict=strict)
        except (LdnBotError, TimeoutError) as error:
            self._store_failed(error)
            others = (DeliveryState.UNKNOWN if strict else DeliveryState.FIRST,) * len(deliveries)
        else:
            self._store_answered()
        states = tuple(map(_combined, own, others))
        for delivery, known, state in zip(deliveries, own, states, strict=True):
            if strict and known is DeliveryState.FIRST and state is not known:
                # It is not done now, but perhaps when it is repeated: another process may release
                # it.
                self._memory.forget(delivery)
        return states

    async def finish(self, delivery: str) -> None:
        """Record that a delivery is done. Never raises."""
        self._memory.finish(delivery)
        if self._store is not None:
            await self._tell_store(self._store.finish(delivery))

    async def release(self, delivery: str) -> None:
        """Undo a claim, so that the delivery is done when it is repeated. Never raises."""
        self._memory.forget(delivery)
        if self._store is not None:
            await self._tell_store(self._store.release(delivery))

    async def _tell_store(self, telling: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                await telling
        except (LdnBotError, TimeoutError) as error:
            self._store_failed(error)
        else:
            self._store_answered()

    # One log line when an outage begins, and one when it ends.

    def _store_failed(self, error: Exception) -> None:
        self._failed_at = time.monotonic()
        if not self._store_is_away:
            self._store_is_away = True
            log.warning(
                "what other processes have answered is not known now (%s)", type(error).__name__
            )

    def _store_answered(self) -> None:
        if self._store_is_away and time.monotonic() - self._failed_at >= SETTLED_AFTER:
            self._store_is_away = False
            log.info("what other processes have answered is known again")


def _combined(own: DeliveryState, other: DeliveryState) -> DeliveryState:
    """The state of a delivery, given this process's memory and the store's answer."""
    if own is DeliveryState.FIRST or other is DeliveryState.DONE:
        return other
    return own  # the store does not know what was done here while it did not answer


class RecentDeliveries:
    """The deliveries that this process has claimed lately, as hashes.

    They are kept in two generations, so that the older one can be dropped as a whole. `clock` is a
    monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._young: dict[int, DeliveryState] = {}
        self._old: dict[int, DeliveryState] = {}

    def claim(self, delivery: str) -> DeliveryState:
        """Claim a delivery; its state before (`FIRST` if it was not claimed within `KEPT_FOR`)."""
        age = self._clock() - self._since
        if age >= KEPT_FOR.total_seconds() or len(self._young) >= MAX_REMEMBERED:
            outlived = age >= 2 * KEPT_FOR.total_seconds()
            self._old = {} if outlived else self._young
            self._young = {}
            self._since = self._clock()
        key = hash(delivery)  # keyed with a random number in each process
        if known := self._young.get(key) or self._old.get(key):
            return known
        self._young[key] = DeliveryState.BEGUN
        return DeliveryState.FIRST

    def forget(self, delivery: str) -> None:
        """Undo a claim that was made a moment ago."""
        for generation in (self._young, self._old):  # it may be in the older one by now
            generation.pop(hash(delivery), None)

    def finish(self, delivery: str) -> None:
        """Record that a delivery is done."""
        self._young[hash(delivery)] = DeliveryState.DONE
