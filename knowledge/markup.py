"""Parses the Markdown that articles use (bold, italic, links) into values for the renderers.

Blocks are kept as they are in the article: paragraphs, and list items with their own numbers, so
nothing is renumbered. A link that is not http or https becomes plain text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from markdown_it import MarkdownIt

from knowledge.errors import DoesNotFitError

_BLOCK_BREAK = re.compile(r"(\n\s*\n|\n(?=\s*(?:\d+\.|[-*•])\s))")
_SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+")
_LIST_MARK = re.compile(r"(?:\d+\.|[-*•])\s")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one style; `url` is the address if it is a link."""

    text: str
    bold: bool = False
    italic: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a list item.

    `tight`: there is no empty line before it in the article. `mark` is a list item's number or
    bullet, with the space after it; empty for a paragraph.
    """

    spans: tuple[Span, ...]
    tight: bool = False
    mark: str = ""

    @property
    def gap(self) -> str:
        """The line breaks between this block and the one before it."""
        return "\n" if self.tight else "\n\n"


# A code span, an image or raw HTML in an article is text like any other.
_markdown = MarkdownIt("commonmark", {"html": False}).disable(["backticks", "image", "html_inline"])


def parse(body: str) -> tuple[Block, ...]:
    """The blocks of a Markdown text. Never raises: what is not markup is text."""
    blocks = []
    tight = False
    for at, piece in enumerate(_BLOCK_BREAK.split(body.strip())):
        if at % 2:
            tight = piece.count("\n") == 1
        elif words := _SPACES.sub(" ", piece).strip():
            mark, text = _split_mark(words)
            blocks.append(Block(tuple(_spans(text)), tight, mark))
    return tuple(blocks)


@lru_cache(maxsize=512)
def parse_kept(body: str) -> tuple[Block, ...]:
    """As `parse`, cached; only for the texts of documents, never for what somebody typed."""
    return parse(body)


def _split_mark(words: str) -> tuple[str, str]:
    found = _LIST_MARK.match(words)
    return (found[0], words[found.end() :]) if found else ("", words)


def _print(block: Block, print_span: Callable[[Span], str]) -> str:
    return block.mark + "".join(map(print_span, block.spans))


def _spans(text: str) -> Iterable[Span]:
    style = Span("")
    [inline] = _markdown.parseInline(text)
    for token in inline.children or ():
        match token.type:
            case "strong_open" | "strong_close":
                style = replace(style, bold=token.nesting > 0)
            case "em_open" | "em_close":
                style = replace(style, italic=token.nesting > 0)
            case "link_open":
                href = str(token.attrs.get("href", ""))
                style = replace(style, url=href if href.startswith(("http:", "https:")) else None)
            case "link_close":
                style = replace(style, url=None)
            case _ if token.content:
                yield replace(style, text=token.content)


def print_blocks(blocks: Iterable[Block], print_span: Callable[[Span], str]) -> str:
    """All blocks as one text, with the article's gaps between them."""
    text = ""
    for block in blocks:
        text += (block.gap if text else "") + _print(block, print_span)
    return text


def paginate(
    blocks: Iterable[Block], room: int, print_span: Callable[[Span], str]
) -> tuple[str, ...]:
    """Print blocks on pages of at most `room` UTF-16 code units each.

    Pages break between blocks; a block that is longer than a page breaks between its sentences.
    Discord counts code units; they are never fewer than characters.

    Raises:
        DoesNotFitError: a sentence is longer than a page.
    """
    pages = [""]
    for block in blocks:
        whole = [block] if length(_print(block, print_span)) <= room else _sentences(block)
        for at, piece in enumerate(whole):
            text, gap = _print(piece, print_span), " " if at else block.gap
            if length(text) > room:
                raise DoesNotFitError(
                    f"a sentence of {length(text)} characters is longer than the "
                    f"{max(room, 0)} that one message has room for"
                )
            if not pages[-1]:
                pages[-1] = text
            elif length(pages[-1] + gap + text) <= room:
                pages[-1] += gap + text
            else:
                pages.append(text)
    return tuple(pages)


def _sentences(block: Block) -> list[Block]:
    pieces: list[list[Span]] = [[]]
    ended = False
    for span in block.spans:
        text = span.text
        if ended and text[:1].isspace():
            pieces.append([])
            text = text.lstrip()
        first, *rest = _SENTENCE_BREAK.split(text)
        pieces[-1].append(replace(span, text=first))
        pieces.extend([replace(span, text=sentence)] for sentence in rest)
        ended = text.endswith((".", "!", "?"))
    spoken = (tuple(span for span in piece if span.text) for piece in pieces)
    pieces_of_text = [Block(spans, block.tight) for spans in spoken if spans]
    return [replace(pieces_of_text[0], mark=block.mark), *pieces_of_text[1:]]


def length(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
