"""Makes a draft document from an article, for an editor to finish.

The draft's sections cover the whole article, so `ldn-bot check` accepts it. What a program cannot
know (good titles, the source, the terms) is marked TODO.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, count, zip_longest
from pathlib import Path

import yaml

from knowledge.article import first_sentence
from knowledge.compose import MODERATOR_SUFFIX, RESERVED
from knowledge.document import fold
from knowledge.errors import LdnBotError
from knowledge.schema import ID_LIMIT, TITLE_LIMIT

_PARAGRAPH = re.compile(r"\n\s*\n")
_LIST_ITEM = re.compile(r"(?=^\s*(?:\d+\.|[-*•])\s)", re.MULTILINE)
_LIST_MARK = re.compile(r"^\s*(?:\d+\.|[-*•])\s+")
_HEADING_MARK = re.compile(r"^#+\s+")
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
        command: what people will type; None to derive it from the file's name.

    Returns:
        The paths of the two new files.

    Raises:
        DraftError: the article cannot be read or is empty, the command is not valid, or one of the
            files exists already or cannot be written.
    """
    try:
        text = article.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DraftError(f"{article.name} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise DraftError(f"{article.name} is not UTF-8 text. Save it again as UTF-8.") from None
    command = command or _name(article.stem.split(".")[0], "document")[:26].rstrip("-")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,26}", command) or command.endswith(MODERATOR_SUFFIX):
        raise DraftError(
            f"{command!r} cannot be a command. Give one with --command: a small letter, then small "
            f"letters, digits and hyphens; it must not end in {MODERATOR_SUFFIX}."
        )
    title, paragraphs = _title_and_paragraphs(text)
    if not paragraphs:
        raise DraftError(f"{article.name} holds no paragraph of text. Choose another file.")
    document = folder / f"{command}.yaml"
    source = folder / f"{command}.source.txt"
    for path in (document, source):
        if os.path.exists(path):  # False without access, which writing will report
            raise DraftError(f"{path} exists already. Move it away, or choose another folder.")
    draft = _yaml(title, command, source.name, _pieces(paragraphs))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        source.write_text(text, encoding="utf-8")
        document.write_text(draft, encoding="utf-8")
    except OSError as error:
        for path in (document, source):
            with suppress(OSError):  # half a draft would be in the way of the next attempt
                path.unlink()
        raise DraftError(
            f"{folder} cannot be written to ({error.strerror}). Choose another with --to."
        ) from None
    return document, source


def _title_and_paragraphs(text: str) -> tuple[str, list[str]]:
    # A paragraph without letters and digits is a rule or an ornament.
    paragraphs = [each.strip() for each in _PARAGRAPH.split(text) if fold(each)]
    first = _plain(paragraphs[0]) if paragraphs else ""
    if len(paragraphs) > 1 and _is_heading(paragraphs[0]):
        return first, paragraphs[1:]
    return _clip(first), paragraphs


def _is_heading(paragraph: str) -> bool:
    words = _plain(paragraph)
    return (
        "\n" not in paragraph
        and not _LIST_MARK.match(paragraph)
        and len(words) <= TITLE_LIMIT
        and (
            paragraph.startswith("#")
            or (len(words.split()) <= _HEADING_WORDS and words[-1] not in ".:;,!?)")
        )
    )


def _pieces(paragraphs: list[str]) -> list[_Piece]:
    """The sections: one for each paragraph; a list and its introduction make one with parts."""
    pieces: list[_Piece] = []
    names = {fold(word) for word in RESERVED}
    heading = ""
    parent: str | None = None

    def add(text: str, title: str, above: str | None = None) -> str:
        base = _name(" ".join(title.split()[:_ID_WORDS]), "section")[:_ID_CHARACTERS].rstrip("-")
        id = _unique(f"{above}.{base}" if above else base, "-{}", names, ID_LIMIT)
        title = _unique(title if fold(title) else "TODO title", " ({})", names, TITLE_LIMIT)
        names.update((fold(id), fold(title)))
        pieces.append(_Piece(text, title, above, id))
        return id

    for paragraph, behind in zip_longest(paragraphs, paragraphs[1:], fillvalue=""):
        if _is_heading(paragraph) and behind and not _is_heading(behind):
            heading = _HEADING_MARK.sub("", paragraph)
            continue
        head, *items = [part.strip() for part in _LIST_ITEM.split(paragraph) if fold(part)]
        if _LIST_MARK.match(head):
            head, items = "", [head, *items]
        if heading and (not head or fold(_plain(heading)) in names):
            # It cannot be a title by itself, so it becomes part of the text below it.
            head, title = f"{heading}\n\n{head}".strip(), _plain(heading)
        else:
            title = _plain(heading) or _clip(_plain(head))
        if head:
            section = add(_HEADING_MARK.sub("", head), title)
            parent = section if items or head.endswith(":") else None
        heading = ""
        for item in items:
            add(item, _item_title(item), parent)
    return pieces


def _yaml(title: str, command: str, source: str, pieces: list[_Piece]) -> str:
    sections = [
        {
            "id": piece.id,
            **({"parent": piece.parent} if piece.parent else {}),
            "title": piece.title,
            "text": " ".join(piece.text.split()),
            "short": first_sentence(_LIST_MARK.sub("", piece.text)),
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
    first = next(filter(fold, _SENTENCE.split(text)), text)
    if len(first) <= TITLE_LIMIT:
        return first
    return first[: TITLE_LIMIT - 1].rsplit(" ", 1)[0].rstrip(" ,;:(–-") + "…"


def _name(text: str, otherwise: str) -> str:
    return _NOT_NAME.sub("-", text.casefold()).strip("-") or otherwise


def _unique(name: str, suffix: str, taken: set[str], limit: int) -> str:
    """A name that is not taken yet, of at most `limit` characters: `name`, or with a number."""
    ends = chain([""], map(suffix.format, count(2)))
    names = (_within(name, limit - len(end)) + end for end in ends)
    return next(each for each in names if fold(each) not in taken)


def _within(name: str, limit: int) -> str:
    return name if len(name) <= limit else name[:limit].rstrip(" -.")
