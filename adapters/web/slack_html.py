"""Slack payload → elements as Slack displays them: the parts of Block Kit and mrkdwn that the bot
uses.

https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from adapters.web.elements import (
    BARE_ADDRESS,
    Button,
    Element,
    Menu,
    MessageElements,
    Placeholder,
    Row,
    Text,
    link,
)

BUILDER = "https://app.slack.com/block-kit-builder/#"

_TAGS = {"bold": ("*", "strong"), "italic": ("_", "em"), "strike": ("~", "s")}


def _between(name: str, mark: str) -> str:
    """A pattern, named `name`, for text between two marks.

    Slack requires that the marks touch the text and that no word touches them from outside. Beside
    an invisible word joiner, a mark is a plain character.
    """
    mark = re.escape(mark)
    inner = rf"(?![\s\u2060{mark}])(?:<[^<>]*>|[^{mark}\n<])+(?<![\s\u2060])"
    return rf"(?<![\w\u2060]){mark}(?P<{name}>{inner}){mark}(?![\w\u2060])"


_MARKED = re.compile(
    "|".join(
        (
            r"<(?P<address>https?://[^|<>\s]+)(?:\|(?P<label>[^<>]*))?>",
            rf"(?P<bare>{BARE_ADDRESS.pattern})",
            r"(?<![\w\u2060])`(?P<code>[^`\n]+)`(?![\w\u2060])",
            *(_between(name, mark) for name, (mark, _) in _TAGS.items()),
        )
    )
)


def to_elements(payload: Mapping[str, Any]) -> MessageElements:
    """The elements of a message, from its blocks, or from its text if there are none."""
    blocks = payload.get("blocks") or [
        {"type": "section", "text": {"type": "mrkdwn", "text": payload["text"]}}
    ]
    private = payload.get("response_type") == "ephemeral"
    return MessageElements(tuple(_element(block) for block in blocks), private)


def builder_address(payload: Mapping[str, Any]) -> str:
    """The address that opens a message in Slack's Block Kit Builder; empty without blocks."""
    blocks = payload.get("blocks")
    if not blocks:
        return ""
    written = json.dumps({"blocks": blocks}, ensure_ascii=False, separators=(",", ":"))
    return BUILDER + quote(written, safe="")


def _element(block: Mapping[str, Any]) -> Element:
    match block["type"]:
        case "header":
            return Text(Markup("<h3>{}</h3>").format(block["text"]["text"]))
        case "section" if "text" in block:
            return Text(_text(block["text"]))
        case "actions":
            return Row(tuple(_control(element) for element in block["elements"]))
        case kind:
            return Placeholder(kind)


def _control(element: Mapping[str, Any]) -> Button | Menu:
    if element["type"] == "static_select":
        options = tuple((each["value"], each["text"]["text"]) for each in element["options"])
        return Menu(element["placeholder"]["text"], element["action_id"], options)
    return Button(element["text"]["text"], element["action_id"])


def _text(text: Mapping[str, Any]) -> Markup:
    marked = text["type"] == "mrkdwn"
    paragraphs = (
        Markup("<br>").join(mrkdwn(line) if marked else escape(line) for line in each.split("\n"))
        for each in text["text"].split("\n\n")
    )
    return Markup("").join(Markup("<p>{}</p>").format(each) for each in paragraphs)


def mrkdwn(line: str) -> Markup:
    """One line of Slack's mrkdwn as HTML."""
    return Markup("").join(_runs(line))


def _runs(line: str) -> Iterator[Markup]:
    at = 0
    for found in _MARKED.finditer(line):
        yield _meant(line[at : found.start()])
        at = found.end()
        if address := found["address"] or found["bare"]:
            label = found["label"] or address
            yield link(_unescaped(address), _meant(label))
        elif found["code"]:
            yield Markup("<code>{}</code>").format(_meant(found["code"]))
        else:
            name = str(found.lastgroup)
            tag = Markup(_TAGS[name][1])
            yield Markup("<{0}>{1}</{0}>").format(tag, mrkdwn(found[name]))
    yield _meant(line[at:])


def _meant(text: str) -> Markup:
    return escape(_unescaped(text))


def _unescaped(text: str) -> str:
    """Text without Slack's three entities; Slack knows no others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
