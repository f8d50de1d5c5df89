"""Posts brought up to date a second, against what the stand-in can take and what a library does.

The stand-in is this process; what edits is another. Every post has to be edited once, because the
credit under it has changed. The time is from the first edit to the last, as the stand-in sees it.

    python -m tests.benchmarks.refresh

The platforms themselves allow far less: https://docs.discord.com/developers/topics/rate-limits,
https://docs.slack.dev/apis/web-api/rate-limits.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.database.engine import open_database
from tests.benchmarks.processes import Running, floor, keep_to_one_core, ldn_bot
from tests.bot.folders import change_credit, sections, small_folder
from tests.conversations.seeding import Seed, seed
from tests.standins.discord import DiscordStandIn
from tests.standins.recording import Call
from tests.standins.slack import SlackStandIn

ROUNDS = 3
CHANNELS = 50
IN_EACH = 19
TIMEOUT_S = 120.0


async def main() -> int:
    """Print the table. Nothing is demanded of it."""
    keep_to_one_core()
    print(f"{CHANNELS * IN_EACH} posts in {CHANNELS} channels, edits a second")
    print(f"{'':<12}{'stand-in':>10}{'library':>10}{'ldn-bot':>10}{'of library':>12}")
    for name, platform, library in (
        ("Discord", DiscordStandIn, "discord_edits"),
        ("Slack", SlackStandIn, "slack_edits"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            rounds = await _rounds(Path(folder), platform(validate=False), library)
        raw, bare, ours = (statistics.median(column) for column in zip(*rounds, strict=True))
        of_library = statistics.median(ours / bare for _, bare, ours in rounds)
        print(f"{name:<12}{raw:>10.0f}{bare:>10.0f}{ours:>10.0f}{of_library:>12.2f}", flush=True)
    return 0


async def _rounds(
    folder: Path, platform: DiscordStandIn | SlackStandIn, library: str
) -> Sequence[tuple[float, float, float]]:
    """Of each round, the edits a second: of raw requests, of the library alone, and of ours."""
    data, documents = folder / "data", small_folder(folder / "documents")
    async with platform:
        database = await open_database(None, data)
        answers = sections(documents)
        seeds = await seed(database, answers, platform, channels=CHANNELS, each=IN_EACH)
        await database.close()
        given: dict[str, Any] = {
            "messages": _by_channel(seeds),
            "size": round(statistics.mean(len(answer.body) for answer in answers.values())),
            "port": platform.port,
            "token": _token(platform),
        }
        rounds = []
        for number in range(ROUNDS):
            raw = await _edits_a_second(platform, floor(f"raw_{library}", **given))
            bare = await _edits_a_second(platform, floor(library, **given))
            change_credit(documents, f"Revision {number}.")
            settings = {**_settings(platform), "LDN_DOCUMENTS": str(documents)}
            refreshing = ldn_bot(data, None, settings, "pins", "--refresh")
            rounds.append((raw, bare, await _edits_a_second(platform, refreshing)))
    return rounds


async def _edits_a_second(platform: DiscordStandIn | SlackStandIn, editing: Running) -> float:
    """How many edits of the stand-in's messages come in a second."""
    platform.requests.clear()
    count = CHANNELS * IN_EACH
    async with editing:
        # To look through them takes the stand-in's time: only once there may be enough.
        await platform.until(
            lambda: len(platform.requests) >= count and len(_edits(platform)) >= count,
            f"{count} edits",
            timeout=TIMEOUT_S,
        )
    first, *_, last = [call.at for call in _edits(platform)]
    return (count - 1) / (last - first)


def _edits(platform: DiscordStandIn | SlackStandIn) -> list[Call]:
    calls = platform.requests
    return [call for call in calls if call.method == "PATCH" or call.route == "chat.update"]


def _by_channel(seeds: Sequence[Seed]) -> Mapping[str, Sequence[str]]:
    messages: dict[str, list[str]] = {}
    for each in seeds:
        messages.setdefault(each.post.place.channel, []).append(each.post.message)
    return messages


def _token(platform: DiscordStandIn | SlackStandIn) -> str:
    return platform.token if isinstance(platform, DiscordStandIn) else platform.bot_token


def _settings(platform: DiscordStandIn | SlackStandIn) -> Mapping[str, str]:
    if isinstance(platform, DiscordStandIn):
        return {"DISCORD_TOKEN": platform.token, "LDN_DISCORD_API_URL": platform.api_url}
    return {"SLACK_BOT_TOKEN": platform.bot_token, "LDN_SLACK_API_URL": platform.api_url}


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
