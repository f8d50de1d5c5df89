"""Bundle: everything that serving needs of a checked folder, in one cached file.

It holds the documents, the fixed replies, the help lines, and the keys of the models that
`knowledge.modelcache` keeps. Example questions are included only where no model was learned from
them, because they are too few or the document is too large. A bundle that is incomplete, was
altered, or is of another folder or other code, is not used: its texts were compared with the
article when they were learned, and are not compared again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from knowledge import modelcache
from knowledge.crisis_examples import CrisisPhrases
from knowledge.document import Document, Section, Source
from knowledge.documents import SHIPPED, is_ignored, is_pipe_or_device
from knowledge.helplines import HelpLine
from knowledge.library import Library, NotCovered, Questions
from knowledge.safety import CrisisKind

MAX_KEPT = 8
"""Bundles that are kept in the cache's folder with their models, at most: the newest."""
_CODE = (Path(__file__).parent, "*.py")


def fingerprint(folder: Path) -> str:
    """A hash of everything that a folder's desks are made of: its files, the shipped ones, and the
    code; in hexadecimal.
    """
    return _fingerprint((folder, "*"), (SHIPPED, "*.yaml"), _CODE)


def code_fingerprint() -> str:
    """A hash of the code alone, in hexadecimal; what other code has saved is not loaded."""
    return _fingerprint(_CODE)


def _fingerprint(*files: tuple[Path, str]) -> str:
    digest = hashlib.sha256()
    for place, pattern in files:
        paths: list[Path] = []
        with suppress(OSError):  # loading the folder will report it
            paths = sorted(place.glob(pattern))
        for path in paths:
            if is_ignored(path.name):
                continue
            with suppress(OSError):
                digest.update(f"{path.name}\0".encode())
                if not is_pipe_or_device(path):
                    digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class ModelKeys:
    """The keys of a library's models in `knowledge.modelcache`."""

    vocabulary: str
    crisis: str
    searches: Mapping[str, str]
    """By the document's command; empty if no model was learned."""


def save(cache: Path, name: str, library: Library, keys: ModelKeys) -> None:
    """Save a library, completely or not at all. Never raises: a full disk only costs time.

    `name` is the folder's `fingerprint`.
    """
    content = {
        "name": name,
        "keys": asdict(keys),
        "documents": [_document_to_json(document) for document in library.documents],
        "questions": {
            command: _questions_to_json(questions, learned=bool(keys.searches[command]))
            for command, questions in library.questions.items()
        },
        "help_lines": [
            {**asdict(line), "kinds": sorted(kind.value for kind in line.kinds)}
            for line in library.help_lines
        ],
    }
    with suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        handle, new = tempfile.mkstemp(dir=cache, prefix=".desks-", suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"seal": _seal(content), **content}, file, ensure_ascii=False)
            os.replace(new, saved := _path(cache, name))
        finally:
            Path(new).unlink(missing_ok=True)
        by_age = _by_age(cache, saved)
        for old in (*by_age[:-MAX_KEPT], *modelcache.abandoned(cache, ".desks-*.tmp")):
            old.unlink(missing_ok=True)
        modelcache.discard_except(cache, chain.from_iterable(map(_keys_in, by_age[-MAX_KEPT:])))


def load(cache: Path, name: str) -> tuple[Library, ModelKeys]:
    """Load a library, without the examples that were learned from, and the keys of its models.

    Raises:
        OSError, KeyError, TypeError, ValueError: there is none of this name, or it is damaged.
    """
    content = dict(json.loads(_path(cache, name).read_text(encoding="utf-8")))
    if content.pop("seal") != _seal(content):
        raise ValueError("the bundle is not what was kept")
    if content["name"] != name:
        raise ValueError("the bundle is of another folder")
    library = Library(
        documents=tuple(map(_document_from_json, content["documents"])),
        questions={
            command: _questions_from_json(questions)
            for command, questions in content["questions"].items()
        },
        crisis=CrisisPhrases((), (), (), (), ()),
        help_lines=tuple(
            HelpLine(**{**line, "kinds": frozenset(map(CrisisKind, line["kinds"]))})
            for line in content["help_lines"]
        ),
    )
    return library, ModelKeys(**content["keys"])


def _questions_to_json(questions: Questions, *, learned: bool) -> dict[str, Any]:
    not_covered = [asdict(topic) for topic in questions.not_covered.values()]
    if not learned:
        return {
            "sections": dict(questions.sections),
            "not_covered": not_covered,
            "small_talk": questions.small_talk,
        }
    return {
        "sections": {},
        "not_covered": [{**topic, "questions": ()} for topic in not_covered],
        "small_talk": questions.small_talk[:1],  # whether there is any
    }


def _questions_from_json(fields: dict[str, Any]) -> Questions:
    not_covered = [
        NotCovered(
            **{
                **topic,
                "nearest": tuple(topic["nearest"]),
                "questions": tuple(topic["questions"]),
            }
        )
        for topic in fields["not_covered"]
    ]
    return Questions(
        sections={id: tuple(examples) for id, examples in fields["sections"].items()},
        not_covered={topic.id: topic for topic in not_covered},
        small_talk=tuple(fields["small_talk"]),
    )


def _document_to_json(document: Document) -> dict[str, Any]:
    fields = asdict(document)
    for day in ("last_review", "next_review"):
        fields[day] = fields[day] and fields[day].isoformat()
    return fields


def _document_from_json(fields: dict[str, Any]) -> Document:
    sections = tuple(
        Section(
            **{
                **section,
                "discuss": tuple(section["discuss"]),
                "keep": tuple(section["keep"]),
                "aliases": tuple(section["aliases"]),
                "read_next": tuple(section["read_next"]),
            }
        )
        for section in fields["sections"]
    )
    days = {
        day: date.fromisoformat(fields[day]) if fields[day] else None
        for day in ("last_review", "next_review")
    }
    return Document(
        **{
            **fields,
            **days,
            "source": Source(**fields["source"]),
            "aliases": tuple(fields["aliases"]),
            "sections": sections,
        }
    )


def _by_age(cache: Path, newest: Path) -> list[Path]:
    """All bundles, oldest first.

    `newest` was saved just now. It is given a later time than all others have, because the clock of
    the machine may be behind that by which they were saved.
    """
    at = {each: each.stat().st_mtime_ns for each in cache.glob("desks-*.json")}
    at[newest] = max(at[newest], *(other + 1 for other in at.values()))
    os.utime(newest, ns=(at[newest], at[newest]))
    return sorted(at, key=at.__getitem__)


def _keys_in(bundle: Path) -> list[str]:
    """The keys of the models that a bundle names; none if it is damaged."""
    with suppress(ValueError, KeyError, TypeError):
        keys = ModelKeys(**json.loads(bundle.read_bytes())["keys"])
        return [keys.vocabulary, keys.crisis, *keys.searches.values()]
    return []


def _seal(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _path(cache: Path, name: str) -> Path:
    return cache / f"desks-{name[:20]}.json"
