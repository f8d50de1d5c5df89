"""Answer → Discord message. The whole answer is in `content`, for screen readers and for people who
have switched embeds off.

Limits are Discord's own: https://docs.discord.com/developers/resources/message and
https://docs.discord.com/developers/components/reference.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import discord

from adapters import text as plain_text
from adapters.conversation import AnswerPage, Aside, PostPreview, Reply, Response
from adapters.discord.views import ButtonView, answer_view, post_preview_view
from adapters.wording import PAGE
from knowledge.actions import Button
from knowledge.answer import Answer, Kind
from knowledge.errors import DoesNotFitError
from knowledge.language import translator_for
from knowledge.markup import Span, length, paginate, parse, parse_kept, print_blocks

CONTENT_LIMIT = 2000
PREVIEW_ROOM = 100
"""Characters that a public answer leaves free, for the sentence above its preview."""
NO_MENTIONS = discord.AllowedMentions.none()
NEW_MESSAGE = discord.InteractionResponseType.channel_message.value
UPDATE_MESSAGE = discord.InteractionResponseType.message_update.value

FILE_NAME = "questions.txt"


@dataclass(frozen=True)
class DiscordMessage:
    """One page of an answer as Discord is sent it; cached, for everyone who asks the same."""

    content: str
    view: ButtonView
    file: str = ""
    """The content of a text file that is attached; empty for none."""

    def attachments(self) -> list[discord.File]:
        """The file for discord.py, a new object each time because it can be read only once."""
        if not self.file:
            return []
        return [discord.File(io.BytesIO(self.file.encode()), FILE_NAME)]

    def to_json(self) -> dict[str, Any]:
        """The message as JSON."""
        flags = discord.MessageFlags(ephemeral=True, suppress_embeds=True)
        files = [file.to_dict(at) for at, file in enumerate(self.attachments())]
        return {
            "content": self.content,
            "components": self.view.to_components(),
            "flags": flags.value,
            "allowed_mentions": NO_MENTIONS.to_dict(),
            **({"attachments": files} if files else {}),
        }

    @cached_property
    def as_new(self) -> bytes:
        """The encoded callback that sends it as a new message."""
        return _encode(NEW_MESSAGE, self.to_json())

    @cached_property
    def as_update(self) -> bytes:
        """The encoded callback that replaces another message and removes its file."""
        message = {"attachments": [], **self.to_json()}
        del message["flags"]  # a message keeps its flags
        return _encode(UPDATE_MESSAGE, message)


def _encode(kind: int, message: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "data": message}, separators=(",", ":")).encode()


@lru_cache(plain_text.RENDER_CACHE_SIZE)
def render(answer: Answer, page: int = 1, post_buttons: Sequence[Button] = ()) -> DiscordMessage:
    """A page (from 1; the nearest that exists) of an answer.

    Args:
        answer: what to show.
        page: which page of it.
        post_buttons: buttons for those who may post it.

    Raises:
        DoesNotFitError: no way of splitting brings the answer within Discord's limits.
    """
    pages = contents(answer)
    page = min(max(page, 1), len(pages))
    return DiscordMessage(
        pages[page - 1], answer_view(answer, page, len(pages), post_buttons), _file_of(answer)
    )


@lru_cache(plain_text.RENDER_CACHE_SIZE)
def contents(answer: Answer, spare: int = 0) -> tuple[str, ...]:
    """The `content` of every page, at most 2000 characters; each has heading, reminder and credit.

    `spare`: how many characters of each page are left free.

    Raises:
        DoesNotFitError: as `render` does.
    """
    print_it = plain_span if answer.plain else print_span
    heading, intro = markdown(answer.heading, print_it), markdown(answer.reminder_intro, print_it)
    reminder = f"{intro} {markdown(answer.reminder, print_it)}".strip()
    head = plain_text.joined(
        markdown(answer.notice, print_it), heading if answer.plain else f"## {heading}"
    )
    foot = plain_text.joined(
        plain_text.note(answer, markdown(answer.note, print_it)),
        reminder if answer.plain else f"**{reminder}**",
        markdown(answer.credit, print_it),
    )
    say = translator_for(answer.language)
    around = plain_text.joined(head, say(PAGE, page=99, pages=99), foot)
    room = CONTENT_LIMIT - spare - length(around + "\n\n")
    if room <= 0:
        raise DoesNotFitError("heading, reminder and credit alone fill a whole Discord message")
    bodies = paginate(parse_kept(answer.body), room, print_it)
    if len(bodies) == 1:
        return (plain_text.joined(head, bodies[0], foot),)
    return tuple(
        plain_text.joined(head, body, say(PAGE, page=number, pages=len(bodies)), foot)
        for number, body in enumerate(bodies, start=1)
    )


def _file_of(answer: Answer) -> str:
    return plain_text.render(answer) if answer.kind is Kind.APPOINTMENT else ""


def render_reply(reply: Reply) -> DiscordMessage:
    """A short message for the person who pressed or typed."""
    # Not cached, because it may repeat what somebody typed, and name the place.
    content = print_blocks(parse(reply.text), print_span)[:CONTENT_LIMIT]
    return DiscordMessage(content, ButtonView(reply.buttons))


def render_post_preview(preview: PostPreview) -> DiscordMessage:
    """A preview of what a channel would see, with the buttons to post it."""
    content = plain_text.joined(markdown(preview.text), public_content(preview.answer))
    return DiscordMessage(content, post_preview_view(preview))


def render_response(response: Response) -> DiscordMessage:
    """Render whatever one person is shown."""
    match response:
        case AnswerPage(answer, number, post_buttons):
            return render(answer, number, post_buttons)
        case PostPreview():
            return render_post_preview(response)
        case Reply():
            return render_reply(response)
        case Aside(text):
            return DiscordMessage(text, ButtonView())


def public_content(answer: Answer) -> str:
    """What everyone in a channel reads: the first page, which says how many pages there are."""
    return contents(answer, PREVIEW_ROOM)[0]


def plain_span(span: Span) -> str:
    """A span without decoration, its text escaped for Discord's Markdown."""
    return print_span(Span(span.text if not span.url else plain_text.print_span(span)))


def print_span(span: Span) -> str:
    """A span in Discord's Markdown."""
    # Discord links a bare address by itself, and its underscores are not emphasis.
    if span.url == span.text:
        return span.text
    # The letter in front prevents that a dash after bold words is escaped as a list's start.
    text = discord.utils.escape_markdown(f"x{span.text}")[1:]
    text = f"*{text}*" if span.italic else text
    text = f"**{text}**" if span.bold else text
    return f"[{text}](<{span.url}>)" if span.url else text


def markdown(text: str, print_it: Callable[[Span], str] = print_span) -> str:
    """The article's Markdown as Discord's."""
    return print_blocks(parse_kept(text), print_it)
