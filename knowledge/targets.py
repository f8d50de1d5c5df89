"""Targets: what posts should say, by the documents and the communities' settings as of now."""

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
    """What a post should say."""

    answer: Answer
    revision: str
    state: PostState


class Targets:
    """Knows what each post should say; see `of`."""

    def __init__(self, desks: Desks, communities: Communities | None) -> None:
        """`communities` tells who wants posts without decoration."""
        self._desks = desks
        self._communities = communities

    async def of(self, post: Post) -> Target | None:
        """What a post should say; None where its document is gone."""
        desk = self._desks.get(post.command)
        if desk is None:
            return None
        answer, state = desk.open(post.section), PostState.CURRENT
        if answer is None or answer.section != post.section:
            nearest = next(iter(desk.suggest(post.title, limit=1)), None)
            answer = Composer(desk.document, desk.language).withdrawn(post.title, nearest)
            state = PostState.WITHDRAWN
        answer = await self.dressed(post.place, answer)
        return Target(answer, revision_of(answer), state)

    def section(self, command: str, section: str) -> Answer:
        """A section's answer, as the document has it.

        Raises:
            RefusedError: there is no such section.
        """
        desk = self._desks.get(command)
        # Exactly a section: other words may open one in short, or under another name.
        answer = desk.open(section) if desk and section in desk.document.by_id else None
        if answer is None:
            raise RefusedError(UNKNOWN_TOPIC)
        return answer

    async def dressed(self, place: Place, answer: Answer) -> Answer:
        """An answer as the place's community wants it, as far as we know."""
        if self._communities is None:
            return answer
        settings = await self._communities.shown(place.platform, place.community)
        return replace(answer, plain=True) if settings.plain else answer

    async def look_up(self, places: Iterable[Place]) -> None:
        """Learn what the places' communities have set by now, maybe through another process.

        Raises:
            LdnBotError: the store cannot be used.
        """
        if self._communities is not None:
            for platform, community in {(each.platform, each.community) for each in places}:
                await self._communities.held(platform, community)
