"""Messages that reply to another one, and whom a message pings."""

from __future__ import annotations

from tests.standins.discord_errors import DiscordError
from tests.standins.discord_state import Channel, Message, Permission
from tests.standins.recording import JSON

REPLY = 19
_CAN_BE_REPLIED_TO = frozenset({0, REPLY, 20, 23})  # those that someone wrote, not notices

NO_HISTORY = DiscordError(400, 160002, "Cannot reply without permission to read message history")


def _form_error(message: str) -> DiscordError:
    errors = [{"code": "MESSAGE_REFERENCE", "message": f"message_reference: {message}"}]
    return DiscordError(400, 50035, "Invalid Form Body", {"_errors": errors})


def replied_to(channel: Channel, body: JSON) -> Message | None:
    """The message that a new one replies to, if any.

    Where it is gone, ``fail_if_not_exists`` false makes the new one an ordinary message. Raises
    `DiscordError`.
    """
    reference = body.get("message_reference")
    if not reference:
        return None
    if reference.get("type", 0) != 0:
        raise _form_error("this bot forwards nothing")
    if channel.guild_id and not channel.bot_permissions & Permission.READ_MESSAGE_HISTORY:
        raise NO_HISTORY
    same_place = str(reference.get("channel_id") or channel.id) == channel.id
    target = channel.messages.get(str(reference.get("message_id"))) if same_place else None
    if target is None:
        if reference.get("fail_if_not_exists", True):
            raise _form_error("Unknown message")
        return None
    if target.data["type"] not in _CAN_BE_REPLIED_TO:
        raise _form_error("Cannot reply to a system message")
    return target


def make_reply(message: Message, target: Message, body: JSON) -> None:
    """Make a new message a reply, with the ping that its body asks for."""
    data = message.data
    reference: JSON = {"type": 0, "message_id": target.id, "channel_id": message.channel.id}
    if message.channel.guild_id:
        reference["guild_id"] = message.channel.guild_id
    data["message_reference"] = reference
    data["referenced_message"] = target.data
    data["type"] = REPLY
    author = target.data["author"]
    if _pings(author["id"], body):
        data["mentions"] = [author]


def _pings(author_id: str, body: JSON) -> bool:
    """Whether a reply pings the author of what it replies to.

    Without ``allowed_mentions`` it does; with them only as far as they say so.
    """
    allowed = body.get("allowed_mentions")
    if allowed is None or allowed.get("replied_user"):
        return True
    content = body.get("content") or ""
    named = f"<@{author_id}>" in content or f"<@!{author_id}>" in content
    listed = author_id in (allowed.get("users") or [])
    return named and (listed or "users" in (allowed.get("parse") or []))
