"""A painted message: what a platform's payload looks like, as pieces that a template draws.

Whatever is not markup of the platform is escaped: nothing in a payload becomes HTML of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

PRETEND_ADDRESS = "https://pretend.invalid/"
"""Where links to posts in the pretend channels lead; the page turns them into links to itself."""

BARE_ADDRESS = re.compile(r"https?://[^\s<>|]*[^\s<>|.,;:!?'\"“”)\]]")
"""An address as both platforms find it in a text: without the signs that end a sentence."""


@dataclass(frozen=True, slots=True)
class Words:
    """A run of text."""

    html: Markup


@dataclass(frozen=True, slots=True)
class Press:
    """A button."""

    label: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu; `options` are pairs of what choosing one sends, and its label."""

    placeholder: str
    identifier: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Buttons and menus beside one another."""

    controls: tuple[Press | Menu, ...]


@dataclass(frozen=True, slots=True)
class Unpainted:
    """A part of a payload that stays a name: a file, or what this page cannot draw."""

    name: str
    is_file: bool = False


Piece = Words | Row | Unpainted


@dataclass(frozen=True, slots=True)
class Painted:
    """A whole message. `private`: only its reader sees it."""

    pieces: tuple[Piece, ...]
    private: bool


def link(address: str, label: Markup) -> Markup:
    """A link, opened beside the page; what leads nowhere on the web is its label alone."""
    href = address.removeprefix(PRETEND_ADDRESS)
    if href != address and href.startswith("#"):  # no other address of this page, and no script
        return Markup('<a href="{}">{}</a>').format(href, label)
    if not address.startswith(("http://", "https://")):
        return label
    opened = '<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>'
    return Markup(opened).format(address, label)
