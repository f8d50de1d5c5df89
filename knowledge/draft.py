"""An article → a draft document, for an editor to finish.

The draft is whole from the start: its sections cover the article, so `ldn-bot check` passes on it.
What a machine cannot know (good titles, the source, the terms) is marked TODO.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from knowledge.document import fold
from knowledge.errors import LdnBotError
from knowledge.schema import TITLE_LIMIT

_PARAGRAPH = re.compile(r"\n\s*\n")
_LIST_ITEM = re.compile(r"(?=^\s*(?:\d+\.|[-*•])\s)", re.MULTILINE)
_LIST_MARK = re.compile(r"^\s*(?:\d+\.|[-*•])\s+")
_RUN_IN_HEADING = re.compile(r"\*\*([^*]+?):?\*\*")
_MARKUP = re.compile(r"[*_#`\[\]]|\(#\)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_NOT_NAME = re.compile(r"[^a-z0-9]+")
_HEADING_WORDS = 12
_ID_WORDS = 4
_ID_CHARACTERS = 25


class DraftError(LdnBotError):
    """An article cannot be made into a draft."""


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    title: str
    parent: str | None
    id: str


def draft_document(article: Path, folder: Path, command: str | None = None) -> tuple[Path, Path]:
    """Write `COMMAND.yaml` and `COMMAND.source.txt` into a folder.

    Args:
        article: plain text or Markdown, in UTF-8.
        folder: where the two files go; made if it does not exist.
        command: what people will type; made of the file's name if it is not given.

    Returns:
        The paths of the two new files.

    Raises:
        DraftError: the article cannot be read, is empty, or one of the files exists already.
    """
    try:
        text = article.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DraftError(f"{article.name} is not UTF-8 text. Save it again as UTF-8.") from None
    command = command or _name(article.stem.split(".")[0], "document")[:26].rstrip("-")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,26}", command):
        raise DraftError(
            f"{command!r} cannot be a command. Give one with --command: a letter, then letters, "
            "digits and hyphens."
        )
    title, paragraphs = _title_and_paragraphs(text)
    if not paragraphs:
        raise DraftError(f"{article.name} holds no paragraph of text. Choose another file.")
    document = folder / f"{command}.yaml"
    source = folder / f"{command}.source.txt"
    for path in (document, source):
        if path.exists():
            raise DraftError(f"{path} exists already. Move it away, or choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding="utf-8")
    document.write_text(_yaml(title, command, source.name, _pieces(paragraphs)), encoding="utf-8")
    return document, source


def _title_and_paragraphs(text: str) -> tuple[str, list[str]]:
    paragraphs = [each.strip() for each in _PARAGRAPH.split(text) if _plain(each)]
    first = _plain(paragraphs[0]) if paragraphs else ""
    if len(paragraphs) > 1 and _is_heading(paragraphs[0]):
        return first, paragraphs[1:]
    return _clip(first), paragraphs


def _is_heading(paragraph: str) -> bool:
    words = _plain(paragraph)
    return (
        "\n" not in paragraph
        and len(words) <= TITLE_LIMIT
        and (
            paragraph.startswith("#")
            or (len(words.split()) <= _HEADING_WORDS and words[-1] not in ".:;,!?)")
        )
    )


def _pieces(paragraphs: list[str]) -> list[_Piece]:
    """The sections: a paragraph each, a list with its introduction as a section with parts."""
    pieces: list[_Piece] = []
    ids: set[str] = set()
    titles: set[str] = set()
    heading = ""
    parent: str | None = None

    def add(text: str, title: str, above: str | None) -> str:
        base = _name(" ".join(title.split()[:_ID_WORDS]), "section")[:_ID_CHARACTERS].rstrip("-")
        id = _unique(f"{above}.{base}" if above else base, ids)
        pieces.append(_Piece(text, _unique_title(title, titles), above, id))
        return id

    for at, paragraph in enumerate(paragraphs):
        if _is_heading(paragraph) and at + 1 < len(paragraphs):
            # The heading is the next section's title; its words count as covered by it.
            heading = _plain(paragraph)
            continue
        head, *items = [part for part in _LIST_ITEM.split(paragraph) if part.strip()]
        if _LIST_MARK.match(head):
            head, items = "", [head, *items]
        if head:
            section = add(head.strip(), heading or _clip(_plain(head)), None)
            parent = section if items or head.rstrip().endswith(":") else None
            heading = ""
        for item in items:
            add(item.strip(), _item_title(item), parent)
    return pieces


def _yaml(title: str, command: str, source: str, pieces: list[_Piece]) -> str:
    sections = [
        {
            "id": piece.id,
            **({"parent": piece.parent} if piece.parent else {}),
            "title": piece.title,
            "text": " ".join(piece.text.split()),
            "short": _SENTENCE.split(" ".join(_LIST_MARK.sub("", piece.text).split()))[0],
        }
        for piece in pieces
    ]
    draft = {
        "title": title,
        "command": command,
        "source": {
            "file": source,
            "name": "TODO who published it",
            "year": 1900,
            "terms": "TODO on which terms it may be reproduced",
            "url": "https://example.org",
        },
        "reminder": "Please discuss with your specialist before you start, change or stop any "
        "treatment. This is general information, not medical advice.",
        "credit": "TODO Source: who published it, the title, the year, the terms.",
        "reviewed": {"last": "unknown", "next": "unknown"},
        "sections": sections,
    }
    text = yaml.safe_dump(draft, sort_keys=False, allow_unicode=True, width=92)
    return (
        "# A draft. Correct every TODO, the year and the address, and give each section a title\n"
        f"# that says what it is about. Then run `ldn-bot check`.\n\n{text}"
    )


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub("", _LIST_MARK.sub("", text.strip())).split())


def _item_title(item: str) -> str:
    run_in = _RUN_IN_HEADING.match(_LIST_MARK.sub("", item))
    return _clip(_plain(run_in[1] if run_in else item))


def _clip(text: str) -> str:
    first = _SENTENCE.split(text)[0]
    if len(first) <= TITLE_LIMIT:
        return first
    return first[: TITLE_LIMIT - 1].rsplit(" ", 1)[0].rstrip(" ,;:(–-") + "…"


def _name(text: str, otherwise: str) -> str:
    return _NOT_NAME.sub("-", text.casefold()).strip("-") or otherwise


def _unique(id: str, taken: set[str]) -> str:
    number, unique = 1, id
    while fold(unique) in taken:
        number += 1
        unique = f"{id}-{number}"
    taken.add(fold(unique))
    return unique


def _unique_title(title: str, taken: set[str]) -> str:
    number, unique = 1, title
    while fold(unique) in taken:
        number += 1
        unique = f"{title[: TITLE_LIMIT - 5]} ({number})"
    taken.add(fold(unique))
    return unique
