"""LimitUsage: how much of a platform's limits a section uses, measured on the payloads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.conversation import AnswerPage
from adapters.web.platform_renderer import Payload, PlatformRenderer
from knowledge.answer import Answer
from knowledge.markup import length
from knowledge.posts import Platform


@dataclass(frozen=True, slots=True)
class Measurement:
    """How much of one limit the fullest page uses.

    `what` names what is limited; `used` and `limit` are in the units of `Limits`.
    """

    what: str
    used: int
    limit: int

    @property
    def percent(self) -> int:
        """The used share in percent, rounded up so that a small excess never shows as 100."""
        return -(-100 * self.used // self.limit)


@dataclass(frozen=True, slots=True)
class LimitUsage:
    """How many pages a section needs on one platform, and how full the fullest of them is."""

    platform: str
    pages: int
    measurements: tuple[Measurement, ...]


def limit_usage(answer: Answer, renderer: PlatformRenderer) -> LimitUsage:
    """Measure an answer on one platform, over all of its pages."""
    pages = list(_pages(answer, renderer))
    measurements = [list(_measurements(payload, renderer)) for payload in pages]
    fullest = (
        max(each, key=lambda measure: measure.used) for each in zip(*measurements, strict=True)
    )
    return LimitUsage(renderer.name, len(pages), tuple(fullest))


def _pages(answer: Answer, renderer: PlatformRenderer) -> Iterator[Payload]:
    """The payload of every page. Asked for a page after the last, a renderer returns the last."""
    number, last = 1, None
    while (payload := renderer.render(AnswerPage(answer, number))) != last:
        yield payload
        number, last = number + 1, payload


def _measurements(payload: Payload, renderer: PlatformRenderer) -> Iterator[Measurement]:
    limits = renderer.limits
    if renderer.platform is Platform.DISCORD:
        yield Measurement("message", length(payload["content"]), limits.text)
        return
    blocks = payload["blocks"]
    texts = {
        kind: max((len(each["text"]["text"]) for each in blocks if each["type"] == kind), default=0)
        for kind in ("header", "section")
    }
    yield Measurement("longest block", texts["section"], limits.text)
    if limits.heading:
        yield Measurement("heading", texts["header"], limits.heading)
