"""Bringing hundreds of posts up to date while the platforms fail in every way that they have.

The stand-ins count every edit that took effect, also one whose answer was lost on the way.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest

from knowledge.desk import HelpDesk
from knowledge.posts import PostState, revision_of
from tests.conversations.conftest import House
from tests.conversations.keeping import answers, is_edit, refresh
from tests.conversations.seeding import Seed, seed
from tests.standins import discord as discords
from tests.standins import slack as slacks
from tests.standins.discord import DiscordStandIn
from tests.standins.discord_errors import (
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    THREAD_ARCHIVED,
    UNKNOWN_CHANNEL,
)
from tests.standins.discord_state import remove_message
from tests.standins.recording import Call, Fault, reset
from tests.standins.slack import SlackStandIn

CHANNELS = 25
IN_EACH = 10


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
) -> None:
    on_discord, on_slack = [
        await seed(house.database, answers(house), each, channels=CHANNELS, each=IN_EACH)
        for each in (discord, slack)
    ]
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
