"""Buttons and menus under an answer. Their custom_id says all that they do, so they go on working
after a restart, and nothing is kept in memory for them.

Limits: https://docs.discord.com/developers/components/reference
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from adapters.conversation import Preview
from adapters.wording import CHOOSE
from knowledge.actions import Action, Button, buttons, clip, menu_action
from knowledge.answer import Answer, Choice
from knowledge.language import words_in

if TYPE_CHECKING:
    from adapters.discord.client import DiscordClient

BUTTON_LABEL_LIMIT = 80
OPTION_LABEL_LIMIT = 100
OPTIONS_LIMIT = 25


class ButtonView(ui.View):
    """Rows of buttons."""

    def __init__(self, *rows: Sequence[Button]) -> None:
        super().__init__(timeout=None)
        for number, row in enumerate(rows, start=1):
            for button in row:
                self.add_item(AnswerItem(button_for(button), row=number))
        # discord.py keeps no finished view in memory, and dynamic items do not need it to.
        self.stop()
        self._sent: list[dict[str, Any]] | None = None

    def to_components(self) -> list[dict[str, Any]]:
        """What goes over the wire, made once: a finished view does not change."""
        if self._sent is None:
            self._sent = super().to_components()
        return self._sent


class AnswerView(ButtonView):
    """What leads on from a page of an answer: a menu of choices above rows of buttons.

    `offers` are buttons for those who may post the answer.
    """

    def __init__(
        self, answer: Answer, page: int = 1, pages: int = 1, offers: Sequence[Button] = ()
    ) -> None:
        super().__init__(*buttons(answer, page, pages), offers)
        if answer.choices:
            placeholder = words_in(answer.language)(CHOOSE)
            menu = menu_of(menu_action(answer), answer.choices, placeholder)
            self.add_item(AnswerItem(menu, row=0))


class PreviewView(ButtonView):
    """What to press under what could be posted: another topic, and what to do with it."""

    def __init__(self, preview: Preview) -> None:
        super().__init__(preview.buttons)
        if preview.choices and preview.choose:
            menu = menu_of(preview.choose, preview.choices, preview.placeholder)
            self.add_item(AnswerItem(menu, row=0))


def button_for(button: Button) -> ui.Button[Any]:
    """A `Button` as Discord's."""
    return ui.Button(label=clip(button.label, BUTTON_LABEL_LIMIT), custom_id=button.action.encode())


def menu_of(action: Action, choices: Sequence[Choice], placeholder: str) -> ui.Select[Any]:
    """Choices as a select menu; the chosen topic comes with `action`."""
    options = [
        discord.SelectOption(label=clip(choice.title, OPTION_LABEL_LIMIT), value=choice.topic)
        for choice in choices[:OPTIONS_LIMIT]
    ]
    return ui.Select(placeholder=placeholder, custom_id=action.encode(), options=options)


class AnswerItem(ui.DynamicItem[ui.Item[Any]], template=r"(?s).+"):
    """Any button or menu of ours, rebuilt from its custom_id whenever it is pressed.

    The template takes every custom_id, so that one that is forged, or older than this version,
    is answered in words too.
    """

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str]
    ) -> AnswerItem:
        """Called by discord.py before `callback`, within the same three seconds."""
        return cls(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the custom_id says."""
        action = Action.decode(self.custom_id)
        if action and isinstance(self.item, ui.Select):
            action = action.choosing(next(iter(self.item.values), ""))
        client: DiscordClient = interaction.client
        await client.perform(interaction, action)
