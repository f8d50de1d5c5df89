"""Answer → Slack message. The whole answer is in `text` as well as in the blocks, because screen
readers and notifications use `text` only.

Limits are Slack's own: https://docs.slack.dev/reference/block-kit/blocks, as slack_sdk checks them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    HeaderBlock,
    MarkdownTextObject,
    Option,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.blocks import (
    Block as SlackBlock,
)

from adapters import text as plain_text
from adapters.conversation import AnswerPage, Aside, Menu, PostPreview, Reply, Response, menu_of
from adapters.wording import MENTIONED, OPEN_PRIVATELY, PAGE
from knowledge.actions import Action, Button, Verb, buttons, clip
from knowledge.answer import Answer
from knowledge.errors import DoesNotFitError
from knowledge.language import translator_for
from knowledge.markup import Span, length, paginate, parse, parse_kept, print_blocks

HEADER_LIMIT = 150
SECTION_LIMIT = 3000
TEXT_LIMIT = 4000
"""Bytes of `text`, at most, of a message that can be edited later; Slack posts ten times as much
(https://docs.slack.dev/reference/methods/chat.update#errors, `msg_too_long`)."""
PREVIEW_ROOM = 200
"""Bytes of these that an answer leaves free, for the sentence above its preview."""
LABEL_LIMIT = 75
OPTIONS_LIMIT = 100
VALUE_LIMIT = 2000

_MEANT_BY_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Slack cannot escape the marks of emphasis. With an invisible word joiner beside it, a mark does
# not touch a word, and is shown as it is.
_ADDRESS = re.compile(r"(https?://\S+)")
_MARKS = str.maketrans({mark: f"\u2060{mark}\u2060" for mark in "*_~`"})


@dataclass(frozen=True)
class SlackMessage:
    """One page of an answer as Slack is sent it; cached, for everyone who asks the same."""

    text: str
    blocks: tuple[dict[str, Any], ...]

    def content(self) -> dict[str, Any]:
        """The message's fields, without those that depend on how it is sent."""
        return {
            "text": self.text,
            "blocks": list(self.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }

    def to_json(self) -> dict[str, Any]:
        """The message as a response that only the asker sees."""
        return {"response_type": "ephemeral", **self.content()}

    @cached_property
    def encoded(self) -> str:
        """The encoded JSON of `to_json`."""
        return json.dumps(self.to_json())


@lru_cache(plain_text.RENDER_CACHE_SIZE)
def render(answer: Answer, page: int = 1, post_buttons: Sequence[Button] = ()) -> SlackMessage:
    """A page (from 1; the nearest that exists) of an answer.

    Args:
        answer: what to show.
        page: which page of it.
        post_buttons: buttons for those who may post it.

    Raises:
        DoesNotFitError: no way of splitting brings the answer within Slack's limits.
    """
    dress = _plain if answer.plain else mrkdwn
    say = translator_for(answer.language)
    reminder = f"{dress(answer.reminder_intro)} {dress(answer.reminder)}".strip()
    notice, heading = dress(answer.notice), plain_text.plain(answer.heading)
    foot = [
        plain_text.note(answer, dress(answer.note)),
        reminder if answer.plain else f"*{reminder}*",
        dress(answer.credit),
    ]
    if len(heading) > HEADER_LIMIT or any(len(part) > SECTION_LIMIT for part in (notice, *foot)):
        raise DoesNotFitError("heading, note, reminder or credit is longer than a Slack block")
    around = [notice, escape(heading), say(PAGE, page=99, pages=99), *foot]
    bodies = _bodies(answer, TEXT_LIMIT - PREVIEW_ROOM - _size(plain_text.joined(*around) + "\n\n"))
    page = min(max(page, 1), len(bodies))
    turned = say(PAGE, page=page, pages=len(bodies)) if len(bodies) > 1 else ""
    rest = [bodies[page - 1], turned, *foot]
    header = HeaderBlock(text=PlainTextObject(text=heading, emoji=False))
    blocks: list[SlackBlock] = [
        *_sections([notice]),
        *(_sections([escape(heading)]) if answer.plain else [header]),
        *_sections(rest),
        *_navigation(answer, page, len(bodies)),
        *_row(post_buttons),
    ]
    return SlackMessage(
        text=plain_text.joined(notice, escape(heading), *rest),
        blocks=tuple(block.to_dict() for block in blocks),
    )


def _bodies(answer: Answer, most: int) -> tuple[str, ...]:
    """The body of every page, each within one section block, and of at most `most` bytes."""
    print_it = plain_span if answer.plain else print_span
    room = SECTION_LIMIT
    while True:
        bodies = paginate(parse_kept(answer.body), room, print_it)
        over = max(map(_size, bodies)) - most
        if over <= 0:
            return bodies
        # A UTF-16 code unit, which `room` counts, has at most three bytes in UTF-8.
        room = min(room, max(map(length, bodies))) - -(-over // 3)


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def render_public(answer: Answer) -> dict[str, Any]:
    """What everyone in a channel reads: the first page, which says how many pages there are."""
    message = render(answer)
    blocks = tuple(block for block in message.blocks if block["type"] != "actions")
    return SlackMessage(message.text, blocks).content()


def render_mentioned(answer: Answer, question: str) -> dict[str, Any]:
    """The public reply to a mention: a button that opens the answer in private, and nothing else.

    The button's value holds the question, so that it need not be stored.
    """
    say = translator_for(answer.language)
    label = clip(say(OPEN_PRIVATELY), LABEL_LIMIT)
    button = ButtonElement(
        text=PlainTextObject(text=label, emoji=False),
        action_id=Action(Verb.ASK, answer.command).encode(),
        accessibility_label=label,
        value=_within_value(question) or None,
    )
    blocks = (*_sections([say(MENTIONED)]), ActionsBlock(elements=[button]))
    return {"text": say(MENTIONED), "blocks": [block.to_dict() for block in blocks]}


def _within_value(question: str) -> str:
    """A question, without its middle if it is too long for a button's value.

    Its beginning is what is searched for, and at its end people may mention a crisis.
    """
    if len(question) <= VALUE_LIMIT:
        return question
    half = VALUE_LIMIT // 2
    return f"{question[: half - 1]}\n{question[-half:]}"


def render_reply(reply: Reply) -> SlackMessage:
    """A short message for the person who pressed or typed."""
    # Not cached, because it may repeat what somebody typed, and name the place.
    text = print_blocks(parse(reply.text), print_span)[:SECTION_LIMIT]
    blocks = (*_sections([text]), *_row(reply.buttons))
    return SlackMessage(text, tuple(block.to_dict() for block in blocks))


def render_post_preview(preview: PostPreview) -> SlackMessage:
    """A preview of what a channel would see, with the buttons to post it."""
    said, shown = mrkdwn(preview.text), render_public(preview.answer)
    ways = [*_menu(preview.menu), *_row(preview.buttons)]
    return SlackMessage(
        text=f"{said}\n\n{shown['text']}",
        blocks=(
            *(block.to_dict() for block in _sections([said])),
            *shown["blocks"],
            *(block.to_dict() for block in ways),
        ),
    )


def render_response(response: Response) -> SlackMessage:
    """Render whatever one person is shown."""
    match response:
        case AnswerPage(answer, number, post_buttons):
            return render(answer, number, post_buttons)
        case PostPreview():
            return render_post_preview(response)
        case Reply():
            return render_reply(response)
        case Aside(text):
            return render_reply(Reply(text))


def mrkdwn(text: str) -> str:
    """The article's Markdown as Slack's mrkdwn."""
    return print_blocks(parse_kept(text), print_span)


def escape(text: str) -> str:
    """Escape a text, so that Slack shows it as it is, without mentions, links and emphasis.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    # Bare addresses are left out: word joiners would break them, and they have no emphasis.
    pieces = _ADDRESS.split(text.translate(_MEANT_BY_SLACK))
    return "".join(piece if at % 2 else piece.translate(_MARKS) for at, piece in enumerate(pieces))


def plain_span(span: Span) -> str:
    """A span without decoration, its text escaped for mrkdwn."""
    return escape(plain_text.print_span(span))


def _plain(text: str) -> str:
    return print_blocks(parse_kept(text), plain_span)


def print_span(span: Span) -> str:
    """A span in mrkdwn."""
    text = escape(span.text)
    if span.url:
        text = f"<{span.url.translate(_MEANT_BY_SLACK)}|{text}>"
    for mark, wanted in (("_", span.italic), ("*", span.bold)):
        text = _marked(text, mark) if wanted else text
    return text


def _marked(text: str, mark: str) -> str:
    # Slack honours a mark only if it touches a word, so blanks are left outside.
    inner = text.strip()
    return text.replace(inner, f"{mark}{inner}{mark}", 1) if inner else text


def _sections(texts: Iterable[str]) -> list[SlackBlock]:
    # Without `expand`, Slack folds a long section behind "see more".
    return [SectionBlock(text=MarkdownTextObject(text=text), expand=True) for text in texts if text]


def _navigation(answer: Answer, page: int, pages: int) -> list[SlackBlock]:
    through, related = buttons(answer, page, pages)
    return [*_menu(menu_of(answer)), *_row(through), *_row(related)]


def _menu(menu: Menu | None) -> list[SlackBlock]:
    if menu is None:
        return []
    options = [
        Option(value=choice.topic, text=PlainTextObject(text=clip(choice.title, LABEL_LIMIT)))
        for choice in menu.choices[:OPTIONS_LIMIT]
    ]
    select = StaticSelectElement(
        placeholder=PlainTextObject(text=menu.placeholder),
        action_id=menu.action.encode(),
        options=options,
    )
    return [ActionsBlock(elements=[select])]


def _row(offered: Sequence[Button]) -> list[SlackBlock]:
    elements = [
        ButtonElement(
            text=PlainTextObject(text=clip(button.label, LABEL_LIMIT), emoji=False),
            action_id=button.action.encode(),
            accessibility_label=clip(button.label, LABEL_LIMIT),
        )
        for button in offered
    ]
    return [ActionsBlock(elements=elements)] if elements else []
