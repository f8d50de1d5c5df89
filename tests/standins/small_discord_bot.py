"""A small discord.py bot, for the tests of the stand-in itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import discord
from discord import app_commands

from tests.standins.discord import (
    DiscordStandIn,
)

Answer = Callable[[discord.Interaction[Any], str], Awaitable[object]]
Press = Callable[[discord.Interaction[Any]], Awaitable[object]]


class SmallBot(discord.Client):
    """One command, one button, one menu, one context menu; a test says how each answers."""

    def __init__(self, intents: discord.Intents | None = None, *, sync: bool = True) -> None:
        super().__init__(
            intents=intents or discord.Intents.none(),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.tree = app_commands.CommandTree(self)
        self.answer: Answer = answer_at_once
        self.on_press: Press = nothing
        self.on_submit: Press = nothing
        self.seen: list[discord.Interaction[Any]] = []
        self.events: list[tuple[str, Any]] = []
        self._sync = sync
        self.tree.command(name="ldn", description="Ask")(self._ldn_command())
        group = app_commands.Group(name="ldn-mod", description="Moderate")
        group.command(name="pin", description="Pin")(self._pin_command())
        self.tree.add_command(group)
        menu = app_commands.ContextMenu(name="Answer this", callback=self._context_menu())
        self.tree.add_command(menu)

    def _ldn_command(self) -> Any:
        async def ldn(interaction: discord.Interaction[Any], question: str = "") -> None:
            self.seen.append(interaction)
            await self.answer(interaction, question)

        async def choices(
            interaction: discord.Interaction[Any], current: str
        ) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{current}ammation", value=current)]

        return app_commands.autocomplete(question=choices)(ldn)

    def _pin_command(self) -> Any:
        async def pin(interaction: discord.Interaction[Any], topic: str) -> None:
            await self.answer(interaction, topic)

        return pin

    def _context_menu(self) -> Any:
        async def answer_this(
            interaction: discord.Interaction[Any], message: discord.Message
        ) -> None:
            await self.answer(interaction, message.content)

        return answer_this

    async def setup_hook(self) -> None:
        if self._sync:
            await self.tree.sync()

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        if interaction.type is discord.InteractionType.component:
            self.seen.append(interaction)
            await self.on_press(interaction)
        elif interaction.type is discord.InteractionType.modal_submit:
            await self.on_submit(interaction)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        self.events.append(("edit", payload.data.get("pinned")))

    async def on_guild_channel_pins_update(self, channel: Any, last_pin: Any) -> None:
        self.events.append(("pins", channel.id))

    async def on_message(self, message: discord.Message) -> None:
        self.events.append(("message", message.type))


def rows() -> discord.ui.View:
    """A button and a menu."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Next", custom_id="next"))
    options = [
        discord.SelectOption(label=name.title(), value=name) for name in ("forms", "reports")
    ]
    view.add_item(discord.ui.Select(custom_id="menu", options=options))
    return view


async def nothing(interaction: discord.Interaction[Any]) -> None:
    """Leave the interaction unanswered."""


async def answer_at_once(interaction: discord.Interaction[Any], question: str) -> None:
    await interaction.response.send_message(f"About {question}", ephemeral=True, view=rows())


async def answer_after_defer(interaction: discord.Interaction[Any], question: str) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.edit_original_response(content=f"About {question}")


async def answer_by_follow_up(interaction: discord.Interaction[Any], question: str) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.followup.send(f"About {question}")


async def press_message(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("pressed", ephemeral=True)


@asynccontextmanager
async def running(bot: discord.Client, standin: DiscordStandIn) -> AsyncIterator[None]:
    """A client that is connected until the block ends."""
    task = asyncio.create_task(bot.start(standin.token))
    try:
        await standin.connected()
        yield
    finally:
        await bot.close()
        await asyncio.wait_for(task, 10)
