"""Listeners: the methods that bolt calls for commands, presses, mentions and messages."""

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
from adapters.slack.errors import describe_error, error_name, is_closed, is_outage, is_token_refused
from adapters.slack.home import home
from adapters.slack.manifest import SHORTCUT_SUFFIX
from adapters.slack.payloads import (
    Body,
    command_of,
    community_of,
    field,
    is_from_bot,
    is_private,
    message_text,
    place_of,
    plain_text_of,
    user_of,
    view_of,
)
from adapters.slack.people import SlackPeople
from adapters.slack.render import render_mentioned
from adapters.slack.response_url import ResponseRejectedError
from adapters.slack.surfaces import (
    EXPIRED,
    CommandAcknowledgement,
    CommandFollowUp,
    DirectMessage,
    ModalFrame,
    NewModal,
    OpenModal,
    PrivateMessage,
    Surface,
)
from adapters.slack.tasks import in_step, now_sending
from adapters.wording import APOLOGY
from knowledge.actions import GUARDED, Action
from knowledge.compose import MENU, MODERATOR_SUFFIX
from knowledge.desk import HelpDesk
from knowledge.posts import Platform

log = logging.getLogger(__name__)

_WRITTEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
"""The subtypes of messages that a person has written."""
_TOKEN_REFUSED = (
    "Slack does not accept the bot's token any more (%s). Copy it again from your app's page, then "
    "restart. With many workspaces, the app has to be installed there again"
)
_TOO_LATE = frozenset({EXPIRED, "exchanged_trigger_id"})
"""Slack's errors if a modal cannot be opened any more."""


class Listeners:
    """Handles what people do on Slack: reads the event, asks the reception, shows the response."""

    def __init__(self, reception: Reception, people: SlackPeople, deliveries: Deliveries) -> None:
        self.reception = reception
        self._people = people
        self._deliveries = deliveries

    async def ask(self, client: AsyncWebClient, body: Body) -> BoltResponse:
        """Answer a question that was typed as a command; returns the acknowledgement with it."""
        surface = CommandAcknowledgement()
        async with self._handle_errors(surface, time.perf_counter()):
            caller = await self._caller(client, body)
            question = plain_text_of(field(body, "text"))
            await in_step()
            response = await self.reception.ask(caller, command_of(body), question)
            await in_step()
            await surface.show(response)
            self.reception.count(caller, response)
        return surface.acknowledgement

    async def perform(
        self, client: AsyncWebClient, respond: AsyncRespond, body: Body, action: Body
    ) -> None:
        """Do what a button, a menu or a search box says; the response replaces it or is a modal."""
        began, requested = time.perf_counter(), _action_of(action)
        sure = requested is not None and requested.verb in GUARDED
        caller = await self._caller(client, body, sure=sure)
        surface = self._surface(client, respond, body, caller, requested)
        async with self._handle_errors(surface, began, caller):
            question = field(action, "value")
            response = await self.reception.act(caller, requested, question)
            await surface.show(response)
            self.reception.count(caller, response)

    async def draft(self, client: AsyncWebClient, respond: AsyncRespond, body: Body) -> None:
        """Show what could be posted as an answer to a message."""
        began = time.perf_counter()
        command = field(body, "callback_id").removesuffix(SHORTCUT_SUFFIX)
        # A modal must open within three seconds. Permission is checked again before posting.
        caller = await self._caller(client, body)
        surface = self._modal(client, respond, body, caller, command)
        async with self._handle_errors(surface, began, caller):
            text = plain_text_of(message_text(body.get("message")))
            await surface.show(await self.reception.draft(caller, command, text))

    async def moderate(self, client: AsyncWebClient, respond: AsyncRespond, body: Body) -> None:
        """Do what a moderator typed; the outcome is seen by the moderator alone."""
        began = time.perf_counter()
        caller = await self._caller(client, body, sure=True)
        surface = CommandFollowUp(respond, client.session)
        async with self._handle_errors(surface, began, caller):
            command = command_of(body).removesuffix(MODERATOR_SUFFIX)
            typed = plain_text_of(field(body, "text"))
            await surface.show(await self.reception.moderation.typed(caller, command, typed))

    async def mention(self, client: AsyncWebClient, body: Body, event: Body) -> None:
        """Answer a mention with a button that opens the answer in private, and nothing else."""
        channel, ts = field(event, "channel"), field(event, "ts")
        # If the message is edited, Slack sends a new event for it.
        same = f"mention {channel} {ts}"
        if is_from_bot(event) or not channel or not await self._is_new(body, same):
            return
        async with _log_errors():
            desk, question = self._desk_for(plain_text_of(field(event, "text")))
            now_sending()
            await client.chat_postMessage(
                channel=channel,
                thread_ts=field(event, "thread_ts") or ts,
                **render_mentioned(desk.ask(MENU), question),
            )

    async def message(self, client: AsyncWebClient, body: Body, event: Body) -> None:
        """Answer a direct message; any other message is ignored."""
        is_direct = event.get("channel_type") == "im" and field(event, "subtype") in _WRITTEN
        if is_from_bot(event) or not is_direct or not await self._is_new(body):
            return
        began = time.perf_counter()
        caller = await self._caller(client, body)
        thread = field(event, "thread_ts") or None
        surface = DirectMessage(client, field(event, "channel"), thread)
        async with self._handle_errors(surface, began, caller):
            desk, question = self._desk_for(plain_text_of(field(event, "text")))
            response = await self.reception.ask(caller, desk.document.command, question)
            now_sending()
            await surface.show(response)
            self.reception.count(caller, response)

    async def home(self, client: AsyncWebClient, body: Body, event: Body) -> None:
        """Show the Home tab to the one who opens it."""
        if event.get("tab") != "home" or not await self._is_new(body):
            return
        async with _log_errors():
            caller = await self._caller(client, body)
            view = home(await self.reception.menus(caller), caller)
            await client.views_publish(user_id=user_of(body), view=view)

    async def _caller(self, client: AsyncWebClient, body: Body, *, sure: bool = False) -> Caller:
        """Who acts. `sure`: look up their role now, for whatever requires permission."""
        user, team = user_of(body), community_of(body)
        person = await (self._people.fetch if sure else self._people.cached)(client, user, team)
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
        requested: Action | None,
    ) -> Surface:
        """Where to show the response to a press: never in a message that others see."""
        command = requested.command if requested else ""
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

    def _frame(self, caller: Caller, command: str) -> ModalFrame:
        desks = self.reception.desks
        return ModalFrame.of(desks.get(command, desks.first).document.title, caller)

    def _desk_for(self, text: str) -> tuple[HelpDesk, str]:
        """The desk whose command is the text's first word, and the rest; otherwise the first desk,
        and the whole text.
        """
        desks = self.reception.desks
        word, rest = first_word(text)
        if word.removeprefix("/") in desks:
            return desks[word.removeprefix("/")], rest
        return desks.first, text.strip()

    @asynccontextmanager
    async def _handle_errors(
        self, surface: Surface, began: float, caller: Caller | None = None
    ) -> AsyncIterator[None]:
        """Handle every error of the block: log it without anybody's words, and apologise.

        `began`: when the event came, by `time.perf_counter`; the time until the block's end is
        measured.
        """
        try:
            yield
            self.reception.metrics.sent(Platform.SLACK, time.perf_counter() - began)
        except ResponseRejectedError as error:
            log.warning("an answer did not reach Slack (%s)", error)
        except Exception as error:
            if is_token_refused(error):
                log.error(_TOKEN_REFUSED, describe_error(error))
            elif _is_undeliverable(error):
                log.warning("an answer did not reach Slack (%s)", describe_error(error))
            else:
                log.exception("an interaction failed")
            # This may fail as well: a response_url can be used five times, a trigger for three
            # seconds.
            async with _log_errors():
                await surface.show(Aside(caller.say(APOLOGY) if caller else APOLOGY))

    async def _is_new(self, body: Body, *others: str) -> bool:
        """Whether an event is delivered for the first time; claims it if so.

        `others` are further keys under which the same event may be delivered again.
        """
        event_id = field(body, "event_id")
        # Another key than that of `adapters.slack.http`, which has claimed the request already.
        names = [*((f"event {event_id}",) if event_id else ()), *others]
        states = await self._deliveries.claim(*names) if names else []
        return all(state is DeliveryState.FIRST for state in states)


def _action_of(action: Body) -> Action | None:
    """The action of a button, or of a menu with the chosen entry; None if it is not one of ours."""
    requested = Action.decode(field(action, "action_id"))
    chosen = field(action, "selected_option", "value")
    return requested.with_topic(chosen) if requested and chosen else requested


def _is_undeliverable(error: Exception) -> bool:
    """Whether the response cannot be shown, for no fault of ours: Slack or the way to it failed, it
    came too late, or the conversation is closed.
    """
    if isinstance(error, SlackApiError):
        return is_outage(error) or is_closed(error) or error_name(error) in _TOO_LATE
    return isinstance(error, aiohttp.ClientError | OSError)


@asynccontextmanager
async def _log_errors() -> AsyncIterator[None]:
    """Log every error of the block without anybody's words; for what nobody waits for."""
    try:
        yield
    except Exception as error:
        if is_token_refused(error):
            log.error(_TOKEN_REFUSED, describe_error(error))
        else:
            log.warning("something did not reach Slack (%s)", describe_error(error))
