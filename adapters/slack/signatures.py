"""Signatures: checks that Slack signed a request, and tells the operator if requests are refused.

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
"""Seconds before and after its timestamp in which a signature is valid; slack_sdk's own limit."""
SAID_EVERY = 600.0
"""Least seconds between two log lines about refused requests, which anybody can cause."""


class Signatures:
    """Checks the signatures of requests.

    Refused requests are counted, and logged at most every `SAID_EVERY` seconds: the operator would
    not notice a wrong secret otherwise, and anybody could fill the log.

    Args:
        secret: the app's signing secret.
        metrics: counts refused requests.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self, secret: str, metrics: Metrics, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._verifier = SignatureVerifier(secret)
        self._metrics = metrics
        self._unsigned = _ThrottledCounter(clock)
        self._outdated = _ThrottledCounter(clock)

    def is_valid(self, body: bytes, timestamp: str | None, signature: str) -> bool:
        """Whether Slack signed this body with this timestamp, at most `GOOD_FOR` seconds ago.

        Never raises for what the headers hold; a refusal is counted and may be logged.
        """
        try:
            is_signed = self._verifier.is_valid(body, timestamp, signature)
        except (ValueError, TypeError, ArithmeticError):  # no number, no UTF-8, no ASCII, too big
            is_signed = False
        if not is_signed:
            self._report_refusal(timestamp)
        return is_signed

    def _report_refusal(self, timestamp: str | None) -> None:
        self._metrics.unsigned()
        if self._is_outdated(timestamp):
            if times := self._outdated.count():
                log.warning(
                    "requests with a time more than five minutes off were refused (%d). If "
                    "commands fail on Slack, the clock of this machine is wrong, or what stands in "
                    "front of it holds requests back",
                    times,
                )
        elif times := self._unsigned.count():
            log.warning(
                "requests that are not signed with SLACK_SIGNING_SECRET were refused (%d). If "
                "commands fail on Slack, copy that secret again: Basic Information, App "
                "Credentials",
                times,
            )

    def _is_outdated(self, timestamp: str | None) -> bool:
        try:
            return abs(self._verifier.clock.now() - int(timestamp or "")) > GOOD_FOR
        except (ValueError, ArithmeticError):
            return False


class _ThrottledCounter:
    """Counts events, and says at most every `SAID_EVERY` seconds how many there were."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times = 0
        self._not_before = clock()

    def count(self) -> int:
        """Count one event; how many there were since the last report if one is due, otherwise 0."""
        self._times += 1
        if self._clock() < self._not_before:
            return 0
        self._not_before = self._clock() + SAID_EVERY
        times, self._times = self._times, 0
        return times
