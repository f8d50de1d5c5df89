"""Answer → Discord message. The whole answer is in `content`; buttons and menus only lead on.

Limits are Discord's own: https://docs.discord.com/developers/resources/message and
https://docs.discord.com/developers/components/reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import discord

from adapters.discord.views import AnswerView, ButtonView
from adapters.moderation import Reply
from adapters.text import NOTE_LEAD
from knowledge.actions import Button
from knowledge.answer import Answer
from knowledge.errors import DoesNotFitError
from knowledge.markup import Span, length, paginate, parse, print_blocks

CONTENT_LIMIT = 2000
PREVIEW_ROOM = 100
"""Characters that every answer leaves free, so that a preview of it can say that it is one."""
NO_MENTIONS = discord.AllowedMentions.none()

_PAGE_LINE_ROOM = len("\n\nPage 99 of 99")


@dataclass(frozen=True, slots=True)
class DiscordMessage:
    """One page of an answer: what discord.py sends."""

    content: str
    view: ButtonView

    def to_json(self) -> dict[str, Any]:
        """The message as it goes over the wire."""
        flags = discord.MessageFlags(ephemeral=True, suppress_embeds=True)
        return {
            "content": self.content,
            "components": self.view.to_components(),
            "flags": flags.value,
            "allowed_mentions": NO_MENTIONS.to_dict(),
        }


def render(answer: Answer, page: int = 1, offers: Sequence[Button] = ()) -> DiscordMessage:
    """A page (from 1; the nearest that exists) of an answer.

    Args:
        answer: what to show.
        page: which page of it.
        offers: buttons for those who may post it.

    Raises:
        DoesNotFitError: no way of splitting brings the answer within Discord's limits.
    """
    pages = contents(answer)
    page = min(max(page, 1), len(pages))
    return DiscordMessage(pages[page - 1], AnswerView(answer, page, len(pages), offers))


@lru_cache(maxsize=1024)
def contents(answer: Answer) -> tuple[str, ...]:
    """The `content` of every page. Each holds heading, reminder and credit."""
    head = _joined(markdown(answer.notice), f"## {markdown(answer.heading)}")
    foot = _joined(
        NOTE_LEAD + markdown(answer.note) if answer.note else "",
        f"**{markdown(answer.reminder)}**",
        markdown(answer.credit),
    )
    room = (
        CONTENT_LIMIT
        - PREVIEW_ROOM
        - length(_joined(head, "", foot))
        - 2 * len("\n\n")
        - _PAGE_LINE_ROOM
    )
    if room <= 0:
        raise DoesNotFitError("heading, reminder and credit alone fill a whole Discord message")
    bodies = paginate(parse(answer.body), room, print_span)
    if len(bodies) == 1:
        return (_joined(head, bodies[0], foot),)
    return tuple(
        _joined(head, body, f"Page {number} of {len(bodies)}", foot)
        for number, body in enumerate(bodies, start=1)
    )


def render_reply(reply: Reply) -> DiscordMessage:
    """A short message for the one who pressed or typed."""
    return DiscordMessage(markdown(reply.text)[:CONTENT_LIMIT], ButtonView(reply.buttons))


def render_preview(answer: Answer, reply: Reply) -> DiscordMessage:
    """What a channel would see, and what to press next."""
    content = _joined(markdown(reply.text), public_content(answer))
    return DiscordMessage(content, ButtonView(reply.buttons))


def public_content(answer: Answer) -> str:
    """What everyone in a channel reads: the first page, which says so where there are more."""
    return contents(answer)[0]


def markdown(text: str) -> str:
    """The article's Markdown as Discord's."""
    return print_blocks(parse(text), print_span)


def print_span(span: Span) -> str:
    """A run of text in Discord's Markdown."""
    # A bare address is a link on Discord by itself, and its underscores are not emphasis.
    if span.url == span.text:
        return span.text
    # The letter in front keeps a dash behind bold words from passing for the start of a list.
    text = discord.utils.escape_markdown(f"x{span.text}")[1:]
    text = f"*{text}*" if span.italic else text
    text = f"**{text}**" if span.bold else text
    return f"[{text}](<{span.url}>)" if span.url else text


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
