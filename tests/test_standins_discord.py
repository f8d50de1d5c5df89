"""Stand-in Discord, driven through real discord.py clients over real sockets."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands

from tests.standins.base import NotConnectedError, NotOfferedError, UnansweredError, at_once
from tests.standins.discord import (
    DiscordStandIn,
    Permission,
    Place,
    Reply,
    rate_limited,
    server_error,
)
from tests.standins.discord_errors import DiscordError
from tests.standins.recording import reset, slow

CHANNEL_MESSAGES = "/channels/{channel_id}/messages"
CHANNEL_MESSAGE = "/channels/{channel_id}/messages/{message_id}"

Answer = Callable[[discord.Interaction[Any], str], Awaitable[object]]
Press = Callable[[discord.Interaction[Any]], Awaitable[object]]


class SmallBot(discord.Client):
    """One command, one button, one menu, one context menu; a test says how each answers."""

    def __init__(self, intents: discord.Intents | None = None, *, sync: bool = True) -> None:
        super().__init__(
            intents=intents or discord.Intents.none(),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.tree = app_commands.CommandTree(self)
        self.answer: Answer = answer_at_once
        self.on_press: Press = nothing
        self.on_submit: Press = nothing
        self.seen: list[discord.Interaction[Any]] = []
        self.events: list[tuple[str, Any]] = []
        self._sync = sync
        self.tree.command(name="ldn", description="Ask")(self._ldn_command())
        group = app_commands.Group(name="ldn-mod", description="Moderate")
        group.command(name="pin", description="Pin")(self._pin_command())
        self.tree.add_command(group)
        menu = app_commands.ContextMenu(name="Answer this", callback=self._context_menu())
        self.tree.add_command(menu)

    def _ldn_command(self) -> Any:
        async def ldn(interaction: discord.Interaction[Any], question: str = "") -> None:
            self.seen.append(interaction)
            await self.answer(interaction, question)

        async def choices(
            interaction: discord.Interaction[Any], current: str
        ) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{current}ammation", value=current)]

        return app_commands.autocomplete(question=choices)(ldn)

    def _pin_command(self) -> Any:
        async def pin(interaction: discord.Interaction[Any], topic: str) -> None:
            await self.answer(interaction, topic)

        return pin

    def _context_menu(self) -> Any:
        async def answer_this(
            interaction: discord.Interaction[Any], message: discord.Message
        ) -> None:
            await self.answer(interaction, message.content)

        return answer_this

    async def setup_hook(self) -> None:
        if self._sync:
            await self.tree.sync()

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        if interaction.type is discord.InteractionType.component:
            self.seen.append(interaction)
            await self.on_press(interaction)
        elif interaction.type is discord.InteractionType.modal_submit:
            await self.on_submit(interaction)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        self.events.append(("edit", payload.data.get("pinned")))

    async def on_guild_channel_pins_update(self, channel: Any, last_pin: Any) -> None:
        self.events.append(("pins", channel.id))

    async def on_message(self, message: discord.Message) -> None:
        self.events.append(("message", message.type))


def rows() -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Next", custom_id="next"))
    options = [
        discord.SelectOption(label=name.title(), value=name) for name in ("forms", "reports")
    ]
    view.add_item(discord.ui.Select(custom_id="menu", options=options))
    return view


async def nothing(interaction: discord.Interaction[Any]) -> None:
    """Leave the interaction unanswered."""


async def answer_at_once(interaction: discord.Interaction[Any], question: str) -> None:
    await interaction.response.send_message(f"About {question}", ephemeral=True, view=rows())


async def answer_after_defer(interaction: discord.Interaction[Any], question: str) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.edit_original_response(content=f"About {question}")


async def answer_by_follow_up(interaction: discord.Interaction[Any], question: str) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.followup.send(f"About {question}")


@asynccontextmanager
async def running(bot: discord.Client, standin: DiscordStandIn) -> AsyncIterator[None]:
    task = asyncio.create_task(bot.start(standin.token))
    try:
        await standin.connected()
        yield
    finally:
        await bot.close()
        await asyncio.wait_for(task, 10)


@pytest.fixture
def standin(discord_standin: DiscordStandIn, monkeypatch: pytest.MonkeyPatch) -> DiscordStandIn:
    point_at(discord_standin, monkeypatch)
    return discord_standin


def point_at(standin: DiscordStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", standin.api_url)
    gateway = yarl.URL(standin.gateway_url)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)


@pytest.fixture
async def bot(standin: DiscordStandIn) -> AsyncIterator[SmallBot]:
    bot = SmallBot()
    async with running(bot, standin):
        yield bot


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


# Buttons, menus, modals


async def press_message(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("pressed", ephemeral=True)


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


# What Discord refuses


async def test_an_interaction_can_be_answered_once(standin: DiscordStandIn, bot: SmallBot) -> None:
    reply = await standin.command("ldn")
    again = f"{standin.api_url}/interactions/{reply.interaction.id}/{reply.interaction.token}"
    body = {"type": 4, "data": {"content": "x", "allowed_mentions": {"parse": []}}}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{again}/callback", json=body) as response,
    ):
        assert response.status == 400
        assert (await response.json())["code"] == 40060


async def test_a_private_answer_cannot_be_fetched_through_its_channel(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    reply = await standin.command("ldn")
    channel = bot.get_partial_messageable(int(standin.channel.id))
    with pytest.raises(discord.NotFound) as caught:
        await channel.fetch_message(int(reply.message_id))
    assert caught.value.code == 10008


async def test_an_overlong_answer_is_refused_and_recorded(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    async def answer(interaction: discord.Interaction[Any], question: str) -> None:
        try:
            await interaction.response.send_message("x" * 2001)
        except discord.HTTPException as error:
            await interaction.response.send_message(f"{error.status} {error.code}")

    bot.answer = answer
    assert (await standin.command("ldn")).content == "400 50035"
    assert any("Must be 2000 or fewer" in str(violation) for violation in standin.violations)
    standin.violations.clear()


async def test_a_refused_answer_is_named_where_no_other_comes(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    async def answer(interaction: discord.Interaction[Any], question: str) -> None:
        with pytest.raises(discord.HTTPException):
            await interaction.response.send_message("x" * 2001)

    bot.answer = answer
    standin.first_answer_timeout = 0.2
    with pytest.raises(UnansweredError, match=r"refused: .*Must be 2000 or fewer"):
        await standin.command("ldn")
    standin.violations.clear()


async def test_two_buttons_with_one_custom_id_are_refused(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    view = discord.ui.View(timeout=None)
    for label in ("one", "two"):
        view.add_item(discord.ui.Button(label=label, custom_id="same"))
    with pytest.raises(discord.HTTPException, match="custom id cannot be duplicated"):
        await bot.get_partial_messageable(int(standin.channel.id)).send("x", view=view)
    standin.violations.clear()


async def test_mentions_left_on_are_recorded_though_discord_lets_them_pass(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    bot._connection.allowed_mentions = None
    await bot.get_partial_messageable(int(standin.channel.id)).send("@everyone")
    assert ["mentions are not off" in str(violation) for violation in standin.violations] == [True]
    standin.violations.clear()


async def test_a_route_that_the_stand_in_lacks_is_recorded(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    with pytest.raises(discord.NotFound):
        await bot.fetch_user(1)
    assert "GET /users/1: the stand-in has no such route" in [str(v) for v in standin.violations]
    standin.violations.clear()


async def test_a_wrong_token_is_refused_by_rest(standin: DiscordStandIn) -> None:
    bot = SmallBot()
    with pytest.raises(discord.LoginFailure):
        await bot.start("wrong")
    await bot.close()


async def test_a_token_that_became_wrong_is_refused_by_the_gateway(
    standin: DiscordStandIn,
) -> None:
    bot = SmallBot()
    await bot.login(standin.token)
    standin.token = "changed"
    with pytest.raises(discord.ConnectionClosed) as caught:
        await bot.connect()
    assert caught.value.code == 4004
    await bot.close()


# Registration


async def test_registered_commands_come_back_with_ids_that_stay(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    first = {command.name: command.id for command in await bot.tree.fetch_commands()}
    assert set(first) == {"ldn", "ldn-mod", "Answer this"}
    bot.tree.remove_command("ldn-mod")
    await bot.tree.sync()
    second = {command.name: command.id for command in await bot.tree.fetch_commands()}
    assert second == {name: first[name] for name in ("ldn", "Answer this")}
    assert len(standin.requests_to("PUT", "/applications/{application_id}/commands")) == 2


# Connections


@pytest.mark.parametrize("code", [4000, 1001])
async def test_a_closed_connection_is_resumed_with_what_was_missed(
    standin: DiscordStandIn, bot: SmallBot, code: int
) -> None:
    await standin.close_connections(code)
    assert not standin.gateway.connected
    reply = await standin.command("ldn", {"question": "meanwhile"})
    assert reply.content == "About meanwhile"
    assert len(standin.gateway.identifies) == 1
    assert len(standin.gateway.resumes) == 1


async def test_a_cut_connection_is_resumed(standin: DiscordStandIn, bot: SmallBot) -> None:
    standin.drop_connections()
    await standin.until(lambda: standin.gateway.resumes, "a resume")
    assert (await standin.command("ldn", {"question": "again"})).content == "About again"


async def test_a_requested_reconnect_is_a_resume(standin: DiscordStandIn, bot: SmallBot) -> None:
    await standin.request_reconnect()
    await standin.until(lambda: standin.gateway.resumes, "a resume")
    await standin.connected()


async def test_an_invalidated_session_identifies_anew(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    await standin.invalidate_sessions()
    await standin.until(lambda: len(standin.gateway.identifies) == 2, "a second identify")
    await standin.connected()
    assert (await standin.command("ldn", {"question": "again"})).content == "About again"


async def test_a_stopped_stand_in_comes_back_on_the_same_port(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    port = standin.port
    await standin.stop()
    await standin.start()
    assert standin.port == port
    await standin.connected(timeout=30)
    assert (await standin.command("ldn", {"question": "back"})).content == "About back"


async def test_each_shard_gets_its_own_servers_and_the_first_the_direct_messages(
    standin: DiscordStandIn,
) -> None:
    class Sharded(discord.AutoShardedClient):
        async def before_identify_hook(
            self, shard_id: int | None, *, initial: bool = False
        ) -> None:
            """Do not wait five seconds between shards."""

        async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
            await interaction.response.send_message("sharded")

    standin.rest.shards = 2
    standin.guild_ids = ["300000000000000001", "300000000004194305"]
    bot = Sharded(
        intents=discord.Intents(guilds=True), allowed_mentions=discord.AllowedMentions.none()
    )
    async with running(bot, standin):
        await standin.connected(shards=2)
        assert sorted(s.shard for s in standin.gateway.sessions.values()) == [(0, 2), (1, 2)]
        for place in (Place.GUILD, Place.BOT_DM):
            assert (await standin.command("ldn", place=place)).content == "sharded"
        await standin.until(lambda: len(bot.guilds) == 2, "both servers")
        assert {guild.id: guild.shard_id for guild in bot.guilds} == {
            int(guild_id): (int(guild_id) >> 22) % 2 for guild_id in standin.guild_ids
        }


# Messages and pins


async def test_channel_messages_are_posted_fetched_edited_and_deleted(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    channel = bot.get_partial_messageable(int(standin.channel.id))
    sent = await channel.send("first", view=rows())
    message = standin.message(str(sent.id))
    await sent.edit(content="second")
    assert (message.content, len(message.edits)) == ("second", 1)
    assert [row["type"] for row in message.data["components"]] == [1, 1]
    assert (await channel.fetch_message(sent.id)).content == "second"
    assert [each.content for each in standin.channels.posts()] == ["second"]
    await sent.delete()
    with pytest.raises(discord.NotFound) as caught:
        await sent.edit(content="third")
    assert caught.value.code == 10008


async def test_a_button_on_a_channel_message_can_be_pressed_by_anyone(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    bot.on_press = press_message
    sent = await bot.get_partial_messageable(int(standin.channel.id)).send("shared", view=rows())
    reply = await standin.press(standin.message(str(sent.id)), "next", user=standin.moderator)
    assert reply.ephemeral
    assert bot.seen[0].user.id == int(standin.moderator.id)


async def test_the_bot_cannot_edit_what_a_person_wrote(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    written = standin.post_as(standin.member, "mine")
    channel = bot.get_partial_messageable(int(standin.channel.id))
    with pytest.raises(discord.Forbidden) as caught:
        await channel.get_partial_message(int(written.id)).edit(content="yours")
    assert caught.value.code == 50005


async def test_permissions_of_the_bot_in_a_channel_are_held(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    channel = bot.get_partial_messageable(int(standin.channel.id))
    sent = await channel.send("shared")
    for taken, code, act in (
        (Permission.PIN_MESSAGES, 50013, sent.pin),
        (Permission.SEND_MESSAGES, 50013, lambda: channel.send("more")),
        (Permission.VIEW_CHANNEL, 50001, lambda: channel.send("more")),
    ):
        standin.channel.bot_permissions &= ~taken
        with pytest.raises(discord.Forbidden) as caught:
            await act()
        assert caught.value.code == code
    standin.channel.error = DiscordError(404, 10003, "Unknown Channel")
    with pytest.raises(discord.NotFound, match="Unknown Channel"):
        await channel.send("more")


async def test_one_operation_in_one_channel_can_be_made_to_fail(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    channel = bot.get_partial_messageable(int(standin.channel.id))
    standin.channel.errors["edit"] = DiscordError(403, 50013, "Missing Permissions")
    sent = await channel.send("shared")
    with pytest.raises(discord.Forbidden):
        await sent.edit(content="changed")
    await sent.delete()


async def test_pins_are_set_listed_newest_first_and_taken_off(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    channel = bot.get_partial_messageable(int(standin.channel.id))
    sent = [await channel.send(str(number)) for number in range(3)]
    for message in sent:
        await message.pin(reason="asked by a moderator")
    assert [message.content async for message in channel.pins()] == ["2", "1", "0"]
    await sent[1].unpin()
    assert [message.content async for message in channel.pins(limit=1)] == ["2"]
    assert [m.content async for m in channel.pins(limit=None)] == ["2", "0"]
    assert not standin.message(str(sent[1].id)).pinned
    call = standin.requests_to("PUT", "/channels/{channel_id}/messages/pins/{message_id}")[0]
    assert call.headers["X-Audit-Log-Reason"] == "asked by a moderator"


async def test_a_channel_holds_250_pins(standin: DiscordStandIn, bot: SmallBot) -> None:
    for number in range(250):
        await standin.pin_natively(standin.post_as(standin.member, str(number)))
    channel = bot.get_partial_messageable(int(standin.channel.id))
    sent = await channel.send("one more")
    with pytest.raises(discord.HTTPException) as caught:
        await sent.pin()
    assert caught.value.code == 30003
    assert len([message async for message in channel.pins(limit=None)]) == 250


@pytest.mark.parametrize("listening", [True, False])
async def test_a_native_pin_is_told_to_those_who_listen(
    standin: DiscordStandIn, listening: bool
) -> None:
    intents = discord.Intents(guilds=listening, guild_messages=listening)
    bot = SmallBot(intents)
    async with running(bot, standin):
        message = standin.post_as(standin.member, "worth keeping")
        await standin.pin_natively(message)
        await standin.unpin_natively(message)
        await standin.command("ldn")
    expected = [
        ("edit", True),
        ("pins", int(standin.channel.id)),
        ("message", discord.MessageType.pins_add),
        ("edit", False),
        ("pins", int(standin.channel.id)),
    ]
    assert bot.events == (expected if listening else [])


# Faults


async def test_a_rate_limit_is_obeyed_and_the_message_sent_once(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    standin.faults.add(rate_limited(0.05), method="POST", route=CHANNEL_MESSAGES)
    await bot.get_partial_messageable(int(standin.channel.id)).send("once")
    statuses = [call.status for call in standin.requests_to("POST", CHANNEL_MESSAGES)]
    assert statuses == [429, 200]
    assert len(standin.channel.messages) == 1


async def test_a_rate_limit_without_discords_mark_is_not_retried(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    standin.faults.add(rate_limited(from_discord=False), route=CHANNEL_MESSAGES)
    with pytest.raises(discord.HTTPException, match="429"):
        await bot.get_partial_messageable(int(standin.channel.id)).send("once")


async def test_a_lost_answer_leaves_the_message_posted(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    standin.faults.add(reset(applied=True), route=CHANNEL_MESSAGES)
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await bot.get_partial_messageable(int(standin.channel.id)).send("posted all the same")
    assert [call.applied for call in standin.requests_to("POST", CHANNEL_MESSAGES)] == [True]
    assert [m.content for m in standin.channels.posts()] == ["posted all the same"]


async def test_a_reset_before_leaves_nothing(standin: DiscordStandIn, bot: SmallBot) -> None:
    standin.faults.add(reset(), route=CHANNEL_MESSAGES)
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await bot.get_partial_messageable(int(standin.channel.id)).send("lost")
    assert standin.channels.posts() == []
    assert standin.requests_to("POST", CHANNEL_MESSAGES)[0].status is None


async def test_faults_wait_for_the_call_that_they_match(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    standin.faults.add(server_error(503), when=lambda call: "second" in str(call.body), times=2)
    channel = bot.get_partial_messageable(int(standin.channel.id))
    await channel.send("first")
    for _ in range(2):
        with pytest.raises(discord.DiscordServerError):
            await channel.send("second")
    await channel.send("second")
    assert standin.faults.waiting == 0


async def test_a_chooser_decides_call_by_call(standin: DiscordStandIn, bot: SmallBot) -> None:
    standin.faults.chooser = lambda call: slow(0.01) if call.route == CHANNEL_MESSAGES else None
    await bot.get_partial_messageable(int(standin.channel.id)).send("slow")
    assert standin.requests_to("POST", CHANNEL_MESSAGES)[0].fault == slow(0.01)


# Load, and other processes


async def test_many_people_can_ask_at_once(standin: DiscordStandIn, bot: SmallBot) -> None:
    async def ask(number: int) -> Reply:
        return await standin.command("ldn", {"question": str(number)})

    replies = await at_once(40, ask)
    assert [reply.content for reply in replies] == [f"About {number}" for number in range(40)]
    assert (standin.waiting, standin.most_waiting) == (0, 40)


SEPARATE_BOT = """
import sys, discord, yarl
discord.http.Route.BASE, gateway = sys.argv[1:]
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)

class Bot(discord.Client):
    async def on_interaction(self, interaction):
        await interaction.response.send_message("from another process", ephemeral=True)

mentions = discord.AllowedMentions.none()
Bot(intents=discord.Intents.none(), allowed_mentions=mentions).run("discord-token")
"""


async def test_a_bot_in_another_process_is_driven_the_same_way(standin: DiscordStandIn) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", SEPARATE_BOT, standin.api_url, standin.gateway_url),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await standin.connected(timeout=30)
        assert (await standin.command("ldn")).content == "from another process"
    finally:
        process.terminate()
        await process.wait()
