"""Buttons and menus under an answer. Their custom_id says what they do, so they work after a
restart, and nothing is kept in memory for them.

Limits: https://docs.discord.com/developers/components/reference
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import ui

from adapters.conversation import Menu, PostPreview, menu_of
from knowledge.actions import Action, Button, buttons, clip
from knowledge.answer import Answer

BUTTON_LABEL_LIMIT = 80
OPTION_LABEL_LIMIT = 100
OPTIONS_LIMIT = 25


class ButtonView(ui.View):
    """Rows of buttons, below a menu if there is one."""

    def __init__(self, *rows: Sequence[Button], menu: Menu | None = None) -> None:
        super().__init__(timeout=None)
        if menu:
            self.add_item(_select(menu))
        for number, row in enumerate(rows, start=1):
            for button in row:
                label = clip(button.label, BUTTON_LABEL_LIMIT)
                identifier = button.action.encode()
                self.add_item(ui.Button(label=label, custom_id=identifier, row=number))
        # discord.py forgets a stopped view; presses reach the client without it.
        self.stop()
        self._sent: list[dict[str, Any]] | None = None

    def to_components(self) -> list[dict[str, Any]]:
        """The components' JSON, cached because a stopped view does not change."""
        if self._sent is None:
            self._sent = super().to_components()
        return self._sent


def _select(menu: Menu) -> ui.Select[Any]:
    """A menu as discord.py's, in the first row."""
    options = [
        discord.SelectOption(label=clip(choice.title, OPTION_LABEL_LIMIT), value=choice.topic)
        for choice in menu.choices[:OPTIONS_LIMIT]
    ]
    identifier = menu.action.encode()
    return ui.Select(placeholder=menu.placeholder, custom_id=identifier, options=options, row=0)


def answer_view(
    answer: Answer, page: int, pages: int, post_buttons: Sequence[Button]
) -> ButtonView:
    """What is under a page of an answer; `post_buttons` are for those who may post it."""
    return ButtonView(*buttons(answer, page, pages), post_buttons, menu=menu_of(answer))


def post_preview_view(preview: PostPreview) -> ButtonView:
    """What is under a preview of a post: a menu of other topics, and the buttons to post."""
    return ButtonView(preview.buttons, menu=preview.menu)


def action_of(data: Mapping[str, Any]) -> Action | None:
    """The action of the button that was pressed, or of the menu with the chosen entry.

    Args:
        data: the `data` of an interaction, as Discord sends it.

    Returns:
        The action; None if the custom_id is not one of ours.
    """
    action = Action.decode(str(data.get("custom_id")))
    chosen = data.get("values")
    return action.with_topic(str(chosen[0])) if action and chosen else action
