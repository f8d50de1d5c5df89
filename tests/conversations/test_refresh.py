"""Bringing posts up to date: what is edited, withdrawn, kept, and tried again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from adapters.database.communities import SqlCommunityStore
from adapters.database.errors import StoreError
from adapters.moderation import Subcommand
from knowledge.communities import Communities, CommunitySettings
from knowledge.desk import HelpDesk
from knowledge.posts import Claim, Place, Platform, Post, PostState, Reservation
from knowledge.publishing import STORE_AWAY, UNFORESEEN, RefusedError
from knowledge.refreshing import DOCUMENT_GONE
from knowledge.targets import UNKNOWN_TOPIC
from tests.conversations.conftest import House
from tests.conversations.keeping import (
    MESSAGE,
    MESSAGES,
    NOWHERE,
    answers,
    here,
    moderator,
    refresh,
)
from tests.conversations.seeding import seed
from tests.documents import open_folder, write_document
from tests.standins import discord as discords
from tests.standins import slack as slacks
from tests.standins.discord import DiscordStandIn, Permission
from tests.standins.discord_errors import UNKNOWN_CHANNEL
from tests.standins.recording import Fault, reset
from tests.standins.slack import SlackStandIn


async def test_every_section_is_posted_pinned_edited_withdrawn_and_unpinned_within_the_contracts(
    discord: DiscordStandIn,
    slack: SlackStandIn,
    house: House,
    revised: list[HelpDesk],
    tmp_path: Path,
) -> None:
    """The stand-ins check every body that they are sent, and their fixtures fail the test."""
    count = 2 * len(answers(house))
    for platform in (discord, slack):
        for section in answers(house):
            assert (await house.keeper.pin(here(platform), "ldn", section)).pinned
    house.desks.replace(revised)
    assert (await refresh(house)).edited == count
    write_document(tmp_path / "garden", command="ldn")
    house.desks.replace(list(open_folder(tmp_path / "garden").values()))
    assert (await refresh(house)).withdrawn == count
    for post in await house.store.all():
        await house.keeper.unpin(post)

    standing = [*discord.channels.posts(), *slack.channels.posts()]
    assert len(standing) == count
    assert {len(message.edits) for message in standing} == {2}
    assert not any(message.pinned for message in standing)
    for message in standing:
        assert "Withdrawn: " in (message.data.get("content") or message.data["text"])


async def test_a_post_of_which_no_word_is_left_in_the_document_is_withdrawn(
    slack: SlackStandIn, house: House, tmp_path: Path
) -> None:
    await house.keeper.pin(here(slack), "ldn", "mechanism")
    [post] = await house.store.all()
    write_document(tmp_path / "garden", command="ldn")
    house.desks.replace(list(open_folder(tmp_path / "garden").values()))
    assert house.desks["ldn"].suggest(post.title, limit=1) == []
    assert (await refresh(house)).withdrawn == 1
    [message] = slack.channels.posts()
    assert "To see what it holds now, type: /ldn" in message.data["text"]


async def test_a_post_whose_document_is_gone_stays_as_it_is_and_is_told_of(
    discord: DiscordStandIn, house: House, tmp_path: Path
) -> None:
    await house.keeper.pin(here(discord), "ldn", "mechanism")
    [post] = await house.store.all()
    write_document(tmp_path / "garden")
    house.desks.replace(list(open_folder(tmp_path / "garden").values()))
    done = await refresh(house)
    assert done.failed == [(post, DOCUMENT_GONE)]
    assert not done.unsettled
    assert not discord.channels.posts()[0].edits
    [listed] = await house.keeper.listing([post])
    assert listed.state is PostState.OUTDATED
    with pytest.raises(RefusedError, match=UNKNOWN_TOPIC):
        await house.keeper.share(here(discord), "ldn", "mechanism")


async def test_where_nobody_may_look_an_edit_that_is_uncertain_is_made_again(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk]
) -> None:
    await house.keeper.share(here(discord), "ldn", "forms")
    [post] = await house.store.all()
    house.desks.replace(revised)
    async with house.store.claim(post.id) as claim:
        assert claim is not None
        await claim.begin("of a process that was killed")
    discord.faults.add(*[discords.refused(403, 50001)] * 2, method="GET", route=MESSAGE)
    assert (await refresh(house)).edited == 1
    assert "As revised." in discord.channels.posts()[0].content


@pytest.mark.usefixtures("impatient")
async def test_an_edit_that_was_given_up_is_asked_after_before_it_is_made_again(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk]
) -> None:
    await house.keeper.pin(here(discord), "ldn", "forms")
    house.desks.replace(revised)
    # It is made, nobody learns of it, and then Discord is away for longer than we try.
    discord.faults.add(reset(applied=True), method="PATCH", route=MESSAGE)
    discord.faults.add(discords.server_error(503), method="GET", route=MESSAGE, times=5)
    given_up = await refresh(house)
    [(_, reason)] = given_up.failed
    assert "did not answer" in reason
    assert given_up.unsettled == 1

    await refresh(house)
    [message] = discord.channels.posts()
    assert len(message.edits) == 1
    [post] = await house.store.all()
    assert (post.state, post.reason) == (PostState.CURRENT, "")


@pytest.mark.usefixtures("impatient")
async def test_a_document_that_is_taken_back_undoes_an_edit_of_which_nobody_knew(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk]
) -> None:
    before = list(house.desks.values())
    await house.keeper.pin(here(discord), "ldn", "forms")
    house.desks.replace(revised)
    discord.faults.add(reset(applied=True), method="PATCH", route=MESSAGE)
    discord.faults.add(discords.server_error(503), method="GET", route=MESSAGE, times=5)
    await refresh(house)
    [message] = discord.channels.posts()
    assert "As revised." in message.content

    house.desks.replace(before)
    await refresh(house)
    assert "As revised." not in message.content
    assert len(message.edits) == 2


async def test_a_post_that_another_process_holds_is_left_to_it_and_looked_at_again_later(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk]
) -> None:
    shared = await house.keeper.share(here(discord), "ldn", "forms")
    house.desks.replace(revised)
    [message] = discord.channels.posts()
    async with house.store.claim(shared.post.id):
        done = await refresh(house)
        assert (done.edited, done.unsettled, len(message.edits)) == (0, 1, 0)
    done = await refresh(house)
    assert (done.edited, done.unsettled, len(message.edits)) == (1, 0, 1)


async def test_documents_that_are_taken_back_while_a_post_is_waited_for_need_no_edit(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.keeper.share(here(discord), "ldn", "forms")
    before, claim = list(house.desks.values()), house.store.claim

    @asynccontextmanager
    async def claim_late(post_id: int) -> AsyncIterator[Claim | None]:
        house.desks.replace(before)
        async with claim(post_id) as claimed:
            yield claimed

    monkeypatch.setattr(house.store, "claim", claim_late)
    house.desks.replace(revised)
    assert (await refresh(house)).current == 1
    assert not discord.channels.posts()[0].edits


async def test_a_database_that_fails_meanwhile_is_said_and_ends_nothing(
    discord: DiscordStandIn,
    house: House,
    revised: list[HelpDesk],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for section in ("forms", "overview"):
        await house.keeper.pin(here(discord), "ldn", section)
    house.desks.replace(revised)
    forms, overview = discord.channels.posts()
    await discord.unpin_natively(overview)
    failing = [post.id for post in await house.store.all() if post.section == "forms"]
    claim = house.store.claim

    def fail(post_id: int) -> AbstractAsyncContextManager[Claim | None]:
        if post_id in failing:
            raise StoreError("The disk is full. Make room, and try again.")
        return claim(post_id)

    def fail_always(post: Post, pinned: bool) -> None:
        raise StoreError("The disk is full. Make room, and try again.")

    monkeypatch.setattr(house.store, "claim", fail)
    monkeypatch.setattr(house.store, "set_pinned", fail_always)
    reply = await house.reception.moderation.command(moderator(discord), "ldn", Subcommand.REFRESH)
    assert STORE_AWAY in reply.text
    assert "The disk is full" not in reply.text
    assert "a post could not be brought up to date: The disk is full." in caplog.text
    assert (len(forms.edits), len(overview.edits)) == (0, 1)


async def test_a_reason_goes_when_the_documents_are_again_as_the_message_has_it(
    slack: SlackStandIn, house: House, revised: list[HelpDesk]
) -> None:
    before = list(house.desks.values())
    await house.keeper.share(here(slack), "ldn", "forms")
    slack.channel.is_archived = True
    house.desks.replace(revised)
    await refresh(house)
    house.desks.replace(before)
    await refresh(house)
    [post] = await house.store.all()
    assert (post.state, post.reason) == (PostState.CURRENT, "")


async def test_what_another_process_has_set_holds_for_what_is_posted_and_refreshed(
    discord: DiscordStandIn, house: House
) -> None:
    place = here(discord)
    await house.keeper.share(place, "ldn", "forms")
    others = Communities(SqlCommunityStore(house.database), CommunitySettings())
    await others.change(place.platform, place.community, {"plain": True})
    await house.keeper.share(place, "ldn", "overview")
    assert (await refresh(house)).edited == 1
    for message in discord.channels.posts():
        assert "##" not in message.content


async def test_what_a_community_has_set_is_not_guessed_while_the_store_fails(
    discord: DiscordStandIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = here(discord)
    await house.communities.change(place.platform, place.community, {"plain": True})
    await house.keeper.share(place, "ldn", "forms")
    unread = Communities(SqlCommunityStore(house.database), CommunitySettings())
    monkeypatch.setattr(unread, "fetch", AsyncMock(side_effect=StoreError("Away.")))
    monkeypatch.setattr(house.keeper._targets, "_communities", unread)
    with pytest.raises(StoreError):
        await refresh(house)
    assert not discord.channels.posts()[0].edits


async def test_a_post_that_fails_as_nobody_foresaw_leaves_the_others_their_chance(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk], caplog: pytest.LogCaptureFixture
) -> None:
    held = await house.store.reserve(NOWHERE, "ldn", "forms", answers(house)["forms"].heading)
    assert isinstance(held, Reservation)
    await house.store.record(held, "1", "of earlier documents")
    await house.keeper.share(here(discord), "ldn", "forms")
    house.desks.replace(revised)
    done = await refresh(house)
    [(failed, reason)] = done.failed
    assert (failed.place, reason) == (NOWHERE, UNFORESEEN)
    assert done.edited == 1
    assert done.unsettled == 2  # to look for its pin, and to edit it
    assert "As revised." in discord.channels.posts()[0].content
    assert "a post could not be looked after" in caplog.messages


@pytest.mark.parametrize("platform", list(Platform))
async def test_a_pin_whose_answer_was_lost_is_found_by_the_next_refresh(
    platform: Platform, discord: DiscordStandIn, slack: SlackStandIn, house: House
) -> None:
    pinning = {"method": "PUT", "route": f"{MESSAGES}/pins/{{message_id}}"}
    discord.faults.add(discords.server_error(503, applied=True), **pinning)
    slack.faults.add(reset(applied=True), route="pins.add")
    standin = {Platform.DISCORD: discord, Platform.SLACK: slack}[platform]
    shared = await house.keeper.pin(here(standin), "ldn", "forms")
    assert (shared.pinned, shared.is_new) == (False, True)
    await refresh(house)
    [post] = await house.store.all()
    assert post.pinned


async def test_a_channel_that_was_deleted_is_not_looked_through_again_and_again(
    discord: DiscordStandIn, slack: SlackStandIn, house: House
) -> None:
    gone = discords.refused(404, UNKNOWN_CHANNEL.code)
    discord.faults.add(gone, method="GET", route=f"{MESSAGES}/pins", times=1)
    slack.faults.add(slacks.not_ok("access_denied"), route="pins.list", times=1)
    for standin in (discord, slack):
        await house.keeper.share(here(standin), "ldn", "forms")
    done = await refresh(house)
    assert (done.current, done.unsettled) == (2, 0)


# What is no reason to forget a post


async def test_out_of_a_private_slack_channel_posts_are_kept_and_the_mend_is_named(
    slack: SlackStandIn, house: House, revised: list[HelpDesk]
) -> None:
    await house.keeper.pin(here(slack), "ldn", "forms")
    slack.channel.is_private, slack.channel.is_member = True, False
    house.desks.replace(revised)
    [(_, reason)] = (await refresh(house)).failed
    assert "Invite me with /invite" in reason
    reply = await house.reception.moderation.command(
        moderator(slack), "ldn", Subcommand.PIN, "overview"
    )
    assert "Invite me with /invite" in reply.text
    [post] = await house.store.all()
    assert (post.state, post.pinned) == (PostState.OUTDATED, True)


async def test_where_discord_hides_the_pins_a_post_still_counts_as_pinned(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk]
) -> None:
    await house.keeper.pin(here(discord), "ldn", "forms")
    discord.channel.bot_permissions &= ~Permission.READ_MESSAGE_HISTORY
    house.desks.replace(revised)
    assert (await refresh(house)).edited == 1
    [post] = await house.store.all()
    assert post.pinned

    discord.channel.bot_permissions |= Permission.READ_MESSAGE_HISTORY
    [message] = discord.channels.posts()
    await discord.unpin_natively(message)
    await refresh(house)
    [post] = await house.store.all()
    assert not post.pinned


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=502, body="Bad Gateway"),
        Fault(status=200, body="<html>", headers={"Content-Type": "application/json"}),
        Fault(status=404, body="<html>", headers={"Content-Type": "text/html"}),
        slacks.server_error(),
    ],
    ids=["plain text", "broken JSON", "HTML", "server error"],
)
async def test_what_is_no_answer_of_slack_is_tried_again(
    fault: Fault, slack: SlackStandIn, house: House, revised: list[HelpDesk]
) -> None:
    await house.keeper.share(here(slack), "ldn", "forms")
    house.desks.replace(revised)
    slack.faults.add(fault, route="chat.update", times=2)
    done = await refresh(house)
    assert (done.edited, done.failed) == (1, [])


async def test_while_current_posts_are_looked_through_others_get_their_turn(
    discord: DiscordStandIn, house: House
) -> None:
    posts = await seed(house.database, answers(house), discord, channels=1, each=10)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def pinned(place: Place) -> frozenset[str]:
        nonlocal turns
        turns = 0  # all that is left is to compare texts
        return frozenset(each.post.message for each in posts if each.pinned)

    house.publishers[Platform.DISCORD].pinned = pinned  # type: ignore[method-assign]
    waiting = asyncio.create_task(others())
    assert (await refresh(house)).current == len(posts)
    waiting.cancel()
    assert turns >= len(posts)
