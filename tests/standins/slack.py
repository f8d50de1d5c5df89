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

from tests.standins.recording import JSON, Fault
from tests.standins.slack_api import pin, unpin
from tests.standins.slack_controls import PRIVATELY, SlackControls
from tests.standins.slack_driver import Overheard
from tests.standins.slack_interactions import Delivery, SlackReply
from tests.standins.slack_payloads import (
    bot_message_event,
    changed_event,
    command_payload,
    interactive_payload,
    message_event,
    pin_event,
)
from tests.standins.slack_said import Said
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
    "Overheard",
    "Said",
    "SlackChannel",
    "SlackError",
    "SlackMessage",
    "SlackPerson",
    "SlackReply",
    "SlackStandIn",
    "bot_message_event",
    "changed_event",
    "message_event",
    "not_ok",
    "rate_limited",
    "server_error",
]

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


class SlackStandIn(SlackControls):
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
            f"{command} command", user, channel or self.channel, takes=PRIVATELY
        )
        payload = command_payload(interaction, command, text, self._response_url(interaction))
        return await self._ask(interaction, "slash_commands", payload)

    async def shortcut(
        self, callback_id: str, message: SlackMessage, *, user: SlackPerson | None = None
    ) -> SlackReply:
        """Use a message shortcut on a message (made with `post_as`)."""
        interaction = self._new(
            f"message shortcut {callback_id!r}", user, message.channel, PRIVATELY
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

    async def direct_message(
        self, text: str, *, user: SlackPerson | None = None, thread_ts: str | None = None
    ) -> SlackReply:
        """Write to the bot in a direct message and wait for its message."""
        person = user or self.member
        dm = self.channels.dm_with(person.id)
        said = self.post_as(person, text, dm, thread_ts=thread_ts)
        return await self._said("direct message", person, dm, message_event(said), _IN_CHANNEL)

    async def open_home(self, *, user: SlackPerson | None = None) -> SlackReply:
        """Open the app's Home tab and wait for what it shows."""
        person = user or self.member
        event: JSON = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": self.channels.dm_with(person.id).id,
            "tab": "home",
            "event_ts": timestamp(),
        }
        if person.id in self.views.homes:
            event["view"] = self.views.homes[person.id]
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
