"""The app's Home tab: a search box, every topic, help and help lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.blocks.basic_components import DispatchActionConfig

from adapters.conversation import AnswerPage, Caller
from adapters.slack.render import render_response
from adapters.wording import SEARCH
from knowledge.actions import Action, Verb

BLOCKS_LIMIT = 100


def home(menus: Iterable[AnswerPage], caller: Caller) -> dict[str, Any]:
    """The Home tab's view: for each document a search box and its menu, at most 100 blocks.

    https://docs.slack.dev/reference/views/home-tab-views
    """
    blocks: list[dict[str, Any]] = []
    for menu in menus:
        element = PlainTextInputElement(
            action_id=Action(Verb.ASK, menu.answer.command).encode(),
            dispatch_action_config=DispatchActionConfig(trigger_actions_on=["on_enter_pressed"]),
        )
        label = PlainTextObject(text=caller.say(SEARCH), emoji=False)
        search = InputBlock(label=label, element=element, dispatch_action=True)
        # Below the heading, so that it is clear which document is searched.
        heading, *rest = render_response(menu).blocks
        blocks += [heading, search.to_dict(), *rest]
    return {"type": "home", "blocks": _with_block_ids(blocks[:BLOCKS_LIMIT])}


def _with_block_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # Slack keeps what was typed into a box as long as its block's id stays the same.
    return [{**block, "block_id": f"home-{at}"} for at, block in enumerate(blocks)]
