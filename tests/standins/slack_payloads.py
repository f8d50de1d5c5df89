"""The payloads that Slack sends for what people do."""

from __future__ import annotations

from tests.standins.recording import JSON
from tests.standins.slack_interactions import SlackInteraction
from tests.standins.slack_state import (
    APP_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
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
    """What every payload of an interactive envelope begins with."""
    person = interaction.person
    payload: JSON = {
        "type": kind,
        "token": "verification-token",
        "user": {
            "id": person.id,
            "username": person.name,
            "name": person.name,
            "team_id": TEAM_ID,
        },
        "api_app_id": APP_ID,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
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
    container = {
        "type": "message",
        "message_ts": source.ts,
        "channel_id": source.channel.id,
        "is_ephemeral": source.ephemeral,
    }
    payload = {
        **interactive_payload(interaction, "block_actions"),
        "container": container,
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [{**action, "action_ts": timestamp()}],
    }
    if not source.ephemeral:
        payload["message"] = source.data
    return payload


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
