"""Bringing posts up to date while the platforms fail in every way that they have.

The stand-ins count every edit that took effect, also one whose answer was lost on the way.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import formatdate
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from discord import Client, Intents

from adapters.conversation import Caller
from adapters.database.communities import SqlCommunityStore
from adapters.database.engine import open_database
from adapters.database.errors import StoreError
from adapters.database.posts import SqlPostStore
from adapters.database.tables import utc_now
from adapters.discord import publisher as discord_publisher
from adapters.discord.publisher import DiscordPublisher
from adapters.moderation import Subcommand
from knowledge import keeper, publishing
from knowledge.answer import Answer
from knowledge.communities import Communities, CommunitySettings
from knowledge.desk import HelpDesk
from knowledge.keeper import BUSY
from knowledge.library import Library
from knowledge.opening import open_desks
from knowledge.posts import (
    RESERVED_FOR,
    Claim,
    Place,
    Platform,
    Post,
    PostState,
    Reservation,
    revision_of,
)
from knowledge.publishing import STORE_AWAY, UNFORESEEN, RefusedError, UnreachableError
from knowledge.refreshing import DOCUMENT_GONE, RefreshResult
from knowledge.targets import UNKNOWN_TOPIC
from tests.conversations.conftest import House, little_to_learn
from tests.conversations.seeding import Seed, seed
from tests.documents import open_folder, write_document
from tests.standins import discord as discords
from tests.standins import slack as slacks
from tests.standins.discord import DiscordStandIn, Permission
from tests.standins.discord_errors import (
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    THREAD_ARCHIVED,
    UNKNOWN_CHANNEL,
)
from tests.standins.discord_state import GUILD_ID, remove_message
from tests.standins.recording import Call, Fault, reset
from tests.standins.slack import SlackStandIn
from tests.standins.slack_state import TEAM_ID

CHANNELS = 25
IN_EACH = 10
MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"
NOWHERE = Place(Platform.DISCORD, GUILD_ID, "None")
"""A channel as none is: what tries to do something there fails as nobody foresaw."""


@pytest.fixture(scope="module")
def revised(library: Library) -> list[HelpDesk]:
    """Desks of the article as it is published anew, with another credit on every answer."""
    [document] = library.documents
    again = replace(document, credit=f"As revised. {document.credit}")
    return open_desks(little_to_learn(replace(library, documents=(again,))))


def answers(house: House) -> dict[str, Answer]:
    """What every section's answer is at present, by the section's id."""
    desk = house.desks["ldn"]
    return {each.id: desk.ask(each.id) for each in desk.document.sections}


def here(platform: DiscordStandIn | SlackStandIn) -> Place:
    """The channel that every stand-in has."""
    if isinstance(platform, DiscordStandIn):
        return Place(Platform.DISCORD, GUILD_ID, platform.channel.id)
    return Place(Platform.SLACK, TEAM_ID, platform.channel.id)


def moderator(platform: DiscordStandIn | SlackStandIn) -> Caller:
    """Someone who moderates there."""
    place = here(platform)
    return Caller(place.platform, community=place.community, channel=place.channel, moderator=True)


async def refresh(house: House) -> RefreshResult:
    """Bring every post up to date."""
    return await house.keeper.refresh(await house.keeper.posts())


def is_edit(call: Call) -> bool:
    """Whether a call would edit a message."""
    return call.method == "PATCH" or call.route == "chat.update"


def is_look(call: Call) -> bool:
    """Whether a call asks for a message, or for pins."""
    return call.method == "GET" or call.route == "pins.list"


def deal(platform: DiscordStandIn | SlackStandIn, seed: int, **decks: Sequence[Fault]) -> None:
    """Give every fault of a deck to some `edit` or `look`, in an order that the seed decides."""
    order = random.Random(seed)
    shuffled = {}
    for kind, faults in decks.items():
        cards: list[Fault | None] = [*faults, *[None] * (CHANNELS * IN_EACH - len(faults))]
        order.shuffle(cards)
        shuffled[kind] = iter(cards)

    def choose(call: Call) -> Fault | None:
        for kind, belongs in (("edit", is_edit), ("look", is_look)):
            if belongs(call):
                return next(shuffled[kind], None)
        return None

    platform.faults.chooser = choose


def lost_edits(platform: DiscordStandIn | SlackStandIn) -> Counter[str]:
    """By message: the edits that took effect, and of which the bot was told nothing."""
    return Counter(
        str(call.params.get("message_id") or call.body["ts"])
        for call in platform.requests
        if is_edit(call) and call.applied and call.fault and call.fault.applied
    )


ON_DISCORD = {
    "edit": [
        *[discords.rate_limited(0.05)] * 8,
        *[discords.rate_limited(0.05, everywhere=True)] * 2,
        *[discords.server_error(500)] * 2,
        *[discords.server_error(503)] * 8,
        *[discords.server_error(503, applied=True)] * 8,
        *[discords.refused(404, 0)] * 5,
        *[discords.refused(403, 50013)] * 5,
        *[reset()] * 10,
        *[reset(applied=True)] * 10,
    ],
    "look": [*[discords.rate_limited(0.05)] * 3, *[discords.server_error(503)] * 5, *[reset()] * 5],
}
ON_SLACK = {
    "edit": [
        *[slacks.rate_limited(0)] * 2,
        slacks.rate_limited(1),
        *[slacks.server_error(500)] * 8,
        *[slacks.server_error(503, applied=True)] * 8,
        *[slacks.not_ok("internal_error")] * 5,
        *[slacks.not_ok("not_in_channel")] * 5,
        *[Fault(status=403, body="<html>Forbidden</html>")] * 3,
        *[Fault(status=404, body="<html>Not Found</html>")] * 3,
        *[reset()] * 10,
        *[reset(applied=True)] * 20,
    ],
    "look": [slacks.rate_limited(0), *[slacks.server_error(503)] * 5, *[reset()] * 5],
}


@pytest.mark.long
async def test_500_posts_are_edited_once_whatever_the_platforms_answer_and_the_rest_is_listed(
    discord: DiscordStandIn,
    slack: SlackStandIn,
    house: House,
    revised: list[HelpDesk],
    tmp_path: Path,
) -> None:
    database = await open_database(None, tmp_path / "data")
    on_discord, on_slack = [
        await seed(database, answers(house), each, channels=CHANNELS, each=IN_EACH)
        for each in (discord, slack)
    ]
    await database.close()
    posts = [*on_discord, *on_slack]
    assert len(posts) == 500

    # These fail for good.
    unseen, forbidden, archived, gone, thinned = _channels(on_discord)
    unseen[0].message.channel.error = MISSING_ACCESS
    forbidden[0].message.channel.errors["edit"] = MISSING_PERMISSIONS
    archived[0].message.channel.errors["edit"] = THREAD_ARCHIVED
    gone[0].message.channel.error = UNKNOWN_CHANNEL
    shelved, left, expelled, closed, sparse = _channels(on_slack)
    shelved[0].message.channel.is_archived = True
    left[0].message.channel.is_member = False
    expelled[0].message.channel.is_member = False
    expelled[0].message.channel.is_private = True
    closed[0].message.channel.errors["chat.update"] = "edit_window_closed"
    deleted = [*thinned[:3], *sparse[:3]]
    for each in thinned[:3]:
        remove_message(each.message)
    for each in sparse[:3]:
        slack.delete_by_hand(each.message)
    reasons = {
        each.post.id: reason
        for channel, reason in [
            (unseen, "I cannot see this channel"),
            (forbidden, "I lack a permission in this channel"),
            (archived, "This thread is archived"),
            (shelved, "This channel is archived"),
            (left, "Invite me with /invite"),
            (expelled, "Invite me with /invite"),
            (closed, "A rule of this workspace"),
        ]
        for each in channel
    }
    forgotten = {each.post.id for each in (*gone, *deleted)}

    # And all of this happens on the way.
    deal(discord, 1, **ON_DISCORD)
    deal(slack, 2, **ON_SLACK)
    house.desks.replace(revised)
    now = answers(house)

    first = await refresh(house)
    assert {post.id for post, _ in first.failed} == {
        post.id for post in await house.store.all() if post.state is PostState.OUTDATED
    }
    met = [call.fault for each in (discord, slack) for call in each.requests if call.fault]
    assert all(fault in met for fault in (*ON_DISCORD["edit"], *ON_SLACK["edit"]))

    discord.faults.clear()
    slack.faults.clear()
    second = await refresh(house)
    assert first.forgotten + second.forgotten == len(forgotten)

    recorded = {post.id: post for post in await house.store.all()}
    assert recorded.keys() == {each.post.id for each in posts} - forgotten
    assert {
        id for id, post in recorded.items() if post.state is PostState.OUTDATED
    } == reasons.keys()
    for id, reason in reasons.items():
        assert reason in recorded[id].reason
    lost = lost_edits(discord) + lost_edits(slack)
    for each in posts:
        if each.post.id in reasons or each.post.id in forgotten:
            assert each.edits == 0
            continue
        assert each.says(now[each.post.section])
        assert recorded[each.post.id].state is PostState.CURRENT
        assert recorded[each.post.id].revision == revision_of(now[each.post.section])
        assert each.message.pinned is each.pinned
        # Nobody can ask Slack what a message says that is not pinned: an edit whose answer was
        # lost is made again there, and only there.
        blind = not each.on_discord and not each.pinned
        assert each.edits == 1 + (lost[each.post.message] if blind else 0)
    assert sum(lost[each.post.message] for each in on_discord) > 5
    assert sum(lost[each.post.message] for each in on_slack if each.pinned) > 3
    assert sum(lost[each.post.message] for each in on_slack if not each.pinned) > 3

    # Once somebody mends what was in the way, the rest follows.
    for each in (unseen[0], forbidden[0], archived[0], shelved[0], left[0], expelled[0], closed[0]):
        channel = each.message.channel
        channel.errors.clear()
        channel.error, channel.is_archived, channel.is_member = None, False, True
    third = await refresh(house)
    assert (third.edited, third.failed) == (len(reasons), [])
    for each in posts:
        if each.post.id in reasons:
            assert each.edits == 1
            assert each.says(now[each.post.section])


def _channels(posts: Sequence[Seed]) -> list[list[Seed]]:
    """The posts of the first five channels."""
    return [posts[start : start + IN_EACH] for start in range(0, 5 * IN_EACH, IN_EACH)]


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


# What is uncertain


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts are as short as can be."""
    monkeypatch.setattr(publishing, "LONGEST_WAIT", 0.01)


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


# Posting


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


# Rate limits


async def test_while_one_edit_waits_for_slacks_limit_no_other_is_sent(
    slack: SlackStandIn, house: House, revised: list[HelpDesk], tmp_path: Path
) -> None:
    database = await open_database(None, tmp_path / "data")
    posts = await seed(database, answers(house), slack, channels=5, each=2)
    await database.close()
    house.desks.replace(revised)
    slack.faults.add(slacks.rate_limited(1), route="chat.update")
    await refresh(house)
    refused, *others = [call for call in slack.requests if is_edit(call)]
    assert refused.status == 429
    assert len(others) == len(posts)
    assert min(call.at for call in others) >= refused.at + 1


@pytest.mark.long
async def test_while_discord_locks_us_out_nothing_is_sent_to_it(
    discord: DiscordStandIn, house: House, revised: list[HelpDesk], tmp_path: Path
) -> None:
    database = await open_database(None, tmp_path / "data")
    posts = await seed(database, answers(house), discord, channels=1, each=5)
    await database.close()
    house.desks.replace(revised)
    discord.faults.add(discords.rate_limited(1, from_discord=False), method="PATCH")
    await refresh(house)
    await asyncio.sleep(1)
    await refresh(house)
    [locked] = [number for number, call in enumerate(discord.requests) if call.status == 429]
    after = discord.requests[locked + 1 :]
    assert after[0].at >= discord.requests[locked].at + 1
    assert {each.edits for each in posts} == {1}


IN_AN_HOUR = {"Retry-After": formatdate(time.time() + 3600, usegmt=True)}
AN_HOUR_AGO = {"Retry-After": formatdate(time.time() - 3600, usegmt=True)}
# Where the clock of this machine is wrong, Discord's is right.
OF_2090 = {
    "Date": formatdate(3_800_000_000, usegmt=True),
    "Retry-After": formatdate(3_800_000_000, usegmt=True),
}
OF_1970 = {"Date": formatdate(0, usegmt=True), "Retry-After": formatdate(3600, usegmt=True)}


@pytest.mark.parametrize(
    ("said", "silent"),
    [({"Retry-After": "120"}, True), (IN_AN_HOUR, True), ({"Retry-After": "soon"}, True),
     ({}, True), ({"Retry-After": "0"}, False), (AN_HOUR_AGO, False), (OF_2090, False),
     (OF_1970, True)],
    ids=["seconds", "a date", "no time", "nothing", "no seconds", "a date that is past",
         "no time, by a clock ahead of ours", "a date, by a clock behind ours"],
)  # fmt: skip
async def test_discord_may_say_as_seconds_or_as_a_date_how_long_it_locks_us_out(
    discord: DiscordStandIn, house: House, said: dict[str, str], silent: bool
) -> None:
    locked_out = Fault(status=429, body="<html>Access denied</html>", headers=said)
    discord.faults.add(locked_out, method="GET", route=f"{MESSAGES}/pins")
    publisher = house.publishers[Platform.DISCORD]
    with pytest.raises(UnreachableError, match="did not answer as it should"):
        await publisher.pinned(here(discord))
    if silent:
        with pytest.raises(UnreachableError, match="less often"):
            await publisher.pinned(here(discord))
    else:
        await publisher.pinned(here(discord))


async def test_nobody_waits_for_ever_for_what_discord_says(
    discord: DiscordStandIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked_out = Fault(
        status=429, body="<html>Access denied</html>", headers={"Retry-After": "9" * 30}
    )
    discord.faults.add(locked_out, method="GET", route=f"{MESSAGES}/pins")
    monkeypatch.setattr(discord_publisher, "LONGEST_SILENCE", 0.0)
    publisher = house.publishers[Platform.DISCORD]
    with pytest.raises(UnreachableError, match="did not answer as it should"):
        await publisher.pinned(here(discord))
    await publisher.pinned(here(discord))


async def test_while_current_posts_are_looked_through_others_get_their_turn(
    discord: DiscordStandIn, house: House
) -> None:
    posts = await seed(house.database, answers(house), discord, channels=1, each=IN_EACH)
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
    assert (await refresh(house)).current == IN_EACH
    waiting.cancel()
    assert turns >= IN_EACH
