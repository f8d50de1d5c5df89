"""Files, replies, pings and what everyone sees on stand-in Discord, through a real discord.py."""

import io
from typing import Any

import discord
import pytest

from tests.standins.base import NotOfferedError
from tests.standins.discord import DiscordStandIn, Permission, Person, Place
from tests.standins.small_discord_bot import SmallBot, answer_at_once, press_message, rows

# Files


def file(text: str, name: str = "answer.txt", **more: Any) -> discord.File:
    return discord.File(io.BytesIO(text.encode()), name, **more)


async def by_callback(interaction: discord.Interaction[Any], question: str) -> None:
    await interaction.response.send_message(file=file(question), ephemeral=True)


async def by_edit(interaction: discord.Interaction[Any], question: str) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.edit_original_response(content="see", attachments=[file(question)])


async def by_follow_up(interaction: discord.Interaction[Any], question: str) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.followup.send(file=file(question))


@pytest.mark.parametrize("answer", [by_callback, by_edit, by_follow_up])
async def test_a_file_comes_with_its_text_however_it_was_sent(
    standin: DiscordStandIn, bot: SmallBot, answer: Any
) -> None:
    bot.answer = answer
    reply = await standin.command("ldn", {"question": "wörds"})
    attachment = reply.attachments[0]
    assert (attachment.filename, attachment.text) == ("answer.txt", "wörds")
    assert reply.raw["attachments"][0]["size"] == len("wörds".encode())
    assert standin.message(reply.message_id).attachments == list(reply.attachments)


async def test_a_press_can_change_and_take_away_the_files_of_a_message(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    steps = iter(
        [{"attachments": [file("two", "two.txt", description="2nd")]}, {}, {"attachments": []}]
    )

    async def change(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.edit_message(content="changed", **next(steps))

    async def answer(interaction: discord.Interaction[Any], question: str) -> None:
        await interaction.response.send_message(file=file("one"), view=rows(), ephemeral=True)

    bot.answer, bot.on_press = answer, change
    reply = await standin.command("ldn")
    changed = await standin.press(reply, "next")
    assert [(each.text, each.description) for each in changed.attachments] == [("two", "2nd")]
    assert [each.text for each in (await standin.press(changed, "next")).attachments] == ["two"]
    assert (await standin.press(changed, "next")).attachments == ()
    assert [each.text for each in reply.attachments] == ["one"]


async def test_an_edit_can_keep_one_file_and_add_another(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    channel = bot.get_partial_messageable(int(standin.channel.id))
    sent = await channel.send(files=[file("one", "1.txt"), file("two", "2.txt")])
    await sent.edit(attachments=[sent.attachments[1], file("three", "3.txt")])
    message = standin.message(str(sent.id))
    assert [each.text for each in message.attachments] == ["two", "three"]
    assert [each["filename"] for each in message.data["attachments"]] == ["2.txt", "3.txt"]


async def test_the_body_beside_a_file_is_checked_too(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    channel = bot.get_partial_messageable(int(standin.channel.id))
    with pytest.raises(discord.HTTPException) as caught:
        await channel.send("x" * 2001, file=file("words"))
    assert caught.value.code == 50035
    assert "Must be 2000 or fewer" in str(standin.violations[0])
    standin.violations.clear()


# Replies


@pytest.mark.parametrize(
    ("allowed", "content", "pinged"),
    [
        ({"mention_author": False}, "x", False),
        ({"mention_author": True}, "x", True),
        ({"allowed_mentions": discord.AllowedMentions.none()}, "x <@{author}>", False),
        ({}, "x", False),  # the small bot's own default is to mention nobody
    ],
)
async def test_a_reply_pings_whom_it_answers_only_where_it_is_told_to(
    standin: DiscordStandIn, bot: SmallBot, allowed: Any, content: str, pinged: bool
) -> None:
    question = standin.post_as(standin.member, "does it help")
    channel = bot.get_partial_messageable(int(standin.channel.id))
    reference = discord.MessageReference(
        message_id=int(question.id), channel_id=int(standin.channel.id), fail_if_not_exists=False
    )
    content = content.format(author=standin.member.id)
    sent = await channel.send(content, reference=reference, **allowed)
    message = standin.message(str(sent.id))
    assert message.reference is not None
    assert message.reference["message_id"] == question.id
    assert message.reference["channel_id"] == standin.channel.id
    assert message.reference["type"] == 0
    assert (message.data["type"], message.pinged) == (19, pinged)
    assert sent.reference is not None
    assert sent.type is discord.MessageType.reply


async def test_a_reply_without_allowed_mentions_pings(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    question = standin.post_as(standin.member, "does it help")
    route = discord.http.Route("POST", "/channels/{id}/messages", id=standin.channel.id)
    body = {"content": "x", "message_reference": {"message_id": question.id}}
    sent = await bot.http.request(route, json=body)
    assert standin.message(sent["id"]).pinged
    assert "allowed_mentions: missing" in str(standin.violations[0])
    standin.violations.clear()


async def test_an_ordinary_message_pings_nobody_and_refers_to_nothing(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    sent = await bot.get_partial_messageable(int(standin.channel.id)).send("x")
    message = standin.message(str(sent.id))
    assert (message.reference, message.pinged, message.data["type"]) == (None, False, 0)


async def test_what_is_gone_can_be_replied_to_only_with_leave(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    question = standin.post_as(standin.member, "does it help")
    await standin.delete_by_hand(question)
    channel = bot.get_partial_messageable(int(standin.channel.id))

    def reference(fail: bool) -> discord.MessageReference:
        return discord.MessageReference(
            message_id=int(question.id),
            channel_id=int(standin.channel.id),
            fail_if_not_exists=fail,
        )

    with pytest.raises(discord.HTTPException) as caught:
        await channel.send("x", reference=reference(True))
    assert caught.value.code == 50035
    sent = await channel.send("x", reference=reference(False))
    assert standin.message(str(sent.id)).reference is None
    standin.channel.bot_permissions &= ~Permission.READ_MESSAGE_HISTORY
    with pytest.raises(discord.HTTPException) as caught:
        await channel.send("x", reference=reference(False))
    assert caught.value.code == 160002


async def test_a_notice_of_a_pin_cannot_be_replied_to(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    await standin.pin_natively(standin.post_as(standin.member, "keep"))
    notice = next(m for m in standin.channel.messages.values() if m.data["type"] == 6)
    channel = bot.get_partial_messageable(int(standin.channel.id))
    with pytest.raises(discord.HTTPException, match="system message"):
        await channel.get_partial_message(int(notice.id)).reply("x")


# People and places


async def test_a_persons_locale_comes_with_what_they_do(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    lee = Person("400000000000000009", "lee", locale="pt-BR")
    reply = await standin.command("ldn", user=lee)
    bot.on_press = press_message
    await standin.press(reply, "next")
    await standin.press(reply, "next", locale="fr")
    await standin.command("ldn")
    assert [str(seen.locale) for seen in bot.seen] == ["pt-BR", "pt-BR", "fr", "en-US"]


@pytest.mark.parametrize(
    ("channel", "place"),
    [
        ("channel", Place.GUILD),
        ("dm", Place.BOT_DM),
        ("foreign_channel", Place.USER_INSTALL),
        ("private_channel", Place.PRIVATE_CHANNEL),
    ],
)
async def test_a_message_command_is_used_where_its_message_is(
    standin: DiscordStandIn, bot: SmallBot, channel: str, place: Place
) -> None:
    seen: list[discord.Interaction[Any]] = []

    async def answer(interaction: discord.Interaction[Any], question: str) -> None:
        seen.append(interaction)
        await answer_at_once(interaction, question)

    bot.answer = answer
    target = standin.post_as(standin.moderator, "does it help", getattr(standin, channel))
    reply = await standin.context_menu("Answer this", target)
    assert reply.content == "About does it help"
    assert reply.interaction.place is place
    assert seen[0].channel_id == int(target.channel.id)
    by_person = place in (Place.USER_INSTALL, Place.PRIVATE_CHANNEL)
    assert seen[0].is_user_integration() == by_person
    context = seen[0].context
    assert (context.guild, context.dm_channel, context.private_channel) == (
        place in (Place.GUILD, Place.USER_INSTALL),
        place is Place.BOT_DM,
        place is Place.PRIVATE_CHANNEL,
    )


async def test_a_command_is_not_offered_where_it_is_not_allowed(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    standin.commands["ldn"]["contexts"] = [0]
    standin.commands["Answer this"]["integration_types"] = [0]
    with pytest.raises(NotOfferedError, match="'ldn' is not offered in a direct message"):
        await standin.command("ldn", place=Place.BOT_DM)
    target = standin.post_as(standin.member, "x", standin.foreign_channel)
    with pytest.raises(NotOfferedError, match="'Answer this' is not for people who bring it"):
        await standin.context_menu("Answer this", target)


# What everyone sees


async def test_every_public_message_and_edit_is_noted_with_its_way_and_place(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    async def answer(interaction: discord.Interaction[Any], question: str) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(content="answer")
        await interaction.followup.send("more", file=file("words"))

    async def change(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.edit_message(content="pressed")

    bot.answer, bot.on_press = answer, change
    await standin.another(await standin.command("ldn"))
    question = standin.post_as(standin.member, "does it help")
    channel = bot.get_partial_messageable(int(standin.channel.id))
    sent = await channel.get_partial_message(int(question.id)).reply(
        "posted", view=rows(), mention_author=False
    )
    await standin.press(standin.message(str(sent.id)), "next", user=standin.moderator)
    await sent.edit(content="edited", view=None)
    callback = "POST /interactions/{interaction_id}/{interaction_token}/callback"
    webhook = "/webhooks/{webhook_id}/{webhook_token}"
    assert [(said.method, said.content, said.is_edit) for said in standin.everyone_sees] == [
        (callback, "", False),
        (f"PATCH {webhook}/messages/@original", "answer", True),
        (f"POST {webhook}", "more", False),
        ("POST /channels/{channel_id}/messages", "posted", False),
        (callback, "pressed", True),
        ("PATCH /channels/{channel_id}/messages/{message_id}", "edited", True),
    ]
    more, posted = standin.everyone_sees[2:4]
    assert more.everything == "more\nwords"
    assert posted.everything == "posted\nNext\nForms\nReports"
    assert posted.reference is not None
    assert posted.reference["message_id"] == question.id
    assert (posted.id, posted.channel) == (str(sent.id), standin.channel)


async def test_a_public_answer_between_people_is_noted_and_a_private_one_is_not(
    standin: DiscordStandIn, bot: SmallBot
) -> None:
    bot.on_press = press_message
    await standin.press(await standin.command("ldn"), "next")
    await standin.command("ldn", place=Place.USER_INSTALL)

    async def openly(interaction: discord.Interaction[Any], question: str) -> None:
        await interaction.response.send_message("open")

    bot.answer = openly
    await standin.command("ldn", place=Place.BOT_DM)
    await standin.command("ldn", place=Place.USER_INSTALL, permissions=0)
    assert standin.everyone_sees == []
    for place in (Place.USER_INSTALL, Place.PRIVATE_CHANNEL):
        await standin.command("ldn", place=place)
    assert [said.channel for said in standin.everyone_sees] == [
        standin.foreign_channel,
        standin.private_channel,
    ]
