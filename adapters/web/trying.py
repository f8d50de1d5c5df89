"""Trying it: what people type and press on the page, and what each platform would be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from adapters.conversation import Aside, Page, Preview, Shown
from adapters.moderation import Subcommand
from adapters.reception import Reception
from adapters.web.channel import COMMUNITY, PretendChannel
from adapters.web.dress import Dress, Payload
from adapters.web.painting import Painted
from adapters.web.slack_painter import builder_address
from adapters.web.visit import Typed, Visit
from knowledge.actions import PUBLISHING, Action, Verb
from knowledge.communities import Communities
from knowledge.posts import Platform

_ONCE = "once"
"""Stands in `View.showing` for what is not done again."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A payload, painted, and itself.

    `builder` is where Slack shows it; empty for what is not Slack's.
    """

    painted: Painted
    raw: str
    builder: str


@dataclass(frozen=True, slots=True)
class Post:
    """A message in a pretend channel."""

    id: str
    drawn: Drawn
    pinned: bool
    edited: bool


@dataclass(frozen=True, slots=True)
class View:
    """One platform's half of the page.

    `showing` brings the same again; empty where asking the question does.
    """

    dress: Dress
    message: Drawn
    showing: str
    said: str
    """What stands there, in a few words, for those who cannot see it change."""
    aside: Drawn | None
    posts: tuple[Post, ...]
    language: str


class Trying:
    """Both platforms side by side, behind one reception."""

    def __init__(
        self,
        reception: Reception,
        communities: Communities,
        dresses: Mapping[Platform, Dress],
        channels: Mapping[Platform, PretendChannel],
    ) -> None:
        self._reception = reception
        self._communities = communities
        self._dresses = dresses
        self._channels = channels

    @property
    def dresses(self) -> list[Dress]:
        """How each platform dresses what it is sent."""
        return list(self._dresses.values())

    async def is_plain(self) -> bool:
        """Whether answers are without decoration in the pretend group."""
        return (await self._communities.held(Platform.SLACK, COMMUNITY)).plain

    async def ask(self, visit: Visit) -> list[View]:
        """Type the question on both platforms."""
        await self._dress_plainly(visit)
        visit = replace(visit, asked=visit.question)
        typed = [await self._typed(visit, each) for each in self._dresses]
        for platform, shown, _ in typed:
            self._reception.count(visit.caller(platform), shown)
        return [self._view(visit, *each) for each in typed]

    async def again(self, visit: Visit) -> list[View]:
        """What stands there, as it would be now."""
        await self._dress_plainly(visit)
        return [self._view(visit, *await self._redrawn(visit, each)) for each in self._dresses]

    async def act(self, visit: Visit, where: Platform, identifier: str) -> list[View]:
        """Press a button, or choose in a menu, on one platform; the other stays as it is."""
        await self._dress_plainly(visit)
        action = visit.pressed(where, identifier)
        shown = await self._reception.act(visit.caller(where), action)
        self._reception.count(visit.caller(where), shown)
        views = []
        for platform in self._dresses:
            if platform is where and not isinstance(shown, Aside):
                views.append(self._view(visit, platform, shown, _showing(shown, action)))
                continue
            view = self._view(visit, *await self._redrawn(visit, platform))
            if platform is where and isinstance(shown, Aside):
                aside = view.dress.aside(shown.text)
                view = replace(view, aside=_drawn(view.dress, aside), said=shown.text)
            views.append(view)
        return views

    async def _typed(self, visit: Visit, platform: Platform) -> tuple[Platform, Shown, str]:
        caller = visit.caller(platform)
        typed = Typed.of(visit.asked, self._reception.desks)
        if not typed.to_moderate:
            return platform, await self._reception.ask(caller, typed.command, typed.words), ""
        moderation = self._reception.moderation
        return platform, await moderation.typed(caller, typed.command, typed.words), _ONCE

    async def _redrawn(self, visit: Visit, platform: Platform) -> tuple[Platform, Shown, str]:
        identifier = visit.showing.get(platform, "")
        action = Action.decode(identifier)
        if action is None or (action.verb in PUBLISHING | {Verb.TELL}):
            # Nothing is done twice because a page is drawn twice.
            asked = "" if identifier == _ONCE else visit.asked
            return await self._typed(replace(visit, asked=asked), platform)
        shown = await self._reception.act(visit.caller(platform), action)
        return platform, shown, identifier

    def _view(self, visit: Visit, platform: Platform, shown: Shown, showing: str) -> View:
        dress = self._dresses[platform]
        payload = dress.aside(shown.text) if isinstance(shown, Aside) else dress.shown(shown)
        return View(
            dress=dress,
            message=_drawn(dress, payload),
            showing="" if isinstance(shown, Aside) else showing,
            said=shown.answer.heading if isinstance(shown, Page | Preview) else shown.text,
            aside=None,
            posts=tuple(
                Post(each.id, _drawn(dress, each.payload), each.pinned, each.edited)
                for each in self._channels[platform].messages
            ),
            language=visit.language,
        )

    async def _dress_plainly(self, visit: Visit) -> None:
        """Let the pretend group's settings be what the switch says, as a moderator sets them."""
        if visit.plain is None:
            return
        # Settings are the group's, so whichever document's command it is makes no difference.
        command = self._reception.desks.first.document.command
        for platform in self._dresses:
            held = await self._communities.held(platform, COMMUNITY)
            if held.plain != visit.plain:
                moderator = replace(visit, moderator=True).caller(platform)
                words = f"plain={'on' if visit.plain else 'off'}"
                await self._reception.moderation.command(
                    moderator, command, Subcommand.SETTINGS, words
                )


def _showing(shown: Shown, action: Action | None) -> str:
    if isinstance(shown, Page) and shown.answer.topic:
        answer = shown.answer
        return Action(Verb.OPEN, answer.command, answer.topic, shown.number).encode()
    return action.encode() if action else ""


def _drawn(dress: Dress, payload: Payload) -> Drawn:
    builder = builder_address(payload) if dress.platform is Platform.SLACK else ""
    raw = json.dumps(payload, ensure_ascii=False, indent=1)
    return Drawn(dress.paint(payload), raw, builder)
