"""What bolt calls: a command that was typed, a button that was pressed, the bot called by name."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cachetools import TTLCache
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from adapters.conversation import Aside, Caller
from adapters.moderation import MODERATOR_SUFFIX
from adapters.reception import Reception
from adapters.slack.home import home
from adapters.slack.manifest import SHORTCUT_SUFFIX
from adapters.slack.people import SlackPeople
from adapters.slack.render import render_mentioned
from adapters.slack.surfaces import (
    CommandAnswer,
    CommandReply,
    DirectMessage,
    Frame,
    NewModal,
    OpenModal,
    PrivateMessage,
    Surface,
)
from adapters.wording import APOLOGY, UNKNOWN_COMMAND
from knowledge.actions import MODERATORS_ONLY, PUBLISHING, Action, Verb
from knowledge.compose import MENU
from knowledge.desk import HelpDesk
from knowledge.posts import Platform

log = logging.getLogger(__name__)

REMEMBERED_FOR = 3600.0
"""Seconds for which a delivery is known; Slack repeats one for some minutes at most
(https://docs.slack.dev/apis/events-api#retries)."""
REMEMBERED = 50_000

Body = dict[str, Any]

_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>")
_SURELY = PUBLISHING | MODERATORS_ONLY | {Verb.SHARE, Verb.DRAFT}
"""What is allowed only after a fresh look at who asks."""


class Listeners:
    """Turns what people do on Slack into answers and replies."""

    def __init__(self, reception: Reception, people: SlackPeople) -> None:
        self.reception = reception
        self._people = people
        self._delivered: TTLCache[str, bool] = TTLCache(REMEMBERED, REMEMBERED_FOR)

    async def ask(self, ack: AsyncAck, body: Body) -> None:
        """Answer a command, seen by the asker alone."""
        surface = CommandAnswer(ack)
        async with _apologetic(surface):
            caller = await self._caller(body)
            question = str(body.get("text") or "")
            await surface.show(await self.reception.ask(caller, _command(body), question))

    async def perform(
        self, client: AsyncWebClient, respond: AsyncRespond, body: Body, action: Body
    ) -> None:
        """Do what a button, a menu or a search box says, where it stands or in a modal."""
        wanted = _wanted(action)
        sure = wanted is not None and wanted.verb in _SURELY
        caller = await self._caller(body, sure=sure)
        surface = self._surface(client, respond, body, caller, wanted)
        async with _apologetic(surface, caller):
            question = str(action.get("value") or "")
            await surface.show(await self.reception.act(caller, wanted, question))

    async def draft(self, client: AsyncWebClient, body: Body) -> None:
        """Show what could be posted as an answer to a message."""
        command = str(body.get("callback_id", "")).removesuffix(SHORTCUT_SUFFIX)
        caller = await self._caller(body, sure=True)
        surface = self._modal(client, body, caller, command)
        async with _apologetic(surface, caller):
            text = str((body.get("message") or {}).get("text") or "")
            await surface.show(await self.reception.draft(caller, command, text))

    async def moderate(self, respond: AsyncRespond, body: Body) -> None:
        """Do what a moderator typed; the outcome is seen by the moderator alone."""
        caller = await self._caller(body, sure=True)
        surface = CommandReply(respond)
        async with _apologetic(surface, caller):
            command = _command(body).removesuffix(MODERATOR_SUFFIX)
            if command not in self.reception.desks:
                await surface.show(Aside(caller.say(UNKNOWN_COMMAND)))
                return
            typed = str(body.get("text") or "")
            await surface.show(await self.reception.moderation.typed(caller, command, typed))

    async def mention(self, client: AsyncWebClient, body: Body, event: Body) -> None:
        """Point to where the answer can be read in private. In public, no more is ever said."""
        if not self._is_new(body) or _is_of_a_bot(event):
            return
        async with _discreet():
            desk, question = self._desk_for(_MENTION.sub(" ", str(event.get("text") or "")))
            await client.chat_postMessage(
                channel=str(event.get("channel")),
                thread_ts=str(event.get("thread_ts") or event.get("ts")),
                **render_mentioned(desk.ask(MENU), question),
            )

    async def message(self, client: AsyncWebClient, body: Body, event: Body) -> None:
        """Answer a direct message. Any other message is none of ours."""
        is_direct = event.get("channel_type") == "im" and not event.get("subtype")
        if not is_direct or _is_of_a_bot(event) or not self._is_new(body):
            return
        caller = await self._caller({**body, "user_id": event.get("user")})
        surface = DirectMessage(client, str(event.get("channel")), event.get("thread_ts"))
        async with _apologetic(surface, caller):
            desk, question = self._desk_for(str(event.get("text") or ""))
            await surface.show(await self.reception.ask(caller, desk.document.command, question))

    async def home(self, client: AsyncWebClient, body: Body, event: Body) -> None:
        """Show the Home tab to the one who opens it."""
        if event.get("tab") != "home" or not self._is_new(body):
            return
        async with _discreet():
            user = str(event.get("user"))
            caller = await self._caller({**body, "user_id": user})
            await client.views_publish(user_id=user, view=home(self.reception.desks, caller))

    async def _caller(self, body: Body, *, sure: bool = False) -> Caller:
        """Who acts. `sure`: as of this moment, for whatever must be allowed."""
        user = str(body.get("user_id") or (body.get("user") or {}).get("id") or "")
        person = await (self._people.look if sure else self._people.glance)(user)
        channel = str(body.get("channel_id") or (body.get("channel") or {}).get("id") or "")
        reply_to = ""
        if body.get("view"):
            kept = _kept(body["view"])
            channel, reply_to = kept.get("channel", ""), kept.get("reply_to", "")
        elif message := body.get("message"):
            reply_to = str(message.get("thread_ts") or message.get("ts") or "")
        # Ids of channels begin with C or G, of direct messages with D.
        in_channel = channel[:1] in {"C", "G"}
        return Caller(
            Platform.SLACK,
            person.language,
            community=str(body.get("team_id") or (body.get("team") or {}).get("id") or ""),
            channel=channel if in_channel else "",
            moderator=person.moderator,
            reply_to=reply_to if in_channel else "",
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
        view, trigger = body.get("view") or {}, str(body.get("trigger_id"))
        if view.get("type") == "modal":
            return OpenModal(client, view["id"], trigger, self._frame(caller, command))
        if view or not _is_private(body):
            return self._modal(client, body, caller, command)
        return PrivateMessage(respond)

    def _modal(self, client: AsyncWebClient, body: Body, caller: Caller, command: str) -> NewModal:
        return NewModal(client, str(body.get("trigger_id")), self._frame(caller, command))

    def _frame(self, caller: Caller, command: str) -> Frame:
        desks = self.reception.desks
        return Frame.of(desks.get(command, desks.first).document.title, caller)

    def _desk_for(self, text: str) -> tuple[HelpDesk, str]:
        """The desk that a text calls by its command, and the rest; else the first, and all of it."""
        desks = self.reception.desks
        word, _, rest = text.strip().partition(" ")
        if word.removeprefix("/") in desks:
            return desks[word.removeprefix("/")], rest
        return desks.first, text.strip()

    def _is_new(self, body: Body) -> bool:
        """Whether a delivery is the first of its event; Slack repeats what it is unsure of."""
        event_id = str(body.get("event_id"))
        if event_id in self._delivered:
            return False
        self._delivered[event_id] = True
        return True


def _command(body: Body) -> str:
    return str(body.get("command", "")).removeprefix("/")


def _is_of_a_bot(event: Body) -> bool:
    return bool(event.get("bot_id") or event.get("app_id") or not event.get("user"))


def _is_private(body: Body) -> bool:
    """Whether a press stands under a message that nobody else sees."""
    container, channel = body.get("container") or {}, body.get("channel") or {}
    return bool(container.get("is_ephemeral")) or str(channel.get("id"))[:1] == "D"


def _kept(view: Body) -> dict[str, str]:
    try:
        kept = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in kept.items()} if isinstance(kept, dict) else {}


def _wanted(action: Body) -> Action | None:
    """The action of a button, or of the entry that was chosen in a menu."""
    wanted = Action.decode(str(action.get("action_id", "")))
    chosen = (action.get("selected_option") or {}).get("value")
    return wanted.choosing(str(chosen)) if wanted and chosen else wanted


@asynccontextmanager
async def _apologetic(surface: Surface, caller: Caller | None = None) -> AsyncIterator[None]:
    """The one place for everything unexpected: a discreet log line, and a sentence."""
    try:
        yield
    except Exception:
        log.exception("an interaction failed")
        # A response_url serves five times in thirty minutes, a trigger for three seconds; there may
        # be no other way to the person.
        async with _discreet():
            await surface.show(Aside(caller.say(APOLOGY) if caller else APOLOGY))


@asynccontextmanager
async def _discreet() -> AsyncIterator[None]:
    """Where nobody waits for words: a log line that tells nothing of what was asked."""
    try:
        yield
    except Exception as error:
        log.warning("something did not reach Slack (%s)", type(error).__name__)
