"""Loads a folder of documents, checks it as a whole, and makes a `Library` of it.

    ldn.yaml             a document        (any name; several may stand side by side)
    ldn.source.txt       its article
    ldn.questions.yaml   what people type, for its search (may be absent)
    helplines.yaml       whom to call in a crisis         (the shipped one, if absent)
    crisis.yaml          words of a crisis                (the shipped one, if absent)

All faults of a folder are reported at once. A folder with any fault is not loaded at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from knowledge.compose import crisis_notice
from knowledge.crisis_examples import CrisisPhrases
from knowledge.document import Document
from knowledge.documents import SHIPPED, is_ignored
from knowledge.errors import DocumentError, Problem
from knowledge.helplines import HelpLine, lines_for
from knowledge.library import Library, NotCovered, Questions
from knowledge.loader import Fit, load_document
from knowledge.safety import CrisisKind
from knowledge.schema import CrisisFile, HelpLinesFile, QuestionsFile
from knowledge.unchecked import UncheckedDocument
from knowledge.yamlfile import KeyPath, YamlFile, did_you_mean, read_yaml, validate

QUESTIONS_SUFFIX = ".questions.yaml"
HELP_LINES = "helplines.yaml"
CRISIS = "crisis.yaml"
_SHARED = (HELP_LINES, CRISIS)
_MISNAMED = re.compile(r"(.+)\.ya?ml(\.txt)?", re.IGNORECASE)
"""Names that end in `.yaml`, and variants of it that editors and programs make by mistake."""
STALE_AFTER = timedelta(days=180)
"""A help line that was verified longer ago gets a warning."""


def load_library(folder: Path, fits: Sequence[Fit] = ()) -> Library:
    """Load and check everything in a folder.

    Args:
        folder: the folder.
        fits: for each platform, a check that an answer can be shown there.

    Raises:
        DocumentError: with every fault of every file.
    """
    if problem := _access_problem(folder):
        raise DocumentError([problem])
    problems: list[Problem] = []
    warnings: list[Problem] = []
    documents: list[Document] = []
    questions: dict[str, Questions] = {}
    owners: dict[str, str] = {}
    lines_file = read_yaml(_shared_file(folder, HELP_LINES))
    help_lines = _read_help_lines(lines_file, problems, warnings)
    notice = crisis_notice(lines_for(help_lines, CrisisKind.SUICIDE))
    checks = [_with_notice(fit, notice) for fit in fits]
    for path in _document_files(folder, problems):
        before = len(problems)
        document = load_document(path, checks, problems)
        asked = _load_questions(
            path.with_name(path.stem + QUESTIONS_SUFFIX),
            _section_ids(path, document, problems[before:]),
            problems,
        )
        if document is None:
            continue
        if document.command in owners:
            what = f"{document.command} is the command of {owners[document.command]} too."
            mend = "Give each document a command of its own."
            problems.append(read_yaml(path).problem(("command",), what, mend))
        owners.setdefault(document.command, path.name)
        documents.append(document)
        questions[document.command] = asked
    crisis = _load_crisis(_shared_file(folder, CRISIS), problems)
    if problems:
        raise DocumentError(problems)
    return Library(tuple(documents), questions, crisis, help_lines, tuple(warnings))


def _access_problem(folder: Path) -> Problem | None:
    """Why an existing folder cannot be read; a missing one is reported by `_document_files`."""
    try:
        for name in os.listdir(folder)[:1]:
            os.lstat(folder / name)  # it may allow to list names, and nothing else
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        what = f"cannot be read ({error.strerror})."
        mend = (
            "Let the user that the bot runs as read it and the folders above it, or name another "
            "folder in LDN_DOCUMENTS."
        )
        return Problem(str(folder), 1, "folder", what, mend)
    return None


def _with_notice(fit: Fit, notice: str) -> Fit:
    # Any answer may be shown below the help lines, and has to fit then too.
    return lambda answer: fit(replace(answer, notice=notice))


def _document_files(folder: Path, problems: list[Problem]) -> list[Path]:
    files = [
        path
        for path in _files(folder, ".yaml")
        if path.name not in _SHARED and not path.name.endswith(QUESTIONS_SUFFIX)
    ]
    for path in _files(folder, ""):
        if path.name.endswith(".yaml") or not (meant := _MISNAMED.fullmatch(path.name)):
            continue
        right = f"{meant[1]}.yaml"
        if not (meant[2] and _is_there(folder / right)):  # a backup copy of an existing file
            mend = f"Rename it to {right}."
            problems.append(Problem(path.name, 1, "file", "is not read.", mend))
    for path in _files(folder, QUESTIONS_SUFFIX):
        document = path.name.removesuffix(QUESTIONS_SUFFIX) + ".yaml"
        written = folder / document
        if not any(map(_is_there, (written, written.with_suffix(".yml")))):
            what = f"is not read, because there is no {document}."
            problems.append(Problem(path.name, 1, "file", what, "Give both the same name."))
    if not files:
        what = "holds no document." if os.path.isdir(folder) else "is not a folder."
        mend = "Put a document such as ldn.yaml there, or name another folder in LDN_DOCUMENTS."
        problems.append(Problem(str(folder), 1, "folder", what, mend))
    return files


def _files(folder: Path, suffix: str) -> list[Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []  # `_document_files` reports it
    return [folder / name for name in names if name.endswith(suffix) and not is_ignored(name)]


def _load_crisis(path: Path, problems: list[Problem]) -> CrisisPhrases:
    file = read_yaml(path)
    problems += file.problems
    written = validate(file, CrisisFile, problems) if not file.problems else None
    if written is None:
        return CrisisPhrases((), (), (), (), ())
    phrases = {f"explicit.{kind.value}": written.explicit.get(kind.value) for kind in CrisisKind}
    for key, found in (phrases | {"ambiguous": written.ambiguous, "traps": written.traps}).items():
        if not found:
            mend = "Write some. Without them, the bot takes one thing for another in a crisis."
            problems.append(file.problem(tuple(key.split(".")), "has no phrases.", mend))
    return CrisisPhrases(
        suicide=written.explicit.get("suicide", ()),
        overdose=written.explicit.get("overdose", ()),
        emergency=written.explicit.get("emergency", ()),
        ambiguous=written.ambiguous,
        traps=written.traps,
    )


def _section_ids(
    path: Path, document: Document | None, problems: Sequence[Problem]
) -> Sequence[str]:
    """The ids that questions may name; empty if a fault may be why one of them is missing."""
    if document is not None:
        return list(document.by_id)
    if any("sections" in problem.key or problem.key == "file" for problem in problems):
        return ()
    return [section.id for section in UncheckedDocument.of(read_yaml(path), []).sections]


def _load_questions(path: Path, known: Sequence[str], problems: list[Problem]) -> Questions:
    if not _is_there(path):
        return Questions()
    file = read_yaml(path)
    problems += file.problems
    written = validate(file, QuestionsFile, problems) if not file.problems else None
    if written is None:
        return Questions()
    if known:
        named: list[tuple[KeyPath, str]] = [(("sections", id), id) for id in written.sections]
        for topic, entry in written.not_covered.items():
            named += [(("not_covered", topic, "nearest"), id) for id in entry.nearest]
        for key, id in named:
            if id not in known:
                what = f"there is no section {id!r}."
                problems.append(file.problem(key, what, did_you_mean(id, known)))
    return Questions(
        sections=written.sections,
        not_covered={
            id: NotCovered(
                id=id,
                title=each.title,
                advice=each.advice,
                text=each.text,
                nearest=each.nearest,
                questions=each.questions,
                near_crisis=each.near_crisis,
            )
            for id, each in written.not_covered.items()
        },
        small_talk=written.small_talk,
    )


def _read_help_lines(
    file: YamlFile, problems: list[Problem], warnings: list[Problem]
) -> tuple[HelpLine, ...]:
    """The help lines of a file; faults are added to `problems`, stale dates to `warnings`."""
    problems += file.problems
    written = validate(file, HelpLinesFile, problems) if not file.problems else None
    if written is None:
        return ()
    for at, line in enumerate(written.helplines):
        path = ("helplines", at)
        if not (line.phone or line.text or line.url):
            what, mend = "has no way to reach it.", "Give a phone, a text or a url."
            problems.append(file.problem(path, what, mend))
        mend = "Check the number on the page under `source`, then write today's date there."
        if line.verified is None:
            what = f"{line.name} ({line.region}) was never verified."
            warnings.append(file.problem((*path, "verified"), what, mend))
        elif date.today() - line.verified > STALE_AFTER:
            what = f"{line.name} ({line.region}) was last verified on {line.verified}."
            warnings.append(file.problem((*path, "verified"), what, mend))
    for kind in CrisisKind:
        if not any(kind.value in line.kind for line in written.helplines):
            what, mend = f"there is no line for the kind {kind.value}.", "Add at least one."
            problems.append(file.problem(("helplines",), what, mend))
    return tuple(
        HelpLine(
            name=line.name,
            region=line.region,
            kinds=frozenset(map(CrisisKind, line.kind)),
            phone=line.phone,
            text=line.text,
            url=line.url,
        )
        for line in written.helplines
    )


def _shared_file(folder: Path, name: str) -> Path:
    """The folder's own file of this name, or the shipped one: no folder is without help lines."""
    own = folder / name
    return own if _is_there(own) else SHIPPED / name


def _is_there(path: Path) -> bool:
    """Whether a file exists, counting a dangling link, which is reported when it is read.

    Otherwise the shipped help lines would silently replace the editor's.
    """
    return os.path.lexists(path)
