"""Room: how much of what a platform allows a section takes up, measured in what would be sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.conversation import Page
from adapters.web.dress import Dress, Payload
from knowledge.answer import Answer
from knowledge.markup import length
from knowledge.posts import Platform


@dataclass(frozen=True, slots=True)
class Measure:
    """The fullest page's `used` of `limit`, in the unit that `what` names."""

    what: str
    used: int
    limit: int

    @property
    def percent(self) -> int:
        """Rounded up: what is full is not called almost full."""
        return -(-100 * self.used // self.limit)


@dataclass(frozen=True, slots=True)
class Room:
    """What a section takes up on one platform."""

    platform: str
    pages: int
    measures: tuple[Measure, ...]


def room(answer: Answer, dress: Dress) -> Room:
    """The room that an answer takes up, over all of its pages."""
    pages = list(_pages(answer, dress))
    measures = [list(_measures(payload, dress)) for payload in pages]
    fullest = (max(each, key=lambda measure: measure.used) for each in zip(*measures, strict=True))
    return Room(dress.name, len(pages), tuple(fullest))


def _pages(answer: Answer, dress: Dress) -> Iterator[Payload]:
    """Every page; asked for one beyond the last, a renderer gives the last."""
    number, last = 1, None
    while (payload := dress.shown(Page(answer, number))) != last:
        yield payload
        number, last = number + 1, payload


def _measures(payload: Payload, dress: Dress) -> Iterator[Measure]:
    limits = dress.limits
    if dress.platform is Platform.DISCORD:
        yield Measure("message", length(payload["content"]), limits.text)
        return
    blocks = payload["blocks"]
    texts = {
        kind: max((len(each["text"]["text"]) for each in blocks if each["type"] == kind), default=0)
        for kind in ("header", "section")
    }
    yield Measure("longest block", texts["section"], limits.text)
    if limits.heading:
        yield Measure("heading", texts["header"], limits.heading)
