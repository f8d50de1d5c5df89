"""Targets: what each post should say, given the present documents and community settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from knowledge.answer import Answer
from knowledge.communities import Communities
from knowledge.compose import Composer
from knowledge.desk import Desks
from knowledge.language import gettext_noop
from knowledge.posts import Place, Post, PostState, revision_of
from knowledge.publishing import RefusedError

UNKNOWN_TOPIC = gettext_noop("There is no such topic any more. Please use the command again.")


@dataclass(frozen=True, slots=True)
class Target:
    """What a post should say, the fingerprint of that, and the post's state once it says so."""

    answer: Answer
    revision: str
    state: PostState


class Targets:
    """Computes what posts should say; see `of`."""

    def __init__(self, desks: Desks, communities: Communities) -> None:
        """`communities` tells who wants posts without decoration."""
        self._desks = desks
        self._communities = communities

    async def of(self, post: Post) -> Target | None:
        """What a post should say; None if its document does not exist any more."""
        desk = self._desks.get(post.command)
        if desk is None:
            return None
        answer, state = desk.lookup(post.section), PostState.CURRENT
        if answer is None or answer.section != post.section:
            nearest = next(iter(desk.suggest(post.title, limit=1)), None)
            answer = Composer(desk.document, desk.language).withdrawn(post.title, nearest)
            state = PostState.WITHDRAWN
        answer = await self.styled(post.place, answer)
        return Target(answer, revision_of(answer), state)

    def section(self, command: str, section: str) -> Answer:
        """The answer that shows a section, in the document's language.

        Raises:
            RefusedError: there is no such section.
        """
        desk = self._desks.get(command)
        # Exactly a section: other words may open one in short, or under another name.
        answer = desk.lookup(section) if desk and section in desk.document.by_id else None
        if answer is None:
            raise RefusedError(UNKNOWN_TOPIC)
        return answer

    async def styled(self, place: Place, answer: Answer) -> Answer:
        """An answer in the style (plain or decorated) that the community is known to have set."""
        settings = await self._communities.cached(place.platform, place.community)
        return replace(answer, plain=True) if settings.plain else answer

    async def look_up(self, places: Iterable[Place]) -> None:
        """Read the settings of the places' communities anew: another process may change them.

        Raises:
            LdnBotError: the store cannot be used.
        """
        for platform, community in {(each.platform, each.community) for each in places}:
            await self._communities.fetch(platform, community)
