"""Two processes on one PostgreSQL share the work of a refresh."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from adapters.database.engine import open_database
from adapters.database.posts import SqlPostStore
from knowledge.posts import revision_of
from tests.bot.folders import change_credit, sections, small_folder
from tests.bot.running import running_bot
from tests.conversations.seeding import seed
from tests.standins.discord import DiscordStandIn
from tests.standins.slack import SlackStandIn

pytest_plugins = ["tests.adapters.postgres"]

CHANNELS = 50  # on each platform
IN_EACH = 10


@pytest.mark.long
async def test_two_processes_refresh_1000_posts_and_each_post_is_edited_once(
    postgres_url: str,
    tmp_path: Path,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    documents = small_folder(tmp_path / "documents")
    before = sections(documents)
    database = await open_database(postgres_url, tmp_path)
    posts = [
        each
        for platform in (discord_standin, slack_standin)
        for each in await seed(database, before, platform, channels=CHANNELS, each=IN_EACH)
    ]
    assert len(posts) == 1000
    change_credit(documents)
    now = sections(documents)

    async def refresh(data: Path) -> int:
        """The number of posts that a process of its own has edited."""
        async with running_bot(
            data,
            discord_standin,
            slack_standin,
            arguments=("pins", "--refresh"),
            development=False,
            DATABASE_URL=postgres_url,
            LDN_DOCUMENTS=str(documents),
        ) as process:
            assert await process.ended(timeout=120) == 0, process.output
            done = re.search(r"Brought up to date: (\d+),", process.output)
            assert done, process.output
            return int(done[1])

    one, other = await asyncio.gather(refresh(tmp_path / "one"), refresh(tmp_path / "other"))
    assert one + other == len(posts)
    assert min(one, other) > 0, "one of them did it all"
    assert {each.edits for each in posts} == {1}
    assert all(each.says(now[each.post.section]) for each in posts)
    for post in await SqlPostStore(database).all():
        assert post.revision == revision_of(now[post.section])
    await database.close()
