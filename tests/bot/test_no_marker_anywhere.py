"""What people type, and who they are, is left nowhere: no log, no table, no file, no number.

Everyone here has a marker in the id and in the name, and types it wherever something can be typed,
while everything goes wrong that can. Then the process ends, and every place is searched.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from adapters.database import SQLITE_FILE
from tests.bot.folders import change_credit, small_folder
from tests.bot.marked import (
    NUMBER,
    TYPED,
    WORD,
    holds_a_marker,
    mark_discord,
    mark_slack,
)
from tests.bot.running import running_bot
from tests.bot.watching import Watcher
from tests.conversations import on_discord, on_slack
from tests.conversations.keeping import MESSAGES
from tests.standins.base import UnansweredError
from tests.standins.discord import DiscordStandIn, Place, refused
from tests.standins.discord_answers import CALLBACK, ORIGINAL
from tests.standins.discord_state import GUILD_ID
from tests.standins.recording import JSON, Fault, reset
from tests.standins.slack import SlackStandIn, not_ok, server_error


async def whatever_comes(doing: Awaitable[Any]) -> None:
    """Do something that may go unanswered: a fault is in the way, or nobody listens to it."""
    with suppress(UnansweredError):
        await doing


async def use_discord(discord: DiscordStandIn) -> None:
    """Everything that people can do on Discord, and what they cannot."""
    moderating: Any = {"user": discord.moderator}
    everywhere = (Place.GUILD, Place.BOT_DM, Place.USER_INSTALL, Place.PRIVATE_CHANNEL)
    for place in everywhere:
        await discord.command("ldn", {"question": TYPED}, place=place)
        answer = await discord.command("ldn", {"question": "forms"}, place=place)
    await discord.autocomplete("ldn", {"question": WORD}, focused="question")
    await discord.autocomplete("ldn-mod pin", {"topic": WORD}, focused="topic", **moderating)
    await discord.command("ldn", {"question": f"i want to die, {WORD}"})

    # Share, as everyone; pin, list, unpin and refresh, as a moderator; refused, as a member.
    await on_discord.share(discord)
    for user in (discord.member, discord.moderator):
        for subcommand in ("pin", "unpin"):
            for topic in ("overview", WORD):
                await discord.command(f"ldn-mod {subcommand}", {"topic": topic}, user=user)
        for subcommand in ("pins", "refresh"):
            await discord.command(f"ldn-mod {subcommand}", {}, user=user)
    answer = await discord.command("ldn", {"question": "status"}, **moderating)
    preview = await discord.press(answer, answer.labels["Pin in this channel"])
    await discord.press(preview, preview.labels["Post and pin"])
    [post] = [each for each in discord.channels.posts() if each.pinned]
    await discord.unpin_natively(post)
    await discord.pin_natively(post)

    # Forged, by a hostile client.
    for custom_id in (WORD, f"ldn:open:{WORD}:1", f"ldn:keep:{WORD}:1", f"{WORD}:post:forms:1"):
        await on_discord.forge(discord, custom_id)
    answer = await discord.command("ldn", {"question": "forms"})
    await discord.select(answer, "ldn:choose::1", [TYPED], forged=True)
    # And Discord fails, before and after it did what it was asked to.
    discord.first_answer_timeout = 0.3
    await whatever_comes(discord.press(answer, f"ldn:open:{WORD}:9", forged=True))
    gone = refused(404, 10062, f"Unknown {WORD}")
    wrong = refused(400, 50035, f"Invalid {WORD}")
    for fault in (gone, wrong, reset(), reset(applied=True)):
        discord.faults.add(fault, method="POST", route=CALLBACK)
        await whatever_comes(discord.command("ldn", {"question": TYPED}))
        discord.faults.add(fault, method="POST", route=CALLBACK)
        typed = discord.autocomplete("ldn", {"question": WORD}, focused="question")
        await whatever_comes(typed)
        discord.faults.add(fault, method="PATCH", route=ORIGINAL)
        discord.answer_timeout = 0.3
        await whatever_comes(discord.command("ldn-mod pins", {}, **moderating))
    discord.answer_timeout = 10.0
    for fault in (wrong, refused(403, 50013, WORD), Fault(status=503, body=WORD)):
        discord.faults.add(fault, method="POST", route=MESSAGES)
        await discord.command("ldn-mod pin", {"topic": "limits"}, **moderating)

    # What Discord has never sent, and what it sends to none but those who listen.
    [session] = discord.gateway.sessions.values()
    author = discord.member.as_user()
    said = {"id": f"{NUMBER}0000008", "channel_id": discord.channel.id, "guild_id": GUILD_ID}
    await session.send("MESSAGE_CREATE", {**said, "author": author, "content": TYPED})
    broken: JSON = {"id": f"{NUMBER}0000009", "type": 2, "token": WORD, "user": author}
    await session.send("INTERACTION_CREATE", {**broken, "data": {"name": WORD, "options": [WORD]}})


async def use_slack(slack: SlackStandIn) -> None:
    """Everything that people can do on Slack, and what they cannot."""
    for channel in (slack.channel, slack.dm):
        await slack.command("/ldn", TYPED, channel=channel)
    await slack.command("/ldn", f"i want to die, {WORD}")

    # Share, as everyone; pin, list, unpin and refresh, as a moderator; refused, as a member.
    await on_slack.share(slack)
    for user in (slack.member, slack.moderator):
        for text in ("pin overview", "unpin overview", f"pin {WORD}", "pins", "refresh", WORD):
            await slack.command("/ldn-mod", text, user=user)
    answer = await slack.command("/ldn", "status", user=slack.moderator)
    preview = await slack.press(answer, answer.labels["Pin in this channel"])
    await slack.press(preview, preview.labels["Post and pin"])
    [post] = [each for each in slack.channels.posts() if each.pinned]
    await slack.unpin_natively(post)
    await slack.pin_natively(post)

    # Forged, broken, and what nobody listens to.
    answer = await slack.command("/ldn", "forms")
    for action_id in (WORD, f"ldn:open:{WORD}:1", f"ldn:keep:{WORD}:1", f"{WORD}:post:forms:1"):
        await slack.press(answer, action_id, value=WORD, forged=True)
        await slack.select(answer, action_id, WORD, forged=True)
    await slack.select(answer, "ldn:choose::1", TYPED, forged=True)
    person: JSON = {"user": slack.member.id, "text": TYPED, "channel": slack.channel.id}
    for kind in ("message", "app_mention", "app_home_opened", WORD):
        await slack.event({"type": kind, **person})
    for envelope in ("interactive", "slash_commands", "events_api"):
        for payload in ({}, {"type": WORD, **person}, {"type": "block_actions", **person}):
            await slack.socket.send(envelope, payload, answerable=True, timeout=0.2)

    # And Slack fails, before and after it did what it was asked to.
    slack.answer_timeout = 0.3
    broken = Fault(
        status=200, body=f"<{WORD}>", headers={"Content-Type": "application/json; charset=utf-8"}
    )
    for fault in (server_error(), not_ok(WORD), broken, reset(), reset(applied=True)):
        slack.faults.add(fault, route="users.info")
        await whatever_comes(slack.command("/ldn-mod", "pins", user=slack.moderator))
        answer = await slack.command("/ldn", "forms")
        slack.faults.add(fault, route="response_url", times=2)
        await whatever_comes(slack.press(answer, answer.labels["All topics"]))
        slack.faults.add(fault, route="chat.postMessage")
        await whatever_comes(slack.command("/ldn-mod", "pin limits", user=slack.moderator))
        slack.faults.clear()


async def reach_discord(discord: DiscordStandIn) -> None:
    """Every other way to ask on Discord, and what moderators set and read."""
    moderating: Any = {"user": discord.moderator}
    asked = discord.post_as(discord.member, TYPED)
    despairing = discord.post_as(discord.member, f"i want to die, {WORD}")
    for target in (asked, despairing):
        for user in (discord.member, discord.moderator):
            preview = await discord.context_menu("Answer with LDN", target, user=user)
            menu = f"ldn:draft::1:{target.id}"
            preview = await discord.select(preview, menu, ["forms"], user=user)
            await discord.press(preview, preview.labels["Post as a reply"], user=user)
    await discord.context_menu("Answer with LDN", asked, place=Place.USER_INSTALL)
    answer = await discord.command("ldn", {"question": "forms"})
    why = await discord.press(answer, answer.labels["Unclear or out of date?"])
    await discord.press(why, why.labels["It is out of date"])
    for user in (discord.member, discord.moderator):
        for plain in ("on", "off"):
            await discord.command("ldn-mod settings", {"plain": plain}, user=user)
        stats = await discord.command("ldn-mod stats", {}, user=user)
    await discord.press(stats, stats.labels["The week before"], **moderating)
    for forged in (
        f"ldn:post:{WORD}:1",
        f"ldn:tell:forms:1:{WORD}",
        f"ldn:draft:{WORD}:1:{NUMBER}",
    ):
        await on_discord.forge(discord, forged)


async def reach_slack(slack: SlackStandIn) -> None:
    """Every other way to ask on Slack, and what moderators set and read."""
    asked = slack.post_as(slack.member, TYPED)
    mention = await slack.mention(TYPED)
    await slack.redeliver(mention)
    modal = await slack.press(mention, "ldn:ask::1")
    await slack.press(modal, modal.labels["All topics"])
    for text in (TYPED, f"i want to die, {WORD}"):
        await slack.direct_message(text)
    for user in (slack.member, slack.moderator):
        modal = await slack.shortcut("ldn-answer", asked, user=user)
        modal = await slack.select(modal, "ldn:draft::1", "forms", user=user)
        await slack.press(modal, modal.labels["Post in this thread"], user=user)
    await slack.type_in(await slack.open_home(), "ldn:ask::1", TYPED)
    answer = await slack.command("/ldn", "forms")
    why = await slack.press(answer, answer.labels["Unclear or out of date?"])
    await slack.press(why, why.labels["It is out of date"])
    for user in (slack.member, slack.moderator):
        for words in ("plain=on", f"share={WORD}", f"{WORD}=1", "plain=off"):
            await slack.command("/ldn-mod", f"settings {words}", user=user)
        await slack.command("/ldn-mod", "stats", user=user)

    # Broken in every part that is read.
    person: JSON = {"user": {"id": slack.member.id}, "trigger_id": WORD}
    pressed: JSON = {**person, "type": "block_actions"}
    button: JSON = {"type": "button", "action_id": "ldn:ask::1", "block_id": "b", "value": TYPED}
    view: JSON = {"type": "modal", "id": WORD, "private_metadata": WORD}
    chosen: JSON = {**person, "type": "message_action", "callback_id": "ldn-answer"}
    for payload in (
        {**pressed, "actions": [button], "view": view},
        {**pressed, "actions": [{**button, "value": [TYPED]}], "container": WORD, "channel": WORD},
        {**pressed, "actions": [{**button, "selected_option": TYPED}], "user": WORD},
        {**pressed, "actions": [button], "view": WORD},
        {**chosen, "message": TYPED, "channel": WORD},
        {**chosen, "message": {"text": {WORD: TYPED}}, "channel": {"id": slack.channel.id}},
    ):
        await slack.socket.send("interactive", payload, answerable=True, timeout=0.2)
    for command in ("/ldn", "/ldn-mod", f"/{WORD}"):
        payload = {"command": command, "text": {WORD: TYPED}, "user_id": slack.member.id}
        await slack.socket.send("slash_commands", payload, answerable=True, timeout=0.2)
    for event in (
        {"type": "app_mention", "channel": [WORD]},
        {"type": "message", "channel_type": "im", "channel": {WORD: WORD}},
        {"type": "message", "channel_type": "im", "subtype": [WORD]},
        {"type": "app_home_opened", "tab": "home", "view": WORD},
    ):
        await slack.event({**event, "user": slack.member.id, "text": TYPED})

    slack.answer_timeout = 0.3
    for fault in (server_error(), not_ok(WORD), reset(applied=True)):
        for route in ("views.open", "views.publish", "chat.postMessage", "users.info"):
            slack.faults.add(fault, route=route, times=2)
        await whatever_comes(slack.mention(TYPED))
        await whatever_comes(slack.direct_message(TYPED))
        await whatever_comes(slack.open_home())
        await whatever_comes(slack.shortcut("ldn-answer", asked))
        slack.faults.clear()
    slack.answer_timeout = 10.0


def tables(data: Path) -> Iterator[tuple[str, str]]:
    """Each table's name, and all that it holds."""
    with closing(sqlite3.connect(data / SQLITE_FILE)) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master")]
        for name in names:
            with suppress(sqlite3.OperationalError):  # an index is no table
                yield name, str(database.execute(f'SELECT * FROM "{name}"').fetchall())


@pytest.mark.parametrize("log_format", ["human", pytest.param("json", marks=pytest.mark.long)])
async def test_nothing_of_anyone_is_in_a_log_a_table_or_a_file(
    log_format: str,
    tmp_path: Path,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    mark_discord(discord_standin)
    mark_slack(slack_standin)
    documents = small_folder(tmp_path / "documents")
    watcher = Watcher()
    settings = {
        "LDN_DOCUMENTS": str(documents),
        "LDN_LOG_LEVEL": "DEBUG",
        "LDN_LOG_FORMAT": log_format,
        **watcher.settings,
    }
    data = tmp_path / "data"
    printed = ""
    for command in ("run", "pins --refresh"):
        async with running_bot(
            data,
            discord_standin,
            slack_standin,
            arguments=command.split(),
            development=False,
            **settings,
        ) as bot:
            if command == "run":
                await asyncio.gather(
                    discord_standin.connected(timeout=30), slack_standin.connected(timeout=30)
                )
                await asyncio.gather(reach_discord(discord_standin), reach_slack(slack_standin))
                await asyncio.gather(use_discord(discord_standin), use_slack(slack_standin))
                change_credit(documents)
                await bot.says(r"posts on slack: [1-9] edited")
                await bot.says(r"posts on discord: [1-9] edited")
                for path in ("/metrics", "/readyz"):
                    printed += (await watcher.get(path))[1]
                await bot.stop()
            assert await bot.ended() == 0
        printed += bot.output

    assert [line for line in printed.splitlines() if holds_a_marker(line)] == []
    found = dict(tables(data))
    assert [name for name, rows in found.items() if holds_a_marker(rows)] == []
    files = [path for path in data.rglob("*") if path.is_file()]
    assert [path for path in files if holds_a_marker(path.read_bytes().decode("latin-1"))] == []

    # That something would have been found: this is what the bot has to know.
    assert "ldn_bot_answers_total{" in printed
    assert discord_standin.channel.id in found["posts"]
    assert slack_standin.channel.id in found["posts"]
    assert {path.name for path in files} >= {SQLITE_FILE, "memory.json"}
    everything = [call.body for each in (discord_standin, slack_standin) for call in each.requests]
    assert holds_a_marker(str(everything))
