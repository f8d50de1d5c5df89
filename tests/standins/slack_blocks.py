"""Blocks as a person reads and uses them: their text, their controls, what is filled in."""

from __future__ import annotations

from collections.abc import Iterator

from tests.standins.base import NotOfferedError
from tests.standins.recording import JSON

_RICH_LINES = frozenset({"rich_text_section", "rich_text_quote", "rich_text_preformatted"})


def text_of(blocks: list[JSON]) -> str:
    """All that is to be read in these blocks, in order, one text per line.

    The labels of buttons and the options of menus are left out.
    """
    return "\n".join(line for block in blocks for line in _lines(block) if line)


def _lines(block: JSON) -> Iterator[str]:
    """Whatever can be read in a block, piece by piece."""
    if block.get("type") in _RICH_LINES:
        yield "".join(_words(each) for each in block["elements"])
        return
    for key in ("title", "subtitle", "label", "text", "body", "hint", "alt_text"):
        yield _words(block.get(key))
    for field in block.get("fields") or []:
        yield _words(field)
    for row in block.get("rows") or []:
        for cell in row:
            yield from _lines(cell)
    inside = [*(block.get("elements") or []), *(block.get("child_blocks") or [])]
    for each in [*inside, block.get("accessory")]:
        if isinstance(each, dict) and "action_id" not in each:
            yield from _lines(each)


def _words(text: object) -> str:
    """A text, a text object, or an element of rich text."""
    if isinstance(text, dict):
        return str(text.get("text") or text.get("url") or "")
    return str(text or "")


def elements(blocks: list[JSON]) -> list[tuple[JSON, JSON]]:
    """Every interactive element with its block, in reading order."""
    found: list[tuple[JSON, JSON]] = []
    for block in blocks:
        inside = [*(block.get("elements") or []), block.get("accessory"), block.get("element")]
        found += [(block, e) for e in inside if isinstance(e, dict) and "action_id" in e]
        found += elements(block.get("child_blocks") or [])
    return found


def offered(blocks: list[JSON], action_id: str, value: str | None) -> tuple[JSON, JSON]:
    """The block and element that a person would use; raises `NotOfferedError`."""
    for block, element in elements(blocks):
        if element["action_id"] != action_id:
            continue
        if value is None or value == element.get("value") or value in option_values(element):
            return block, element
    there = [
        (element["action_id"], element.get("value") or option_values(element))
        for _, element in elements(blocks)
    ]
    raise NotOfferedError(f"({action_id!r}, {value!r}) is not among {there}")


def typed_into(blocks: list[JSON], action_id: str, text: str) -> JSON:
    """The block in which a person types this and presses Enter.

    Raises `NotOfferedError` where there is no such input, where Enter sends nothing to the bot, and
    for a text that the input does not take.
    """
    block, element = offered(blocks, action_id, None)
    if element["type"] != "plain_text_input":
        raise NotOfferedError(f"nobody can type into {action_id!r}, a {element['type']}")
    config = element.get("dispatch_action_config") or {}
    sent_on = config.get("trigger_actions_on") or ["on_enter_pressed"]
    if not block.get("dispatch_action") or "on_enter_pressed" not in sent_on:
        raise NotOfferedError(f"Enter in {action_id!r} sends nothing: no dispatch_action")
    if not element.get("min_length", 0) <= len(text) <= element.get("max_length", 3000):
        raise NotOfferedError(f"{action_id!r} does not take {len(text)} characters")
    return block


def option_values(element: JSON) -> list[str]:
    """The values of a menu's options, those in groups included."""
    return [option["value"] for option in _options(element)]


def option(element: JSON, value: str) -> JSON:
    """A menu's option by its value; raises `NotOfferedError`."""
    for each in _options(element):
        if each["value"] == value:
            return each
    raise NotOfferedError(f"{value!r} is not among {option_values(element)}")


def _options(element: JSON) -> list[JSON]:
    groups = element.get("option_groups") or []
    grouped = [each for group in groups for each in group["options"]]
    return [*(element.get("options") or []), *grouped]


# What an element that can be filled in is called in a view's state: its value, and its first one.
_FILLED_IN = {
    "plain_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
}


def state_values(blocks: list[JSON], before: JSON) -> JSON:
    """What is filled in: block id → action id → state of the element.

    What was there ``before`` stays where the block, the action and the type are the same.
    """
    values: JSON = {}
    for block, element in elements(blocks):
        if element["type"] not in _FILLED_IN:
            continue
        key, initial = _FILLED_IN[element["type"]]
        block_id, action_id = block["block_id"], element["action_id"]
        empty: object = [] if key == "selected_options" else None
        state = {"type": element["type"], key: element.get(initial, empty)}
        kept = before.get(block_id, {}).get(action_id, {})
        values.setdefault(block_id, {})[action_id] = (
            kept if kept.get("type") == state["type"] else state
        )
    return values


def with_state(values: JSON, given: JSON) -> JSON:
    """The state with ``given`` (block id → action id → state of the element) filled in."""
    merged = {block_id: dict(actions) for block_id, actions in values.items()}
    for block_id, actions in given.items():
        block = merged.setdefault(block_id, {})
        for action_id, state in actions.items():
            block[action_id] = {**block.get(action_id, {}), **state}
    return merged
