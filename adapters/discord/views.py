"""Buttons and menus under an answer. Their custom_id says what they do, so they work after a
restart, and nothing is kept in memory for them.

Limits: https://docs.discord.com/developers/components/reference
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import ui

from adapters.conversation import PostPreview
from adapters.wording import CHOOSE
from knowledge.actions import Action, Button, buttons, clip, menu_action
from knowledge.answer import Answer, Choice
from knowledge.language import translator_for

BUTTON_LABEL_LIMIT = 80
OPTION_LABEL_LIMIT = 100
OPTIONS_LIMIT = 25


class ButtonView(ui.View):
    """Rows of buttons, below a menu if there is one."""

    def __init__(self, *rows: Sequence[Button], menu: ui.Select[Any] | None = None) -> None:
        super().__init__(timeout=None)
        if menu is not None:
            self.add_item(menu)
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


def answer_view(
    answer: Answer, page: int, pages: int, post_buttons: Sequence[Button]
) -> ButtonView:
    """What is under a page of an answer; `post_buttons` are for those who may post it."""
    placeholder = translator_for(answer.language)(CHOOSE)
    menu = _menu(menu_action(answer), answer.choices, placeholder)
    return ButtonView(*buttons(answer, page, pages), post_buttons, menu=menu)


def post_preview_view(preview: PostPreview) -> ButtonView:
    """What is under a preview of a post: a menu of other topics, and the buttons to post."""
    menu = _menu(preview.choose, preview.choices, preview.placeholder)
    return ButtonView(preview.buttons, menu=menu)


def _menu(
    action: Action | None, choices: Sequence[Choice], placeholder: str
) -> ui.Select[Any] | None:
    """At most 25 choices as a select menu in the first row; None without choices."""
    if action is None or not choices:
        return None
    options = [
        discord.SelectOption(label=clip(choice.title, OPTION_LABEL_LIMIT), value=choice.topic)
        for choice in choices[:OPTIONS_LIMIT]
    ]
    return ui.Select(placeholder=placeholder, custom_id=action.encode(), options=options, row=0)


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
