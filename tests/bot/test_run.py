"""Black box: `ldn-bot run` against stand-ins for both platforms."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.documents import build_desks
from bot.settings import Settings
from tests.bot.folders import small_folder
from tests.bot.running import RunningBot, running_bot
from tests.shipped import FORMS
from tests.standins.discord import DiscordStandIn
from tests.standins.discord_answers import CALLBACK
from tests.standins.recording import slow
from tests.standins.slack import SlackStandIn


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped article, with next to nothing to learn, in an `LDN_DATA` where it is learned."""
    data = tmp_path_factory.mktemp("learned")
    folder = small_folder(data / "documents")
    build_desks(Settings(documents=folder, data=data))
    return data


@pytest.fixture
def documents(learned: Path, tmp_path: Path) -> Path:
    """A copy of them; `LDN_DATA` is `tmp_path`."""
    shutil.copytree(learned, tmp_path, dirs_exist_ok=True)
    return tmp_path / "documents"


Serving = Callable[..., AbstractAsyncContextManager[RunningBot]]


@pytest.fixture
def serving(
    tmp_path: Path, documents: Path, discord_standin: DiscordStandIn, slack_standin: SlackStandIn
) -> Serving:
    """`ldn-bot run` that is connected to both platforms; called with settings and `development`."""

    @asynccontextmanager
    async def serve(**more: Any) -> AsyncIterator[RunningBot]:
        async with running_bot(
            tmp_path, discord_standin, slack_standin, LDN_DOCUMENTS=str(documents), **more
        ) as bot:
            await asyncio.gather(discord_standin.connected(), slack_standin.connected())
            yield bot

    return serve


async def test_one_process_answers_on_both_platforms(
    serving: Serving,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    async with serving() as bot:
        on_discord, on_slack = await asyncio.gather(
            discord_standin.command("ldn", {"question": "forms"}),
            slack_standin.command("/ldn", "forms"),
        )
        assert FORMS in on_discord.content
        assert on_discord.ephemeral
        assert FORMS in on_slack.text
        assert on_slack.ephemeral
        assert await bot.stop() == 0


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly_within_five_seconds(
    sign: signal.Signals,
    serving: Serving,
) -> None:
    async with serving() as bot:
        assert await bot.stop(sign) == 0
        assert "Traceback" not in bot.output
        assert "Warning" not in bot.output


@pytest.mark.long
async def test_a_press_that_slack_was_told_has_arrived_is_answered_though_a_signal_comes(
    serving: Serving,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    """Discord has nothing to finish; that it ends at once cuts nothing short."""
    async with serving() as bot:
        answer = await slack_standin.command("/ldn", "forms")
        asked = len(slack_standin.requests_to("GET", "users.info"))
        slack_standin.faults.add(slow(1.5), route="users.info")
        share = answer.labels["Share in this channel"]
        press = asyncio.create_task(slack_standin.press(answer, share))
        await slack_standin.until(
            lambda: len(slack_standin.requests_to("GET", "users.info")) > asked, "the press"
        )
        assert await bot.stop() == 0
        assert (await press).text.startswith("Preview.")


@pytest.mark.long
async def test_a_press_that_comes_while_another_is_finished_is_answered_too(
    tmp_path: Path, documents: Path, slack_standin: SlackStandIn
) -> None:
    """Until the connection is closed Slack goes on sending, and is told that it has arrived."""
    settings = {"LDN_DOCUMENTS": str(documents)}
    async with running_bot(tmp_path, slack=slack_standin, **settings) as bot:
        await slack_standin.connected()
        answers = [await slack_standin.command("/ldn", topic) for topic in ("forms", "overview")]
        for seconds in (0.6, 1.8):
            slack_standin.faults.add(slow(seconds), route="users.info")
        presses = []
        for answer in answers:
            asked = len(slack_standin.requests_to("GET", "users.info"))
            share = answer.labels["Share in this channel"]
            presses.append(asyncio.create_task(slack_standin.press(answer, share)))
            await slack_standin.until(
                lambda asked=asked: len(slack_standin.requests_to("GET", "users.info")) > asked,
                "the press",
            )
            bot.process.send_signal(signal.SIGTERM)
            await bot.says("stopping")
        assert await bot.stop() == 0
        for press in presses:
            assert (await press).text.startswith("Preview.")


@pytest.mark.long
async def test_a_moderator_on_discord_is_answered_though_a_signal_comes(
    serving: Serving,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    """Slack has nothing to finish; that it ends at once cuts nothing short."""
    async with serving() as bot:
        discord_standin.faults.add(slow(1.5), route=CALLBACK)
        by = discord_standin.moderator
        command = asyncio.create_task(discord_standin.command("ldn-mod pins", user=by))
        await discord_standin.until(
            lambda: discord_standin.requests_to("POST", CALLBACK), "the command to arrive"
        )
        assert await bot.stop() == 0
        assert (await command).content.startswith("I have not posted anything")


@pytest.mark.long
async def test_a_usual_start_warns_of_nothing(
    serving: Serving,
) -> None:
    async with serving(development=False) as bot:
        assert await bot.stop() == 0
        assert '"level": "info"' in bot.output
        assert '"level": "warning"' not in bot.output


@pytest.mark.long
@pytest.mark.parametrize("variable", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
async def test_a_wrong_slack_token_is_one_sentence_and_discord_goes_on(
    variable: str,
    tmp_path: Path,
    documents: Path,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    settings = {"LDN_DOCUMENTS": str(documents), variable: "x-wrong"}
    async with running_bot(tmp_path, discord_standin, slack_standin, **settings) as bot:
        await bot.says(f"Slack does not accept the token in {variable}")
        await discord_standin.connected()
        assert FORMS in (await discord_standin.command("ldn", {"question": "forms"})).content
        assert "Traceback" not in bot.output
        assert "x-wrong" not in bot.output


@pytest.mark.long
async def test_a_wrong_discord_token_is_one_sentence_and_slack_goes_on(
    tmp_path: Path,
    documents: Path,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    settings = {"LDN_DOCUMENTS": str(documents), "DISCORD_TOKEN": "wrong"}
    async with running_bot(tmp_path, discord_standin, slack_standin, **settings) as bot:
        await bot.says("Discord does not accept the token in DISCORD_TOKEN")
        await slack_standin.connected()
        assert FORMS in (await slack_standin.command("/ldn", "forms")).text
        assert "Traceback" not in bot.output


@pytest.mark.long
async def test_when_every_platform_refuses_it_ends_with_status_1(
    tmp_path: Path, documents: Path, discord_standin: DiscordStandIn
) -> None:
    settings = {"LDN_DOCUMENTS": str(documents), "DISCORD_TOKEN": "wrong"}
    async with running_bot(tmp_path, discord_standin, **settings) as bot:
        assert await bot.ended() == 1
        assert "DISCORD_TOKEN" in bot.output


@pytest.mark.long
async def test_answers_resume_after_discord_was_away(
    tmp_path: Path, documents: Path, discord_standin: DiscordStandIn
) -> None:
    async with running_bot(tmp_path, discord_standin, LDN_DOCUMENTS=str(documents)):
        await discord_standin.connected()
        await discord_standin.stop()
        await asyncio.sleep(1)
        await discord_standin.start()
        await discord_standin.connected(timeout=30)
        assert FORMS in (await discord_standin.command("ldn", {"question": "forms"})).content


@pytest.mark.long
async def test_answers_resume_after_slack_was_away(
    tmp_path: Path, documents: Path, slack_standin: SlackStandIn
) -> None:
    async with running_bot(tmp_path, slack=slack_standin, LDN_DOCUMENTS=str(documents)):
        await slack_standin.connected()
        await slack_standin.stop()
        await asyncio.sleep(1)
        await slack_standin.start()
        await slack_standin.connected(timeout=40)
        assert FORMS in (await slack_standin.command("/ldn", "forms")).text


@pytest.mark.long
async def test_platforms_that_are_away_at_the_start_are_tried_again(
    tmp_path: Path,
    documents: Path,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    await asyncio.gather(discord_standin.stop(), slack_standin.stop())
    settings = {"LDN_DOCUMENTS": str(documents)}
    async with running_bot(tmp_path, discord_standin, slack_standin, **settings) as bot:
        await bot.says("Discord cannot be reached")
        await bot.says("Slack cannot be reached")
        await asyncio.gather(discord_standin.start(), slack_standin.start())
        await asyncio.gather(
            discord_standin.connected(timeout=30), slack_standin.connected(timeout=30)
        )
        assert FORMS in (await slack_standin.command("/ldn", "forms")).text


async def test_an_address_of_something_else_is_told_of_and_tried_again(
    tmp_path: Path, documents: Path
) -> None:
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    settings = {
        "LDN_DOCUMENTS": str(documents),
        **{"DISCORD_TOKEN": "MTIz.abc.def", "LDN_DISCORD_API_URL": address},
        **{"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "LDN_SLACK_API_URL": address},
    }
    try:
        async with running_bot(tmp_path, **settings) as bot:
            await bot.says(r"Discord cannot be reached; trying again \(status 404\)")
            await bot.says(r"Slack cannot be reached; trying again \(SlackApiError\)")
    finally:
        await runner.cleanup()


@pytest.mark.long
async def test_unchanged_commands_are_registered_once(
    tmp_path: Path, documents: Path, discord_standin: DiscordStandIn
) -> None:
    route = "/applications/{application_id}/commands"
    for _ in range(2):
        async with running_bot(tmp_path, discord_standin, LDN_DOCUMENTS=str(documents)) as bot:
            await discord_standin.connected()
            await discord_standin.command("ldn", {"question": "forms"})
            assert await bot.stop() == 0
    assert len(discord_standin.requests_to("PUT", route)) == 1

    text = (documents / "ldn.yaml").read_text(encoding="utf-8")
    (documents / "ldn.yaml").write_text(
        text.replace("command: ldn", "command: naltrexone"), encoding="utf-8"
    )
    async with running_bot(tmp_path, discord_standin, LDN_DOCUMENTS=str(documents)):
        await discord_standin.connected()
        await discord_standin.command("naltrexone", {"question": "forms"})
    assert len(discord_standin.requests_to("PUT", route)) == 2


@pytest.mark.long
async def test_buttons_of_an_earlier_run_still_work(
    serving: Serving,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    async with serving():
        on_discord = await discord_standin.command("ldn", {"question": "forms"})
        on_slack = await slack_standin.command("/ldn", "forms")
    async with serving():
        pressed = await discord_standin.press(on_discord, "ldn:open:overview:1")
        assert pressed.content.startswith("## What low-dose naltrexone (LDN) is")
        chosen = await slack_standin.select(on_slack, "ldn:choose::1", "overview")
        assert chosen.text.startswith("What low-dose naltrexone (LDN) is")


async def test_no_word_of_a_question_is_logged_at_any_level(
    serving: Serving,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    async with serving(LDN_LOG_LEVEL="DEBUG") as bot:
        await discord_standin.command("ldn", {"question": "xylophone marker"})
        await discord_standin.autocomplete("ldn", {"question": "xylo"}, focused="question")
        await slack_standin.command("/ldn", "xylophone marker")
        assert await bot.stop() == 0
    people = [slack_standin.member.id, discord_standin.member.id]
    for marker in ("xylo", *people):
        assert marker not in bot.output
