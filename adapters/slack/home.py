"""The app's Home tab: a search box, every topic, help and help lines."""

from __future__ import annotations

from typing import Any

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.blocks.basic_components import DispatchActionConfig

from adapters.conversation import Caller
from adapters.slack.render import render
from adapters.wording import SEARCH
from knowledge.actions import Action, Verb, clip
from knowledge.compose import MENU
from knowledge.desk import Desks

BLOCKS_LIMIT = 100
LABEL_LIMIT = 2000


def home(desks: Desks, caller: Caller) -> dict[str, Any]:
    """The view: https://docs.slack.dev/reference/views/home-tab-views."""
    blocks: list[dict[str, Any]] = []
    for command, desk in desks.items():
        answer = desk.ask(MENU, caller.language)
        element = PlainTextInputElement(
            action_id=Action(Verb.ASK, command).encode(),
            dispatch_action_config=DispatchActionConfig(trigger_actions_on=["on_enter_pressed"]),
        )
        label = clip(f"{desk.document.title}: {caller.say(SEARCH)}", LABEL_LIMIT)
        search = InputBlock(
            label=PlainTextObject(text=label, emoji=False), element=element, dispatch_action=True
        )
        blocks += [search.to_dict(), *render(answer).blocks]
    return {"type": "home", "blocks": _told_apart(blocks[:BLOCKS_LIMIT])}


def _told_apart(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # What was typed stays in the box while its block keeps its name.
    return [{**block, "block_id": f"home-{at}"} for at, block in enumerate(blocks)]
