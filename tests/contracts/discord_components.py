"""Discord: the limits of buttons, menus and Components V2, in characters unless said otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.contracts.problem import Problem, join

ROWS = 5
BUTTONS_PER_ROW = 5
SELECT_OPTIONS = 25
CUSTOM_ID = 100
LABEL = 80
OPTION_TEXT = 100
PLACEHOLDER = 150
URL = 512
V2_COMPONENTS = 40
V2_TEXT_TOTAL = 4000

_ROW, _BUTTON, _SELECT, _TEXT_DISPLAY = 1, 2, 3, 10
_SELECTS = frozenset({3, 5, 6, 7, 8})
_LINK_STYLE, _PREMIUM_STYLE = 5, 6


def walk(components: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every component, nested ones included, with its path."""
    for number, component in enumerate(components if isinstance(components, list) else []):
        if not isinstance(component, dict):
            continue
        here = join(where, number)
        yield here, component
        yield from walk(component.get("components"), join(here, "components"))
        for key in ("accessory", "component"):
            if isinstance(component.get(key), dict):
                yield join(here, key), component[key]


def custom_ids(components: Any, where: str) -> Iterator[Problem]:
    """Custom ids that are too long, or used twice."""
    seen: set[str] = set()
    for here, component in walk(components, join(where, "components")):
        custom_id = component.get("custom_id")
        if custom_id is None:
            continue
        if not 1 <= len(custom_id) <= CUSTOM_ID:
            yield Problem(here, f"custom_id has {len(custom_id)} characters, 1 to {CUSTOM_ID}")
        if custom_id in seen:
            yield Problem(here, f"Component custom id cannot be duplicated: {custom_id!r}")
        seen.add(custom_id)


def rows(components: list[Any], where: str) -> Iterator[Problem]:
    """The components of a message without Components V2: rows of buttons and menus."""
    top = join(where, "components")
    if len(components) > ROWS:
        yield Problem(top, f"{len(components)} rows, at most {ROWS}")
    for number, row in enumerate(components):
        here = join(top, number)
        if not isinstance(row, dict) or row.get("type") != _ROW:
            yield Problem(here, "only action rows are allowed without Components V2")
            continue
        inside = row.get("components") or []
        selects = sum(1 for c in inside if c.get("type") in _SELECTS)
        if not inside:
            yield Problem(here, "an action row cannot be empty")
        if len(inside) > BUTTONS_PER_ROW:
            yield Problem(here, f"{len(inside)} components in a row, at most {BUTTONS_PER_ROW}")
        if selects and len(inside) > 1:
            yield Problem(here, "a select menu needs a row of its own")
        for path, component in walk(inside, join(here, "components")):
            yield from _control(component, path)


def _control(component: Mapping[str, Any], where: str) -> Iterator[Problem]:
    if component.get("type") == _BUTTON:
        yield from _button(component, where)
    elif component.get("type") in _SELECTS:
        yield from longer(component, "placeholder", PLACEHOLDER, where)
        if component.get("type") == _SELECT:
            yield from _options(component.get("options") or [], where)


def _button(button: Mapping[str, Any], where: str) -> Iterator[Problem]:
    yield from longer(button, "label", LABEL, where)
    yield from longer(button, "url", URL, where)
    is_premium = button.get("style") == _PREMIUM_STYLE
    if not (button.get("label") or button.get("emoji") or is_premium):
        yield Problem(where, "a button needs a label or an emoji")
    is_link = button.get("style") == _LINK_STYLE
    if is_link != bool(button.get("url")):
        yield Problem(where, "a link button, and it alone, has a url")
    if is_link and not str(button.get("url")).startswith(("http://", "https://", "discord://")):
        yield Problem(join(where, "url"), "http, https or discord is expected")
    if is_link and button.get("custom_id"):
        yield Problem(where, "a link button has no custom_id")
    if not (is_link or is_premium or button.get("custom_id")):
        yield Problem(where, "a button needs a custom_id")


def _options(options: list[Any], where: str) -> Iterator[Problem]:
    here = join(where, "options")
    if not 1 <= len(options) <= SELECT_OPTIONS:
        yield Problem(here, f"{len(options)} options, 1 to {SELECT_OPTIONS}")
    for number, option in enumerate(options):
        for key in ("label", "value", "description"):
            yield from longer(option, key, OPTION_TEXT, join(here, number))
        if not option.get("label") or not option.get("value"):
            yield Problem(join(here, number), "an option needs a label and a value")
    for value, times in Counter(option.get("value") for option in options).items():
        if times > 1:
            yield Problem(here, f"{times} options with the value {value!r}")


def longer(thing: Mapping[str, Any], key: str, limit: int, where: str) -> Iterator[Problem]:
    """A text that is longer than its limit."""
    text = thing.get(key)
    if isinstance(text, str) and len(text) > limit:
        yield Problem(join(where, key), f"Must be {limit} or fewer in length. ({len(text)})")


def v2(body: Mapping[str, Any], components: list[Any], where: str) -> Iterator[Problem]:
    """The components of a message with Components V2."""
    if body.get("content") or body.get("embeds"):
        yield Problem(where, "content and embeds are not allowed with Components V2")
    everything = list(walk(components, join(where, "components")))
    if len(everything) > V2_COMPONENTS:
        yield Problem(where, f"{len(everything)} components in all, at most {V2_COMPONENTS}")
    texts = [c.get("content") or "" for _, c in everything if c.get("type") == _TEXT_DISPLAY]
    if (total := sum(map(len, texts))) > V2_TEXT_TOTAL:
        yield Problem(where, f"{total} characters of text in all, at most {V2_TEXT_TOTAL}")
    for path, component in everything:
        yield from _control(component, path)
