"""Messages, pins and faults on stand-in Discord, through a real discord.py client."""

import io
from typing import Any

import aiohttp
import discord
import pytest

from tests.standins.discord import (
    DiscordStandIn,
    Permission,
    rate_limited,
    server_error,
)
from tests.standins.discord_errors import DiscordError
from tests.standins.recording import reset, slow
from tests.standins.small_discord_bot import SmallBot, press_message, rows, running

CHANNEL_MESSAGES = "/channels/{channel_id}/messages"


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


async def test_files_arrive_with_their_names(standin: DiscordStandIn, bot: SmallBot) -> None:
    async def answer(interaction: discord.Interaction[Any], question: str) -> None:
        file = discord.File(io.BytesIO(b"words"), "answer.txt")
        await interaction.response.send_message("see the file", file=file, ephemeral=True)

    bot.answer = answer
    reply = await standin.command("ldn")
    assert [attachment["filename"] for attachment in reply.raw["attachments"]] == ["answer.txt"]
    assert standin.requests[-1].files == ["answer.txt"]


async def test_a_nonce_that_is_enforced_posts_once(standin: DiscordStandIn, bot: SmallBot) -> None:
    channel = bot.get_partial_messageable(int(standin.channel.id))
    first = await channel.send("once", nonce=7)
    second = await channel.send("once", nonce=7)
    assert first.id == second.id
    assert len(standin.channels.posts()) == 1


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
    assert len(standin.channels.posts()) == 3
    call = standin.requests_to("PUT", "/channels/{channel_id}/messages/pins/{message_id}")[0]
    assert call.headers["X-Audit-Log-Reason"] == "asked by a moderator"


async def test_the_deprecated_pin_routes_still_answer(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    sent = await bot.get_partial_messageable(int(standin.channel.id)).send("kept")
    route = f"/channels/{standin.channel.id}/pins"
    await bot.http.request(discord.http.Route("PUT", f"{route}/{sent.id}"))
    pins = await bot.http.request(discord.http.Route("GET", route))
    assert [pin["content"] for pin in pins] == ["kept"]


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


async def test_a_gateway_that_refuses_is_tried_again(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    standin.faults.add(server_error(503), route="/gateway")
    await standin.close_connections()
    await standin.until(lambda: standin.gateway.resumes, "a resume")
    assert standin.faults.waiting == 0
