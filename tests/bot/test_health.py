"""What the port for health and numbers says of a running `ldn-bot`, and when it is ready."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from bot.health import CannotListenError, Health, Readiness
from knowledge.desk import Desks
from knowledge.posts import Platform
from tests.bot.folders import change_credit, small_folder
from tests.bot.running import running_bot
from tests.bot.watching import Watcher
from tests.shipped import FORMS
from tests.standins.discord import DiscordStandIn
from tests.standins.slack import SlackStandIn


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return small_folder(tmp_path / "documents")


@pytest.mark.long
async def test_everything_is_ready_once_both_platforms_are_connected_and_numbers_follow_use(
    tmp_path: Path,
    documents: Path,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    watcher = Watcher()
    settings = {"LDN_DOCUMENTS": str(documents), **watcher.settings}
    async with running_bot(tmp_path, discord_standin, slack_standin, **settings) as bot:
        said = await watcher.until_ready(200)
        assert said == {
            "ready": True, "discord": True, "slack": True, "documents": True, "last_reload": True,
        }  # fmt: skip
        assert await watcher.get("/healthz") == (200, "ok\n")
        assert (await watcher.get("/"))[0] == 404

        reply = await discord_standin.command("ldn", {"question": "forms"})
        reply = await discord_standin.press(reply, "ldn:open:overview:1")
        await slack_standin.command("/ldn", "forms")
        await slack_standin.command("/ldn", "forms")
        for platform, answers, events in (("discord", 1, 2), ("slack", 2, 2)):
            labels = {"platform": platform, "kind": "section", "section": "forms", "command": "ldn"}
            await watcher.until(answers, "ldn_bot_answers_total", **labels)
            assert await watcher.number("ldn_bot_answers_total", platform=platform) == answers
            await watcher.until(events, "ldn_bot_answer_seconds_count", platform=platform)
            assert await watcher.number("ldn_bot_connected", platform=platform) == 1
            assert await watcher.number("ldn_bot_reconnects_total", platform=platform) == 0

        preview = await discord_standin.press(reply, reply.labels["Share in this channel"])
        await discord_standin.press(preview, preview.labels["Post"])
        await watcher.until_ready(200, store=True)
        by = discord_standin.moderator
        await discord_standin.command("ldn-mod settings", {"plain": "on"}, user=by)
        await watcher.until(1, "ldn_bot_posts_refreshed_total", result="edited")

        await discord_standin.close_connections(4000)
        await slack_standin.disconnect()
        for platform in ("discord", "slack"):
            await watcher.until(1, "ldn_bot_reconnects_total", platform=platform)
        assert await bot.stop() == 0
        assert "Traceback" not in bot.output
        assert "Warning" not in bot.output


@pytest.mark.long
async def test_documents_with_a_fault_are_told_wherever_somebody_looks_until_they_are_mended(
    tmp_path: Path, documents: Path, discord_standin: DiscordStandIn
) -> None:
    async def pins() -> str:
        reply = await discord_standin.command("ldn-mod pins", user=discord_standin.moderator)
        return reply.content

    watcher = Watcher()
    settings = {"LDN_DOCUMENTS": str(documents), **watcher.settings}
    async with running_bot(tmp_path, discord_standin, development=False, **settings) as bot:
        await watcher.until_ready(200, last_reload=True)
        assert (await pins()).startswith("I have not posted anything")

        whole = (documents / "ldn.yaml").read_text(encoding="utf-8")
        broken = whole.replace("command: ldn", "command: [ldn")
        (documents / "ldn.yaml").write_text(broken, encoding="utf-8")
        said = await watcher.until_ready(200, ready=True, last_reload=False)
        assert said["problem"].startswith("ldn.yaml:")
        first, *_ = (await pins()).splitlines()
        assert "ldn.yaml:" in first
        assert first.startswith("The documents were changed, but have a fault, so I still ")
        await bot.says("ldn.yaml:")
        assert await watcher.number("ldn_bot_reloads_total", result="not_taken") >= 1
        assert await watcher.number("ldn_bot_documents_not_taken") == 1
        assert await watcher.number("ldn_bot_documents_generation") == 1
        assert FORMS in (await discord_standin.command("ldn", {"question": "forms"})).content

        (documents / "ldn.yaml").write_text(whole, encoding="utf-8")
        change_credit(documents)
        said = await watcher.until_ready(200, last_reload=True)
        assert "problem" not in said
        assert (await pins()).startswith("I have not posted anything")
        await watcher.until(0, "ldn_bot_documents_not_taken")
        assert await watcher.number("ldn_bot_documents_generation") >= 2


@pytest.mark.long
async def test_what_is_missing_is_named_and_what_is_there_goes_on(
    tmp_path: Path,
    documents: Path,
    discord_standin: DiscordStandIn,
    slack_standin: SlackStandIn,
) -> None:
    watcher = Watcher()
    nobody = Watcher().port
    settings = {
        "LDN_DOCUMENTS": str(documents),
        "SLACK_BOT_TOKEN": "x-wrong",
        "DATABASE_URL": f"postgresql://a:b@127.0.0.1:{nobody}/c",
        **watcher.settings,
    }
    async with running_bot(tmp_path, discord_standin, slack_standin, development=False, **settings):
        said = await watcher.until_ready(503, discord=True)
        assert said == {
            "ready": False, "discord": True, "slack": False, "documents": True, "store": False,
            "last_reload": True,
        }  # fmt: skip
        assert await watcher.get("/healthz") == (200, "ok\n")
        assert await watcher.number("ldn_bot_tasks") > 1
        assert FORMS in (await discord_standin.command("ldn", {"question": "forms"})).content


@pytest.mark.parametrize(
    ("readiness", "ready"),
    [
        (Readiness({Platform.SLACK: True}, True, None, ""), True),
        (Readiness({Platform.SLACK: True}, True, True, "ldn.yaml:3: wrong"), True),
        (Readiness({Platform.SLACK: True, Platform.DISCORD: False}, True, None, ""), False),
        (Readiness({Platform.SLACK: True}, True, False, ""), False),
        (Readiness({Platform.SLACK: True}, False, None, ""), False),
    ],
)
def test_ready_is_who_misses_nothing_that_is_needed(readiness: Readiness, ready: bool) -> None:
    assert readiness.ready is ready
    assert readiness.to_json()["ready"] is ready


async def test_why_nothing_can_listen_is_told(desks: Desks) -> None:
    elsewhere = Health("192.0.2.1", 9090, desks, AsyncMock())  # TEST-NET-1: no machine's address
    with pytest.raises(CannotListenError, match=r"port 9090 \(.*assign.*\)\. Change LDN_"):
        async with elsewhere.listening(dict):
            pass
