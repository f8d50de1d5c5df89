"""What bolt calls: a command that was typed, a button that was pressed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncRespond

from adapters.moderation import (
    NO_CHANNEL,
    NOT_A_MODERATOR,
    ONLY_MODERATORS_SHARE,
    Moderation,
    Reply,
    Subcommand,
)
from adapters.slack.moderators import SlackModerators
from adapters.slack.render import SlackMessage, render, render_preview, render_reply
from adapters.wording import APOLOGY, STALE_BUTTON, UNKNOWN_COMMAND
from knowledge.actions import MODERATORS_ONLY, Action, Button, Verb
from knowledge.answer import Answer
from knowledge.desk import Desks
from knowledge.posts import Place, Platform

log = logging.getLogger(__name__)

MODERATOR_SUFFIX = "-mod"

Body = dict[str, Any]


class Listeners:
    """Turns what people do on Slack into answers and replies."""

    def __init__(
        self, desks: Desks, moderators: SlackModerators, moderation: Moderation | None = None
    ) -> None:
        self._desks = desks
        self._moderators = moderators
        self._moderation = moderation

    async def answer(self, ack: AsyncAck, body: Body) -> None:
        """Answer a command, seen by the asker alone."""
        desk = self._desks.get(_command(body))
        if desk is None:
            await ack(UNKNOWN_COMMAND)
            return
        try:
            found = desk.ask(body.get("text") or "")
            await ack((await self._dress(body, found)).to_json())
        except Exception:
            log.exception("a command failed")
            await ack(APOLOGY)

    async def perform(self, respond: AsyncRespond, body: Body, action: Body) -> None:
        """Do what a button or menu says, in place of the message it stands under."""
        wanted = _wanted(action)
        if wanted is None or wanted.command not in self._desks:
            await _say(respond, STALE_BUTTON)
            return
        async with _apologetic(respond):
            match wanted.verb:
                case Verb.OPEN | Verb.CHOOSE:
                    # A topic that is gone since the button was made is asked like any question.
                    found = self._desks[wanted.command].ask(wanted.topic)
                    await _replace(respond, await self._dress(body, found, wanted.page))
                case Verb.SHARE | Verb.PIN:
                    await self._preview(respond, body, wanted)
                case Verb.POST | Verb.KEEP | Verb.REPLACE:
                    await self._publish(respond, body, wanted)

    async def moderate(self, respond: AsyncRespond, body: Body) -> None:
        """Do what a moderator typed; the outcome is seen by the moderator alone."""
        command = _command(body).removesuffix(MODERATOR_SUFFIX)
        if command not in self._desks:
            await _say(respond, UNKNOWN_COMMAND)
            return
        async with _apologetic(respond):
            if reason := await self._hindrance(body, Verb.KEEP):
                await _say(respond, reason)
                return
            assert self._moderation is not None  # `_hindrance` has looked
            word, _, topic = str(body.get("text") or "").strip().partition(" ")
            if word not in set(Subcommand):
                usage = (f"- /{command}-mod {each}: {each.description}" for each in Subcommand)
                await respond(render_reply(Reply("\n".join(usage))).to_json())
                return
            reply = await self._moderation.command(
                _place(body), command, Subcommand(word), topic.strip()
            )
            await respond(render_reply(reply).to_json())

    async def _preview(self, respond: AsyncRespond, body: Body, action: Action) -> None:
        reason = await self._hindrance(body, action.verb)
        shown = self._moderation.preview(action) if self._moderation and not reason else None
        if shown is None:
            await _say(respond, reason or STALE_BUTTON)
            return
        await _replace(respond, render_preview(*shown))

    async def _publish(self, respond: AsyncRespond, body: Body, action: Action) -> None:
        if reason := await self._hindrance(body, action.verb):
            await _say(respond, reason)
            return
        assert self._moderation is not None  # `_hindrance` has looked
        reply = await self._moderation.perform(_place(body), action)
        await _replace(respond, render_reply(reply))

    async def _dress(self, body: Body, answer: Answer, page: int = 1) -> SlackMessage:
        offers: tuple[Button, ...] = ()
        if self._moderation and answer.section and _in_channel(body):
            moderator = await self._moderators.seem_to_include(_user(body))
            offers = self._moderation.offers(answer, moderator=moderator)
        return render(answer, page, offers)

    async def _hindrance(self, body: Body, verb: Verb) -> str | None:
        """Why this person may not do this here; None if nothing is in the way.

        Asked at every use: a button may be old, or forged.
        """
        if self._moderation is None or not _in_channel(body):
            return NO_CHANNEL
        moderator = await self._moderators.include(_user(body))
        if verb in MODERATORS_ONLY and not moderator:
            return NOT_A_MODERATOR
        if not self._moderation.may_share(moderator):
            return ONLY_MODERATORS_SHARE
        return None


def _command(body: Body) -> str:
    return str(body.get("command", "")).removeprefix("/")


def _user(body: Body) -> str:
    return str(body.get("user_id") or (body.get("user") or {}).get("id") or "")


def _channel(body: Body) -> str:
    return str(body.get("channel_id") or (body.get("channel") or {}).get("id") or "")


def _in_channel(body: Body) -> bool:
    # Ids of channels begin with C or G, of direct messages with D.
    return _channel(body)[:1] in {"C", "G"}


def _place(body: Body) -> Place:
    team = body.get("team_id") or (body.get("team") or {}).get("id") or ""
    return Place(Platform.SLACK, str(team), _channel(body))


def _wanted(action: Body) -> Action | None:
    """The action of a button, or of the entry that was chosen in a menu."""
    wanted = Action.decode(str(action.get("action_id", "")))
    if wanted is None or wanted.verb is not Verb.CHOOSE:
        return wanted
    chosen = (action.get("selected_option") or {}).get("value")
    return Action(Verb.OPEN, wanted.command, str(chosen)) if chosen else None


async def _replace(respond: AsyncRespond, message: SlackMessage) -> None:
    await respond({**message.to_json(), "replace_original": True})


async def _say(respond: AsyncRespond, sentence: str) -> None:
    """Tell the one who acted, and nobody else."""
    try:
        await respond(sentence, response_type="ephemeral", replace_original=False)
    except Exception as error:
        # A response_url serves five times in thirty minutes; there is no other way to the person.
        log.warning("a sentence did not reach Slack (%s)", type(error).__name__)


@asynccontextmanager
async def _apologetic(respond: AsyncRespond) -> AsyncIterator[None]:
    """The one place for everything unexpected: a discreet log line, and a sentence."""
    try:
        yield
    except Exception:
        log.exception("an interaction failed")
        await _say(respond, APOLOGY)
