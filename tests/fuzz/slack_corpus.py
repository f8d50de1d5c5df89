"""What Slack really sends: one of everything that people do, as the stand-in has sent it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tests.bot.marked import TYPED
from tests.standins.recording import JSON
from tests.standins.slack import SlackStandIn


@dataclass(frozen=True, slots=True)
class Payload:
    """What comes in an envelope of this kind, or in a request."""

    kind: str
    content: JSON


@asynccontextmanager
async def recorded(slack: SlackStandIn) -> AsyncIterator[list[Payload]]:
    """Everything that goes the stand-in's way in this block."""
    sent: list[Payload] = []
    send = slack.way.send

    async def recording(kind: str, payload: JSON, **more: Any) -> JSON | None:
        sent.append(Payload(kind, payload))
        return await send(kind, payload, **more)

    with patch.object(slack.way, "send", recording):
        yield sent


async def one_of_everything(slack: SlackStandIn) -> list[Payload]:
    """Do everything that people can do, and bring what the bot was sent for it.

    At last the app is uninstalled: where it can be, what comes then is not answered.
    """
    async with recorded(slack) as sent:
        for channel in (slack.channel, slack.dm):
            await slack.command("/ldn", TYPED, channel=channel)
        for text in ("pins", "pin overview", "settings plain=on", "stats", "unpin overview"):
            await slack.command("/ldn-mod", text, user=slack.moderator)
        answer = await slack.command("/ldn", "forms", user=slack.moderator)
        why = await slack.press(answer, answer.labels["Unclear or out of date?"])
        await slack.press(why, why.labels["It is out of date"])
        answer = await slack.command("/ldn", "forms", user=slack.moderator)
        preview = await slack.press(answer, answer.labels["Share in this channel"])
        await slack.press(preview, preview.labels["Post"])
        mention = await slack.mention(TYPED)
        modal = await slack.press(mention, "ldn:ask::1")
        await slack.press(modal, modal.labels["All topics"])
        asked = slack.post_as(slack.member, TYPED)
        modal = await slack.shortcut("ldn-answer", asked, user=slack.moderator)
        modal = await slack.select(modal, "ldn:draft::1", "forms", user=slack.moderator)
        await slack.press(modal, modal.labels["Post in this thread"], user=slack.moderator)
        await slack.direct_message(TYPED)
        await slack.type_in(await slack.open_home(), "ldn:ask::1", TYPED)
        await slack.pin_natively(asked)
        for kind in ("tokens_revoked", "app_uninstalled", "member_joined_channel"):
            await slack.event({"type": kind, "user": slack.member.id, "tokens": {"bot": ["U1"]}})
    return sent
