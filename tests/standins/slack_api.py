"""Stand-in Slack's Web API methods, and response_url."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from tests.contracts import Problem
from tests.contracts import slack as contract
from tests.standins.base import json_response
from tests.standins.recording import JSON, Call
from tests.standins.slack_interactions import Interactions, Shown
from tests.standins.slack_oauth import Installing
from tests.standins.slack_said import EveryoneSees
from tests.standins.slack_state import (
    BOT_ID,
    BOT_USER_ID,
    PINS_PER_CHANNEL,
    TEAM_DOMAIN,
    TEAM_ID,
    Check,
    Method,
    SlackChannel,
    SlackChannels,
    SlackError,
    SlackMessage,
    SlackPerson,
    edit_message,
    new_message,
    refuse,
    remove_message,
    timestamp,
)

# For each method, the scopes of which one is enough; methods not listed need none.
_SCOPES = {
    "chat.postMessage": frozenset({"chat:write"}),
    "chat.postEphemeral": frozenset({"chat:write"}),
    "chat.update": frozenset({"chat:write"}),
    "chat.delete": frozenset({"chat:write"}),
    "conversations.info": frozenset({"channels:read", "groups:read", "im:read", "mpim:read"}),
    "conversations.join": frozenset({"channels:join"}),
    "conversations.open": frozenset({"im:write", "mpim:write"}),
    "pins.add": frozenset({"pins:write"}),
    "pins.remove": frozenset({"pins:write"}),
    "pins.list": frozenset({"pins:read"}),
    "users.info": frozenset({"users:read"}),
    "usergroups.users.list": frozenset({"usergroups:read"}),
    "files.getUploadURLExternal": frozenset({"files:write"}),
    "files.completeUploadExternal": frozenset({"files:write"}),
}


class WebApi:
    """The methods for the app, messages, channels, people and pins; it hands on the rest.

    ``token_error`` and ``app_token_error`` are answered instead of ``ok`` to every call with the
    bot's or the app's token while they are set: ``token_revoked``, ``account_inactive`` …
    ``usergroups`` maps a group's id to its members; None is a plan that has no groups.
    ``scopes`` are those that the bot was granted; None is all of them. ``installing`` has the
    tokens of workspaces that have installed the app by OAuth.
    """

    def __init__(
        self,
        *,
        bot_token: Callable[[], str],
        app_token: Callable[[], str],
        channels: SlackChannels,
        people: dict[str, SlackPerson],
        interactions: Interactions,
        socket_url: Callable[[], str],
        check: Check,
        everyone_sees: EveryoneSees,
        more: dict[str, Method],
    ) -> None:
        self._bot_token = bot_token
        self._app_token = app_token
        self.channels = channels
        self.people = people
        self._interactions = interactions
        self._socket_url = socket_url
        self._check = check
        self._everyone_sees = everyone_sees
        self.token_error: str | None = None
        self.app_token_error: str | None = None
        self.usergroups: dict[str, list[str]] | None = {}
        self.scopes: frozenset[str] | None = None
        self.installing = Installing()
        self.methods: dict[str, Method] = {
            **more,
            "auth.test": self.auth_test,
            "oauth.v2.access": self.installing.access,
            "apps.connections.open": self.connections_open,
            "chat.postMessage": self.post_message,
            "chat.postEphemeral": self.post_ephemeral,
            "chat.update": self.update,
            "chat.delete": self.delete,
            "chat.getPermalink": self.permalink,
            "conversations.info": self.conversation,
            "conversations.join": self.join,
            "conversations.open": self.open_conversation,
            "pins.add": self.pin,
            "pins.remove": self.unpin,
            "pins.list": self.pins,
            "users.info": self.user,
            "usergroups.users.list": self.usergroup,
        }

    async def call(self, call: Call) -> web.Response:
        """Answer one Web API call."""
        method = self.methods.get(call.route)
        try:
            if method is None:
                self._check(call, iter([Problem("", "the stand-in has no such method")]))
                raise SlackError("unknown_method")
            self._authorize(call)
            granted = {"x-oauth-scopes": ",".join(sorted(self.scopes or ()))}
            return json_response({"ok": True, **await method(call)}, headers=granted)
        except SlackError as error:
            call.error = error.error
            return json_response(error.as_json())

    def _authorize(self, call: Call) -> None:
        given = _token(call)
        if call.route == "oauth.v2.access" or given in self.installing.teams:
            return
        if not given:
            raise SlackError("not_authed")
        wants_app = call.route == "apps.connections.open"
        expected = self._app_token() if wants_app else self._bot_token()
        error = self.app_token_error if wants_app else self.token_error
        if given != expected:
            other = self._bot_token() if wants_app else self._app_token()
            raise SlackError("not_allowed_token_type" if given == other else "invalid_auth")
        if error is not None:
            raise SlackError(error)
        needed = _SCOPES.get(call.route, frozenset())
        if self.scopes is not None and needed and not needed & self.scopes:
            provided = ",".join(sorted(self.scopes))
            raise SlackError("missing_scope", needed=",".join(sorted(needed)), provided=provided)

    def _team(self, call: Call) -> str:
        return self.installing.teams.get(_token(call), TEAM_ID)

    # The app

    async def auth_test(self, call: Call) -> JSON:
        return {
            "url": f"https://{TEAM_DOMAIN}.slack.com/",
            "team": "Support group",
            "team_id": self._team(call),
            "user": "ldn",
            "user_id": BOT_USER_ID,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    async def connections_open(self, call: Call) -> JSON:
        return {"url": self._socket_url()}

    # Messages

    async def post_message(self, call: Call) -> JSON:
        channel = self._channel(call)
        refuse(call, self._check(call, contract.message(call.route, call.body)))
        message = new_message(channel, call.body)
        channel.messages[message.ts] = message
        self._everyone_sees.note(call.route, message)
        self._interactions.show(channel, None, Shown(call.route, call.body, message))
        return {"channel": channel.id, "ts": message.ts, "message": message.data}

    async def post_ephemeral(self, call: Call) -> JSON:
        channel = self._channel(call)
        refuse(call, self._check(call, contract.message(call.route, call.body)))
        user = str(call.body.get("user"))
        if user not in self.people:
            raise SlackError("user_not_in_channel")
        message = new_message(channel, call.body, seen_by=user)
        self._interactions.show(channel, user, Shown(call.route, call.body, message))
        return {"message_ts": message.ts}

    async def update(self, call: Call) -> JSON:
        channel = self._channel(call)
        message = channel.find(str(call.body.get("ts")))
        if message.data["user"] != BOT_USER_ID:
            raise SlackError("cant_update_message")
        refuse(call, self._check(call, contract.message(call.route, call.body)))
        edit_message(message, call.body)
        self._everyone_sees.note(call.route, message, is_edit=True)
        return {
            "channel": channel.id,
            "ts": message.ts,
            "text": message.text,
            "message": message.data,
        }

    async def delete(self, call: Call) -> JSON:
        channel = self._channel(call)
        message = channel.find(str(call.body.get("ts")))
        if message.data["user"] != BOT_USER_ID:
            raise SlackError("cant_delete_message")
        remove_message(message)
        return {"channel": channel.id, "ts": message.ts}

    async def permalink(self, call: Call) -> JSON:
        channel = self._channel(call, archived=True)
        message = channel.find(str(call.body.get("message_ts")))
        return {"channel": channel.id, "permalink": message.link}

    # Channels and people

    async def conversation(self, call: Call) -> JSON:
        channel = self._channel(call, member=False, archived=True)
        if channel.is_private and not channel.is_member:
            raise SlackError("channel_not_found")
        return {"channel": channel.as_json()}

    async def join(self, call: Call) -> JSON:
        channel = self._channel(call, member=False)
        if channel.is_private:
            raise SlackError("method_not_supported_for_channel_type")
        channel.is_member = True
        return {"channel": channel.as_json()}

    async def open_conversation(self, call: Call) -> JSON:
        user = str(call.body.get("users"))
        if user not in self.people:
            raise SlackError("user_not_found")
        return {"channel": {"id": self.channels.dm_with(user).id}}

    async def user(self, call: Call) -> JSON:
        person = self.people.get(str(call.body.get("user")))
        if person is None:
            raise SlackError("user_not_found")
        user = person.as_json()
        if person.team_id == TEAM_ID:
            user["team_id"] = self._team(call)
        if str(call.body.get("include_locale", "")).lower() not in ("true", "1"):
            del user["locale"]
        return {"user": user}

    async def usergroup(self, call: Call) -> JSON:
        if self.usergroups is None:
            raise SlackError("plan_upgrade_required")
        users = self.usergroups.get(str(call.body.get("usergroup")))
        if users is None:
            raise SlackError("no_such_subteam")
        return {"users": users}

    # Pins

    async def pin(self, call: Call) -> JSON:
        channel = self._channel(call)
        pin(channel.find(str(call.body.get("timestamp"))), BOT_USER_ID)
        return {}

    async def unpin(self, call: Call) -> JSON:
        channel = self._channel(call)
        unpin(channel.find(str(call.body.get("timestamp"))))
        return {}

    async def pins(self, call: Call) -> JSON:
        channel = self._channel(call, archived=True)
        items = [
            {
                "type": "message",
                "channel": channel.id,
                "created": pinned["pinned_ts"],
                "created_by": pinned["pinned_by"],
                "message": {
                    **channel.messages[ts].data,
                    "pinned_to": [channel.id],
                    "permalink": channel.messages[ts].link,
                },
            }
            for ts, pinned in reversed(channel.pins.items())
        ]
        return {"items": items}

    # Common

    def _channel(self, call: Call, *, member: bool = True, archived: bool = False) -> SlackChannel:
        channel = self.channels.find(call.body.get("channel"))
        channel.allow(call.route, member=member, archived=archived)
        return channel


def _token(call: Call) -> str:
    given = call.headers.get("Authorization", "").removeprefix("Bearer ")
    return given or str(call.body.get("token", ""))


def pin(message: SlackMessage, by: str) -> None:
    """Pin a message, whoever does it. Raises `SlackError`."""
    pins = message.channel.pins
    if message.ts in pins:
        raise SlackError("already_pinned")
    if len(pins) >= PINS_PER_CHANNEL:
        raise SlackError("too_many_pins")
    pins[message.ts] = {"pinned_by": by, "pinned_ts": int(float(timestamp()))}


def unpin(message: SlackMessage) -> None:
    """Unpin a message, whoever does it. Raises `SlackError`."""
    if message.channel.pins.pop(message.ts, None) is None:
        raise SlackError("no_pin")
