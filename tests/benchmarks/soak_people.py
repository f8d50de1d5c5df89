"""What people do in a soak, on both platforms, at a steady rate."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from knowledge.documents import SHIPPED
from knowledge.evaluation import read_labelled
from knowledge.folder import load_library
from tests.benchmarks.soak_standins import KIND, SoakDiscord, SoakSlack
from tests.standins.base import NotConnectedError, NotOfferedError, UnansweredError
from tests.standins.discord import Reply
from tests.standins.slack import SlackPerson, SlackReply

MARKER = "xylophone"
"""In questions, names and channels; nothing that the bot prints may hold it."""
LABELLED = Path(__file__).parents[1] / "knowledge" / "labelled.jsonl"
MEMBERS = 300
OPEN = 200
"""Answers that somebody may still press something under, on each platform."""
MOST_REPEATED_AFTER_S = 12.0

READS_FOR_S = 0.5
"""Until somebody who has mentioned the bot presses what it has posted."""

_POSTS = ("Share", "Pin", "Post", "Unpin")
"""Buttons that change what a channel sees; moderators press them, one after the other."""

Doing = Callable[[], Awaitable[None]]


class People:
    """Everyone who uses the bot. The same `seed` does the same things in the same order."""

    def __init__(self, discord: SoakDiscord, slack: SoakSlack, seed: int) -> None:
        self._chance = random.Random(seed)
        self._discord, self._slack = discord, slack
        self._titles = [each.title for each in load_library(SHIPPED).documents[0].sections]
        self._questions = [each.question for each in read_labelled(LABELLED)]
        self._members = [self._new_member() for _ in range(MEMBERS)]
        self._on_discord: deque[Reply] = deque(maxlen=OPEN)
        self._on_slack: deque[SlackReply] = deque(maxlen=OPEN)
        self._under_way: set[asyncio.Task[None]] = set()
        self.broken: list[str] = []
        """What went wrong in this module, rather than in the bot."""
        discord.channel.name = slack.channel.name = MARKER
        # By how often each is done.
        self._doings: list[tuple[int, str, Doing]] = [
            (18, "topic", self._discord_topic),
            (14, "free text", self._discord_free),
            (3, "menu", self._discord_menu),
            (14, "press", self._discord_press),
            (1, "moderator", self._discord_moderates),
            (14, "topic", self._slack_topic),
            (10, "free text", self._slack_free),
            (3, "menu", self._slack_menu),
            (12, "press", self._slack_press),
            (4, "mention", self._slack_mention),
            (6, "direct message", self._slack_says),
            (1, "moderator", self._slack_moderates),
        ]

    async def use(self, rate: float, seconds: float) -> None:
        """Do so many things a second for so long. What is under way then goes on."""
        clock = asyncio.get_running_loop().time
        weights = [weight for weight, _, _ in self._doings]
        began = clock()
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - clock()))
            [(_, kind, doing)] = self._chance.choices(self._doings, weights)
            task = asyncio.create_task(self._do(kind, doing))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def finish(self, within: float) -> None:
        """Wait for what is under way; give up what takes longer."""
        if self._under_way:
            _, pending = await asyncio.wait(self._under_way, timeout=within)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _do(self, kind: str, doing: Doing) -> None:
        KIND.set(kind)
        try:
            await doing()
        except (UnansweredError, NotConnectedError, NotOfferedError):
            pass  # the ledger knows
        except Exception as error:
            self.broken.append(f"{kind}: {error!r}")

    def _new_member(self) -> SlackPerson:
        number = len(self._slack.people)
        person = SlackPerson(f"U{MARKER.upper()}{number}", f"{MARKER}.{number}")
        return self._slack.add_person(person)

    def _asked(self) -> str:
        question = self._chance.choice(self._questions)
        return f"{question} {MARKER}" if self._chance.random() < 0.3 else question

    # On Discord

    async def _discord_topic(self) -> None:
        await self._discord_ask(self._chance.choice(self._titles))

    async def _discord_free(self) -> None:
        await self._discord_ask(self._asked())

    async def _discord_menu(self) -> None:
        self._on_discord.append(await self._discord.command("ldn"))

    async def _discord_ask(self, question: str) -> None:
        self._on_discord.append(await self._discord.command("ldn", {"question": question}))

    async def _discord_press(self) -> None:
        if not self._on_discord:
            return await self._discord_menu()
        on = self._on_discord.popleft()
        if menu := next((each for each in _controls(on.components) if each["type"] == 3), None):
            value = self._chance.choice(menu["options"])["value"]
            reply = await self._discord.select(on, menu["custom_id"], [value])
        elif labels := _harmless(on.labels):
            reply = await self._discord.press(on, self._chance.choice(labels))
        else:
            return await self._discord_menu()
        self._on_discord.append(reply)
        return None

    async def _discord_moderates(self) -> None:
        discord, by = self._discord, {"user": self._discord.moderator}
        topic = self._chance.choice(self._titles)
        match self._chance.randrange(6):
            case 0 | 1 | 2:
                reply = await discord.command("ldn", {"question": topic}, **by)
                reply = await discord.press(reply, reply.labels["Share in this channel"], **by)
                if "Post" in reply.labels:
                    await discord.press(reply, reply.labels["Post"], **by)
            case 3:
                await discord.command("ldn-mod pin", {"topic": topic}, **by)
            case 4:
                await discord.command("ldn-mod unpin", {"topic": topic}, **by)
            case _:
                wanted = self._chance.choice(("pins", "stats", "settings", "refresh"))
                await discord.command(f"ldn-mod {wanted}", {}, **by)

    # On Slack

    async def _slack_topic(self) -> None:
        await self._slack_ask(self._chance.choice(self._titles))

    async def _slack_free(self) -> None:
        await self._slack_ask(self._asked())

    async def _slack_menu(self) -> None:
        await self._slack_ask("")

    async def _slack_ask(self, text: str) -> None:
        member = self._chance.choice(self._members)
        self._on_slack.append(await self._slack.command("/ldn", text, user=member))

    async def _slack_press(self) -> None:
        labels = _harmless(self._on_slack[0].labels) if self._on_slack else []
        if not labels:
            self._on_slack and self._on_slack.popleft()
            return await self._slack_menu()
        on = self._on_slack.popleft()
        self._on_slack.append(await self._slack.press(on, self._chance.choice(labels)))
        return None

    def _again_after(self) -> float | None:
        """Slack repeats some of what was acknowledged, too."""
        if self._chance.random() < 0.7:
            return None
        return self._chance.uniform(0.1, MOST_REPEATED_AFTER_S)

    async def _slack_mention(self) -> None:
        slack, member = self._slack, self._chance.choice(self._members)
        said = await slack.call(member, self._asked(), again_after=self._again_after())
        await asyncio.sleep(READS_FOR_S)
        found = [each for each in slack.channel.messages.values() if each.thread_ts == said.ts]
        if found and self._chance.random() < 0.5:
            KIND.set("press in public")
            [block] = [each for each in found[0].blocks if each["type"] == "actions"]
            button = block["elements"][0]
            await slack.press(found[0], button["action_id"], user=member)

    async def _slack_says(self) -> None:
        # Somebody new each time: in a conversation of their own, one answer is due.
        await self._slack.say(self._new_member(), self._asked(), again_after=self._again_after())

    async def _slack_moderates(self) -> None:
        slack, by = self._slack, {"user": self._slack.moderator}
        topic = self._chance.choice(self._titles)
        match self._chance.randrange(6):
            case 0 | 1 | 2:
                reply = await slack.command("/ldn", topic, **by)
                reply = await slack.press(reply, reply.labels["Share in this channel"])
                if "Post" in reply.labels:
                    await slack.press(reply, reply.labels["Post"])
            case 3:
                await slack.command("/ldn-mod", f"pin {topic}", **by)
            case 4:
                await slack.command("/ldn-mod", f"unpin {topic}", **by)
            case _:
                wanted = self._chance.choice(("pins", "stats", "settings", "refresh"))
                await slack.command("/ldn-mod", wanted, **by)


def _harmless(labels: dict[str, str]) -> list[str]:
    """The identifiers of the buttons that lead on, and post nothing."""
    return [id for label, id in labels.items() if not label.startswith(_POSTS)]


def _controls(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for row in rows for each in row.get("components", ())]
