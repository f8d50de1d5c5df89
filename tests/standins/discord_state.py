"""What stand-in Discord knows: people, places, channels and messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntFlag

from tests.standins.discord_errors import (
    EMPTY_MESSAGE,
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    DiscordError,
)
from tests.standins.discord_files import Attachment, attached
from tests.standins.discord_ids import now, snowflake
from tests.standins.recording import JSON, Call, Upload

APPLICATION_ID = "200000000000000001"
GUILD_ID = "300000000000000001"
FOREIGN_GUILD_ID = "300000000000000002"

PINS_PER_CHANNEL = 250
EPHEMERAL = 64
PIN_NOTICE = 6
TEXT, DM, VOICE, GROUP_DM, ANNOUNCEMENT, STAGE = 0, 1, 2, 3, 5, 13
ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 10, 11, 12
THREADS = frozenset({ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD})
"""Types of channels. A post of a forum is a public thread."""


class Permission(IntFlag):
    """The permission bits that matter here; any other bit is legal too."""

    ADMINISTRATOR = 1 << 3
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    READ_MESSAGE_HISTORY = 1 << 16
    USE_APPLICATION_COMMANDS = 1 << 31
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50
    PIN_MESSAGES = 1 << 51


MEMBER = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.USE_EXTERNAL_APPS
)
MODERATOR = MEMBER | Permission.MANAGE_MESSAGES | Permission.PIN_MESSAGES


class Place(Enum):
    """Where a person uses the bot."""

    GUILD = "a server where the bot is a member"
    BOT_DM = "a direct message with the bot"
    USER_INSTALL = "a server where the bot is not a member, by the person's own installation"
    PRIVATE_CHANNEL = "a direct message between people, by the person's own installation"


@dataclass(frozen=True)
class Person:
    """Someone on Discord; ``permissions`` are those in every server channel."""

    id: str
    name: str
    permissions: int = MEMBER
    locale: str = "en-US"

    def as_user(self) -> JSON:
        """The user object of Discord's API."""
        return {
            "id": self.id,
            "username": self.name,
            "discriminator": "0",
            "global_name": self.name.title(),
            "avatar": None,
            "bot": False,
        }

    def as_member(self, permissions: int) -> JSON:
        """The member object of an interaction."""
        return {
            "user": self.as_user(),
            "roles": [],
            "joined_at": "2024-01-01T00:00:00.000000+00:00",
            "deaf": False,
            "mute": False,
            "flags": 0,
            "permissions": str(int(permissions)),
        }


@dataclass
class Message:
    """A message and its history; ``data`` is what the API returns now."""

    data: JSON
    channel: Channel
    edits: list[JSON] = field(default_factory=list)
    deleted: bool = False
    attachments: list[Attachment] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.data["id"])

    @property
    def content(self) -> str:
        """Its text now."""
        return str(self.data["content"])

    @property
    def ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return bool(self.data["flags"] & EPHEMERAL)

    @property
    def reference(self) -> JSON | None:
        """The message that it replies to: ``message_id``, ``channel_id`` …"""
        return self.data.get("message_reference")

    @property
    def pinged(self) -> bool:
        """Whether it pinged the author of the message that it replies to."""
        target = self.data.get("referenced_message")
        pinged = [user["id"] for user in self.data["mentions"]]
        return target is not None and target["author"]["id"] in pinged

    @property
    def pinned(self) -> bool:
        """Whether it is pinned now."""
        return bool(self.data["pinned"])

    @property
    def link(self) -> str:
        """The address that a person would copy."""
        place = self.channel.guild_id or "@me"
        return f"https://discord.com/channels/{place}/{self.channel.id}/{self.id}"


@dataclass
class Channel:
    """A channel; what the bot may do in it is ``bot_permissions``.

    ``between_people`` is a direct message that the bot is no part of.

    ``error`` is answered to every request about the channel while it is set; ``errors`` to requests
    of one kind: ``send``, ``edit``, ``delete``, ``read``, ``pin``, ``unpin``, ``pins``.
    """

    id: str
    name: str
    guild_id: str | None = None
    type: int = 0
    bot_permissions: int = MEMBER | Permission.PIN_MESSAGES | Permission.EMBED_LINKS
    messages: dict[str, Message] = field(default_factory=dict)
    pins: dict[str, str] = field(default_factory=dict)  # message id → when, newest last
    between_people: bool = False
    error: DiscordError | None = None
    errors: dict[str, DiscordError] = field(default_factory=dict)

    @property
    def public(self) -> bool:
        """Whether someone besides the asker reads here."""
        return self.guild_id is not None or self.between_people

    def allow(self, operation: str, *needed: Permission) -> None:
        """Raise the `DiscordError` that the bot gets for this operation, if any."""
        if (error := self.error or self.errors.get(operation)) is not None:
            raise error
        if self.guild_id is None:
            return
        if not self.bot_permissions & Permission.VIEW_CHANNEL:
            raise MISSING_ACCESS
        if not all(self.bot_permissions & permission for permission in needed):
            raise MISSING_PERMISSIONS

    def find(self, message_id: str) -> Message:
        """The message that everyone in the channel can see; raises `UNKNOWN_MESSAGE`."""
        message = self.messages.get(message_id)
        if message is None:
            raise UNKNOWN_MESSAGE
        return message

    @property
    def to_send(self) -> Permission:
        """The permission that sending a message here needs."""
        if self.type in THREADS:
            return Permission.SEND_MESSAGES_IN_THREADS
        return Permission.SEND_MESSAGES

    def as_json(self, *recipients: Person) -> JSON:
        """The channel object as the API and interactions carry it."""
        base: JSON = {"id": self.id, "type": self.type, "last_message_id": None, "flags": 0}
        if self.type in {DM, GROUP_DM}:
            group = {
                "name": None,
                "icon": None,
                "owner_id": recipients[0].id if recipients else "1",
            }
            people = [person.as_user() for person in recipients]
            return {**base, **(group if self.type == GROUP_DM else {}), "recipients": people}
        base |= {"guild_id": self.guild_id, "name": self.name, "rate_limit_per_user": 0}
        if self.type in THREADS:
            return {**base, **_thread()}
        base |= {"position": 0, "nsfw": False, "parent_id": None, "permission_overwrites": []}
        if self.type in {VOICE, STAGE}:
            return {**base, "bitrate": 64_000, "user_limit": 0, "rtc_region": None}
        return {**base, "topic": None}


def _thread() -> JSON:
    """What the object of a thread holds besides; it has no position and no overwrites."""
    return {
        "parent_id": "500000000000000009",
        "owner_id": "400000000000000009",
        "message_count": 1,
        "member_count": 2,
        "total_message_sent": 1,
        "member_ids_preview": ["400000000000000009"],
        "thread_metadata": {
            "archived": False,
            "archive_timestamp": "2026-01-05T00:49:57.102000+00:00",
            "auto_archive_duration": 1440,
            "locked": False,
            "create_timestamp": "2026-01-05T00:49:57.102000+00:00",
        },
    }


class Channels:
    """Every channel by id; messages are found across all of them."""

    def __init__(self, *channels: Channel) -> None:
        self._by_id = {channel.id: channel for channel in channels}

    def __getitem__(self, channel_id: str) -> Channel:
        return self._by_id[channel_id]

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._by_id.values())

    def add(self, channel: Channel) -> Channel:
        """Add a channel and return it."""
        self._by_id[channel.id] = channel
        return channel

    def find(self, channel_id: str) -> Channel:
        """The channel; raises `UNKNOWN_CHANNEL`."""
        if channel_id not in self._by_id:
            raise UNKNOWN_CHANNEL
        return self._by_id[channel_id]

    def of(self, guild_id: str) -> list[Channel]:
        """The channels of one server."""
        return [channel for channel in self if channel.guild_id == guild_id]

    def posts(self) -> list[Message]:
        """Every message that someone wrote, in any channel, oldest first; no notices of pins."""
        found = [message for channel in self for message in channel.messages.values()]
        found = [message for message in found if message.data["type"] != PIN_NOTICE]
        return sorted(found, key=lambda message: int(message.id))


def new_message(
    channel: Channel,
    author: JSON,
    body: JSON,
    *,
    application_id: str | None = None,
    uploads: Sequence[Upload] = (),
) -> Message:
    """A message as Discord returns it, from the body that was sent; not yet in the channel."""
    data: JSON = {
        "id": snowflake(),
        "channel_id": channel.id,
        "author": author,
        "content": body.get("content") or "",
        "timestamp": now(),
        "edited_timestamp": None,
        "tts": bool(body.get("tts")),
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "embeds": body.get("embeds") or [],
        "components": body.get("components") or [],
        "pinned": False,
        "type": 0,
        "flags": body.get("flags") or 0,
    }
    if channel.guild_id:
        data["guild_id"] = channel.guild_id
    if application_id is not None:
        data["application_id"] = application_id
    message = Message(data, channel)
    _attach(message, attached([], body, uploads))
    return message


def _attach(message: Message, attachments: list[Attachment]) -> None:
    message.attachments = attachments
    message.data["attachments"] = [each.as_json(message.channel.id) for each in attachments]


def edit_message(message: Message, body: JSON, *, uploads: Sequence[Upload] = ()) -> None:
    """Apply an edit: keys that are absent stay as they were, null empties."""
    _attach(message, attached(message.attachments, body, uploads))
    for key, empty in (("content", ""), ("embeds", []), ("components", [])):
        if key in body:
            message.data[key] = empty if body[key] is None else body[key]
    if body.get("flags") is not None:
        kept = message.data["flags"] & EPHEMERAL
        message.data["flags"] = body["flags"] & ~EPHEMERAL | kept
    message.data["edited_timestamp"] = now()
    message.edits.append(body)


def remove_message(message: Message) -> None:
    """Delete a message, whoever does it; its pin goes with it."""
    message.deleted = True
    message.channel.messages.pop(message.id, None)
    message.channel.pins.pop(message.id, None)


def not_empty(call: Call) -> None:
    """Raise `EMPTY_MESSAGE` for a message that says and shows nothing."""
    said = any(call.body.get(key) for key in ("content", "embeds", "components"))
    if not said and not call.uploads:
        raise EMPTY_MESSAGE
