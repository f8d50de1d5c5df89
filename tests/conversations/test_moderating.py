"""What moderators type, and what they set, where something else holds by then; the same on every
platform.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest

from adapters.conversation import Aside, Caller, PostPreview, Reply
from adapters.database.communities import SqlCommunityStore
from adapters.database.posts import utc_now
from adapters.moderation import ONLY_MODERATORS_SHARE, PRIVATE_ONLY, Subcommand
from adapters.wording import STALE_BUTTON, UNKNOWN_COMMAND
from knowledge.actions import Action, Verb
from knowledge.communities import Communities, CommunitySettings, Sharers, Visibility
from knowledge.keeper import NO_PIN_OF_OURS
from knowledge.posts import SHARE_AGAIN_AFTER, Platform, Reservation
from knowledge.publishing import MessageGoneError, UnreachableError
from knowledge.targets import UNKNOWN_TOPIC
from tests.conversations.conftest import House
from tests.documents import open_folder, section, write_document

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


async def test_a_document_that_is_gone_answers_no_question_and_drafts_nothing(
    house: House,
) -> None:
    house.desks.replace([])
    assert await house.reception.ask(MODERATOR, "ldn", "forms") == Aside(UNKNOWN_COMMAND)
    assert await house.reception.draft(MODERATOR, "ldn", "forms") == Aside(UNKNOWN_COMMAND)


@pytest.mark.parametrize(
    "action",
    [
        Action(Verb.PREVIEW_SHARE, "ldn", "zebra"),
        Action(Verb.PREVIEW_PIN, "ldn", "zebra"),
        Action(Verb.ASK_REASON, "ldn", "zebra"),
        Action(Verb.REPORT_REASON, "ldn", "zebra", detail="unclear"),
        Action(Verb.REPORT_REASON, "ldn", "forms", detail="boring"),
    ],
)
async def test_a_button_for_what_is_gone_is_of_an_older_version(
    house: House, action: Action
) -> None:
    assert await house.reception.act(MODERATOR, action) == Aside(STALE_BUTTON)


async def test_only_beside_an_answer_to_a_message_another_section_can_be_chosen(
    house: House,
) -> None:
    shared = await house.reception.act(MODERATOR, Action(Verb.PREVIEW_SHARE, "ldn", "forms"))
    assert isinstance(shared, PostPreview)
    assert shared.menu is None
    drafted = await house.reception.draft(MODERATOR, "ldn", "forms")
    assert isinstance(drafted, PostPreview)
    assert drafted.menu
    assert drafted.menu.choices[0].topic == "forms"


async def test_no_more_sections_can_be_chosen_than_a_menu_holds(
    house: House, tmp_path: Path
) -> None:
    names = [section(f"stage-{n}", f"Stage {n}", f"This is stage {n}.") for n in range(1, 30)]
    write_document(tmp_path, names)
    house.desks.replace(list(open_folder(tmp_path).values()))
    drafted = await house.reception.draft(MODERATOR, "garden", "stage")
    assert isinstance(drafted, PostPreview)
    assert drafted.menu
    assert len(drafted.menu.choices) == 25


async def test_a_section_that_was_pinned_long_ago_is_posted_again_only_if_its_message_is_gone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.publishers[Platform.DISCORD] = publisher = AsyncMock()
    publisher.post.side_effect = ["1", "2"]
    await house.keeper.pin(MODERATOR.place, "ldn", "forms")
    later = utc_now() + 2 * SHARE_AGAIN_AFTER
    monkeypatch.setattr(house.store, "_clock", lambda: later)
    again = await house.keeper.pin(MODERATOR.place, "ldn", "forms")
    assert (again.post.message, again.is_new) == ("1", False)

    publisher.link.side_effect = [MessageGoneError("Gone."), ""]
    anew = await house.keeper.pin(MODERATOR.place, "ldn", "forms")
    assert (anew.post.message, anew.is_new) == ("2", True)
    assert [post.message for post in await house.store.all()] == ["2"]


async def test_posts_of_this_channel_are_listed_first_and_others_as_being_elsewhere(
    house: House,
) -> None:
    house.publishers[Platform.DISCORD] = publisher = AsyncMock()
    publisher.post.side_effect, publisher.link.return_value = ["1", "2"], ""
    await house.keeper.share(replace(MODERATOR.place, channel="1"), "ldn", "overview")
    await house.keeper.share(MODERATOR.place, "ldn", "forms")
    listed = await house.reception.moderation.command(MODERATOR, "ldn", Subcommand.PINS)
    here, elsewhere = listed.text.splitlines()
    assert here.startswith("- How LDN is delivered")
    assert here.endswith(": current.")
    assert elsewhere.endswith(": current, in another channel.")


async def test_a_fault_of_the_documents_is_told_above_what_is_listed_and_not_at_length(
    house: House,
) -> None:
    house.desks.reload_error = "Mend this. " * 1000
    listed = await house.reception.moderation.command(MODERATOR, "ldn", Subcommand.PINS)
    assert listed.text.startswith("The documents were changed, but have a fault")
    assert listed.text.endswith("I have not posted anything here yet.")
    assert len(listed.text) < 600


async def test_where_only_moderators_share_they_do(house: House) -> None:
    house.publishers[Platform.DISCORD] = publisher = AsyncMock()
    publisher.post.return_value, publisher.link.return_value = "1", ""
    place = MODERATOR.place
    share = {"share": Sharers.MODERATORS}
    await house.communities.change(place.platform, place.community, share)
    posted = await house.reception.act(MODERATOR, Action(Verb.POST, "ldn", "forms"))
    assert isinstance(posted, Reply)
    assert posted.text == "Posted."


async def test_where_no_pin_is_the_bots_nothing_is_posted_to_replace_one(house: House) -> None:
    house.publishers[Platform.DISCORD] = publisher = AsyncMock()
    swap = Action(Verb.REPLACE_PIN, "ldn", "forms")
    assert await house.reception.act(MODERATOR, swap) == Reply(NO_PIN_OF_OURS)
    assert not publisher.post.called


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
