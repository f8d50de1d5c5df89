"""Short ways to reserve and to post, and a place for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from knowledge.posts import Place, Platform, Post, PostState, PostStore, Reservation

PLACE = Place(Platform.SLACK, "T1", "C1")
MOMENT = timedelta(microseconds=1)
HANGS_AFTER_S = 20.0
"""Nothing here takes that long; what does is waiting for itself."""
COOLDOWN = timedelta(minutes=30)
"""What `asked` waits for."""


async def reserved(
    store: PostStore,
    section: str = "dose",
    place: Place = PLACE,
    title: str = "Dose",
    reply_to: str = "",
) -> Reservation:
    """A reservation; fails where somebody or something keeps it away."""
    reservation = await store.reserve(place, "ldn", section, title, reply_to=reply_to)
    assert isinstance(reservation, Reservation)
    return reservation


async def posted(
    store: PostStore, section: str = "dose", place: Place = PLACE, message: str = ""
) -> Post:
    """A post that is recorded."""
    reservation = await reserved(store, section, place)
    return await store.record(reservation, message or f"message of {section}", "r1")


async def asked(store: PostStore, section: str = "next", place: Place = PLACE) -> Any:
    """What a reservation comes to where the channel has to cool down."""
    return await store.reserve(place, "ldn", section, "Next", cooldown=COOLDOWN)


async def withdraw(store: PostStore, post: Post) -> None:
    """The post says from now on that its words were withdrawn."""
    async with store.claim(post.id) as claim:
        assert claim
        await claim.finish("r2", PostState.WITHDRAWN)
