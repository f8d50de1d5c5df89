"""What stand-in Slack knows: people, channels, messages, pins."""

from __future__ import annotations

import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from tests.contracts import Problem
from tests.standins.recording import JSON, Call

PINS_PER_CHANNEL = 100
TEAM_ID = "T00000001"
TEAM_DOMAIN = "support-group"
APP_ID = "A00000001"
BOT_ID = "B00000001"
BOT_USER_ID = "U0000BOT1"

_serial = itertools.count(1)


def timestamp() -> str:
    """A fresh message timestamp, which is also the message's id in its channel."""
    return f"{int(time.time())}.{next(_serial):06d}"


def fresh_id(prefix: str) -> str:
    """A fresh id such as ``V00000007``."""
    return f"{prefix}{next(_serial):08d}"


class SlackError(Exception):
    """An error as the Web API answers it: HTTP 200 with ``ok`` false."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.error = error
        self.more = more

    def as_json(self) -> JSON:
        """The body of the answer."""
        return {"ok": False, "error": self.error, **self.more}


Check = Callable[[Call, Iterator[Problem]], list[Problem]]
Method = Callable[[Call], Awaitable[JSON]]


def refuse(call: Call, problems: list[Problem]) -> None:
    """Raise the error that Slack answers to a body with these problems, if there are any."""
    if not problems:
        return
    error = "invalid_blocks"
    if call.route.startswith("views."):
        error = "invalid_arguments"
    elif any(problem.where == "text" for problem in problems):
        error = "msg_too_long"
    messages = [str(problem) for problem in problems]
    raise SlackError(error, response_metadata={"messages": messages})


@dataclass(frozen=True)
class SlackPerson:
    """Someone in the workspace; with another ``team_id``, of one that it shares a channel with.

    ``enterprise_id`` is the organisation that their workspace belongs to.
    """

    id: str
    name: str
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    locale: str = "en-US"
    deleted: bool = False
    team_id: str = TEAM_ID
    enterprise_id: str | None = None

    def as_json(self) -> JSON:
        """The user object of users.info."""
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "real_name": self.name.title(),
            "deleted": self.deleted,
            "is_admin": self.is_admin,
            "is_owner": self.is_owner,
            "is_primary_owner": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": False,
            "is_bot": False,
            "is_app_user": False,
            "locale": self.locale,
            "profile": {"real_name": self.name.title(), "display_name": self.name},
        }


@dataclass
class SlackMessage:
    """A message and its history; ``data`` is what the API returns now."""

    data: JSON
    channel: SlackChannel
    seen_by: str | None = None  # the one person who sees an ephemeral message
    edits: list[JSON] = field(default_factory=list)
    deleted: bool = False

    @property
    def ts(self) -> str:
        """Its timestamp."""
        return str(self.data["ts"])

    @property
    def text(self) -> str:
        """Its text now."""
        return str(self.data.get("text", ""))

    @property
    def blocks(self) -> list[JSON]:
        """Its blocks now."""
        return list(self.data.get("blocks") or [])

    @property
    def thread_ts(self) -> str | None:
        """The timestamp of the message whose thread it lies in."""
        return self.data.get("thread_ts")

    @property
    def ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return self.seen_by is not None

    @property
    def pinned(self) -> bool:
        """Whether it is pinned now."""
        return self.ts in self.channel.pins

    @property
    def link(self) -> str:
        """Its permalink."""
        tail = self.ts.replace(".", "")
        link = f"https://{TEAM_DOMAIN}.slack.com/archives/{self.channel.id}/p{tail}"
        if self.thread_ts not in (None, self.ts):
            return f"{link}?thread_ts={self.thread_ts}&cid={self.channel.id}"
        return link


@dataclass
class SlackChannel:
    """A channel. ``errors`` maps a Web API method, or ``*``, to the error it gets here.

    Calls about a channel with ``is_member`` false or ``is_archived`` true fail as Slack's do.
    """

    id: str
    name: str
    is_member: bool = True
    is_archived: bool = False
    is_private: bool = False
    is_im: bool = False
    messages: dict[str, SlackMessage] = field(default_factory=dict)
    pins: dict[str, JSON] = field(default_factory=dict)  # ts → who pinned it, and when
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What events call it: ``channel_type``."""
        if self.is_im:
            return "im"
        return "group" if self.is_private else "channel"

    def allow(self, method: str, *, member: bool = True, archived: bool = False) -> None:
        """Raise the `SlackError` that this call gets here, if any."""
        error = self.errors.get(method) or self.errors.get("*")
        if error is not None:
            raise SlackError(error)
        if self.is_archived and not archived:
            raise SlackError("is_archived")
        if member and not self.is_member:
            raise SlackError("channel_not_found" if self.is_private else "not_in_channel")

    def find(self, ts: str) -> SlackMessage:
        """The message that everyone in the channel can see."""
        message = self.messages.get(ts)
        if message is None:
            raise SlackError("message_not_found")
        return message

    def as_json(self) -> JSON:
        """The conversation object."""
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": not self.is_im,
            "is_im": self.is_im,
            "is_private": self.is_private or self.is_im,
            "is_archived": self.is_archived,
            "is_member": self.is_member,
        }


class SlackChannels:
    """Every channel by id."""

    def __init__(self, *channels: SlackChannel) -> None:
        self._by_id = {channel.id: channel for channel in channels}

    def __getitem__(self, channel_id: str) -> SlackChannel:
        return self._by_id[channel_id]

    def __iter__(self) -> Iterator[SlackChannel]:
        return iter(self._by_id.values())

    def add(self, channel: SlackChannel) -> SlackChannel:
        """Add a channel and return it."""
        self._by_id[channel.id] = channel
        return channel

    def dm_with(self, user_id: str) -> SlackChannel:
        """The direct message between this person and the bot."""
        channel_id = f"D{user_id[1:]}"
        if channel_id not in self._by_id:
            self.add(SlackChannel(channel_id, "dm", is_im=True))
        return self._by_id[channel_id]

    def find(self, channel_id: object) -> SlackChannel:
        """The channel; raises `SlackError`."""
        channel = self._by_id.get(str(channel_id))
        if channel is None:
            raise SlackError("channel_not_found")
        return channel

    def posts(self) -> list[SlackMessage]:
        """Every message there is in any channel, oldest first."""
        found = [message for channel in self for message in channel.messages.values()]
        return sorted(found, key=lambda message: message.ts)


def new_message(channel: SlackChannel, body: JSON, seen_by: str | None = None) -> SlackMessage:
    """A message of the bot, from the arguments that it sent; not yet in the channel."""
    data: JSON = {
        "type": "message",
        "ts": timestamp(),
        "user": BOT_USER_ID,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "team": TEAM_ID,
        "text": body.get("text") or "",
    }
    if body.get("blocks"):
        data["blocks"] = with_block_ids(body["blocks"])
    for kept in ("thread_ts", "metadata"):
        if body.get(kept):
            data[kept] = body[kept]
    return SlackMessage(data, channel, seen_by)


def edit_message(message: SlackMessage, body: JSON) -> None:
    """Apply an edit: blocks that are not given stay, an empty list removes them."""
    if body.get("text") is not None:
        message.data["text"] = body["text"]
    if body.get("blocks") is not None:
        message.data["blocks"] = with_block_ids(body["blocks"])
    if not message.ephemeral:
        message.data["edited"] = {"user": BOT_USER_ID, "ts": timestamp()}
    message.edits.append(body)


def with_block_ids(blocks: list[JSON]) -> list[JSON]:
    """The blocks as Slack stores them: each with a block_id."""
    return [{**block, "block_id": block.get("block_id") or fresh_id("b")} for block in blocks]


def remove_message(message: SlackMessage) -> None:
    """Delete a message, whoever does it; its pin goes with it."""
    message.deleted = True
    message.channel.messages.pop(message.ts, None)
    message.channel.pins.pop(message.ts, None)
