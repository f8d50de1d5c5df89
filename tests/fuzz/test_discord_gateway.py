"""Ten thousand payloads that Discord's gateway has never sent."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from tests.bot.marked import NUMBER, WORD, mark_discord
from tests.fuzz.discord_corpus import OTHERS, one_of_everything
from tests.fuzz.mutations import GARBAGE, Mutator, written
from tests.fuzz.watched import FORMATS, SEED, batches, under_fire
from tests.shipped import FORMS
from tests.standins.discord import DiscordStandIn, Place
from tests.standins.discord_interactions import Interaction
from tests.standins.recording import JSON

pytestmark = pytest.mark.long


class Noise:
    """Texts for the gateway to send."""

    def __init__(self, seed: int, discord: DiscordStandIn, corpus: list[JSON]) -> None:
        self._mutator = Mutator(seed)
        self._random = self._mutator.random
        self._discord = discord
        self._corpus = corpus
        self._number = 0

    def text(self) -> str:
        """A frame with something wrong in what it tells of, or around that, or everywhere."""
        choose = self._random
        frame = copy.deepcopy(choose.choice(self._corpus if choose.random() < 0.8 else OTHERS))
        frame |= {"op": 0, "s": None}
        if frame["t"] == "INTERACTION_CREATE":
            self._as_new(frame["d"])
        if choose.random() < 0.75:
            return written({**frame, "d": self._mutator.changed(frame["d"])})
        if choose.random() < 0.6:
            # Orders to connect anew, and greetings, are a matter of their own.
            frame["op"] = choose.choice((0, 0, 0, 1, 2, 3, 6, 8, 11, 12, 13, -1, None, WORD, [0]))
            return written(self._mutator.changed(frame))
        if choose.random() < 0.5:
            return choose.choice(GARBAGE).decode("utf-8", "replace")
        return self._mutator.spoilt(written(frame).encode()).decode("utf-8", "replace")

    def _as_new(self, data: JSON) -> None:
        """What nobody has answered yet, so that the stand-in takes an answer."""
        self._number += 1
        data["id"] = f"{NUMBER}{self._number:08}"
        data["token"] = f"{WORD}-{self._number}"
        person, place = self._discord.member, self._discord.channel
        interaction = Interaction("noise", data["type"], {}, person, Place.GUILD, place)
        interaction.id, interaction.token = data["id"], data["token"]
        self._discord.interactions[interaction.token] = interaction


@pytest.mark.parametrize("log_format", FORMATS)
async def test_no_payload_of_the_gateway_brings_the_bot_to_fall(
    tmp_path: Path, log_format: str
) -> None:
    # What the bot says in answer to garbage may hold some of it: an id that comes from there.
    async with (
        DiscordStandIn(validate=False) as discord,
        under_fire(tmp_path, log_format, discord=discord) as watched,
    ):
        mark_discord(discord)
        await watched.bot.says("connected to Discord")
        noise = Noise(SEED + len(log_format), discord, await one_of_everything(discord))
        for batch in batches(1 / len(FORMATS)):
            for _ in batch:
                [session] = discord.gateway.connected
                assert session.ws
                await session.ws.send_str(noise.text())
            assert FORMS in (await discord.command("ldn", {"question": "forms"})).content
            watched.look(batch.stop)
            discord.requests.clear()
            session.events.clear()
        watched.has_not_grown()
        watched.tell()
        assert len(discord.gateway.identifies) == 1, "a payload cost the connection"
        assert discord.gateway.resumes == []

        # But what cannot be unpacked does, for then nothing that follows can.
        assert session.ws
        await session.ws.send_bytes(b"garbage\x00\x00\xff\xff")
        await discord.until(lambda: discord.gateway.resumes, "the session to be resumed", 30)
        assert FORMS in (await discord.command("ldn", {"question": "forms"})).content
