"""What moderators type, and what they set, where something else holds by then; the same on every
platform.
"""

from __future__ import annotations

from typing import Any
from unittest.mock import AsyncMock

import pytest

from adapters.conversation import Aside, Caller, PostPreview, Reply
from adapters.database.communities import SqlCommunityStore
from adapters.moderation import ONLY_MODERATORS_SHARE, PRIVATE_ONLY, Subcommand
from adapters.wording import UNKNOWN_COMMAND
from knowledge.actions import Action, Verb
from knowledge.communities import Communities, CommunitySettings, Sharers, Visibility
from knowledge.posts import Platform, Reservation
from knowledge.publishing import UnreachableError
from knowledge.targets import UNKNOWN_TOPIC
from tests.conversations.conftest import House

MODERATOR = Caller(Platform.DISCORD, community="1", channel="2", moderator=True)


@pytest.mark.parametrize("subcommand", Subcommand)
async def test_the_command_of_a_document_that_is_gone_is_not_known_any_more(
    house: House, subcommand: Subcommand
) -> None:
    moderation = house.reception.moderation
    house.desks.replace([])
    expected = Reply(UNKNOWN_COMMAND)
    assert await moderation.command(MODERATOR, "ldn", subcommand, "forms") == expected
    assert await moderation.typed(MODERATOR, "ldn", f"{subcommand} forms") == expected


async def test_what_can_be_typed_for_a_document_that_is_gone_is_not_told(house: House) -> None:
    house.desks.replace([])
    said = await house.reception.moderation.typed(MODERATOR, "ldn", "")
    assert said == Reply(UNKNOWN_COMMAND)


@pytest.mark.parametrize("between", [" ", "  ", "\n", "\t", "\u00a0"])
async def test_whatever_parts_words_may_stand_behind_what_is_typed(
    house: House, between: str
) -> None:
    typed = f"Settings{between}share=moderators"
    said = await house.reception.moderation.typed(MODERATOR, "ldn", typed)
    assert said.text.startswith("Saved.")


async def test_a_week_is_told_although_the_documents_are_replaced_while_it_is_looked_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = house.tally_counter.of_week

    async def replaced_meanwhile(*asked: Any) -> Any:
        house.desks.replace([])
        return await look_up(*asked)

    monkeypatch.setattr(house.tally_counter, "of_week", replaced_meanwhile)
    reply = await house.reception.moderation.command(MODERATOR, "ldn", Subcommand.STATS)
    assert "Nothing was counted." in reply.text


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"visibility": Visibility.PRIVATE}, PRIVATE_ONLY.format(command="ldn")),
        ({"share": Sharers.MODERATORS}, ONLY_MODERATORS_SHARE),
    ],
)
async def test_what_another_process_has_just_set_holds_for_whoever_posts(
    house: House, change: dict[str, Any], refusal: str
) -> None:
    member = Caller(Platform.DISCORD, community="1", channel="2")
    shown = await house.reception.act(member, Action(Verb.PREVIEW_SHARE, "ldn", "forms"))
    assert isinstance(shown, PostPreview)
    other_process = Communities(SqlCommunityStore(house.database), CommunitySettings())
    await other_process.change(member.platform, member.community, change)
    post = Action(Verb.POST, "ldn", "forms")
    assert await house.reception.act(member, post) == Aside(refusal)


async def test_what_a_moderators_refresh_has_to_leave_open_is_looked_at_again_soon(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserved = await house.store.reserve(MODERATOR.place, "ldn", "forms", "Forms")
    assert isinstance(reserved, Reservation)
    await house.store.record(reserved, "3", "")
    away = AsyncMock(**{"pinned.side_effect": UnreachableError("Away.")})
    house.publishers[Platform.DISCORD] = away
    again: list[Platform] = []
    monkeypatch.setattr(house.keeper, "retry_soon", again.append)
    await house.reception.moderation.command(MODERATOR, "ldn", Subcommand.REFRESH)
    assert again == [Platform.DISCORD]
    away.pinned.side_effect, away.pinned.return_value = None, frozenset()
    await house.reception.moderation.command(MODERATOR, "ldn", Subcommand.REFRESH)
    assert len(again) == 1


@pytest.mark.parametrize("topic", ["short mechanism", "how it works", "menu"])
async def test_nothing_but_a_section_by_its_id_is_posted_by_a_forged_button(
    house: House, topic: str
) -> None:
    house.publishers[Platform.DISCORD] = publisher = AsyncMock()
    shown = await house.reception.act(MODERATOR, Action(Verb.POST, "ldn", topic))
    assert shown == Reply(UNKNOWN_TOPIC)
    assert not publisher.post.called
