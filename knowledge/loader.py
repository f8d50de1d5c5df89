"""Loads a YAML file and its article as a `Document`; every fault names file, line, key and mend.

All faults of a file are found at once: no check stops at the first, and one fault does not hide
another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from knowledge.answer import Answer, Kind
from knowledge.article import Article, Extent, without_list_lead
from knowledge.compose import Composer
from knowledge.document import Document, Section, Source
from knowledge.documents import is_ignored, read_text
from knowledge.errors import DoesNotFitError, Problem
from knowledge.language import LANGUAGES
from knowledge.naming import check_names, check_tree
from knowledge.placing import check_coverage, check_quotes, place
from knowledge.schema import TITLE_LIMIT, DocumentFile
from knowledge.unchecked import UncheckedDocument, UncheckedSection
from knowledge.yamlfile import UNREADABLE, read_yaml, validate

Fit = Callable[[Answer], object]
"""A check that an answer can be shown on a platform; it raises `DoesNotFitError` if it cannot."""


def load_document(path: Path, fits: Sequence[Fit], problems: list[Problem]) -> Document | None:
    """Load and check one document.

    Args:
        path: its YAML file; the article is a text file beside it.
        fits: for each platform, a check that an answer can be shown there.
        problems: every fault that is found is added to it.

    Returns:
        The document; None if it has a fault.
    """
    file = read_yaml(path)
    found: list[Problem] = list(file.problems)
    doc = UncheckedDocument.of(file, found)
    document = None
    if doc.data:
        written = validate(file, DocumentFile, found)
        document = _checked(doc, written, path.parent, fits)
    elif not found:
        doc.report((), "is not a document.", "Begin it with `title:`.")
    problems += found
    return document


def _checked(
    doc: UncheckedDocument, written: DocumentFile | None, folder: Path, fits: Sequence[Fit]
) -> Document | None:
    check_names(doc)
    article = _read_article(doc, folder)
    if article is not None and doc.sections:
        place(doc, article)
        check_coverage(doc, article)
        check_quotes(doc, article)
    check_tree(doc)
    document = None
    if not doc.problems and written is not None and article is not None:
        document = _assembled(doc, written, article)
    _check_fit(doc, document, fits)
    return document


def _read_article(doc: UncheckedDocument, folder: Path) -> Article | None:
    source = doc.data.get("source")
    name = source.get("file") if isinstance(source, dict) else None
    if not isinstance(name, str) or not name.strip():
        return None
    path = folder / name
    if Path(name).name != name:
        what, mend = f"{name!r} is not in this folder.", "Put the article beside this file."
    elif is_ignored(name):
        what, mend = f"{name!r} is passed over.", "Begin with a letter, and end without “~”."
    else:
        try:
            article = Article(read_text(path, "utf-8-sig"))
        except FileNotFoundError:
            what, mend = f"there is no file {name!r} here.", "Put the article beside this file."
        except OSError as error:
            what, mend = f"{name!r} cannot be read ({error.strerror}).", UNREADABLE
        except UnicodeDecodeError:
            what, mend = f"{name!r} is not UTF-8 text.", "Save it again as UTF-8."
        else:
            if article.words:
                return article
            what, mend = f"{name!r} is empty.", "Put the words of the article into it."
    doc.report(("source", "file"), what, mend)
    return None


def _assembled(doc: UncheckedDocument, written: DocumentFile, article: Article) -> Document:
    """The document of a file without faults; its texts are slices of the article."""
    extents = {section.id: section.runs[0] for section in doc.sections}
    ends = {section_id: extent.end for section_id, extent in extents.items()}
    parents = {section.id: section.parent for section in written.sections}
    # A section is shown up to the end of its last part; parts follow it, in order.
    for section in written.sections:
        end, above = ends[section.id], section.parent
        while above:
            ends[above], above = end, parents[above]
    sections: list[Section] = []
    for section in written.sections:
        extent = extents[section.id]
        text, start = article.slice(extent), article.start(extent)
        sections.append(
            Section(
                id=section.id,
                title=section.title,
                parent=section.parent,
                text=text,
                body=without_list_lead(article.slice(Extent(extent.start, ends[section.id]))),
                short=" ".join(section.short.split()),
                discuss=tuple(" ".join(sentence.split()) for sentence in section.discuss),
                keep=tuple(" ".join(sentence.split()) for sentence in section.keep),
                aliases=section.aliases,
                read_next=section.read_next,
                note=section.note,
                start=start,
                end=start + len(text),
            )
        )
    source = written.source
    return Document(
        title=written.title,
        command=written.command,
        language=written.language,
        source=Source(source.name, source.year, source.terms, source.url),
        reminder=written.reminder,
        credit=written.credit,
        last_review=_date(written.reviewed.last),
        next_review=_date(written.reviewed.next),
        aliases=written.aliases,
        sections=tuple(sections),
        article=article.text,
    )


def _check_fit(doc: UncheckedDocument, document: Document | None, fits: Sequence[Fit]) -> None:
    """Report each section that does not fit a platform; with its parts if there is a document."""
    if not fits:
        return
    reported: set[str] = set()
    composers = [Composer(document, language) for language in LANGUAGES] if document else []
    # Parts first: the section that contains one would be reported for the same words.
    for section in reversed(doc.sections):
        if document:
            if any(part.id in reported for part in document.parts(document.by_id[section.id])):
                reported.add(section.id)
                continue
            found = document.by_id[section.id]
            answers = [composer.section(found) for composer in composers]
        else:
            answers = [_provisional_answer(doc, section)]
        # The interface's words are longer in one language than in another.
        misfits = [(answer, why) for answer in answers if (why := _misfit(answer, fits))]
        if not misfits:
            continue
        reported.add(section.id)
        answer, why = misfits[0]
        if answer.note and not _misfit(replace(answer, note=""), fits):
            mend = "Shorten the note, or its longest sentence."
            doc.report((*section.path, "note"), f"does not fit: {why}.", mend)
        else:
            mend = "Cut the section into parts at a shorter sentence."
            doc.report((*section.path, "text"), f"does not fit: {why}.", mend)


def _provisional_answer(doc: UncheckedDocument, section: UncheckedSection) -> Answer:
    """An answer made of a section's own text, for a document that has faults."""

    def written(value: object, limit: int = 300) -> str:
        sound = isinstance(value, str) and value.strip() and len(value) <= limit
        return str(value) if sound else "?"

    return Answer(
        kind=Kind.SECTION,
        command="x",
        topic="x",
        heading=written(section.values.get("title"), TITLE_LIMIT),
        body=section.text("text").strip() or "?",
        reminder=written(doc.data.get("reminder")),
        credit=written(doc.data.get("credit")),
        note=section.text("note"),
    )


def _misfit(answer: Answer, fits: Sequence[Fit]) -> str:
    """Why an answer does not fit, on the first platform where it does not; empty if it fits."""
    for fit in fits:
        try:
            fit(answer)
        except DoesNotFitError as error:
            return str(error)
    return ""


def _date(value: date | str) -> date | None:
    return value if isinstance(value, date) else None
