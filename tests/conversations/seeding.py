"""Many recorded posts at once, standing in many channels of both platforms."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.engine import Database
from adapters.database.posts import SqlPostStore
from adapters.database.tables import post_locks, posts
from adapters.discord.render import public_content
from adapters.slack.render import render_public
from knowledge.answer import Answer
from knowledge.posts import Place, Platform, Post, PostState, revision_of
from tests.standins import discord_state, slack_api, slack_state
from tests.standins.discord import Channel, DiscordStandIn, Message
from tests.standins.slack import SlackChannel, SlackMessage, SlackStandIn


@dataclass(frozen=True)
class Seed:
    """A recorded post, and its message."""

    post: Post
    message: Any
    """A `Message` on Discord, a `SlackMessage` on Slack."""
    pinned: bool

    @property
    def edits(self) -> int:
        """How often it was edited."""
        return len(self.message.edits)

    @property
    def on_discord(self) -> bool:
        """Whether it stands on Discord."""
        return isinstance(self.message, Message)

    def says(self, answer: Answer) -> bool:
        """Whether everyone reads exactly this."""
        if isinstance(self.message, Message):
            return self.message.content == public_content(answer)
        return self.message.text == render_public(answer)["text"]


async def seed(
    database: Database,
    answers: Mapping[str, Answer],
    platform: DiscordStandIn | SlackStandIn,
    *,
    channels: int,
    each: int,
) -> list[Seed]:
    """Post `each` sections in every one of so many new channels; every second post is pinned.

    All at once: to share them one by one would take longer than what is tested with them.
    """
    messages: dict[str, Any] = {}
    rows = []
    posted = datetime.now(UTC) - timedelta(days=1)
    pinned = itertools.cycle([True, False])
    for place, channel in _new_channels(platform, channels):
        for section, answer in itertools.islice(answers.items(), each):
            message = _post(platform, channel, answer, pinned=next(pinned))
            name = message.id if isinstance(message, Message) else message.ts
            messages[name] = message
            rows.append(
                {
                    "platform": place.platform,
                    "community": place.community,
                    "channel": place.channel,
                    "message": name,
                    "command": answer.command,
                    "section": section,
                    "title": answer.heading,
                    "revision": revision_of(answer),
                    "pinned": message.pinned,
                    "state": PostState.CURRENT,
                    "reason": "",
                    "posted": posted,
                }
            )

    async def record(connection: AsyncConnection) -> None:
        await connection.execute(insert(posts), rows)
        unlocked = select(posts.c.id).where(posts.c.id.not_in(select(post_locks.c.post_id)))
        await connection.execute(insert(post_locks).from_select(["post_id"], unlocked))

    await database.write(record)
    return [
        Seed(post, messages[post.message], post.pinned)
        for post in await SqlPostStore(database).all()
        if post.message in messages
    ]


def _new_channels(
    platform: DiscordStandIn | SlackStandIn, count: int
) -> Iterator[tuple[Place, Channel | SlackChannel]]:
    """So many channels that the stand-in has from now on."""
    for number in range(count):
        if isinstance(platform, DiscordStandIn):
            guild = discord_state.GUILD_ID
            channel = Channel(f"51{number:016}", f"channel-{number}", guild)
            yield Place(Platform.DISCORD, guild, channel.id), platform.channels.add(channel)
        else:
            room = SlackChannel(f"C1{number:07}", f"channel-{number}")
            place = Place(Platform.SLACK, slack_state.TEAM_ID, room.id)
            yield place, platform.channels.add(room)


def _post(
    platform: DiscordStandIn | SlackStandIn,
    channel: Channel | SlackChannel,
    answer: Answer,
    *,
    pinned: bool,
) -> Message | SlackMessage:
    """A message of the bot's in a channel, as if it had been posted there."""
    if isinstance(platform, DiscordStandIn):
        assert isinstance(channel, Channel)
        body = {"content": public_content(answer), "flags": 4}
        message = discord_state.new_message(channel, platform.me, body)
        channel.messages[message.id] = message
        if pinned:
            channel.pins[message.id] = discord_state.now()
            message.data["pinned"] = True
        return message
    assert isinstance(channel, SlackChannel)
    said = slack_state.new_message(channel, render_public(answer))
    channel.messages[said.ts] = said
    if pinned:
        slack_api.pin(said, slack_state.BOT_USER_ID)
    return said
