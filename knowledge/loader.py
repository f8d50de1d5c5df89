"""A YAML file and its article, made into a `Document`; every fault names file, line, key and mend.

All faults of a file are found in one go: a check never stops at the first, and one fault does not
hide another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.answer import Answer
from knowledge.article import Article, Extent, resembles, without_list_lead
from knowledge.compose import RESERVED, section_answer
from knowledge.document import Document, Section, Source, fold
from knowledge.errors import DoesNotFitError, Problem
from knowledge.schema import DocumentFile
from knowledge.yamlfile import KeyPath, YamlFile, did_you_mean, read_yaml, validate

Fit = Callable[[Answer], object]
"""Renders an answer for a platform; raises `DoesNotFitError` if it cannot be shown there."""


def load_document(path: Path, fits: Sequence[Fit], problems: list[Problem]) -> Document | None:
    """One document.

    Args:
        path: its YAML file; the article is a text file beside it.
        fits: for each platform, a check that an answer can be shown there.
        problems: takes every fault that is found; with one, the document is None.
    """
    draft = _Draft(read_yaml(path), path.parent)
    document = draft.build(fits)
    problems += draft.problems
    return document


@dataclass
class _Written:
    """One section as written, faults and all, so that one fault does not hide another."""

    at: int
    values: dict[str, Any]
    extent: Extent | None = None

    @property
    def path(self) -> KeyPath:
        return ("sections", self.at)

    def text(self, key: str) -> str:
        value = self.values.get(key)
        return value if isinstance(value, str) else ""

    def texts(self, key: str) -> list[tuple[KeyPath, str]]:
        values = self.values.get(key)
        return [
            ((*self.path, key, at), value)
            for at, value in enumerate(values if isinstance(values, list) else ())
            if isinstance(value, str)
        ]


@dataclass
class _Draft:
    """One file on its way to a document. Checks only ever add to `problems`."""

    file: YamlFile
    folder: Path
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.problems += self.file.problems
        self.data: dict[str, Any] = self.file.data if isinstance(self.file.data, dict) else {}
        sections = self.data.get("sections")
        self.sections = [
            _Written(at, values)
            for at, values in enumerate(sections if isinstance(sections, list) else ())
            if isinstance(values, dict)
        ]

    def report(self, path: KeyPath, what: str, mend: str) -> None:
        self.problems.append(self.file.problem(path, what, mend))

    def build(self, fits: Sequence[Fit]) -> Document | None:
        """The document; None, with the reasons in `problems`, if it has faults."""
        if not self.data:
            if not self.file.problems:
                self.report((), "is not a document.", "Begin it with `title:`.")
            return None
        written = validate(self.file, DocumentFile, self.problems)
        self._check_names()
        self._check_tree()
        article = self._read_article()
        if article is not None:
            self._place(article)
            self._check_coverage(article)
            self._check_shorts()
        if self.problems or written is None or article is None:
            return None
        document = self._document(written, article)
        self._check_fit(document, fits)
        return document

    # Names: ids, titles, aliases

    def _check_names(self) -> None:
        taken: dict[str, tuple[str, KeyPath]] = {
            fold(word): (f"the bot's own word {word}", ()) for word in sorted(RESERVED)
        }
        for owner, path, name in self._names():
            key = fold(name)
            if not key:
                continue
            before = taken.setdefault(key, (owner, path))
            if before[0] != owner:
                where = f" (line {self.file.line(before[1])})" if before[1] else ""
                self.report(
                    path,
                    f"{name!r} is taken: {before[0]}{where} answers to it.",
                    "Choose another, or remove one of the two.",
                )

    def _names(self) -> Iterator[tuple[str, KeyPath, str]]:
        for section in self.sections:
            # Two sections with the same id must not pass for one owner.
            owner = f"section {section.text('id') or section.at + 1}, number {section.at + 1},"
            for key in ("id", "title"):
                yield owner, (*section.path, key), section.text(key)
            for path, alias in section.texts("aliases"):
                yield owner, path, alias
        aliases = self.data.get("aliases")
        for at, alias in enumerate(aliases if isinstance(aliases, list) else ()):
            if isinstance(alias, str):
                yield "the document", ("aliases", at), alias

    def _check_tree(self) -> None:
        ids = [section.text("id") for section in self.sections]
        open_parents: list[str] = []
        for section in self.sections:
            parent = section.text("parent")
            if parent and parent not in ids:
                mend = did_you_mean(parent, ids)
                self.report((*section.path, "parent"), f"there is no section {parent!r}.", mend)
            elif parent and parent not in open_parents:
                self.report(
                    (*section.path, "parent"),
                    f"this part does not follow its section {parent!r}.",
                    "Put a section's parts directly behind it, in the article's order.",
                )
            while open_parents and open_parents[-1] != parent:
                open_parents.pop()
            open_parents.append(section.text("id"))
            for path, topic in section.texts("read_next"):
                if topic not in ids:
                    self.report(path, f"there is no section {topic!r}.", did_you_mean(topic, ids))

    # The article

    def _read_article(self) -> Article | None:
        source = self.data.get("source")
        name = source.get("file") if isinstance(source, dict) else None
        if not isinstance(name, str):
            return None
        path = self.folder / name
        if Path(name).name != name:
            what, mend = f"{name!r} is not in this folder.", "Put the article beside this file."
        else:
            try:
                return Article(path.read_text(encoding="utf-8"))
            except OSError:
                what, mend = f"there is no file {name!r} here.", "Put the article beside this file."
            except UnicodeDecodeError:
                what, mend = f"{name!r} is not UTF-8 text.", "Save it again as UTF-8."
        self.report(("source", "file"), what, mend)
        return None

    def _place(self, article: Article) -> None:
        """Find each section's words in the article, in order."""
        cursor = 0
        for section in self.sections:
            text = section.text("text")
            if not text.strip():
                continue
            section.extent = article.find(text, after=cursor)
            if section.extent is not None:
                cursor = section.extent.end
            elif article.find(text) is not None:
                self.report(
                    (*section.path, "text"),
                    "these words stand earlier in the article, or in a section above as well.",
                    "Keep the article's order, and each sentence in one section.",
                )
            else:
                departure = article.departure(text)
                what = "these words are not in the article."
                if departure:
                    what += f" Here: “{departure[0]}”; the article: “{departure[1]}”."
                self.report(
                    (*section.path, "text"), what, "Copy the words from the article unchanged."
                )

    def _check_coverage(self, article: Article) -> None:
        """Every sentence of the article stands in a section, or is a title."""
        cursor = 0
        unplaced: list[_Written] = []
        for section in self.sections:
            if section.extent is None:
                unplaced.append(section)
                continue
            gap = Extent(cursor, section.extent.start)
            self._check_gap(article, gap, [section, *unplaced])
            cursor, unplaced = section.extent.end, []
        self._check_gap(article, Extent(cursor, len(article.words)), unplaced)

    def _check_gap(self, article: Article, gap: Extent, around: Sequence[_Written]) -> None:
        titles = {fold(str(self.data.get("title", "")))} | {fold(s.text("title")) for s in around}
        misplaced = [section for section in around if section.extent is None]
        # A section without any text is reported as such; the words that it lacks are not again.
        if any(not section.text("text").strip() for section in misplaced):
            return
        texts = [section.text("text") for section in misplaced]
        for sentence in article.sentences(gap):
            if fold(sentence.text) in titles or not fold(sentence.text):
                continue
            if texts and resembles(sentence.text, texts):
                continue
            self.problems.append(
                Problem(
                    str(self.data["source"]["file"]),
                    sentence.line,
                    f"{self.file.name} sections",
                    f"this sentence is in no section: “{_clip(sentence.text)}”.",
                    "Add it to the section where it belongs.",
                )
            )

    def _check_shorts(self) -> None:
        for section in self.sections:
            short, text = section.text("short").split(), section.text("text")
            if not short or section.extent is None:
                continue
            path = (*section.path, "short")
            if Article(text).find(" ".join(short)) is None:
                self.report(
                    path,
                    "is not a run of this section's text.",
                    "Copy one sentence of the text, unchanged.",
                )
            elif any(word.endswith((".", "!", "?")) and len(word) > 3 for word in short[:-1]):
                self.report(path, "is more than one sentence.", "Keep one.")

    # The document

    def _document(self, written: DocumentFile, article: Article) -> Document:
        extents = {section.text("id"): section.extent for section in self.sections}
        ends = {section_id: extent.end for section_id, extent in extents.items() if extent}
        parents = {section.id: section.parent for section in written.sections}
        # The last part of a section ends what is shown of it; parts come behind, in order.
        for section in written.sections:
            end, above = ends[section.id], section.parent
            while above:
                ends[above], above = end, parents[above]
        sections: list[Section] = []
        for section in written.sections:
            extent = extents[section.id]
            assert extent is not None  # every section was placed, or there are problems
            text = article.slice(extent)
            start = article.text.index(text, sections[-1].end if sections else 0)
            sections.append(
                Section(
                    id=section.id,
                    title=section.title,
                    parent=section.parent,
                    text=text,
                    body=without_list_lead(article.slice(Extent(extent.start, ends[section.id]))),
                    short=" ".join(section.short.split()),
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

    def _check_fit(self, document: Document, fits: Sequence[Fit]) -> None:
        for at, section in enumerate(document.sections):
            for fit in fits:
                try:
                    fit(section_answer(document, section))
                except DoesNotFitError as error:
                    self.report(
                        ("sections", at, "text"),
                        f"does not fit: {error}.",
                        "Cut the section into parts at a shorter sentence.",
                    )


def _date(value: date | str) -> date | None:
    return value if isinstance(value, date) else None


def _clip(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
