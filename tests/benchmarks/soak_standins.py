"""The stand-ins as a soak needs them: what people asked and got to see goes into a ledger."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from aiohttp import web

from tests.benchmarks.soak_ledger import (
    ENDING_S,
    LAST_MOMENT_S,
    LOOK_EVERY_S,
    Excuse,
    Ledger,
    Question,
)
from tests.contracts import Problem
from tests.standins.base import NotConnectedError, StandIn, UnansweredError
from tests.standins.discord import By, DiscordStandIn, Reply
from tests.standins.discord_interactions import Interaction
from tests.standins.recording import JSON, Call
from tests.standins.slack import (
    BOT_USER_ID,
    SlackMessage,
    SlackPerson,
    SlackReply,
    SlackStandIn,
    message_event,
)
from tests.standins.slack_blocks import text_of
from tests.standins.slack_interactions import Shown, SlackInteraction
from tests.standins.slack_socket import SocketMode
from tests.standins.slack_state import fresh_id

ATTEMPTS = 3
"""How often Slack delivers an event that is not acknowledged."""
AGAIN_AFTER_S = 2.0
"""Slack's own pauses between them are none, a minute, and five."""
HANGS_UP_AFTER_S = 0.005
"""About as long as an event takes to arrive, and less than its answer does."""

KIND: ContextVar[str] = ContextVar("kind")
"""What is being asked, for the ledger's rows."""
_CURRENT: ContextVar[Question] = ContextVar("question")


class _ChecksOnce(StandIn):
    """Checks a body that it has seen before no second time: a check takes longer than an answer."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._sound: set[int] = set()

    def _check(self, call: Call, problems: Iterable[Problem]) -> list[Problem]:
        return self._once((call.method, call.route, call.body), super()._check, call, problems)

    def _once(self, body: Any, check: Callable[..., Any], *given: Any) -> Any:
        key, before = hash(json.dumps(body)), len(self.violations)
        if key in self._sound:
            return []
        found = check(*given)
        if len(self.violations) == before:
            self._sound.add(key)
        return found


class SoakDiscord(_ChecksOnce, DiscordStandIn):
    """Discord, and a ledger."""

    def __init__(self, ledger: Ledger, patience: float) -> None:
        """`patience`: seconds that people wait for what comes after the first answer."""
        super().__init__()
        self.answer_timeout = patience
        self._ledger = ledger
        self._asked: list[tuple[Question, Interaction]] = []
        self._away: list[tuple[float, float]] = []

    async def watch(self) -> None:
        """Note when no client is connected, until cancelled."""
        clock, since = asyncio.get_running_loop().time, None
        while True:
            connected = self.gateway.connected
            if connected and since is not None:
                self._away.append((since, clock()))
                since = None
            elif not connected and since is None:
                since = clock()
            for session in list(self.gateway.sessions.values()) if connected else ():
                if session not in connected:  # its client has another by now
                    del self.gateway.sessions[session.id]
            await asyncio.sleep(LOOK_EVERY_S)

    def settle(self) -> None:
        """Enter what came, and what reached the bot too late."""
        for question, interaction in self._asked:
            while not interaction.shown.empty():
                _note(question, interaction.shown.get_nowait().raw)
            for since, until in self._away:
                # What was sent just before a connection broke comes with the next one.
                if since - ENDING_S <= question.asked <= until - LAST_MOMENT_S:
                    question.excuses.add(Excuse.LATE)

    async def _ask(self, interaction: Interaction, by: By) -> Reply:
        now = asyncio.get_running_loop().time()
        question = self._ledger.open("Discord", KIND.get(), now, interaction.token)
        self._asked.append((question, interaction))
        with _explained(question):
            reply = await super()._ask(interaction, by)
        question.seconds = reply.seconds
        _note(question, reply.raw)
        return reply


class _WatchedSocket(SocketMode):
    """Socket Mode that remembers when its connections ended."""

    def __init__(self) -> None:
        super().__init__()
        self._ended: list[float] = []

    async def connect(self, request: web.Request) -> web.StreamResponse:
        try:
            return await super().connect(request)
        finally:
            self._ended.append(asyncio.get_running_loop().time())

    async def send(
        self, kind: str, payload: JSON, *, answerable: bool, timeout: float, **more: Any
    ) -> JSON | None:
        sent = asyncio.get_running_loop().time()
        ack = await super().send(kind, payload, answerable=answerable, timeout=timeout, **more)
        if ack is None and any(sent <= ended <= sent + ENDING_S for ended in self._ended):
            _CURRENT.get().excuses.add(Excuse.CUT)
        return ack


class SoakSlack(_ChecksOnce, SlackStandIn):
    """Slack, and a ledger. The next `to_expire` presses come with an expired response_url.

    On the next `to_hang_up` events it hangs up, over HTTP, before they are acknowledged.
    """

    def __init__(self, ledger: Ledger, patience: float) -> None:
        """`patience`: seconds that people wait for what comes after the acknowledgement."""
        super().__init__()
        self.answer_timeout = patience
        self.socket = _WatchedSocket()
        self.to_expire = 0
        self.to_hang_up = 0
        self.expired = 0
        self.repeated = 0
        self._ledger = ledger
        self._asked: list[tuple[Question, SlackInteraction]] = []
        self._written: list[tuple[Question, SlackMessage]] = []

    def settle(self) -> None:
        """Enter what came."""
        for question, interaction in self._asked:
            while not interaction.shown.empty():
                _note_shown(question, interaction.shown.get_nowait())
        for question, said in self._written:
            for message in said.channel.messages.values():
                mine = message.data["user"] == BOT_USER_ID
                if mine and (said.channel.is_im or message.thread_ts == said.ts):
                    question.answers[message.ts] = message.text

    async def say(
        self, person: SlackPerson, text: str, *, again_after: float | None
    ) -> SlackMessage:
        """Write to the bot in a direct message; deliver the event as Slack does.

        `again_after`: deliver it once more, so many seconds after it was acknowledged.
        """
        said = self.post_as(person, text, self.channels.dm_with(person.id))
        await self._deliver_event(said, message_event(said), said.channel.id, again_after)
        return said

    async def call(
        self, person: SlackPerson, text: str, *, again_after: float | None
    ) -> SlackMessage:
        """Mention the bot in the channel; `again_after` as for `say`."""
        said = self.post_as(person, f"<@{BOT_USER_ID}> {text}", self.channel)
        event = {
            **said.data,
            "type": "app_mention",
            "channel": said.channel.id,
            "event_ts": said.ts,
        }
        await self._deliver_event(said, event, said.ts, again_after)
        return said

    async def _deliver_event(
        self, said: SlackMessage, event: JSON, id: str, again_after: float | None
    ) -> None:
        now = asyncio.get_running_loop().time()
        question = self._ledger.open("Slack", KIND.get(), now, id)
        self._written.append((question, said))
        # So that the stand-in knows whom the answer is for.
        person = self.people[said.data["user"]]
        self._new(KIND.get(), person, said.channel, frozenset({"chat.postMessage"}))
        event_id = fresh_id("Ev")
        for attempt in range(ATTEMPTS):
            if await self._acknowledges(question, event, event_id, attempt):
                break
            await asyncio.sleep(AGAIN_AFTER_S)
        else:
            question.excuses.add(Excuse.UNDELIVERED)
            return
        question.excuses.discard(Excuse.CUT)
        if again_after is not None:
            await asyncio.sleep(again_after)
            self.repeated += 1
            await self._acknowledges(Question("", "", 0.0), event, event_id, attempt + 1)

    async def _acknowledges(
        self, question: Question, event: JSON, event_id: str, attempt: int
    ) -> bool:
        _CURRENT.set(question)
        patience = None
        if self.to_hang_up and attempt == 0:
            self.to_hang_up -= 1
            patience = HANGS_UP_AFTER_S
        try:
            async with asyncio.timeout(patience):
                delivery = await self.event(
                    event,
                    event_id=event_id,
                    retry_attempt=attempt,
                    retry_reason="timeout" if attempt else "",
                )
        except (NotConnectedError, TimeoutError):
            return False
        return delivery.acked

    async def _ask(self, interaction: SlackInteraction, kind: str, payload: JSON) -> SlackReply:
        now = asyncio.get_running_loop().time()
        question = self._ledger.open("Slack", KIND.get(), now, interaction.response_token)
        self._ledger.by_id[interaction.trigger_id] = question
        self._asked.append((question, interaction))
        _CURRENT.set(question)
        if self.to_expire and interaction.source is not None and interaction.source.ephemeral:
            self.to_expire -= 1
            self.expired += 1
            interaction.response_url_expired = True
            question.excuses.add(Excuse.EXPIRED)
        with _explained(question):
            reply = await super()._ask(interaction, kind, payload)
        question.seconds = reply.seconds
        _note_shown(question, reply.shown)
        return reply


@contextmanager
def _explained(question: Question) -> Iterator[None]:
    """Enter why nothing came, and let it out."""
    try:
        yield
    except NotConnectedError:
        question.excuses.add(Excuse.NOBODY)
        raise
    except UnansweredError as error:
        question.said = str(error)
        raise


def _note(question: Question, message: JSON) -> None:
    question.answers[str(message.get("id"))] = str(message.get("content", ""))


def _note_shown(question: Question, shown: Shown) -> None:
    if shown.message is not None:
        question.answers[shown.message.ts] = str(shown.content.get("text", ""))
    elif shown.view is not None:
        question.answers[str(shown.content["id"])] = text_of(shown.content["blocks"])
