"""What Discord has never sent: it costs itself, and nothing else."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

import discord as library
import pytest

from adapters.wording import APOLOGY, UNKNOWN_COMMAND
from tests.shipped import FORMS
from tests.standins.discord import DiscordStandIn, Place
from tests.standins.discord_gateway import Session
from tests.standins.discord_interactions import COMMAND_TYPE, Interaction, payload
from tests.standins.discord_state import APPLICATION_ID, GUILD_ID
from tests.standins.recording import JSON

QUESTION = {"name": "question", "type": 3, "value": "forms"}
WORD = "xylophone"


def session_of(discord: DiscordStandIn) -> Session:
    [session] = discord.gateway.connected
    return session


def commanded(discord: DiscordStandIn, data: Any, **more: Any) -> JSON:
    """A command that the stand-in takes an answer to, whatever its data are."""
    command = Interaction("noise", COMMAND_TYPE, data, discord.member, Place.BOT_DM, discord.dm)
    discord.interactions[command.token] = command
    made = payload(command, application_id=APPLICATION_ID, app_permissions=0, locale="en-US")
    return {**made, **more}


UNREADABLE = (
    *("", "{", "[]", "5", "null", "{}", "[" * 50_000, '{"op": 0}', '{"op": 99}', '{"op": [0]}'),
    *('{"op": 0, "t": ["READY"], "d": {}}', '{"op": 0, "t": "INTERACTION_CREATE", "d": 5}'),
    *('{"op": 0, "t": "INTERACTION_CREATE", "d": {"type": 2}}', '{"op": 0, "t": "RESUMED"}'),
    '{"op": 0, "t": "ENTITLEMENT_CREATE", "d": {"xylophone": 1}}',
)


def packing() -> Callable[[bytes], bytes]:
    """Packs messages as Discord does for this client: what discord.py asks for depends on what
    Python has."""
    match library.utils._ZSTD_SOURCE:
        case None:
            stream = zlib.compressobj()
            return lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
        case "zstandard":
            zstd = import_module("zstandard")
            frame = zstd.ZstdCompressor().compressobj()
            return lambda data: frame.compress(data) + frame.flush(zstd.COMPRESSOBJ_FLUSH_BLOCK)
        case source:
            compressor = import_module(source).ZstdCompressor()
            return lambda data: compressor.compress(data, compressor.FLUSH_BLOCK)


@pytest.mark.parametrize("packed", [False, True])
async def test_what_cannot_be_read_costs_a_line_and_no_connection(
    discord: DiscordStandIn, packed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    ws = session_of(discord).ws
    assert ws
    pack = packing()
    for text in UNREADABLE:
        caplog.clear()
        if packed:
            await ws.send_bytes(pack(text.encode()))
        else:
            await ws.send_str(text)
        assert FORMS in (await discord.command("ldn", {"question": "forms"})).content
        assert len(caplog.records) <= 1
        assert WORD not in caplog.text
    assert len(discord.gateway.identifies) == 1
    assert discord.gateway.resumes == []


class ZstdError(Exception):
    """Zstd's libraries have errors of their own, which are no others'."""


class BrokenZstd:
    """Zstd as discord.py would use it, in a stream that is broken."""

    COMPRESSION_TYPE = "zstd-stream"

    def decompress(self, data: bytes, /) -> str | None:
        raise ZstdError


@pytest.fixture(params=[None, BrokenZstd])
def unpacking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What discord.py has chosen here; and zstd, which it takes where Python has that."""
    if request.param:
        monkeypatch.setattr(library.utils, "_ActiveDecompressionContext", request.param)


@pytest.mark.usefixtures("unpacking")
async def test_what_cannot_be_unpacked_costs_a_connection_which_is_resumed_with_all_that_came_since(
    discord: DiscordStandIn,
) -> None:
    session = session_of(discord)
    assert session.ws
    before = session.ws
    await before.send_bytes(b"no stream\x00\x00\xff\xff")
    assert FORMS in (await discord.command("ldn", {"question": "forms"})).content
    assert before.close_code == 4000
    assert session_of(discord) is session
    assert len(discord.gateway.resumes) == len(discord.gateway.identifies) == 1


UNNEEDED: tuple[JSON, ...] = (
    *({"version": None}, {"attachment_size_limit": None}, {"entitlements": [{"id": WORD}]}),
    {"user": {"id": "400000000000000001"}},
    {"guild_id": GUILD_ID, "member": {"permissions": "0", "xylophone": [1]}},
    {"guild_id": GUILD_ID, "channel": {"id": "500000000000000001", "type": 2, "name": WORD}},
    {"channel": {"id": "500000000000000001", "type": 4096}},
)


@pytest.mark.parametrize("odd", UNNEEDED, ids=lambda odd: "-".join(odd))
async def test_what_is_not_needed_of_a_question_may_be_odd_or_absent(
    discord: DiscordStandIn, odd: JSON, caplog: pytest.LogCaptureFixture
) -> None:
    asked = {"name": "ldn", "type": 1, "options": [QUESTION]}
    sent = {
        key: value for key, value in commanded(discord, asked, **odd).items() if value is not None
    }
    discord.requests.clear()
    await session_of(discord).send("INTERACTION_CREATE", sent)
    [call] = await discord.until(lambda: discord.requests, "an answer")
    assert FORMS in call.body["data"]["content"]
    assert len(caplog.records) <= 1
    assert WORD not in caplog.text


SENSELESS = (
    *(None, 5, {}, {"name": "ldn", "type": 1, "options": 5}, {"name": ["ldn"], "type": 1}),
    *({"name": WORD, "type": 3, "target_id": [WORD], "resolved": 5}, {"name": "ldn", "type": WORD}),
    {"name": "ldn", "type": 1, "options": [{"name": "question", "type": 3}]},
)


async def test_a_command_that_makes_no_sense_costs_a_line_and_is_told_so_in_a_sentence(
    discord: DiscordStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    for data in SENSELESS:
        caplog.clear()
        discord.requests.clear()
        await session_of(discord).send("INTERACTION_CREATE", commanded(discord, data))
        [call] = await discord.until(lambda: discord.requests, "a sentence to be said")
        assert call.body["data"]["content"] in (APOLOGY, UNKNOWN_COMMAND)
        failed = [each.message for each in caplog.records]
        assert failed == ["a command failed"] or call.body["data"]["content"] == UNKNOWN_COMMAND


async def test_whoever_cannot_be_told_anything_costs_lines_without_words(
    discord: DiscordStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    for locale in (5, None, [WORD], {}):
        broken = commanded(discord, {}, locale=locale, token=[WORD])
        await session_of(discord).send("INTERACTION_CREATE", broken)
    assert FORMS in (await discord.command("ldn", {"question": "forms"})).content
    assert len(caplog.records) == 8
    for record in caplog.records:
        assert record.name.startswith("adapters.discord")
        assert WORD not in record.message
