"""What bolt calls: a command that was typed, a button that was pressed, the bot called by name."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from slack_bolt.async_app import AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.conversation import Aside, Caller, first_word
from adapters.deliveries import Deliveries, DeliveryState
from adapters.reception import Reception
from adapters.slack.errors import error_name, is_outage
from adapters.slack.home import home
from adapters.slack.manifest import SHORTCUT_SUFFIX
from adapters.slack.payloads import (
    Body,
    command_of,
    community_of,
    field,
    is_of_a_bot,
    is_private,
    place_of,
    spoken,
    user_of,
    view_of,
    written,
)
from adapters.slack.people import SlackPeople
from adapters.slack.render import render_mentioned
from adapters.slack.response_url import NotTakenError
from adapters.slack.surfaces import (
    EXPIRED,
    CommandAnswer,
    CommandReply,
    DirectMessage,
    Frame,
    NewModal,
    OpenModal,
    PrivateMessage,
    Surface,
)
from adapters.slack.working import now_sending
from adapters.wording import APOLOGY
from knowledge.actions import GUARDED, Action
from knowledge.compose import MENU, MODERATOR_SUFFIX
from knowledge.desk import HelpDesk
from knowledge.posts import Platform

log = logging.getLogger(__name__)

_WRITTEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
"""The kinds of messages that a person has written."""
_TOO_LATE = frozenset({EXPIRED, "exchanged_trigger_id"})
"""What Slack says where a modal can no longer be opened."""


class Listeners:
    """Turns what people do on Slack into answers and replies."""

    def __init__(self, reception: Reception, people: SlackPeople, deliveries: Deliveries) -> None:
        self.reception = reception
        self._people = people
        self._deliveries = deliveries

    async def ask(self, client: AsyncWebClient, body: Body) -> BoltResponse:
        """The answer to a command, seen by the asker alone; it goes with the acknowledgement."""
        surface = CommandAnswer()
        async with self._apologetic(surface, time.perf_counter()):
            caller = await self._caller(client, body)
            question = spoken(field(body, "text"))
            shown = await self.reception.ask(caller, command_of(body), question)
            await surface.show(shown)
            self.reception.count(caller, shown)
        return surface.response

    async def perform(
        self, client: AsyncWebClient, respond: AsyncRespond, body: Body, action: Body
    ) -> None:
        """Do what a button, a menu or a search box says, where it stands or in a modal."""
        began, wanted = time.perf_counter(), _wanted(action)
        sure = wanted is not None and wanted.verb in GUARDED
        caller = await self._caller(client, body, sure=sure)
        surface = self._surface(client, respond, body, caller, wanted)
        async with self._apologetic(surface, began, caller):
            question = field(action, "value")
            shown = await self.reception.act(caller, wanted, question)
            await surface.show(shown)
            self.reception.count(caller, shown)

    async def draft(self, client: AsyncWebClient, respond: AsyncRespond, body: Body) -> None:
        """Show what could be posted as an answer to a message."""
        began = time.perf_counter()
        command = field(body, "callback_id").removesuffix(SHORTCUT_SUFFIX)
        # A modal cannot wait until it is sure; whoever posts from it is looked at again.
        caller = await self._caller(client, body)
        surface = self._modal(client, respond, body, caller, command)
        async with self._apologetic(surface, began, caller):
            text = spoken(written(body.get("message")))
            await surface.show(await self.reception.draft(caller, command, text))

    async def moderate(self, client: AsyncWebClient, respond: AsyncRespond, body: Body) -> None:
        """Do what a moderator typed; the outcome is seen by the moderator alone."""
        began = time.perf_counter()
        caller = await self._caller(client, body, sure=True)
        surface = CommandReply(respond, client.session)
        async with self._apologetic(surface, began, caller):
            command = command_of(body).removesuffix(MODERATOR_SUFFIX)
            typed = spoken(field(body, "text"))
            await surface.show(await self.reception.moderation.typed(caller, command, typed))

    async def mention(self, client: AsyncWebClient, body: Body, event: Body) -> None:
        """Point to where the answer can be read in private. In public, no more is ever said."""
        channel, ts = field(event, "channel"), field(event, "ts")
        # An edit of a message that calls the bot is a new event, of the same message.
        same = f"mention {channel} {ts}"
        if is_of_a_bot(event) or not channel or not await self._is_new(body, same):
            return
        async with _discreet():
            desk, question = self._desk_for(spoken(field(event, "text")))
            now_sending()
            await client.chat_postMessage(
                channel=channel,
                thread_ts=field(event, "thread_ts") or ts,
                **render_mentioned(desk.ask(MENU), question),
            )

    async def message(self, client: AsyncWebClient, body: Body, event: Body) -> None:
        """Answer a direct message. Any other message is none of ours."""
        is_direct = event.get("channel_type") == "im" and field(event, "subtype") in _WRITTEN
        if is_of_a_bot(event) or not is_direct or not await self._is_new(body):
            return
        began = time.perf_counter()
        caller = await self._caller(client, body)
        thread = field(event, "thread_ts") or None
        surface = DirectMessage(client, field(event, "channel"), thread)
        async with self._apologetic(surface, began, caller):
            desk, question = self._desk_for(spoken(field(event, "text")))
            shown = await self.reception.ask(caller, desk.document.command, question)
            now_sending()
            await surface.show(shown)
            self.reception.count(caller, shown)

    async def home(self, client: AsyncWebClient, body: Body, event: Body) -> None:
        """Show the Home tab to the one who opens it."""
        if event.get("tab") != "home" or not await self._is_new(body):
            return
        async with _discreet():
            caller = await self._caller(client, body)
            view = home(await self.reception.menus(caller), caller)
            await client.views_publish(user_id=user_of(body), view=view)

    async def _caller(self, client: AsyncWebClient, body: Body, *, sure: bool = False) -> Caller:
        """Who acts. `sure`: as of this moment, for whatever must be allowed."""
        user, team = user_of(body), community_of(body)
        person = await (self._people.look if sure else self._people.glance)(client, user, team)
        channel, reply_to = place_of(body)
        return Caller(
            Platform.SLACK,
            person.language,
            community=team,
            channel=channel,
            moderator=person.moderator,
            reply_to=reply_to,
        )

    def _surface(
        self,
        client: AsyncWebClient,
        respond: AsyncRespond,
        body: Body,
        caller: Caller,
        wanted: Action | None,
    ) -> Surface:
        """Where to show what comes of a press: never in a message that others see."""
        command = wanted.command if wanted else ""
        view, trigger = view_of(body), field(body, "trigger_id")
        if view.get("type") == "modal":
            return OpenModal(client, field(view, "id"), trigger, self._frame(caller, command))
        if view or not is_private(body):
            return self._modal(client, respond, body, caller, command)
        return PrivateMessage(respond, client.session)

    def _modal(
        self,
        client: AsyncWebClient,
        respond: AsyncRespond,
        body: Body,
        caller: Caller,
        command: str,
    ) -> NewModal:
        frame = self._frame(caller, command)
        return NewModal(client, field(body, "trigger_id"), frame, respond)

    def _frame(self, caller: Caller, command: str) -> Frame:
        desks = self.reception.desks
        return Frame.of(desks.get(command, desks.first).document.title, caller)

    def _desk_for(self, text: str) -> tuple[HelpDesk, str]:
        """The desk that a text calls by its command, and the rest; else the first, and all."""
        desks = self.reception.desks
        word, rest = first_word(text)
        if word.removeprefix("/") in desks:
            return desks[word.removeprefix("/")], rest
        return desks.first, text.strip()

    @asynccontextmanager
    async def _apologetic(
        self, surface: Surface, began: float, caller: Caller | None = None
    ) -> AsyncIterator[None]:
        """The one place for everything unexpected: a discreet log line, and a sentence.

        `began`: when the event came, by `time.perf_counter`.
        """
        try:
            yield
            self.reception.metrics.sent(Platform.SLACK, time.perf_counter() - began)
        except NotTakenError as error:
            log.warning("an answer did not reach Slack (%s)", error)
        except Exception as error:
            if _is_away(error):
                log.warning("an answer did not reach Slack (%s)", type(error).__name__)
            else:
                log.exception("an interaction failed")
            # A response_url serves five times in thirty minutes, a trigger for three seconds; there
            # may be no other way to the person.
            async with _discreet():
                await surface.show(Aside(caller.say(APOLOGY) if caller else APOLOGY))

    async def _is_new(self, body: Body, *others: str) -> bool:
        """Whether a delivery is the first of its event; Slack repeats what it is unsure of.

        `others` are further names of the same thing.
        """
        event_id = field(body, "event_id")
        # Not as `adapters.slack.http` calls it, which over HTTP has claimed that before us.
        names = [*((f"event {event_id}",) if event_id else ()), *others]
        states = await self._deliveries.claim(*names) if names else []
        return all(state is DeliveryState.FIRST for state in states)


def _wanted(action: Body) -> Action | None:
    """The action of a button, or of the entry that was chosen in a menu."""
    wanted = Action.decode(field(action, "action_id"))
    chosen = field(action, "selected_option", "value")
    return wanted.choosing(chosen) if wanted and chosen else wanted


def _is_away(error: Exception) -> bool:
    """Whether Slack failed, or the way there, or it took so long that the person has gone on."""
    if isinstance(error, SlackApiError):
        return is_outage(error) or error_name(error) in _TOO_LATE
    return isinstance(error, aiohttp.ClientError | OSError)


@asynccontextmanager
async def _discreet() -> AsyncIterator[None]:
    """Where nobody waits for words: a log line that tells nothing of what was asked."""
    try:
        yield
    except Exception as error:
        log.warning("something did not reach Slack (%s)", type(error).__name__)
