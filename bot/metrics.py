"""Metrics for Prometheus, counted since the process started.

Only this module imports prometheus_client, and it is imported only if a health port is set.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from knowledge.answer import Answer, Kind
from knowledge.metrics import Metrics
from knowledge.posts import Platform

CONTENT_TYPE = CONTENT_TYPE_LATEST

NAMED = frozenset({Kind.SECTION, Kind.MENU, Kind.SUGGESTIONS})
"""The kinds of answers that are counted by name. All others share one number, so that no metric
tells that somebody was in a crisis or asked for advice (docs/privacy.md)."""
OTHER = "other"

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""The upper bounds of the histogram's buckets; both platforms give up after three seconds."""


class PrometheusMetrics(Metrics):
    """Counts in memory. Every label's values come from the documents or from this module."""

    def __init__(self) -> None:
        # Otherwise each counter would also export the time when it was created.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "ldn_bot_answers",
            "Answers to questions.",
            ("platform", "command", "kind", "section"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "ldn_bot_answer_seconds",
            "From an event to the moment at which its answer is sent.",
            ("platform",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._connected = Gauge(
            "ldn_bot_connected",
            "Whether questions reach this process (1) or not (0).",
            ("platform",),
            registry=self._registry,
        )
        self._reconnects = Counter(
            "ldn_bot_reconnects",
            "Connections that were lost and came back.",
            ("platform",),
            registry=self._registry,
        )
        self._unsigned = Counter(
            "ldn_bot_unsigned",
            "Requests that were refused because Slack had not signed them just now.",
            registry=self._registry,
        )
        self._refreshed = Counter(
            "ldn_bot_posts_refreshed",
            "Posts that were to be brought up to date, by what came of it.",
            ("result",),
            registry=self._registry,
        )
        self._reloads = Counter(
            "ldn_bot_reloads",
            "Times that the documents were read again, by what came of it.",
            ("result",),
            registry=self._registry,
        )
        self._not_taken = Gauge(
            "ldn_bot_documents_not_taken",
            "Whether the documents in the folder are others than those that are served, because "
            "they have faults (1).",
            registry=self._registry,
        )
        self._generation = Gauge(
            "ldn_bot_documents_generation",
            "How many versions of the documents were served since the start, this one included.",
            registry=self._registry,
        )
        self._loaded = Gauge(
            "ldn_bot_documents_loaded_timestamp_seconds",
            "When the documents that are served were loaded.",
            registry=self._registry,
        )
        self._tasks = Gauge(
            "ldn_bot_tasks",
            "Things that are under way in this process: answers, connections, what waits for both.",
            registry=self._registry,
        )
        self._seen: set[tuple[Platform, int]] = set()
        for result in ("edited", "forgotten", "failed"):
            self._refreshed.labels(result)
        for result in ("taken", "not_taken"):
            self._reloads.labels(result)
        self._serves_new_documents()

    def text(self, connected: Mapping[Platform, bool], tasks: int) -> bytes:
        """Everything, in Prometheus's text format.

        Args:
            connected: each configured platform.
            tasks: how many tasks of asyncio are alive.
        """
        self._tasks.set(tasks)
        for platform, is_connected in connected.items():
            self._connected.labels(platform.value).set(is_connected)
            self._reconnects.labels(platform.value)
        return generate_latest(self._registry)

    def answered(self, platform: Platform, answer: Answer) -> None:
        """See `Metrics.answered`."""
        kind = answer.kind.value if answer.kind in NAMED else OTHER
        self._answers.labels(platform.value, answer.command, kind, answer.section or "").inc()

    def sent(self, platform: Platform, seconds: float) -> None:
        """See `Metrics.sent`."""
        self._seconds.labels(platform.value).observe(seconds)

    def connected(self, platform: Platform, shard: int = 0) -> None:
        """See `Metrics.connected`."""
        if (platform, shard) in self._seen:
            self._reconnects.labels(platform.value).inc()
        self._seen.add((platform, shard))

    def unsigned(self) -> None:
        """See `Metrics.unsigned`."""
        self._unsigned.inc()

    def refreshed(self, *, edited: int, forgotten: int, failed: int) -> None:
        """See `Metrics.refreshed`."""
        self._refreshed.labels("edited").inc(edited)
        self._refreshed.labels("forgotten").inc(forgotten)
        self._refreshed.labels("failed").inc(failed)

    def reloaded(self, *, taken: bool) -> None:
        """See `Metrics.reloaded`."""
        self._reloads.labels("taken" if taken else "not_taken").inc()
        self._not_taken.set(not taken)
        if taken:
            self._serves_new_documents()

    def _serves_new_documents(self) -> None:
        self._generation.inc()
        self._loaded.set(time.time())
