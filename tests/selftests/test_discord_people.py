"""What people do on stand-in Discord, driven through a real discord.py client."""

import asyncio
from typing import Any

import discord
import pytest

from tests.standins.base import NotConnectedError, NotOfferedError, UnansweredError
from tests.standins.discord import (
    DiscordStandIn,
    Permission,
    Place,
)
from tests.standins.small_discord_bot import (
    Answer,
    Press,
    SmallBot,
    answer_after_defer,
    answer_at_once,
    answer_by_follow_up,
    press_message,
)

# Commands


@pytest.mark.parametrize(
    ("answer", "callback_type"),
    [(answer_at_once, 4), (answer_after_defer, 5), (answer_by_follow_up, 5)],
)
async def test_a_command_gives_the_final_answer_however_it_came(
    standin: DiscordStandIn, bot: SmallBot, answer: Answer, callback_type: int
) -> None:
    bot.answer = answer
    reply = await standin.command("ldn", {"question": "forms"})
    assert (reply.content, reply.ephemeral) == ("About forms", True)
    assert reply.callback_type == callback_type
    assert 0 <= reply.seconds < 3


async def test_a_subcommand_reaches_its_callback(standin: DiscordStandIn, bot: SmallBot) -> None:
    assert (await standin.command("ldn-mod pin", {"topic": "forms"})).content == "About forms"


async def test_an_unanswered_command_fails_after_three_seconds_naming_it(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    async def too_late(interaction: discord.Interaction[Any], question: str) -> None:
        await asyncio.sleep(3.2)
        with pytest.raises(discord.NotFound) as caught:
            await interaction.response.send_message("late")
        codes.append(caught.value.code)

    codes: list[int] = []
    bot.answer = too_late
    with pytest.raises(UnansweredError, match="/ldn was not answered within 3 s"):
        await standin.command("ldn")
    await standin.until(lambda: codes, "the late answer")
    assert codes == [10062]


async def test_a_defer_that_nothing_follows_fails_naming_its_type(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    async def defer_only(interaction: discord.Interaction[Any], question: str) -> None:
        await interaction.response.defer(thinking=True)

    bot.answer = defer_only
    standin.answer_timeout = 0.1
    with pytest.raises(UnansweredError, match=r"acknowledged \(type 5\) but showed nothing more"):
        await standin.command("ldn")


async def test_privacy_is_fixed_by_the_defer_not_by_its_follow_up(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    async def answer(interaction: discord.Interaction[Any], question: str) -> None:
        await interaction.response.defer(ephemeral=False, thinking=True)
        await interaction.followup.send("open", ephemeral=True)

    bot.answer = answer
    assert not (await standin.command("ldn")).ephemeral


async def test_later_messages_of_an_interaction_come_one_by_one(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    async def answer(interaction: discord.Interaction[Any], question: str) -> None:
        await interaction.response.send_message("one", ephemeral=True)
        await interaction.followup.send("two", ephemeral=True)
        await interaction.delete_original_response()

    bot.answer = answer
    reply = await standin.command("ldn")
    assert (await standin.another(reply)).content == "two"
    await standin.until(lambda: standin.message(reply.message_id).deleted, "the deletion")


async def test_a_person_cannot_type_what_is_not_registered(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    with pytest.raises(NotOfferedError, match="'nope' is not registered"):
        await standin.command("nope")
    with pytest.raises(NotOfferedError, match="has no option 'nope'"):
        await standin.command("ldn", {"nope": "x"})
    with pytest.raises(NotOfferedError, match="needs 'topic'"):
        await standin.command("ldn-mod pin")
    with pytest.raises(NotOfferedError, match="is not registered"):
        await standin.command("ldn-mod nope")


async def test_a_command_without_any_client_says_so(standin: DiscordStandIn) -> None:
    with pytest.raises(NotConnectedError, match="no client is there to get /ldn"):
        await standin.command("ldn")


async def test_autocomplete_returns_the_choices(standin: DiscordStandIn, bot: SmallBot) -> None:
    choices = await standin.autocomplete("ldn", {"question": "infl"}, focused="question")
    assert choices == [{"name": "inflammation", "value": "infl"}]


async def test_a_context_menu_carries_the_message_that_it_is_used_on(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    target = standin.post_as(standin.member, "does it help")
    assert (await standin.context_menu("Answer this", target)).content == "About does it help"


@pytest.mark.parametrize("place", list(Place))
async def test_the_bot_sees_where_it_is_used(
    standin: DiscordStandIn, bot: SmallBot, place: Place
) -> None:
    await standin.command("ldn", place=place, locale="de")
    seen = bot.seen[0]
    assert str(seen.locale) == "de"
    assert (seen.guild_id is None) == (place in (Place.BOT_DM, Place.PRIVATE_CHANNEL))
    assert seen.is_user_integration() == (place in (Place.USER_INSTALL, Place.PRIVATE_CHANNEL))
    assert seen.app_permissions.send_messages == (place in (Place.GUILD, Place.BOT_DM))


async def test_permissions_are_those_of_the_person_and_of_the_channel(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    standin.channel.bot_permissions &= ~Permission.PIN_MESSAGES
    await standin.command("ldn", user=standin.moderator)
    await standin.command("ldn", permissions=0, app_permissions=Permission.PIN_MESSAGES)
    assert [i.permissions.pin_messages for i in bot.seen] == [True, False]
    assert [i.app_permissions.pin_messages for i in bot.seen] == [False, True]


async def test_a_server_that_holds_back_brought_apps_makes_their_answers_private(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    async def answer(interaction: discord.Interaction[Any], question: str) -> None:
        await interaction.response.send_message("for all")

    bot.answer = answer
    assert not (await standin.command("ldn", place=Place.USER_INSTALL)).ephemeral
    assert (await standin.command("ldn", place=Place.USER_INSTALL, permissions=0)).ephemeral


async def test_an_interaction_that_is_over_can_no_longer_be_edited(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    reply = await standin.command("ldn")
    reply.interaction.expired = True
    with pytest.raises(discord.HTTPException) as caught:
        await bot.seen[0].edit_original_response(content="too late")
    assert caught.value.code == 50027


# Buttons, menus, modals


async def press_update(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.edit_message(content="pressed")


async def press_deferred_update(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.defer()
    await interaction.edit_original_response(content="pressed")


async def press_deferred_message(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.followup.send("pressed")


@pytest.mark.parametrize(
    ("press", "callback_type", "same_message"),
    [
        (press_message, 4, False),
        (press_deferred_message, 5, False),
        (press_deferred_update, 6, True),
        (press_update, 7, True),
    ],
)
async def test_a_button_on_a_private_message_can_be_answered_in_four_ways(
    standin: DiscordStandIn,
    bot: SmallBot,
    press: Press,
    callback_type: int,
    same_message: bool,
) -> None:
    bot.on_press = press
    before = await standin.command("ldn", {"question": "forms"})
    after = await standin.press(before, before.labels["Next"])
    assert (after.content, after.callback_type, after.ephemeral) == ("pressed", callback_type, True)
    assert (after.message_id == before.message_id) == same_message
    assert before.content == "About forms"


async def test_a_menu_gives_the_chosen_value(standin: DiscordStandIn, bot: SmallBot) -> None:
    async def chosen(interaction: discord.Interaction[Any]) -> None:
        data: Any = interaction.data
        await interaction.response.edit_message(content=data["values"][0])

    bot.on_press = chosen
    reply = await standin.command("ldn")
    assert (await standin.select(reply, "menu", ["reports"])).content == "reports"


async def test_what_a_message_does_not_offer_needs_forging(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    bot.on_press = press_message
    reply = await standin.command("ldn")
    with pytest.raises(NotOfferedError, match=r"'nope' is not among \['next', 'menu'\]"):
        await standin.press(reply, "nope")
    with pytest.raises(NotOfferedError, match=r"\['nope'\] are not among \['forms', 'reports'\]"):
        await standin.select(reply, "menu", ["nope"])
    assert (await standin.press(reply, "nope", forged=True)).content == "pressed"


async def test_a_modal_can_be_filled_in_and_sent(standin: DiscordStandIn, bot: SmallBot) -> None:
    class Ask(discord.ui.Modal, title="Ask"):
        question: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Question", custom_id="q")

        async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
            await interaction.response.send_message(self.question.value, ephemeral=True)

    async def open_modal(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_modal(Ask())

    bot.on_press = open_modal
    opened = await standin.press(await standin.command("ldn"), "next")
    assert opened.modal is not None
    assert opened.modal["title"] == "Ask"
    assert (await standin.submit(opened, {"q": "does it help"})).content == "does it help"
