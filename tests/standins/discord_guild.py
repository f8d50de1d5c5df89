"""The server object of stand-in Discord."""

from __future__ import annotations

from tests.standins.discord_state import MEMBER, Channel, Person
from tests.standins.recording import JSON


def guild_json(guild_id: str, owner: Person, channels: list[Channel]) -> JSON:
    """The server object of GUILD_CREATE."""
    return {
        "id": guild_id,
        "name": f"Group {guild_id}",
        "icon": None,
        "owner_id": owner.id,
        "region": "",
        "afk_timeout": 300,
        "verification_level": 1,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "preferred_locale": "en-US",
        "system_channel_flags": 0,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [
            {
                "id": guild_id,
                "name": "@everyone",
                "color": 0,
                "hoist": False,
                "position": 0,
                "permissions": str(int(MEMBER)),
                "managed": False,
                "mentionable": False,
            }
        ],
        "channels": [channel.as_json() for channel in channels],
        "threads": [],
        "members": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "member_count": 2,
        "large": False,
        "unavailable": False,
        "joined_at": "2024-01-01T00:00:00.000000+00:00",
    }
