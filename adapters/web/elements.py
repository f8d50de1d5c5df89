"""The elements of a displayed message, between a platform's payload and the page's template.

`slack_html` and `discord_html` translate a payload into elements; `templates/parts/message.html`
draws them. All text in a payload is escaped: only the platform's own markup becomes HTML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

PRETEND_ADDRESS = "https://pretend.invalid/"
"""The base address of links to posts in pretend channels; `link` turns them into links within the
page."""

BARE_ADDRESS = re.compile(r"https?://[^\s<>|]*[^\s<>|.,;:!?'\"“”)\]]")
"""A bare address, as both platforms recognise it in a text: without a sentence's closing
punctuation."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text, already as HTML."""

    html: Markup


@dataclass(frozen=True, slots=True)
class Button:
    """A button; `identifier` is its `Action`, encoded."""

    label: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Menu:
    """A select menu; `options` are pairs of a value and its label."""

    placeholder: str
    identifier: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Buttons and menus in one row."""

    controls: tuple[Button | Menu, ...]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """The name of something that the page does not draw: a file, or an unknown kind of block."""

    name: str
    is_file: bool = False


Element = Text | Row | Placeholder


@dataclass(frozen=True, slots=True)
class MessageElements:
    """A whole message, from top to bottom. `private`: only its reader sees it."""

    elements: tuple[Element, ...]
    private: bool


def link(address: str, label: Markup) -> Markup:
    """A link that opens in a new tab; the label alone if the address is not http or https."""
    href = address.removeprefix(PRETEND_ADDRESS)
    if href != address and href.startswith("#"):  # no other address of this page, and no script
        return Markup('<a href="{}">{}</a>').format(href, label)
    if not address.startswith(("http://", "https://")):
        return label
    opened = '<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>'
    return Markup(opened).format(address, label)
