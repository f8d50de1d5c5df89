"""Whether Slack has signed a request just now; where it has not, a word to the operator.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from slack_sdk.signature import SignatureVerifier

from knowledge.metrics import Metrics

log = logging.getLogger(__name__)

GOOD_FOR = 300.0
"""Seconds for which a signature holds, before and after its time, as slack_sdk has it."""
SAID_EVERY = 600.0
"""Seconds between two lines of the log that anybody can cause."""


class Signatures:
    """Tells what Slack has signed from what it has not.

    Of the latter anybody can send as much as they like, so it is counted, and said seldom: a wrong
    secret would not be noticed otherwise.

    Args:
        secret: what Slack signs with.
        metrics: counts what is refused.
        clock: seconds from anywhere.
    """

    def __init__(
        self, secret: str, metrics: Metrics, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._verifier = SignatureVerifier(secret)
        self._metrics = metrics
        self._unsigned = _Seldom(clock)
        self._of_another_time = _Seldom(clock)

    def holds(self, body: bytes, timestamp: str | None, signature: str) -> bool:
        """Whether a body, and the time at which it was sent, are signed."""
        try:
            is_signed = self._verifier.is_valid(body, timestamp, signature)
        except (ValueError, TypeError, ArithmeticError):  # no number, no UTF-8, no ASCII, too big
            is_signed = False
        if not is_signed:
            self._tell(timestamp)
        return is_signed

    def _tell(self, timestamp: str | None) -> None:
        self._metrics.unsigned()
        if self._is_of_another_time(timestamp):
            if times := self._of_another_time.due():
                log.warning(
                    "requests with a time more than five minutes off were refused (%d). If "
                    "commands fail on Slack, the clock of this machine is wrong, or what stands in "
                    "front of it holds requests back",
                    times,
                )
        elif times := self._unsigned.due():
            log.warning(
                "requests that are not signed with SLACK_SIGNING_SECRET were refused (%d). If "
                "commands fail on Slack, copy that secret again: Basic Information, App "
                "Credentials",
                times,
            )

    def _is_of_another_time(self, timestamp: str | None) -> bool:
        try:
            return abs(self._verifier.clock.now() - int(timestamp or "")) > GOOD_FOR
        except (ValueError, ArithmeticError):
            return False


class _Seldom:
    """How often something happened, told at most once in `SAID_EVERY`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times = 0
        self._not_before = clock()

    def due(self) -> int:
        """It happened once more: how often since it was told last; 0 where it is not to be now."""
        self._times += 1
        if self._clock() < self._not_before:
            return 0
        self._not_before = self._clock() + SAID_EVERY
        times, self._times = self._times, 0
        return times
