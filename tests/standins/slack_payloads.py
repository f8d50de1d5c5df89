"""The payloads that Slack sends for what people do."""

from __future__ import annotations

from tests.standins.recording import JSON
from tests.standins.slack_interactions import SlackInteraction
from tests.standins.slack_state import (
    APP_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    SlackChannel,
    SlackMessage,
    SlackPerson,
    timestamp,
)


def command_payload(
    interaction: SlackInteraction, command: str, text: str, response_url: str
) -> JSON:
    """The payload of a slash_commands envelope."""
    channel = interaction.channel
    assert channel is not None
    return {
        "token": "verification-token",
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_im else channel.name,
        "user_id": interaction.person.id,
        "user_name": interaction.person.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": interaction.trigger_id,
    }


def interactive_payload(interaction: SlackInteraction, kind: str) -> JSON:
    """What every payload of an interactive envelope begins with.

    Its workspace is the app's, but in a view the person's own.
    """
    person = interaction.person
    in_view = interaction.view_id is not None
    payload: JSON = {
        "type": kind,
        "token": "verification-token",
        "user": {
            "id": person.id,
            "username": person.name,
            "name": person.name,
            "team_id": person.team_id,
        },
        "api_app_id": APP_ID,
        "team": {"id": person.team_id if in_view else TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": {"id": person.enterprise_id} if in_view and person.enterprise_id else None,
        "is_enterprise_install": False,
        "trigger_id": interaction.trigger_id,
    }
    if interaction.channel is not None:
        payload["channel"] = {"id": interaction.channel.id, "name": interaction.channel.name}
    return payload


def action_payload(interaction: SlackInteraction, response_url: str, action: JSON) -> JSON:
    """The payload of a button or menu in a message.

    Slack leaves the message itself out where it is ephemeral.
    """
    source = interaction.source
    assert source is not None
    payload = {
        **interactive_payload(interaction, "block_actions"),
        "container": message_container(source),
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [{**action, "action_ts": timestamp()}],
    }
    if not source.ephemeral:
        payload["message"] = source.data
    return payload


def message_container(message: SlackMessage) -> JSON:
    """Where a button or menu of a message is."""
    container: JSON = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel.id,
        "is_ephemeral": message.ephemeral,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    return container


def view_container(view: JSON) -> JSON:
    """Where a button, menu or input of a modal or Home tab is, and that view."""
    return {"container": {"type": "view", "view_id": view["id"]}, "view": view}


def view_action_payload(interaction: SlackInteraction, view: JSON, action: JSON) -> JSON:
    """The payload of a button, menu or input in a modal or on the Home tab."""
    return {
        **interactive_payload(interaction, "block_actions"),
        **view_container(view),
        "actions": [{**action, "action_ts": timestamp()}],
    }


def event_payload(event: JSON, event_id: str) -> JSON:
    """The payload of an events_api envelope."""
    return {
        "token": "verification-token",
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(float(timestamp())),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER_ID,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }


def message_event(message: SlackMessage) -> JSON:
    """A message event, as of someone who writes where the bot reads along."""
    channel = message.channel
    return {
        **message.data,
        "channel": channel.id,
        "channel_type": channel.kind,
        "event_ts": message.ts,
    }


def bot_message_event(
    channel: SlackChannel, text: str, *, thread_ts: str | None = None, bot_id: str = "B0000OTHR"
) -> JSON:
    """A message event (subtype bot_message) of another bot, or with its ``bot_id`` of the bot."""
    ts = timestamp()
    event: JSON = {
        "type": "message",
        "subtype": "bot_message",
        "text": text,
        "ts": ts,
        "username": "other bot",
        "bot_id": bot_id,
        "channel": channel.id,
        "channel_type": channel.kind,
        "event_ts": ts,
    }
    if thread_ts is not None:
        event["thread_ts"] = thread_ts
    return event


def changed_event(message: SlackMessage, text: str) -> JSON:
    """A message event (subtype message_changed): somebody's message now reads ``text``."""
    ts = timestamp()
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": {
            **message.data,
            "text": text,
            "edited": {"user": message.data["user"], "ts": ts},
        },
        "previous_message": message.data,
        "hidden": True,
        "channel": message.channel.id,
        "channel_type": message.channel.kind,
        "ts": ts,
        "event_ts": ts,
    }


def pin_event(kind: str, message: SlackMessage, by: SlackPerson) -> JSON:
    """A pin_added or pin_removed event."""
    channel = message.channel
    event: JSON = {
        "type": kind,
        "user": by.id,
        "channel_id": channel.id,
        "item": {
            "type": "message",
            "channel": channel.id,
            "created": int(float(message.ts)),
            "created_by": message.data["user"],
            "message": {**message.data, "permalink": message.link},
        },
        "pin_count": len(channel.pins),
        "event_ts": timestamp(),
    }
    if kind == "pin_added":
        event["pinned_info"] = {"channel": channel.id, **channel.pins[message.ts]}
    else:
        event["has_pins"] = bool(channel.pins)
    return event
