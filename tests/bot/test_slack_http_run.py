"""Black box: `ldn-bot run` with Slack over HTTP, for one workspace and for many."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.bot.folders import change_credit, small_folder
from tests.bot.over_http import SECRET, for_many, install, over_http
from tests.bot.running import running_bot
from tests.conversations.on_slack import share
from tests.ports import free_port
from tests.shipped import FORMS
from tests.standins.slack import SlackStandIn
from tests.standins.slack_state import TEAM_ID

pytest_plugins = ["tests.adapters.postgres"]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return small_folder(tmp_path / "documents")


async def test_it_answers_refuses_what_is_not_signed_and_ends_cleanly(
    tmp_path: Path, documents: Path, slack_standin: SlackStandIn
) -> None:
    port = free_port()
    async with running_bot(tmp_path, slack=slack_standin, **over_http(documents, port)) as bot:
        await bot.says(f"connected to Slack: listening on 127.0.0.1, port {port}")
        http = slack_standin.deliver_to(f"http://127.0.0.1:{port}/slack/events", SECRET)
        assert FORMS in (await slack_standin.command("/ldn", "forms")).text
        headers, body = http.sent[0]
        assert (await http.repeat(headers, body))[0] == 401
        assert (await http.repeat({}, body))[0] == 401
        assert await bot.stop() == 0
        assert "Traceback" not in bot.output
        assert "Warning" not in bot.output


@pytest.mark.long
async def test_a_wrong_token_is_one_sentence(
    tmp_path: Path, documents: Path, slack_standin: SlackStandIn
) -> None:
    settings = over_http(documents, free_port(), SLACK_BOT_TOKEN="x-wrong")
    async with running_bot(tmp_path, slack=slack_standin, **settings) as bot:
        assert await bot.ended() == 1
        assert "Slack does not accept the token in SLACK_BOT_TOKEN" in bot.output
        assert "Traceback" not in bot.output


@pytest.mark.long
async def test_installed_at_one_replica_it_is_installed_at_the_other_also_after_the_key_changed(
    postgres_url: str, tmp_path: Path, documents: Path, slack_standin: SlackStandIn
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    ports = free_port(), free_port()
    one, other = (f"http://127.0.0.1:{port}" for port in ports)

    def replica(port: int, keys: str) -> dict[str, str]:
        return for_many(
            *(slack_standin, documents, port), DATABASE_URL=postgres_url, LDN_ENCRYPTION_KEYS=keys
        )

    async with (
        running_bot(tmp_path / "1", slack=slack_standin, **replica(ports[0], old)) as first,
        running_bot(tmp_path / "2", slack=slack_standin, **replica(ports[1], old)) as second,
    ):
        await asyncio.gather(*(each.says("connected to Slack") for each in (first, second)))
        assert await install(slack_standin, one, other, TEAM_ID) == 200
        for address in (one, other):
            slack_standin.deliver_to(f"{address}/slack/events", SECRET)
            assert FORMS in (await slack_standin.command("/ldn", "forms")).text
        for bot in (first, second):
            assert await bot.stop() == 0
            assert "Traceback" not in bot.output
            for secret in (*slack_standin.api.installing.teams, old):
                assert secret not in bot.output
    for keys in (f"{new},{old}", new):
        async with running_bot(
            tmp_path / "1", slack=slack_standin, **replica(ports[0], keys)
        ) as bot:
            await bot.says("connected to Slack")
            slack_standin.deliver_to(f"{one}/slack/events", SECRET)
            assert FORMS in (await slack_standin.command("/ldn", "forms")).text
            assert await bot.stop() == 0


@pytest.mark.long
async def test_posts_of_many_workspaces_are_refreshed_from_the_command_line(
    tmp_path: Path, documents: Path, slack_standin: SlackStandIn
) -> None:
    port, key = free_port(), Fernet.generate_key().decode()
    settings = for_many(slack_standin, documents, port, LDN_ENCRYPTION_KEYS=key)
    async with running_bot(tmp_path, slack=slack_standin, **settings) as bot:
        await bot.says("connected to Slack")
        address = f"http://127.0.0.1:{port}"
        assert await install(slack_standin, address, address, TEAM_ID) == 200
        slack_standin.deliver_to(f"{address}/slack/events", SECRET)
        await share(slack_standin)
        assert await bot.stop() == 0
    change_credit(documents)
    async with running_bot(
        tmp_path, slack=slack_standin, arguments=("pins", "--refresh"), **settings
    ) as pins:
        assert await pins.ended() == 0
        assert "Brought up to date: 1," in pins.output
    [message] = slack_standin.channel.messages.values()
    assert "As revised." in message.text
