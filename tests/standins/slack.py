"""Stand-in Slack, driven by what people would do.

    async with SlackStandIn() as slack:
        ...start the bot with slack.api_url...
        await slack.connected()
        reply = await slack.command("/ldn", "how does it work")
        assert reply.ephemeral
        reply = await slack.press(reply, reply.action_ids[0])

What the platform itself does is in `tests.standins.slack_server`, whose attributes are all here.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.contracts import slack as contract
from tests.standins.recording import JSON, Fault
from tests.standins.slack_api import pin, unpin
from tests.standins.slack_driver import Delivery, SlackDriver
from tests.standins.slack_interactions import (
    Shown,
    SlackReply,
    offered,
    option,
)
from tests.standins.slack_payloads import (
    action_payload,
    command_payload,
    interactive_payload,
    pin_event,
)
from tests.standins.slack_state import (
    BOT_USER_ID,
    SlackChannel,
    SlackError,
    SlackMessage,
    SlackPerson,
    remove_message,
    timestamp,
)

__all__ = [
    "BOT_USER_ID",
    "Delivery",
    "SlackChannel",
    "SlackError",
    "SlackMessage",
    "SlackPerson",
    "SlackReply",
    "SlackStandIn",
    "not_ok",
    "rate_limited",
    "server_error",
]

_PRIVATELY = frozenset({"ack", "response_url", "chat.postEphemeral", "views.open", "views.push"})
_IN_CHANNEL = frozenset({"chat.postMessage", "chat.postEphemeral"})


def rate_limited(retry_after: int = 1) -> Fault:
    """A 429 that asks to wait ``retry_after`` whole seconds."""
    return Fault(
        status=429,
        body={"ok": False, "error": "ratelimited"},
        headers={"Retry-After": str(retry_after)},
    )


def server_error(status: int = 500, *, applied: bool = False) -> Fault:
    """A 5xx with no JSON; ``applied``: what was asked was done all the same."""
    return Fault(status=status, body="<html>Server Error</html>", applied=applied)


def not_ok(error: str, *, applied: bool = False) -> Fault:
    """An error of Slack's API, such as ``not_ok("is_archived")``: HTTP 200, ``ok`` false."""
    return Fault(status=200, body={"ok": False, "error": error}, applied=applied)


class SlackStandIn(SlackDriver):
    """The stand-in as tests use it.

    Everything that a person does waits for what the person gets to see and raises `UnansweredError`
    where that does not come: the acknowledgement has 3 s, as on Slack, what is shown
    ``answer_timeout`` seconds more.
    """

    # What people do

    async def command(
        self,
        command: str,
        text: str = "",
        *,
        user: SlackPerson | None = None,
        channel: SlackChannel | None = None,
    ) -> SlackReply:
        """Use a slash command and wait for what the person gets to see.

        Raises `UnansweredError` where the acknowledgement takes more than 3 s.
        """
        interaction = self._new(
            f"{command} command", user, channel or self.channel, takes=_PRIVATELY
        )
        payload = command_payload(interaction, command, text, self._response_url(interaction))
        return await self._ask(interaction, "slash_commands", payload)

    async def press(
        self,
        on: SlackReply | SlackMessage,
        action_id: str,
        *,
        value: str | None = None,
        user: SlackPerson | None = None,
        forged: bool = False,
    ) -> SlackReply:
        """Press a button and wait for what the person gets to see.

        ``value`` tells buttons with one action id apart. ``forged`` sends an action that the
        message does not offer, as a hostile client would.
        """
        if forged:
            action: JSON = {"type": "button", "action_id": action_id, "block_id": "forged"}
            action["value"] = value
            return await self._act(on, action, user)
        block, element = offered(_message_of(on).blocks, action_id, value)
        action = {
            "type": element["type"],
            "action_id": action_id,
            "block_id": block["block_id"],
            "text": element.get("text"),
        }
        if "value" in element:
            action["value"] = element["value"]
        return await self._act(on, action, user)

    async def select(
        self,
        on: SlackReply | SlackMessage,
        action_id: str,
        value: str,
        *,
        user: SlackPerson | None = None,
        forged: bool = False,
    ) -> SlackReply:
        """Choose from a menu and wait for what the person gets to see; ``forged`` as for `press`.

        For an external menu, ``value`` is one of those that `suggest` has returned.
        """
        if forged:
            chosen: JSON = {"text": {"type": "plain_text", "text": value}, "value": value}
            kind, block_id = "static_select", "forged"
        else:
            block, element = offered(_message_of(on).blocks, action_id, None)
            kind, block_id = element["type"], block["block_id"]
            if kind == "external_select":
                chosen = {"text": {"type": "plain_text", "text": value}, "value": value}
            else:
                chosen = option(element, value)
        action = {
            "type": kind,
            "action_id": action_id,
            "block_id": block_id,
            "selected_option": chosen,
        }
        return await self._act(on, action, user)

    async def suggest(
        self,
        on: SlackReply | SlackMessage,
        action_id: str,
        query: str,
        *,
        user: SlackPerson | None = None,
    ) -> list[JSON]:
        """The options that an external menu offers for what is typed so far."""
        source = _message_of(on)
        block, _ = offered(source.blocks, action_id, None)
        interaction = self._new(
            f"options of {action_id!r}", user, source.channel, frozenset(), source
        )
        payload = {
            **interactive_payload(interaction, "block_suggestion"),
            "action_id": action_id,
            "block_id": block["block_id"],
            "value": query,
            "container": {"type": "message", "message_ts": source.ts},
        }
        await self._deliver(interaction, "interactive", payload)
        answer = interaction.ack_payload or {}
        self._check_ack(interaction, contract.suggestions(answer))
        groups = answer.get("option_groups") or []
        grouped = [each for group in groups for each in group["options"]]
        return [*(answer.get("options") or []), *grouped]

    async def shortcut(
        self, callback_id: str, message: SlackMessage, *, user: SlackPerson | None = None
    ) -> SlackReply:
        """Use a message shortcut on a message (made with `post_as`)."""
        interaction = self._new(
            f"message shortcut {callback_id!r}", user, message.channel, _PRIVATELY
        )
        payload = {
            **interactive_payload(interaction, "message_action"),
            "callback_id": callback_id,
            "message": message.data,
            "message_ts": message.ts,
            "action_ts": timestamp(),
            "response_url": self._response_url(interaction),
        }
        return await self._ask(interaction, "interactive", payload)

    async def submit(
        self,
        view: JSON,
        values: dict[str, dict[str, JSON]],
        *,
        user: SlackPerson | None = None,
        takes: Iterable[str] = ("ack", "views.update", "chat.postEphemeral", "chat.postMessage"),
    ) -> SlackReply:
        """Send a modal; ``values`` is its state: block id → action id → element state.

        The reply is the acknowledgement (errors, another view) or, where that is empty, the next
        thing that came by one of ``takes``.
        """
        interaction = self._new(
            f"modal {view.get('callback_id')!r}", user, None, takes=frozenset(takes)
        )
        payload = {
            **interactive_payload(interaction, "view_submission"),
            "view": {**view, "state": {"values": values}},
            "response_urls": [],
        }
        await self._deliver(interaction, "interactive", payload)
        if interaction.ack_payload:
            if "view" in interaction.ack_payload:
                self._check_ack(interaction, contract.view(interaction.ack_payload["view"]))
            interaction.show(
                Shown("ack", interaction.ack_payload, view=interaction.ack_payload.get("view"))
            )
        return await self._reply(interaction)

    async def mention(
        self,
        text: str,
        *,
        user: SlackPerson | None = None,
        channel: SlackChannel | None = None,
        thread_ts: str | None = None,
    ) -> SlackReply:
        """Write to the bot by name in a channel and wait for its message."""
        person, place = user or self.member, channel or self.channel
        said = self.post_as(person, f"<@{BOT_USER_ID}> {text}", place, thread_ts=thread_ts)
        event = {**said.data, "type": "app_mention", "channel": place.id, "event_ts": said.ts}
        return await self._said("mention", person, place, event, _IN_CHANNEL)

    async def direct_message(self, text: str, *, user: SlackPerson | None = None) -> SlackReply:
        """Write to the bot in a direct message and wait for its message."""
        person = user or self.member
        said = self.post_as(person, text, self.dm)
        event = {
            **said.data,
            "channel": self.dm.id,
            "channel_type": "im",
            "event_ts": said.ts,
        }
        return await self._said("direct message", person, self.dm, event, _IN_CHANNEL)

    async def open_home(self, *, user: SlackPerson | None = None) -> SlackReply:
        """Open the app's Home tab and wait for what it shows."""
        person = user or self.member
        event = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": f"D{person.id[1:]}",
            "tab": "home",
            "event_ts": timestamp(),
        }
        return await self._said("Home tab", person, None, event, frozenset({"views.publish"}))

    async def another(self, reply: SlackReply, timeout: float | None = None) -> SlackReply:
        """The next thing that the same interaction shows."""
        return await self._reply(reply.interaction, timeout)

    # Events

    def post_as(
        self,
        person: SlackPerson,
        text: str,
        channel: SlackChannel | None = None,
        *,
        thread_ts: str | None = None,
    ) -> SlackMessage:
        """A message that a person has written, for instance as a shortcut's target."""
        place = channel or self.channel
        data: JSON = {"type": "message", "ts": timestamp(), "user": person.id, "text": text}
        if thread_ts is not None:
            data["thread_ts"] = thread_ts
        message = SlackMessage(data, place)
        place.messages[message.ts] = message
        return message

    async def pin_natively(self, message: SlackMessage, by: SlackPerson | None = None) -> Delivery:
        """A person pins a message with Slack's own menu; clients get the event."""
        person = by or self.moderator
        pin(message, person.id)
        return await self.event(pin_event("pin_added", message, person))

    async def unpin_natively(
        self, message: SlackMessage, by: SlackPerson | None = None
    ) -> Delivery:
        """A person unpins a message with Slack's own menu; clients get the event."""
        unpin(message)
        return await self.event(pin_event("pin_removed", message, by or self.moderator))

    def delete_by_hand(self, message: SlackMessage) -> None:
        """Somebody deletes a message."""
        remove_message(message)

    async def _act(
        self, on: SlackReply | SlackMessage, action: JSON, user: SlackPerson | None
    ) -> SlackReply:
        source = _message_of(on)
        if isinstance(on, SlackReply):
            user = user or on.interaction.person
        interaction = self._new(
            f"use of {action['action_id']!r}", user, source.channel, _PRIVATELY, source
        )
        payload = action_payload(interaction, self._response_url(interaction), action)
        return await self._ask(interaction, "interactive", payload)


def _message_of(on: SlackReply | SlackMessage) -> SlackMessage:
    return on.message if isinstance(on, SlackReply) else on
