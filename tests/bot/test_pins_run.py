"""Black box: what moderators pin through `ldn-bot run` follows the documents on disk."""

from __future__ import annotations

import asyncio
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.render import public_content
from adapters.slack.render import render_public
from knowledge.answer import Answer, Choice
from knowledge.compose import Composer
from knowledge.folder import load_library
from tests.bot.folders import change_credit, sections, small_folder, withdraw_forms
from tests.bot.running import RunningBot, running_bot
from tests.conversations.on_discord import MODERATE
from tests.shipped import CHANGED, FORMS, change_forms
from tests.standins.discord import DiscordStandIn, Message
from tests.standins.slack import SlackMessage, SlackStandIn


@dataclass(frozen=True)
class Group:
    """A folder of documents, a data folder, and both platforms."""

    documents: Path
    data: Path
    discord: DiscordStandIn
    slack: SlackStandIn

    def run(self, *arguments: str, **settings: str) -> Any:
        """A process of `ldn-bot` in this group."""
        return running_bot(
            self.data,
            self.discord,
            self.slack,
            arguments=arguments or ("run",),
            development=False,
            LDN_DOCUMENTS=str(self.documents),
            **settings,
        )

    async def connected(self) -> None:
        """Wait until a process serves both platforms."""
        await asyncio.gather(self.discord.connected(timeout=30), self.slack.connected(timeout=30))

    async def command_line(self, *arguments: str, **settings: str) -> tuple[int, str]:
        """The exit status and the output of a command that ends by itself."""
        async with self.run(*arguments, **settings) as process:
            return await process.ended(), process.output


@dataclass(frozen=True)
class Pinned:
    """What everyone sees of one section on both platforms."""

    on_discord: Message
    on_slack: SlackMessage

    def assert_says(self, answer: Answer) -> None:
        """Both say exactly this, and are pinned."""
        assert self.on_discord.content == public_content(answer)
        expected = render_public(answer)
        blocks = [{k: v for k, v in b.items() if k != "block_id"} for b in self.on_slack.blocks]
        assert (self.on_slack.text, blocks) == (expected["text"], expected["blocks"])
        assert self.on_discord.pinned
        assert self.on_slack.pinned

    def edits(self) -> tuple[int, int]:
        """How often each was edited."""
        return len(self.on_discord.edits), len(self.on_slack.edits)


@pytest.fixture
def group(tmp_path: Path, discord_standin: DiscordStandIn, slack_standin: SlackStandIn) -> Group:
    """A group that nothing was posted in yet."""
    return Group(
        small_folder(tmp_path / "documents"), tmp_path / "data", discord_standin, slack_standin
    )


async def ask_share_and_pin(group: Group, topic: str = "forms") -> Pinned:
    """A moderator asks, presses Share and Post, goes back to the answer, then pins it."""
    discord, slack = group.discord, group.slack
    before = len(discord.channels.posts())
    asked = await discord.command("ldn", {"question": topic}, **MODERATE)
    for label in ("Share in this channel", "Post", "Back to the answer"):
        asked = await discord.press(asked, asked.labels[label], **MODERATE)
    for label in ("Pin in this channel", "Post and pin"):
        asked = await discord.press(asked, asked.labels[label], **MODERATE)
    on_discord = [each for each in discord.channels.posts() if not each.ephemeral][before:]

    before = len(slack.channels.posts())
    said = await slack.command("/ldn", topic, user=slack.moderator)
    for label in ("Share in this channel", "Post", "Back to the answer"):
        said = await slack.press(said, said.labels[label])
    for label in ("Pin in this channel", "Post and pin"):
        said = await slack.press(said, said.labels[label])
    on_slack = slack.channels.posts()[before:]

    assert "pinned" in asked.content
    assert "pinned" in said.text
    assert (len(on_discord), len(on_slack)) == (1, 1), "sharing and pinning make one message"
    return Pinned(on_discord[0], on_slack[0])


async def refreshed(bot: RunningBot, *, times: int = 1) -> None:
    """Wait until a refresh on each platform has edited one post, `times` so far."""
    for platform in ("discord", "slack"):
        line = f"posts on {platform}: 1 edited, 0 forgotten, 0 could not"
        await bot.says(f"(?s)(?:{line}.*){{{times}}}")


@pytest.mark.long
async def test_when_a_section_changes_on_disk_its_pins_are_edited_once_and_stay_pinned(
    group: Group,
) -> None:
    async with group.run() as bot:
        await group.connected()
        forms = await ask_share_and_pin(group)
        overview = await ask_share_and_pin(group, "overview")
        forms.assert_says(sections(group.documents)["forms"])

        change_forms(group.documents)
        await refreshed(bot)
        changed = sections(group.documents)
        assert CHANGED in changed["forms"].body
        forms.assert_says(changed["forms"])
        assert forms.edits() == (1, 1)
        overview.assert_says(changed["overview"])
        assert overview.edits() == (0, 0)
        assert await bot.stop() == 0
        assert "Traceback" not in bot.output
        assert "Warning" not in bot.output


def put_in_place(new: Path, folder: Path) -> None:
    """As an operator does who prepares a change beside the folder that is served."""
    folder.rename(folder.with_name("old"))
    new.rename(folder)


@pytest.mark.long
async def test_documents_that_are_broken_change_nothing_until_they_are_mended(
    group: Group,
) -> None:
    path = group.documents / "ldn.yaml"
    whole = path.read_text(encoding="utf-8")
    line = whole[: whole.index("aliases: [how is it taken")].count("\n") + 1
    async with group.run() as bot:
        await group.connected()
        forms = await ask_share_and_pin(group)
        before = sections(group.documents)["forms"]

        path.write_text(whole.replace("aliases: [how is", "alias: [how is"), encoding="utf-8")
        await bot.says(rf"the last good ones serve on.*ldn\.yaml:{line}\b")
        assert FORMS in (await group.discord.command("ldn", {"question": "forms"})).content
        assert FORMS in (await group.slack.command("/ldn", "forms")).text
        forms.assert_says(before)
        assert forms.edits() == (0, 0)

        mended = Path(shutil.copytree(group.documents, group.documents.with_name("mended")))
        (mended / path.name).write_text(whole, encoding="utf-8")
        change_forms(mended)
        put_in_place(mended, group.documents)
        await refreshed(bot)
        forms.assert_says(sections(group.documents)["forms"])
        assert forms.edits() == (1, 1)
        assert CHANGED in (await group.discord.command("ldn", {"question": "forms"})).content


@pytest.mark.long
async def test_a_change_behind_symbolic_links_is_noticed_and_a_section_that_is_gone_is_withdrawn(
    group: Group,
) -> None:
    behind = group.documents.rename(group.documents.with_name("behind"))
    group.documents.mkdir()
    for file in behind.iterdir():
        (group.documents / file.name).symlink_to(file)
    async with group.run() as bot:
        await group.connected()
        forms = await ask_share_and_pin(group)
        title = sections(behind)["forms"].heading
        withdraw_forms(behind)
        await refreshed(bot)

        [document] = load_library(behind).documents
        nearest = re.search(r"type: /ldn ([a-z.-]*[a-z])", forms.on_discord.content)
        assert nearest
        choice = Choice(nearest[1], document.by_id[nearest[1]].title)
        forms.assert_says(Composer(document).withdrawn(title, choice))
        assert forms.edits() == (1, 1)


@pytest.mark.long
async def test_what_changed_while_it_was_stopped_is_edited_once_at_the_next_start(
    group: Group,
) -> None:
    async with group.run() as bot:
        await group.connected()
        forms = await ask_share_and_pin(group)
        assert await bot.stop() == 0
    change_forms(group.documents)
    async with group.run() as bot:
        await refreshed(bot)
        assert await bot.stop() == 0
    forms.assert_says(sections(group.documents)["forms"])
    assert forms.edits() == (1, 1)


@pytest.mark.long
async def test_the_command_line_lists_shows_what_would_change_and_brings_up_to_date(
    group: Group,
) -> None:
    async with group.run() as bot:
        await group.connected()
        forms = await ask_share_and_pin(group)
        overview = await ask_share_and_pin(group, "overview")
        await bot.stop()
    messages = {each.on_discord.id for each in (forms, overview)}
    messages |= {each.on_slack.ts for each in (forms, overview)}

    asked = len(group.discord.requests), len(group.slack.requests)
    status, listed = await group.command_line("pins")
    assert status == 0
    assert {line.split()[2] for line in listed.splitlines()} == messages
    assert all(line.endswith(": current, pinned") for line in listed.splitlines())

    change_forms(group.documents)
    status, planned = await group.command_line("pins", "--refresh", "--dry-run")
    assert status == 0
    *lines, last = planned.splitlines()
    assert last == "2 of 4 posts would be edited."
    assert {line.split()[2] for line in lines} == {forms.on_discord.id, forms.on_slack.ts}
    assert all("forms: outdated, pinned" in line for line in lines)
    assert (len(group.discord.requests), len(group.slack.requests)) == asked, "only looked"

    status, done = await group.command_line("pins", "--refresh")
    assert status == 0
    assert "Brought up to date: 2, of them withdrawn: 0." in done
    assert "Already current: 2. Deleted meanwhile: 0." in done
    forms.assert_says(sections(group.documents)["forms"])
    assert (forms.edits(), overview.edits()) == ((1, 1), (0, 0))

    change_credit(group.documents)
    status, done = await group.command_line("pins", "--refresh", SLACK_BOT_TOKEN="")
    assert status == 1
    assert "Brought up to date: 2, of them withdrawn: 0. Already current: 0." in done
    assert "Not up to date on Slack: 2. Its token is not set here" in done
    assert "Not up to date on Discord" not in done
    assert "Not every post could be brought up to date." in done

    group.slack.channel.is_archived = True
    status, done = await group.command_line("pins", "--refresh")
    assert status == 1
    title = sections(group.documents)["forms"].heading
    assert f"- {title}: This channel is archived." in done
    assert "Not every post could be brought up to date." in done
    status, listed = await group.command_line("pins")
    for line in listed.splitlines():
        archived = "outdated, pinned (This channel is archived.)"
        assert line.endswith(archived if line.startswith("slack") else "current, pinned")
