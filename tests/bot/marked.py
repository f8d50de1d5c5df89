"""People and places whose every name and id is known again, wherever it turns up."""

from __future__ import annotations

from tests.standins.discord import MEMBER, MODERATOR, DiscordStandIn, Person
from tests.standins.discord_state import Channel
from tests.standins.recording import JSON
from tests.standins.slack import SlackPerson, SlackStandIn

WORD = "xylophone"
"""In every name, topic and text, and in ids that hold letters."""
NUMBER = "48765432109"
"""In every id that is a number."""
MARKERS = (WORD, NUMBER)
TYPED = f"does the {WORD} help"


class NamedChannel(Channel):
    """A channel whose name and topic people have written."""

    def as_json(self, *recipients: Person) -> JSON:
        return {**super().as_json(*recipients), "name": f"{WORD}-room", "topic": f"on the {WORD}"}


def mark_discord(discord: DiscordStandIn) -> None:
    """Give everyone on Discord, and every place, a marker."""
    discord.member = Person(f"{NUMBER}0000001", f"{WORD}.member", MEMBER)
    discord.moderator = Person(f"{NUMBER}0000002", f"{WORD}.moderator", MODERATOR)
    for attribute in ("channel", "dm", "foreign_channel", "private_channel"):
        old = getattr(discord, attribute)
        new = NamedChannel(old.id, old.name, old.guild_id, old.type, old.bot_permissions)
        setattr(discord, attribute, discord.channels.add(new))


def mark_slack(slack: SlackStandIn) -> None:
    """Give everyone on Slack, and every place, a marker."""
    slack.member = slack.add_person(SlackPerson(f"U{WORD.upper()}1", f"{WORD}.member"))
    slack.moderator = slack.add_person(
        SlackPerson(f"U{WORD.upper()}2", f"{WORD}.moderator", is_admin=True)
    )
    slack.channel.name = f"{WORD}-room"


def holds_a_marker(text: str) -> bool:
    """Whether something of a person is in a text, in whatever case."""
    return any(marker in text.casefold() for marker in MARKERS)
