"""Stand-in Discord's routes for the application, its commands, channels, messages and pins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from aiohttp import web

from tests.contracts import discord as contract
from tests.standins.base import json_response
from tests.standins.discord_errors import (
    NOT_YOUR_MESSAGE,
    PINS_FULL,
    UNKNOWN_COMMAND,
    Check,
    answering_errors,
    refuse,
)
from tests.standins.discord_replies import make_reply, replied_to
from tests.standins.discord_said import EveryoneSees
from tests.standins.discord_state import (
    PIN_NOTICE,
    PINS_PER_CHANNEL,
    Channel,
    Channels,
    Message,
    Permission,
    edit_message,
    new_message,
    not_empty,
    now,
    remove_message,
    snowflake,
)
from tests.standins.recording import JSON, Call, Handler

_APPLICATION_COMMANDS = "/applications/{application_id}/commands"
_GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"
_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = f"{_MESSAGES}/{{message_id}}"
_PINS = f"{_MESSAGES}/pins"
_PIN = f"{_PINS}/{{message_id}}"
_OLD_PINS = "/channels/{channel_id}/pins"
_OLD_PIN = f"{_OLD_PINS}/{{message_id}}"

# How the application can be installed: to a server, and by a person. A command that does not say
# otherwise is for both.
INTEGRATION_TYPES = [0, 1]

Event = Callable[[str, JSON], Awaitable[int]]


class Rest:
    """The routes for the application, its commands, channels, messages and pins."""

    def __init__(
        self,
        *,
        me: JSON,
        channels: Channels,
        gateway_url: Callable[[], str],
        check: Check,
        dispatch: Event,
        everyone_sees: EveryoneSees,
    ) -> None:
        self.me = me
        self.application_id = str(me["id"])
        self.channels = channels
        self.commands: dict[str | None, list[JSON]] = {None: []}  # by server, None: everywhere
        self.shards = 1
        self.max_concurrency = 1
        self.starts_left = 1000
        self.starts_left_anew_in = 0  # milliseconds
        self._gateway_url = gateway_url
        self._check = check
        self._dispatch = dispatch
        self._everyone_sees = everyone_sees

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """(method, template, handler), most specific first."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/users/@me", self.get_me),
            ("GET", "/oauth2/applications/@me", self.get_application),
            ("GET", "/applications/@me", self.get_application),
            ("GET", "/gateway", self.get_gateway),
            ("GET", "/gateway/bot", self.get_gateway),
            ("GET", _APPLICATION_COMMANDS, self.get_commands),
            ("PUT", _APPLICATION_COMMANDS, self.put_commands),
            ("GET", _GUILD_COMMANDS, self.get_commands),
            ("PUT", _GUILD_COMMANDS, self.put_commands),
            ("DELETE", f"{_APPLICATION_COMMANDS}/{{command_id}}", self.delete_command),
            ("GET", _PINS, self.get_pins),
            ("PUT", _PIN, self.put_pin),
            ("DELETE", _PIN, self.delete_pin),
            ("GET", _OLD_PINS, self.get_old_pins),
            ("PUT", _OLD_PIN, self.put_pin),
            ("DELETE", _OLD_PIN, self.delete_pin),
            ("POST", _MESSAGES, self.post_message),
            ("GET", _MESSAGE, self.get_message),
            ("PATCH", _MESSAGE, self.patch_message),
            ("DELETE", _MESSAGE, self.delete_message),
            ("GET", "/channels/{channel_id}", self.get_channel),
        ]
        for method, template, handler in table:
            yield method, template, answering_errors(handler)

    # The application

    async def get_me(self, call: Call) -> web.Response:
        return json_response(self.me)

    async def get_application(self, call: Call) -> web.Response:
        return json_response(
            {
                "id": self.application_id,
                "name": self.me["username"],
                "description": "",
                "icon": None,
                "bot_public": True,
                "bot_require_code_grant": False,
                "owner": {**self.me, "bot": False},
                "verify_key": "0" * 64,
                "team": None,
                "flags": 0,
                "integration_types_config": {str(kind): {} for kind in INTEGRATION_TYPES},
            }
        )

    async def get_gateway(self, call: Call) -> web.Response:
        starts = {
            "total": 1000,
            "remaining": self.starts_left,
            "reset_after": self.starts_left_anew_in,
            "max_concurrency": self.max_concurrency,
        }
        return json_response(
            {"url": self._gateway_url(), "shards": self.shards, "session_start_limit": starts}
        )

    # Commands

    async def get_commands(self, call: Call) -> web.Response:
        commands = self.commands.get(call.params.get("guild_id"), [])
        if call.query.get("with_localizations", "").lower() not in ("true", "1"):
            commands = [
                {k: v for k, v in command.items() if not k.endswith("_localizations")}
                for command in commands
            ]
        return json_response(commands)

    async def put_commands(self, call: Call) -> web.Response:
        refuse(self._check(call, contract.commands(call.body)))
        guild_id = call.params.get("guild_id")
        before = {(c["type"], c["name"]): c for c in self.commands.get(guild_id, [])}
        stored = [self._registered(command, guild_id, before) for command in call.body]
        self.commands[guild_id] = stored
        return json_response(stored)

    async def delete_command(self, call: Call) -> web.Response:
        kept = [c for c in self.commands[None] if c["id"] != call.params["command_id"]]
        if len(kept) == len(self.commands[None]):
            raise UNKNOWN_COMMAND
        self.commands[None] = kept
        return web.Response(status=204)

    def _registered(
        self, sent: JSON, guild_id: str | None, before: dict[tuple[int, str], JSON]
    ) -> JSON:
        """A command as Discord returns it: defaults filled in, a kept name keeps its id."""
        kind = sent.get("type") or 1
        old = before.get((kind, sent["name"]))
        permissions = sent.get("default_member_permissions")
        command: JSON = {
            "id": old["id"] if old else snowflake(),
            "application_id": self.application_id,
            "version": snowflake(),
            "type": kind,
            "name": sent["name"],
            "name_localizations": sent.get("name_localizations"),
            "description": sent.get("description") or "",
            "description_localizations": sent.get("description_localizations"),
            "default_member_permissions": None if permissions is None else str(permissions),
            "dm_permission": sent.get("dm_permission", True),
            "contexts": sent.get("contexts"),
            "integration_types": sent.get("integration_types") or INTEGRATION_TYPES,
            "nsfw": bool(sent.get("nsfw")),
        }
        if guild_id is not None:
            command["guild_id"] = guild_id
        if sent.get("options"):
            command["options"] = [_registered_option(option) for option in sent["options"]]
        return command

    # Channels

    async def get_channel(self, call: Call) -> web.Response:
        channel = self._channel(call, "read")
        return json_response(channel.as_json())

    async def post_message(self, call: Call) -> web.Response:
        channel = self._channel(call, "send")
        channel.allow("send", channel.to_send)
        refuse(self._check(call, contract.message(call.body, call.uploads)))
        not_empty(call)
        target = replied_to(channel, call.body)
        message = new_message(channel, self.me, call.body, uploads=call.uploads)
        if target is not None:
            make_reply(message, target, call.body)
        nonce = call.body.get("nonce")
        if nonce is not None and call.body.get("enforce_nonce"):
            for posted in channel.messages.values():
                if posted.data.get("nonce") == nonce:
                    return json_response(posted.data)
        if nonce is not None:
            message.data["nonce"] = nonce
        channel.messages[message.id] = message
        self._everyone_sees.note(call, message)
        await self._dispatch("MESSAGE_CREATE", message.data)
        return json_response(message.data)

    async def get_message(self, call: Call) -> web.Response:
        channel = self._channel(call, "read", Permission.READ_MESSAGE_HISTORY)
        return json_response(channel.find(call.params["message_id"]).data)

    async def patch_message(self, call: Call) -> web.Response:
        channel = self._channel(call, "edit")
        message = channel.find(call.params["message_id"])
        if message.data["author"]["id"] != self.application_id:
            raise NOT_YOUR_MESSAGE
        refuse(self._check(call, contract.message_edit(call.body, call.uploads)))
        edit_message(message, call.body, uploads=call.uploads)
        self._everyone_sees.note(call, message, is_edit=True)
        await self._dispatch("MESSAGE_UPDATE", message.data)
        return json_response(message.data)

    async def delete_message(self, call: Call) -> web.Response:
        channel = self._channel(call, "delete")
        message = channel.find(call.params["message_id"])
        mine = message.data["author"]["id"] == self.application_id
        channel.allow("delete", *([] if mine else [Permission.MANAGE_MESSAGES]))
        await self.remove(message)
        return web.Response(status=204)

    async def remove(self, message: Message) -> None:
        """Delete a message, whoever does it, and tell the clients."""
        remove_message(message)
        gone = {"id": message.id, "channel_id": message.channel.id}
        if message.channel.guild_id is not None:
            gone["guild_id"] = message.channel.guild_id
        await self._dispatch("MESSAGE_DELETE", gone)

    # Pins

    async def get_pins(self, call: Call) -> web.Response:
        limit = int(call.query.get("limit", 50))
        before = call.query.get("before")
        pins = self._pins(call)
        items = [pin for pin in pins if before is None or pin["pinned_at"] < before]
        return json_response({"items": items[:limit], "has_more": len(items) > limit})

    async def get_old_pins(self, call: Call) -> web.Response:
        return json_response([pin["message"] for pin in self._pins(call)[:50]])

    def _pins(self, call: Call) -> list[JSON]:
        """The pins, newest first; none where the bot may not read the channel's history."""
        channel = self._channel(call, "pins")
        if channel.guild_id and not channel.bot_permissions & Permission.READ_MESSAGE_HISTORY:
            return []
        return [
            {"pinned_at": at, "message": channel.messages[message_id].data}
            for message_id, at in reversed(channel.pins.items())
        ]

    async def put_pin(self, call: Call) -> web.Response:
        self._check(call, contract.no_body(call.body))
        channel = self._channel(call, "pin", Permission.PIN_MESSAGES)
        message = channel.find(call.params["message_id"])
        await self.pin(message, self.me)
        return web.Response(status=204)

    async def delete_pin(self, call: Call) -> web.Response:
        self._check(call, contract.no_body(call.body))
        channel = self._channel(call, "unpin", Permission.PIN_MESSAGES)
        await self.unpin(channel.find(call.params["message_id"]), self.me)
        return web.Response(status=204)

    async def pin(self, message: Message, by: JSON) -> None:
        """Pin a message, whoever does it, and send the events of a pin. Raises `PINS_FULL`."""
        channel = message.channel
        if message.id in channel.pins:
            return
        if len(channel.pins) >= PINS_PER_CHANNEL:
            raise PINS_FULL
        channel.pins[message.id] = now()
        message.data["pinned"] = True
        notice = new_message(channel, by, {})
        notice.data["type"] = PIN_NOTICE
        notice.data["message_reference"] = {"message_id": message.id, "channel_id": channel.id}
        channel.messages[notice.id] = notice
        await self._pin_events(message, by, audit_action=74)
        await self._dispatch("MESSAGE_CREATE", notice.data)

    async def unpin(self, message: Message, by: JSON) -> None:
        """Unpin a message, whoever does it, and send the events of that."""
        if message.channel.pins.pop(message.id, None) is None:
            return
        message.data["pinned"] = False
        await self._pin_events(message, by, audit_action=75)

    async def _pin_events(self, message: Message, by: JSON, *, audit_action: int) -> None:
        channel = message.channel
        place = {"channel_id": channel.id}
        if channel.guild_id is not None:
            place["guild_id"] = channel.guild_id
        last = next(reversed(channel.pins.values()), None)
        await self._dispatch("MESSAGE_UPDATE", message.data)
        await self._dispatch("CHANNEL_PINS_UPDATE", {**place, "last_pin_timestamp": last})
        if channel.guild_id is not None:
            entry = {
                **place,
                "id": snowflake(),
                "user_id": by["id"],
                "target_id": message.data["author"]["id"],
                "action_type": audit_action,
                "options": {"channel_id": channel.id, "message_id": message.id},
            }
            await self._dispatch("GUILD_AUDIT_LOG_ENTRY_CREATE", entry)

    # Common

    def _channel(self, call: Call, operation: str, *needed: Permission) -> Channel:
        channel = self.channels.find(call.params["channel_id"])
        channel.allow(operation, *needed)
        return channel


def _registered_option(sent: JSON) -> JSON:
    option = {key: value for key, value in sent.items() if value not in (None, False, [])}
    if option.get("options"):
        option["options"] = [_registered_option(nested) for nested in option["options"]]
    return option
