"""Playground: handles what visitors type and press, and shows what each platform would be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from adapters.conversation import AnswerPage, Aside, PostPreview, Response
from adapters.moderation import Subcommand
from adapters.reception import Reception
from adapters.web.elements import MessageElements
from adapters.web.page_state import PageState, TypedCommand
from adapters.web.platform_renderer import Payload, PlatformRenderer
from adapters.web.pretend_channel import COMMUNITY, PretendChannel
from adapters.web.slack_html import builder_address
from knowledge.actions import PUBLISHING, Action, Verb
from knowledge.communities import Communities
from knowledge.posts import Platform

_ONCE = "once"
"""The value of `PlatformView.showing` for a moderator's command, which must not run twice."""


@dataclass(frozen=True, slots=True)
class RenderedPayload:
    """A payload and how it is displayed.

    `raw` is the payload as JSON; `builder` the address of Slack's Block Kit Builder with it, empty
    for Discord.
    """

    elements: MessageElements
    raw: str
    builder: str


@dataclass(frozen=True, slots=True)
class ChannelPost:
    """A post in a pretend channel, as the page displays it."""

    id: str
    rendered: RenderedPayload
    pinned: bool
    edited: bool


@dataclass(frozen=True, slots=True)
class PlatformView:
    """One platform's half of the page; `showing` is as in `PageState`."""

    renderer: PlatformRenderer
    message: RenderedPayload
    showing: str
    said: str
    """A short description of the message, announced to screen readers."""
    aside: RenderedPayload | None
    posts: tuple[ChannelPost, ...]
    language: str


class Playground:
    """Both platforms side by side, served by one `Reception`."""

    def __init__(
        self,
        reception: Reception,
        communities: Communities,
        renderers: Mapping[Platform, PlatformRenderer],
        channels: Mapping[Platform, PretendChannel],
    ) -> None:
        self._reception = reception
        self._communities = communities
        self._renderers = renderers
        self._channels = channels

    @property
    def renderers(self) -> list[PlatformRenderer]:
        """The renderer of each platform, in the order of the page."""
        return list(self._renderers.values())

    async def is_plain(self) -> bool:
        """Whether the pretend community has answers without decoration."""
        return (await self._communities.fetch(Platform.SLACK, COMMUNITY)).plain

    async def ask(self, state: PageState) -> list[PlatformView]:
        """Send the question on both platforms."""
        await self._apply_plain_setting(state)
        state = replace(state, asked=state.question)
        typed = [await self._typed(state, each) for each in self._renderers]
        for platform, response, _ in typed:
            self._reception.count(state.caller(platform), response)
        return [self._view(state, *each) for each in typed]

    async def again(self, state: PageState) -> list[PlatformView]:
        """Show the same on both platforms again, with the present documents and settings."""
        await self._apply_plain_setting(state)
        return [self._view(state, *await self._redrawn(state, each)) for each in self._renderers]

    async def act(self, state: PageState, where: Platform, identifier: str) -> list[PlatformView]:
        """Press a button, or choose in a menu, on one platform; the other is shown again.

        `identifier` is that of the button or menu.
        """
        await self._apply_plain_setting(state)
        action = state.pressed(where, identifier)
        response = await self._reception.act(state.caller(where), action)
        self._reception.count(state.caller(where), response)
        views = []
        for platform in self._renderers:
            if platform is where and not isinstance(response, Aside):
                views.append(self._view(state, platform, response, _showing(response, action)))
                continue
            view = self._view(state, *await self._redrawn(state, platform))
            if platform is where and isinstance(response, Aside):
                aside = view.renderer.render_aside(response.text)
                view = replace(view, aside=_rendered(view.renderer, aside), said=response.text)
            views.append(view)
        return views

    async def _typed(self, state: PageState, platform: Platform) -> tuple[Platform, Response, str]:
        caller = state.caller(platform)
        typed = TypedCommand.of(state.asked, self._reception.desks)
        if not typed.to_moderate:
            return platform, await self._reception.ask(caller, typed.command, typed.words), ""
        moderation = self._reception.moderation
        return platform, await moderation.typed(caller, typed.command, typed.words), _ONCE

    async def _redrawn(
        self, state: PageState, platform: Platform
    ) -> tuple[Platform, Response, str]:
        identifier = state.showing.get(platform, "")
        action = Action.decode(identifier)
        if action is None or (action.verb in PUBLISHING | {Verb.REPORT_REASON}):
            # Showing the page again must not post or report a second time.
            asked = "" if identifier == _ONCE else state.asked
            return await self._typed(replace(state, asked=asked), platform)
        response = await self._reception.act(state.caller(platform), action)
        return platform, response, identifier

    def _view(
        self, state: PageState, platform: Platform, response: Response, showing: str
    ) -> PlatformView:
        renderer = self._renderers[platform]
        payload = (
            renderer.render_aside(response.text)
            if isinstance(response, Aside)
            else renderer.render(response)
        )
        return PlatformView(
            renderer=renderer,
            message=_rendered(renderer, payload),
            showing="" if isinstance(response, Aside) and showing != _ONCE else showing,
            said=response.answer.heading
            if isinstance(response, AnswerPage | PostPreview)
            else response.text,
            aside=None,
            posts=tuple(
                ChannelPost(each.id, _rendered(renderer, each.payload), each.pinned, each.edited)
                for each in self._channels[platform].messages
            ),
            language=state.language,
        )

    async def _apply_plain_setting(self, state: PageState) -> None:
        """Change the pretend community's `plain` setting to what the page's switch says."""
        if state.plain is None:
            return
        # Settings belong to the community, so any document's command serves.
        command = self._reception.desks.first.document.command
        for platform in self._renderers:
            settings = await self._communities.fetch(platform, COMMUNITY)
            if settings.plain != state.plain:
                moderator = replace(state, moderator=True).caller(platform)
                words = f"plain={'on' if state.plain else 'off'}"
                await self._reception.moderation.command(
                    moderator, command, Subcommand.SETTINGS, words
                )


def _showing(response: Response, action: Action | None) -> str:
    if isinstance(response, AnswerPage) and response.answer.topic:
        answer = response.answer
        return Action(Verb.OPEN, answer.command, answer.topic, response.number).encode()
    return action.encode() if action else ""


def _rendered(renderer: PlatformRenderer, payload: Payload) -> RenderedPayload:
    builder = builder_address(payload) if renderer.platform is Platform.SLACK else ""
    raw = json.dumps(payload, ensure_ascii=False, indent=1)
    return RenderedPayload(renderer.to_elements(payload), raw, builder)
