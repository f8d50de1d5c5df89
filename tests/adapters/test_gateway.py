"""Of Discord's events, those that nobody here handles begin no task."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import discord

from adapters.discord.gateway import GatewayClient
from knowledge.metrics import Metrics


class Client(GatewayClient):
    """Notes which interactions reach its handler."""

    def __init__(self) -> None:
        super().__init__(None, Metrics())
        self.handled: list[discord.InteractionType] = []

    async def on_interaction(self, interaction: SimpleNamespace) -> None:
        self.handled.append(interaction.type)


async def test_of_interactions_only_buttons_and_menus_reach_the_handler() -> None:
    async with Client() as client:
        before = len(asyncio.all_tasks())
        for type in discord.InteractionType:
            client.dispatch("interaction", SimpleNamespace(type=type))
        client.dispatch("socket_event_type", "INTERACTION_CREATE")
        assert len(asyncio.all_tasks()) == before + 1
        await asyncio.sleep(0)
        assert client.handled == [discord.InteractionType.component]
