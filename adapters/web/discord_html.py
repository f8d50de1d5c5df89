"""Discord payload → elements as Discord displays them: its subset of Markdown, buttons and menus.

https://support.discord.com/hc/en-us/articles/210298617
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup

from adapters.web.elements import (
    BARE_ADDRESS,
    Button,
    Element,
    Menu,
    MessageElements,
    Placeholder,
    Row,
    Text,
    link,
)

_EPHEMERAL = 1 << 6
_BUTTON, _MENU = 2, 3
_LARGEST_HEADINGS = 2
"""`#` and `##` become `<h3>`, one level below the page's own headings; `###` becomes `<h4>`."""


def to_elements(payload: Mapping[str, Any]) -> MessageElements:
    """The elements of a message: its content, attached files, and rows of controls."""
    elements: list[Element] = [Text(markdown(payload["content"]))]
    elements += (
        Placeholder(file["filename"], is_file=True) for file in payload.get("attachments", ())
    )
    for row in payload.get("components", ()):
        elements.append(Row(tuple(_control(each) for each in row["components"])))
    return MessageElements(tuple(elements), bool(payload.get("flags", 0) & _EPHEMERAL))


def _control(component: Mapping[str, Any]) -> Button | Menu:
    if component["type"] == _MENU:
        options = tuple((each["value"], each["label"]) for each in component["options"])
        return Menu(component["placeholder"], component["custom_id"], options)
    assert component["type"] == _BUTTON  # the bot sends no others
    return Button(component["label"], component["custom_id"])


def markdown(content: str) -> Markup:
    """Discord's Markdown as HTML."""
    return Markup(_parser.render(content))  # the renderer escapes all text


class _Renderer(RendererHTML):
    """HTML for the tokens that Discord displays differently from CommonMark."""

    def heading_open(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        return f"<{self._heading(tokens[at])}>"

    def heading_close(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        return f"</{self._heading(tokens[at])}>"

    def strong_open(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        return "<u>" if tokens[at].markup == "__" else "<strong>"

    def strong_close(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        return "</u>" if tokens[at].markup == "__" else "</strong>"

    def link_open(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        return link(_address(tokens[at]), Markup("")).removesuffix("</a>")

    def link_close(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        level = tokens[at].level
        opened = next(
            token
            for token in reversed(tokens[:at])
            if token.type == "link_open" and token.level == level
        )
        return "</a>" if link(_address(opened), Markup("")) else ""

    @staticmethod
    def _heading(token: Token) -> str:
        return "h3" if len(token.markup) <= _LARGEST_HEADINGS else "h4"


def _address(token: Token) -> str:
    return str(token.attrs.get("href", ""))


def _bare_address(state: StateInline, silent: bool) -> bool:
    """A markdown-it rule: a bare address is a link, and its underscores are not emphasis."""
    if state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = next((word for word in ("https", "http") if state.pending.endswith(word)), "")
    found = BARE_ADDRESS.match(state.src, state.pos - len(scheme)) if scheme else None
    if found is None:
        return False
    if not silent:
        state.pending = state.pending.removesuffix(scheme)
        state.push("link_open", "a", 1).attrs = {"href": found[0]}
        state.push("text", "", 0).content = found[0]
        state.push("link_close", "a", -1)
    state.pos = found.end()
    return True


def _made() -> MarkdownIt:
    parser = MarkdownIt("zero", {"breaks": True, "html": False}, renderer_cls=_Renderer)
    parser.enable(
        ["heading", "list", "blockquote", "emphasis", "strikethrough", "backticks", "escape"]
    )
    parser.enable(["link", "autolink", "newline"])
    parser.inline.ruler.before("emphasis", "bare_address", _bare_address)
    return parser


_parser = _made()
