"""Slack: messages, views and options through slack_sdk's models, and the limits they leave out.

Limits in characters unless said otherwise; sources: Slack's Block Kit reference, slack_sdk's models
and @slack/types (the lower number where they disagree).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.contracts.problem import Problem, join
from tests.contracts.schemas import manifest_problems

TEXT = 40_000
EDITED_TEXT = 4000  # bytes
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
VIEW_SIZE = 250_000  # bytes
EXTERNAL_ID = 255
SECTION_FIELD = 2000
MARKDOWN_TOTAL = 12_000
OPTION = 75
OPTIONS = 100
SUGGESTIONS = 100

_POST = frozenset(
    {
        *("token", "channel", "text", "blocks", "attachments", "as_user", "icon_emoji"),
        *("icon_url", "link_names", "markdown_text", "metadata", "mrkdwn", "parse"),
        *("reply_broadcast", "team_id", "thread_ts", "unfurl_links", "unfurl_media", "username"),
    }
)
_KNOWN = {
    "chat.postMessage": _POST,
    "chat.postEphemeral": (_POST | {"user"}) - {"metadata", "reply_broadcast", "mrkdwn"},
    "chat.update": (_POST | {"ts", "file_ids"}) - {"icon_emoji", "icon_url", "username", "mrkdwn"},
    "response_url": frozenset(
        [
            "text",
            "blocks",
            "attachments",
            "response_type",
            "replace_original",
            "delete_original",
            "thread_ts",
            "unfurl_links",
            "unfurl_media",
            "metadata",
            "mrkdwn",
            "link_names",
            "parse",
        ]
    ),
}
_KNOWN["ack"] = _KNOWN["response_url"]

# What would notify someone: a user, a user group, everyone in a channel.
_PING = re.compile(r"<(?:@[UWB]|!(?:channel|here|everyone|group|subteam))")

_OF_MODALS_ALONE = frozenset({"title", "submit", "close", "clear_on_close", "notify_on_close"})
_IN_MESSAGES_ALONE = frozenset({"markdown", "file"})

_PLAIN_TEXT_KEYS = {
    ("header", "text"),
    ("button", "text"),
    ("modal", "title"),
    ("modal", "submit"),
    ("modal", "close"),
    ("input", "label"),
    ("input", "hint"),
}
_OPTION_COUNTS = {
    "overflow": (2, 5),
    "static_select": (1, OPTIONS),
    "multi_static_select": (1, OPTIONS),
    "checkboxes": (1, 10),
    "radio_buttons": (1, 10),
}


def message(method: str, body: Any) -> Iterator[Problem]:
    """A message as sent by ``method``: a Web API method, ``response_url`` or ``ack``."""
    if not isinstance(body, dict):
        yield Problem("", "an object is expected")
        return
    for key in sorted(body.keys() - _KNOWN[method]):
        yield Problem(key, "unknown key", refused=False)
    if body.get("delete_original"):
        return
    yield from _text(body)
    if method == "chat.update" and (size := len((body.get("text") or "").encode())) > EDITED_TEXT:
        yield Problem("text", f"{size} bytes, at most {EDITED_TEXT} where a message is edited")
    yield from _blocks(body.get("blocks") or [], "blocks", MESSAGE_BLOCKS)
    if body.get("link_names") or body.get("parse") == "full":
        yield Problem("link_names", "must be off: it turns names into mentions", refused=False)


def view(body: Any) -> Iterator[Problem]:
    """A modal or Home tab."""
    if not isinstance(body, dict):
        yield Problem("view", "an object is expected")
        return
    if body.get("type") not in ("modal", "home"):
        yield Problem("view.type", f"{body.get('type')!r} is neither a modal nor a Home tab")
    yield from _round_trip(lambda known: View(**known), body, "view")
    yield from _plain_texts(body, "view")
    if (size := len(json.dumps(body))) > VIEW_SIZE:
        yield Problem("view", f"{size} bytes, at most {VIEW_SIZE}")
    if len(body.get("external_id") or "") > EXTERNAL_ID:
        yield Problem("view.external_id", f"at most {EXTERNAL_ID} characters")
    blocks = body.get("blocks") or []
    yield from _blocks(blocks, "view.blocks", VIEW_BLOCKS)
    for number, block in enumerate(blocks):
        if block.get("type") in _IN_MESSAGES_ALONE:
            where = join("view.blocks", number)
            yield Problem(where, f"a {block['type']} block is for messages alone")
    if body.get("type") == "modal":
        if not body.get("title"):
            yield Problem("view.title", "a modal needs a title")
        if any(block.get("type") == "input" for block in blocks) and not body.get("submit"):
            yield Problem("view.submit", "a modal with an input needs a submit button")
    else:
        for key in sorted(key for key in _OF_MODALS_ALONE if body.get(key) is not None):
            yield Problem(f"view.{key}", "a Home tab has none")


def modal(body: Any) -> Iterator[Problem]:
    """The view of views.open, views.push and of a submission's acknowledgement."""
    yield from _of_type("modal", body)


def home(body: Any) -> Iterator[Problem]:
    """The view of views.publish."""
    yield from _of_type("home", body)


def _of_type(kind: str, body: Any) -> Iterator[Problem]:
    yield from view(body)
    if isinstance(body, dict) and body.get("type") != kind:
        yield Problem("view.type", f"{kind!r} is expected here")


def suggestions(body: Any) -> Iterator[Problem]:
    """The acknowledgement of a block_suggestion: options or groups of them."""
    groups = body.get("option_groups") if isinstance(body, dict) else None
    if isinstance(groups, list):
        for number, group in enumerate(groups):
            yield from _options(group.get("options"), join("option_groups", number, "options"))
        return
    options = body.get("options") if isinstance(body, dict) else None
    if not isinstance(options, list):
        yield Problem("options", "a list is expected")
        return
    yield from _options(options, "options")


def manifest(body: Any) -> Iterator[Problem]:
    """An app manifest, against its published schema (nothing where that is absent)."""
    yield from manifest_problems(body)


def _text(body: Mapping[str, Any]) -> Iterator[Problem]:
    """What is read aloud and shown in notifications."""
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        yield Problem(
            "text", "missing: screen readers and notifications have nothing", refused=False
        )
        return
    if len(text) > TEXT:
        yield Problem("text", f"{len(text)} characters, at most {TEXT}")
    yield from _pings(text, "text")


def _pings(text: str, where: str) -> Iterator[Problem]:
    if found := _PING.search(text):
        yield Problem(where, f"{found.group()}… notifies people", refused=False)


def _blocks(blocks: Any, where: str, limit: int) -> Iterator[Problem]:
    """Every block by itself, and what they must not share."""
    if not isinstance(blocks, list):
        yield Problem(where, "a list is expected")
        return
    if len(blocks) > limit:
        yield Problem(where, f"{len(blocks)} blocks, at most {limit}")
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        here = join(where, number)
        if not isinstance(block, dict):
            yield Problem(here, "an object is expected")
            continue
        yield from _round_trip(Block.parse, block, here)
        yield from _walk(block, here)
        yield from _action_ids(block, here)
        block_id = block.get("block_id")
        if block_id is not None and block_id in seen:
            yield Problem(here, f"block_id {block_id!r} is used twice")
        seen.add(block_id or "")
    markdown = sum(len(b.get("text") or "") for b in blocks if b.get("type") == "markdown")
    if markdown > MARKDOWN_TOTAL:
        yield Problem(where, f"{markdown} characters of markdown, at most {MARKDOWN_TOTAL}")


def _round_trip(
    parse: Callable[[dict[str, Any]], JsonObject | None], body: dict[str, Any], where: str
) -> Iterator[Problem]:
    """What slack_sdk's model of the payload objects to, or does not know."""
    try:
        parsed = parse(body)
        if parsed is None:
            yield Problem(where, f"unknown type {body.get('type')!r}")
            return
        back = parsed.to_dict()
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError) as error:
        yield Problem(where, str(error))
        return
    yield from _lost(body, back, where)


def _lost(sent: Any, kept: Any, where: str) -> Iterator[Problem]:
    """What slack_sdk does not know of something that it has read."""
    if isinstance(sent, dict) and isinstance(kept, dict):
        for key, value in sent.items():
            if key in kept:
                yield from _lost(value, kept[key], join(where, key))
            elif value not in (None, "", [], {}):
                yield Problem(join(where, key), "unknown key")
    elif isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        for number, pair in enumerate(zip(sent, kept, strict=True)):
            yield from _lost(*pair, join(where, number))
    elif sent != kept:
        yield Problem(where, "unknown element or value")


def _walk(thing: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """The checks that apply at any depth."""
    kind = thing.get("type")
    yield from _plain_texts(thing, where)
    if kind == "mrkdwn" or kind == "markdown":
        yield from _pings(str(thing.get("text")), where)
    if kind in ("mrkdwn", "plain_text") and not thing.get("text"):
        yield Problem(where, "a text cannot be empty")
    if kind in ("actions", "context") and not thing.get("elements"):
        yield Problem(where, "needs at least one element")
    if kind == "section":
        for number, field in enumerate(thing.get("fields") or []):
            if len(field.get("text") or "") > SECTION_FIELD:
                yield Problem(join(where, "fields", number), f"over {SECTION_FIELD} characters")
    if kind in ("user", "usergroup", "broadcast"):
        yield Problem(where, f"a {kind} element notifies people", refused=False)
    if kind in _OPTION_COUNTS and "options" in thing:
        yield from _options(thing["options"], join(where, "options"), *_OPTION_COUNTS[kind])
    for key, value in thing.items():
        if isinstance(value, dict):
            yield from _walk(value, join(where, key))
        elif isinstance(value, list):
            for number, nested in enumerate(value):
                if isinstance(nested, dict):
                    yield from _walk(nested, join(where, key, number))


def _plain_texts(thing: Mapping[str, Any], where: str) -> Iterator[Problem]:
    for kind, key in _PLAIN_TEXT_KEYS | {(thing.get("type"), "placeholder")}:
        text = thing.get(key)
        if thing.get("type") == kind and isinstance(text, dict) and text["type"] != "plain_text":
            yield Problem(join(where, key), "must be plain_text")


def _action_ids(block: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Two elements of a block by which a press could not be told apart."""
    elements = [*(block.get("elements") or []), block.get("accessory"), block.get("element")]
    seen: set[str] = set()
    for element in elements:
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if action_id is not None and action_id in seen:
            yield Problem(where, f"action_id {action_id!r} is used twice in one block")
        seen.add(action_id or "")


def _options(
    options: Any, where: str, least: int = 0, most: int = SUGGESTIONS
) -> Iterator[Problem]:
    if not isinstance(options, list):
        yield Problem(where, "a list is expected")
        return
    if not least <= len(options) <= most:
        yield Problem(where, f"{len(options)} options, {least} to {most}")
    for number, option in enumerate(options):
        here = join(where, number)
        if not isinstance(option, dict):
            yield Problem(here, "an object is expected")
            continue
        text = (option.get("text") or {}).get("text") or ""
        if not 1 <= len(text) <= OPTION:
            yield Problem(join(here, "text"), f"{len(text)} characters, 1 to {OPTION}")
        if not 1 <= len(option.get("value") or "") <= OPTION:
            yield Problem(join(here, "value"), f"must have 1 to {OPTION} characters")
        description = (option.get("description") or {}).get("text") or ""
        if len(description) > OPTION:
            yield Problem(join(here, "description"), f"at most {OPTION} characters")
