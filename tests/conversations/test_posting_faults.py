"""What is posted once, whatever fails on the way: the platform, the store, or this process."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest
from discord import Client, Intents

from adapters.database.errors import StoreError
from adapters.database.posts import SqlPostStore
from adapters.database.tables import utc_now
from adapters.discord.publisher import DiscordPublisher
from knowledge import keeper
from knowledge.desk import HelpDesk
from knowledge.keeper import BUSY
from knowledge.posts import RESERVED_FOR, Place, Platform, Reservation, revision_of
from knowledge.publishing import RefusedError, UnreachableError
from tests.conversations.conftest import House
from tests.conversations.keeping import MESSAGES, NOWHERE, answers, here, refresh
from tests.standins import discord as discords
from tests.standins import slack as slacks
from tests.standins.discord import DiscordStandIn
from tests.standins.discord_state import GUILD_ID
from tests.standins.recording import Fault, reset
from tests.standins.slack import SlackStandIn


async def test_on_discord_a_posting_whose_answer_was_lost_is_single_and_recorded(
    discord: DiscordStandIn, house: House
) -> None:
    discord.faults.add(
        reset(applied=True), discords.server_error(503, applied=True), method="POST", route=MESSAGES
    )
    shared = await house.keeper.share(here(discord), "ldn", "forms")
    [message] = discord.channels.posts()
    [post] = await house.store.all()
    assert message.id == post.message == shared.post.message
    assert not await house.store.unfinished()


async def test_on_slack_a_posting_whose_answer_was_lost_is_not_made_again_for_a_minute(
    slack: SlackStandIn, house: House
) -> None:
    slack.faults.add(reset(applied=True), route="chat.postMessage")
    with pytest.raises(UnreachableError):
        await house.keeper.share(here(slack), "ldn", "forms")
    await house.keeper.resume(Platform.SLACK)
    with pytest.raises(RefusedError, match=BUSY):
        await house.keeper.share(here(slack), "ldn", "forms")
    assert len(slack.channels.posts()) == 1


async def test_a_posting_is_given_up_while_its_reservation_keeps_others_away(
    slack: SlackStandIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert RESERVED_FOR.total_seconds() > keeper.POST_WITHIN
    monkeypatch.setattr(keeper, "POST_WITHIN", 0.1)
    slack.faults.add(slacks.rate_limited(30), route="chat.postMessage")
    with pytest.raises(UnreachableError, match=BUSY):
        await house.keeper.share(here(slack), "ldn", "forms")
    with pytest.raises(RefusedError, match=BUSY):
        await house.keeper.share(here(slack), "ldn", "forms")
    assert len(slack.requests_to("POST", "chat.postMessage")) == 1


@pytest.mark.parametrize("platform", list(Platform))
async def test_what_was_posted_while_the_store_failed_is_recorded_before_it_is_posted_again(
    platform: Platform,
    discord: DiscordStandIn,
    slack: SlackStandIn,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standin = {Platform.DISCORD: discord, Platform.SLACK: slack}[platform]
    with monkeypatch.context() as failing:
        failing.setattr(house.store, "record", AsyncMock(side_effect=StoreError("Full.")))
        with pytest.raises(StoreError):
            await house.keeper.share(here(standin), "ldn", "forms")
    shared = await house.keeper.share(here(standin), "ldn", "forms")
    assert len(standin.channels.posts()) == 1
    assert [shared.post] == await house.store.all()
    assert not shared.is_new
    # It was recorded once: when it is deleted and forgotten, it stays so.
    await house.store.forget(shared.post)
    await house.keeper.record_pending()
    assert not await house.store.all()


async def test_what_was_posted_and_could_not_be_recorded_is_looked_at_again_soon(
    slack: SlackStandIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[Platform] = []
    monkeypatch.setattr(house.keeper, "retry_soon", again.append)
    monkeypatch.setattr(house.store, "record", AsyncMock(side_effect=StoreError("Full.")))
    with pytest.raises(StoreError):
        await house.keeper.share(here(slack), "ldn", "forms")
    assert again == [Platform.SLACK]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("was_connected", [False, True])
async def test_while_discord_is_not_connected_nothing_can_be_posted(
    house: House, was_connected: bool
) -> None:
    house.publishers[Platform.DISCORD] = publisher = DiscordPublisher()
    if was_connected:
        publisher.client = Client(intents=Intents.none())
        await publisher.client.close()
    with pytest.raises(UnreachableError, match="not connected"):
        await house.keeper.share(Place(Platform.DISCORD, GUILD_ID, "1"), "ldn", "forms")


@pytest.mark.parametrize("platform", list(Platform))
async def test_a_refresh_leaves_the_posting_of_another_process_alone(
    platform: Platform, discord: DiscordStandIn, slack: SlackStandIn, house: House
) -> None:
    standin = {Platform.DISCORD: discord, Platform.SLACK: slack}[platform]
    place, answer = here(standin), answers(house)["forms"]
    held = await house.store.reserve(place, "ldn", "forms", answer.heading)
    assert isinstance(held, Reservation)
    await house.keeper.resume(place.platform)
    # Only now does the other process post, and record.
    message = await house.publishers[place.platform].post(place, answer, held.nonce)
    await house.store.record(held, message, revision_of(answer))
    await refresh(house)
    [post] = await house.store.all()
    assert post.revision == revision_of(answer)
    [posted] = standin.channels.posts()
    assert posted.edits == []


async def test_a_posting_that_a_crash_cut_off_is_recorded_and_follows_the_documents(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk]
) -> None:
    place, answer = here(discord), answers(house)["forms"]
    held = await house.store.reserve(place, "ldn", "forms", answer.heading)
    assert isinstance(held, Reservation)
    await house.publishers[Platform.DISCORD].post(place, answer, held.nonce)

    # The process died here, and the documents change before the next one starts.
    house.desks.replace(revised)
    await house.keeper.resume(Platform.DISCORD)
    await refresh(house)
    [message] = discord.channels.posts()
    [post] = await house.store.all()
    assert post.message == message.id
    assert "As revised." in message.content
    assert len(message.edits) == 1
    assert not await house.store.unfinished()


async def test_a_posting_that_somebody_takes_over_says_what_the_documents_say_by_then(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk]
) -> None:
    place, answer = here(discord), answers(house)["forms"]
    died = SqlPostStore(house.database, lambda: utc_now() - RESERVED_FOR)
    held = await died.reserve(place, "ldn", "forms", answer.heading)
    assert isinstance(held, Reservation)
    await house.publishers[Platform.DISCORD].post(place, answer, held.nonce)
    house.desks.replace(revised)
    await house.keeper.share(place, "ldn", "forms")
    [message] = discord.channels.posts()
    assert "As revised." in message.content


async def test_a_posting_begun_by_a_clock_that_was_ahead_is_not_waited_for(
    slack: SlackStandIn, house: House
) -> None:
    ahead = SqlPostStore(house.database, lambda: utc_now() + timedelta(days=30))
    await ahead.reserve(here(slack), "ldn", "forms", answers(house)["forms"].heading)
    await house.keeper.resume(Platform.SLACK)
    assert not await house.store.unfinished()


async def test_of_a_posting_that_was_cut_off_and_cannot_be_found_again_the_log_tells(
    slack: SlackStandIn, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    died = SqlPostStore(house.database, lambda: utc_now() - RESERVED_FOR)
    heading, channel = answers(house)["forms"].heading, slack.channel.id
    told = (
        f"a posting of forms in the channel {channel} was cut off; "
        "if it stands there, it is not kept true"
    )
    await died.reserve(here(slack), "ldn", "forms", heading)
    assert await house.keeper.resume(Platform.SLACK) == 0
    assert caplog.messages == [told]
    # Or somebody posts the same before anybody looks.
    await died.reserve(here(slack), "ldn", "forms", heading)
    await house.keeper.share(here(slack), "ldn", "forms")
    assert caplog.messages == [told] * 2
    # While it may be under way still, it is looked at again later.
    await house.store.reserve(here(slack), "ldn", "overview", heading)
    assert await house.keeper.resume(Platform.SLACK) == 1
    assert caplog.messages == [told] * 2


async def test_a_posting_that_discord_cannot_be_reached_for_is_left_to_be_tried_again(
    discord: DiscordStandIn, house: House
) -> None:
    place, answer = here(discord), answers(house)["forms"]
    assert isinstance(await house.store.reserve(place, "ldn", "forms", answer.heading), Reservation)
    discord.faults.add(reset(), method="POST", route=MESSAGES, times=1)
    assert await house.keeper.resume(Platform.DISCORD) == 1
    assert await house.keeper.resume(Platform.DISCORD) == 0
    assert len(discord.channels.posts()) == 1
    assert not await house.store.unfinished()


async def test_a_posting_that_fails_as_nobody_foresaw_leaves_the_others_their_chance(
    discord: DiscordStandIn, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    heading = answers(house)["forms"].heading
    for place in (NOWHERE, here(discord)):
        assert isinstance(await house.store.reserve(place, "ldn", "forms", heading), Reservation)
    assert await house.keeper.resume(Platform.DISCORD) == 1
    assert len(discord.channels.posts()) == 1
    [left] = await house.store.unfinished()
    assert left.place == NOWHERE
    assert "a post could not be looked after" in caplog.messages


async def test_a_post_that_was_under_way_while_the_documents_changed_follows_them(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk]
) -> None:
    discord.faults.add(Fault(delay=0.2), method="POST", route=MESSAGES)

    async def reload() -> None:
        await discord.until(lambda: discord.requests_to("POST", MESSAGES), "the posting")
        house.desks.replace(revised)
        await refresh(house)

    await asyncio.gather(house.keeper.share(here(discord), "ldn", "forms"), reload())
    [message] = discord.channels.posts()
    assert "As revised." in message.content
    assert len(message.edits) == 1
