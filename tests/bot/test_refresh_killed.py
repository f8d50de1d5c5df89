"""`kill -9` at random instants: at the next start the bot goes on where it was."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from adapters.database.engine import open_database
from adapters.database.posts import SqlPostStore
from knowledge.posts import Post, PostState, revision_of
from tests.bot.folders import change_credit, sections, small_folder
from tests.bot.running import RunningBot, running_bot
from tests.conversations import on_discord, on_slack
from tests.conversations.keeping import MESSAGES, is_edit
from tests.conversations.seeding import Seed, seed
from tests.standins.discord import DiscordStandIn
from tests.standins.discord_errors import THREAD_ARCHIVED
from tests.standins.discord_state import remove_message
from tests.standins.recording import Call, Fault, reset, slow
from tests.standins.slack import SlackStandIn

KILLS = 10  # on each platform
CHANNELS = 25
IN_EACH = 10


def edited(call: Call) -> tuple[str, str]:
    """The channel and the message that a call edits."""
    if call.method == "PATCH":
        return call.params["channel_id"], call.params["message_id"]
    return call.body["channel"], call.body["ts"]


def bot(
    data: Path, documents: Path, *platforms: DiscordStandIn | SlackStandIn, command: str
) -> AbstractAsyncContextManager[RunningBot]:
    """A process that serves, or brings up to date, what is recorded in a data folder."""
    return running_bot(
        data,
        next((each for each in platforms if isinstance(each, DiscordStandIn)), None),
        next((each for each in platforms if isinstance(each, SlackStandIn)), None),
        arguments=command.split(),
        development=False,
        LDN_DOCUMENTS=str(documents),
    )


async def recorded(data: Path) -> Sequence[Post]:
    """What the bot has recorded."""
    database = await open_database(None, data)
    try:
        return await SqlPostStore(database).all()
    finally:
        await database.close()


async def edits_since(platform: DiscordStandIn | SlackStandIn, before: int, *, count: int) -> None:
    """Wait for so many edits after the first `before` requests."""
    await platform.until(
        lambda: sum(map(is_edit, platform.requests[before:])) >= count,
        f"{count} edits",
        timeout=30,
    )


def edits_made(platform: DiscordStandIn | SlackStandIn, before: int) -> list[Call]:
    """The edits after the first `before` requests that took effect."""
    return [call for call in platform.requests[before:] if is_edit(call) and call.applied]


def trouble(chance: random.Random) -> Callable[[Call], Fault | None]:
    """Edits take their time, and some fail, before or after they were made."""
    faults = [reset(), reset(applied=True), Fault(status=503, body="", applied=True)]

    def choose(call: Call) -> Fault | None:
        if not is_edit(call):
            return None
        return chance.choice(faults) if chance.random() < 0.1 else slow(0.02)

    return choose


async def kill_again_and_again(
    instants: random.Random,
    platform: DiscordStandIn | SlackStandIn,
    data: Path,
    documents: Path,
    posts: Sequence[Seed],
) -> list[list[Call]]:
    """Kill a refresh `KILLS` times, then let it end; the edits that each process made."""
    platform.faults.chooser = trouble(instants)
    runs = []
    for number in range(KILLS):
        before = len(platform.requests)
        command = "run" if number % 5 == 0 else "pins --refresh"
        async with bot(data, documents, platform, command=command) as process:
            await edits_since(platform, before, count=instants.randint(1, 8))
            await asyncio.sleep(instants.uniform(0, 0.03))
            assert process.process.returncode is None
            process.process.kill()
            await process.ended()
        await platform.until(lambda: platform.in_flight == 0, "the last calls to end")
        runs.append(edits_made(platform, before))
    assert any(each.edits == 0 for each in posts), "it was done before the last kill"
    before = len(platform.requests)
    platform.faults.clear()
    async with bot(data, documents, platform, command="pins --refresh") as process:
        assert await process.ended() == 1
        assert "Not every post could be brought up to date." in process.output
    return [*runs, edits_made(platform, before)]


@pytest.mark.long
async def test_killed_at_20_instants_a_refresh_ends_as_if_it_had_not_been(
    tmp_path: Path, discord_standin: DiscordStandIn, slack_standin: SlackStandIn
) -> None:
    documents = small_folder(tmp_path / "documents")
    planted: dict[str, list[Seed]] = {}
    for name, platform in (("discord", discord_standin), ("slack", slack_standin)):
        database = await open_database(None, tmp_path / name)
        planted[name] = await seed(
            database, sections(documents), platform, channels=CHANNELS, each=IN_EACH
        )
        await database.close()
    # In one channel nothing can be edited, and from another someone has deleted some.
    *_, closed_discord = planted["discord"]
    closed_discord.message.channel.errors["edit"] = THREAD_ARCHIVED
    *_, closed_slack = planted["slack"]
    closed_slack.message.channel.errors["chat.update"] = "is_archived"
    for one, other in zip(planted["discord"][:3], planted["slack"][:3], strict=True):
        remove_message(one.message)
        slack_standin.delete_by_hand(other.message)
    change_credit(documents)
    now = sections(documents)

    _, slack_runs = await asyncio.gather(
        *(
            kill_again_and_again(
                random.Random(name), platform, tmp_path / name, documents, planted[name]
            )
            for name, platform in (("discord", discord_standin), ("slack", slack_standin))
        )
    )

    for name, posts in planted.items():
        there = {post.id: post for post in await recorded(tmp_path / name)}
        assert list(there) == [each.post.id for each in posts[3:]]
        for each in posts[3:-IN_EACH]:
            assert there[each.post.id].revision == revision_of(now[each.post.section])
            assert there[each.post.id].state is PostState.CURRENT
            assert each.says(now[each.post.section])
            # Discord tells what a message says, Slack of a pinned one alone.
            if each.on_discord or each.pinned:
                assert each.edits == 1
        for each in posts[-IN_EACH:]:
            assert there[each.post.id].state is PostState.OUTDATED
            assert "archived" in there[each.post.id].reason
            assert each.edits == 0
    assert len(discord_standin.channels.posts()) == len(planted["discord"]) - 3
    assert len(slack_standin.channels.posts()) == len(planted["slack"]) - 3
    # What a process has edited on Slack is not edited by a later one, but for the message in each
    # channel that it was at when it died.
    for number, run in enumerate(slack_runs, start=1):
        later = set(map(edited, itertools.chain(*slack_runs[number:])))
        assert later & set(map(edited, run)) <= set(dict(map(edited, run)).items())
    # Discord was asked: the pins were read, and there are some, so nothing else looks at a message.
    assert discord_standin.requests_to("GET", f"{MESSAGES}/{{message_id}}")


@pytest.mark.long
async def test_killed_between_a_posting_and_its_record_discord_has_it_once_and_recorded(
    tmp_path: Path, discord_standin: DiscordStandIn
) -> None:
    documents = small_folder(tmp_path / "documents")
    data = tmp_path / "data"
    discord = discord_standin
    # Discord takes the message; its answer is lost, and so is the process that asks again.
    discord.faults.add(reset(applied=True), Fault(delay=60), method="POST", route=MESSAGES)
    async with bot(data, documents, discord, command="run") as process:
        await discord.connected(timeout=30)
        preview = await on_discord.ask_to_share(discord)
        pressing = asyncio.create_task(discord.press(preview, preview.labels["Post"]))
        await discord.until(
            lambda: len(discord.requests_to("POST", MESSAGES)) == 2, "a second attempt"
        )
        process.process.kill()
        await process.ended()
        pressing.cancel()
        await asyncio.wait([pressing])
    [message] = discord.channels.posts()
    assert not await recorded(data)

    async with bot(data, documents, discord, command="run") as process:
        await discord.until(
            lambda: len(discord.requests_to("POST", MESSAGES)) == 3, "what was cut off"
        )
        await discord.connected(timeout=30)
        said = await on_discord.share(discord)
        assert "It was posted here a moment ago." in said.content
        assert message.link in said.content
        await process.stop()
    assert discord.channels.posts() == [message]
    [post] = await recorded(data)
    assert post.message == message.id
    assert message.edits == []


@pytest.mark.long
async def test_killed_between_a_posting_and_its_record_slack_has_it_once_for_a_minute(
    tmp_path: Path, slack_standin: SlackStandIn
) -> None:
    documents = small_folder(tmp_path / "documents")
    data = tmp_path / "data"
    slack = slack_standin
    slack.faults.add(reset(applied=True), route="chat.postMessage")
    for sentence in ("Slack could not be reached.", "This is being posted at this moment."):
        async with bot(data, documents, slack, command="run") as process:
            await slack.connected(timeout=30)
            said = await on_slack.share(slack)
            assert sentence in said.text
            process.process.kill()
            await process.ended()
    # Slack knows no nonces and lists no messages: the one that it has stays unknown to the bot.
    assert len(slack.channels.posts()) == 1
    assert not await recorded(data)
