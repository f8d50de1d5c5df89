"""Reads the payloads that Slack sends.

A field that is missing or of an unexpected type reads as empty; so does a malformed id.
"""

from __future__ import annotations

import json
import re
from typing import Any

Body = dict[str, Any]

_ID = re.compile(r"[A-Z][A-Z0-9]{0,63}", re.ASCII)
"""An id of Slack's. Others are not looked up or stored: no database takes every character."""
_REFERENCE = re.compile(r"<([@#!])?([^<>|]*)(?:\|([^<>]*))?>")


def field(body: Any, *path: str) -> str:
    """The text at a path of keys; empty if there is none."""
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return body if isinstance(body, str) else ""


def first(body: Body, *paths: tuple[str, ...]) -> str:
    """The text at the first of several paths where there is one."""
    for path in paths:
        if text := field(body, *path):
            return text
    return ""


def _id(body: Body, *paths: tuple[str, ...]) -> str:
    """The id at the first of several paths where there is a text."""
    found = first(body, *paths)
    return found if _ID.fullmatch(found) else ""


def plain_text_of(text: str) -> str:
    """What a person typed, as they see it: without mentions, and links as their labels.

    https://docs.slack.dev/messaging/formatting-message-text
    """

    def said(match: re.Match[str]) -> str:
        sign, target, label = match.groups()
        if sign in {"@", "!"}:
            return " "
        return label or ("" if sign else target)

    return _unescaped(_REFERENCE.sub(said, text)).strip()


def message_text(message: Any) -> str:
    """The text of a message; if it has none of its own, that of the messages it shares."""
    if text := field(message, "text"):
        return text
    attached = message.get("attachments") if isinstance(message, dict) else None
    shared = attached if isinstance(attached, list) else []
    return "\n".join(filter(None, (field(each, "text") for each in shared)))


def _unescaped(text: str) -> str:
    """Undo Slack's escaping, which is of three characters; other entities were typed as such."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def modal_metadata(view: Any) -> Body:
    """The metadata that `surfaces.ModalFrame` has put into a modal; empty if there is none."""
    try:
        found = json.loads(field(view, "private_metadata") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def view_of(body: Body) -> Body:
    """The modal or Home tab in which something was pressed; empty if it was elsewhere."""
    view = body.get("view")
    return view if isinstance(view, dict) else {}


def command_of(body: Body) -> str:
    """The slash command that was typed, casefolded and without its slash; empty if none was."""
    return field(body, "command").removeprefix("/").casefold()


def user_of(body: Body) -> str:
    """The id of the user who typed or pressed; empty if there is none."""
    return _id(body, ("user_id",), ("user", "id"), ("event", "user"))


def community_of(body: Body) -> str:
    """The id of the workspace in which the app is installed; empty if there is none.

    In a channel that two workspaces share, the user may belong to the other one. The places are
    those in which bolt looks for the workspace whose token it uses
    (`slack_bolt.request.internals.extract_team_id`).
    """
    authorizations = body.get("authorizations")
    installed = authorizations[0] if isinstance(authorizations, list) and authorizations else None
    return _id(
        {**body, "installed": installed},
        *(("view", "app_installed_team_id"), ("team", "id")),
        *(("installed", "team_id"), ("team_id",)),
    )


def place_of(body: Body) -> tuple[str, str]:
    """The id of the channel in which an answer could be posted, and the `ts` of the message that it
    would reply to; each is empty if there is none.

    Ids of channels begin with C or G, those of direct messages with D.
    """
    if view := view_of(body):
        frame = modal_metadata(view)
        channel, reply_to = _id(frame, ("channel",)), field(frame, "reply_to")
    else:
        channel = _id(body, ("channel_id",), ("channel", "id"))
        reply_to = ""
        if "message" in body and not is_private(body):
            reply_to = first(body, ("message", "thread_ts"), ("message", "ts"))
    return (channel, reply_to) if channel[:1] in {"C", "G"} else ("", "")


def is_private(body: Body) -> bool:
    """Whether a button was pressed under a message that only the user sees."""
    container = body.get("container")
    ephemeral = isinstance(container, dict) and bool(container.get("is_ephemeral"))
    return ephemeral or field(body, "channel", "id").startswith("D")


def is_from_bot(event: Body) -> bool:
    """Whether a message was written by an app, or by no user at all."""
    return bool(event.get("bot_id") or event.get("app_id") or not field(event, "user"))
