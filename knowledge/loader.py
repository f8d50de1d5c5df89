"""A YAML file and its article, made into a `Document`; every fault names file, line, key and mend.

All faults of a file are found in one go: a check never stops at the first, and one fault does not
hide another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.answer import Answer, Kind
from knowledge.article import (
    Article,
    Extent,
    Sentence,
    heading_of_item,
    is_sentence,
    longest_chain,
    resembles,
    without_list_lead,
)
from knowledge.compose import RESERVED, section_answer
from knowledge.document import Document, Section, Source, fold
from knowledge.errors import DoesNotFitError, Problem
from knowledge.schema import TITLE_LIMIT, DocumentFile
from knowledge.yamlfile import KeyPath, YamlFile, did_you_mean, dotted, read_yaml, validate

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
    runs: tuple[Extent, ...] = ()
    """Where its text stands in the article: one run, or several if it leaves sentences out."""
    stray: Extent | None = None
    """Where its text stands instead, if that is out of order or taken by another section."""
    copy_of: _Written | None = None
    """The section above that has the same id."""

    @property
    def path(self) -> KeyPath:
        return ("sections", self.at)

    @property
    def id(self) -> str:
        return self.text("id")

    @property
    def place(self) -> Extent | None:
        """Where it stands in the article, from its first word to its last."""
        return self.stray or (_hull(self.runs) if self.runs else None)

    @property
    def misnamed(self) -> bool:
        """Whether the id is not the one that it should be, so that others may look for that."""
        return not self.id or self.copy_of is not None

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


@dataclass(frozen=True)
class _Name:
    """Something that opens a section: who answers to it, and where that is written."""

    owner: _Written | None
    called: str
    path: KeyPath

    @property
    def is_alias(self) -> bool:
        return "aliases" in self.path


@dataclass
class _Draft:
    """One file on its way to a document. Checks only ever add to `problems`."""

    file: YamlFile
    folder: Path
    problems: list[Problem] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    sections: list[_Written] = field(default_factory=list)

    def report(self, path: KeyPath, what: str, mend: str) -> None:
        self.problems.append(self.file.problem(path, what, mend))

    def line(self, section: _Written) -> int:
        return self.file.line(section.path)

    def build(self, fits: Sequence[Fit]) -> Document | None:
        """The document; None, with the reasons in `problems`, if it has faults."""
        self.problems += self.file.problems
        if not self.file.data or not isinstance(self.file.data, dict):
            if not self.file.problems:
                self.report((), "is not a document.", "Begin it with `title:`.")
            return None
        written = validate(self.file, DocumentFile, self.problems)
        self.data = self.file.data
        sections = self.data.get("sections")
        self.sections = [
            _Written(at, values)
            for at, values in enumerate(sections if isinstance(sections, list) else ())
            if isinstance(values, dict)
        ]
        self._check_names()
        article = self._read_article()
        if article is not None and self.sections:
            self._place(article)
            self._check_coverage(article)
            self._check_shorts(article)
        self._check_tree()
        document = None
        if not self.problems and written is not None and article is not None:
            document = self._document(written, article)
        self._check_fit(document, fits)
        return document

    # Names: ids, titles, aliases

    def _check_names(self) -> None:
        taken = {
            fold(word): _Name(None, f"the bot's own word {word}", ()) for word in sorted(RESERVED)
        }
        for name, text in self._names():
            key = fold(text)
            if not text or (not key and name.path[-1] == "id"):
                continue  # reported by the schema
            if not key:
                self.report(
                    name.path,
                    f"{text!r} holds no letter and no digit.",
                    "Write something that people can type.",
                )
                continue
            before = taken.setdefault(key, name)
            if before is name or (name.owner and name.owner.copy_of is before.owner is not None):
                continue  # of a section that was copied whole, the id is fault enough
            if before.owner is name.owner and not (before.is_alias and name.is_alias):
                continue  # a section may have its title, or its id, among its aliases
            if name.path[-1] == "id" and name.owner:
                name.owner.copy_of = before.owner
            where = f" (line {self.file.line(before.path)})" if before.path else ""
            self.report(
                name.path,
                f"{text!r} is taken: {before.called}{where} answers to it.",
                "Choose another, or remove one of the two.",
            )

    def _names(self) -> Iterator[tuple[_Name, str]]:
        for section in self.sections:
            called = f"section {section.id or section.at + 1}"
            for key in ("id", "title"):
                yield _Name(section, called, (*section.path, key)), section.text(key)
            for path, alias in section.texts("aliases"):
                yield _Name(section, called, path), alias
        aliases = self.data.get("aliases")
        for at, alias in enumerate(aliases if isinstance(aliases, list) else ()):
            if isinstance(alias, str):
                yield _Name(None, "the document", ("aliases", at)), alias

    # The tree: parents and neighbours

    def _check_tree(self) -> None:
        by_id = {section.id: section for section in self.sections}
        unknown: dict[str, list[KeyPath]] = {}
        explained: set[str] = set()
        # The section above, behind all that it is a part of.
        above: list[_Written] = []
        for section in self._in_article_order():
            parent = section.text("parent")
            if not parent or any(each.id == parent for each in above):
                while above and above[-1].id != parent:
                    above.pop()
            elif parent in by_id:
                if not section.copy_of:
                    self._report_apart(section, parent, above)
                above.append(by_id[parent])
            elif any(each.misnamed for each in above):
                explained.add(parent)
            else:
                unknown.setdefault(parent, []).append((*section.path, "parent"))
            above.append(section)
        known = list(filter(None, by_id))
        for name, paths in unknown.items():
            first, *others = sorted(paths, key=self.file.line)
            lines = ", ".join(str(self.file.line(path)) for path in others)
            what = f"there is no section {name!r}{f' (lines {lines} too)' if lines else ''}."
            self.report(first, what, did_you_mean(name, known))
        for section in self.sections:
            for path, topic in section.texts("read_next"):
                if topic not in by_id and topic not in explained:
                    self.report(path, f"there is no section {topic!r}.", did_you_mean(topic, known))

    def _report_apart(self, part: _Written, parent: str, above: Sequence[_Written]) -> None:
        between = f"; section {above[-1].id!r} stands before it" if above else ""
        self.report(
            (*part.path, "parent"),
            f"this part does not follow its section {parent!r}{between}.",
            "Put a section's parts directly behind it, in the article's order.",
        )

    def _in_article_order(self) -> list[_Written]:
        """The sections as they stand in the article; one that is not in it stays where it is."""
        places: list[tuple[int, int, _Written]] = []
        place = 0
        for section in self.sections:
            place = section.place.start if section.place else place
            places.append((place, section.at, section))
        return [section for _, _, section in sorted(places, key=lambda each: each[:2])]

    # The article

    def _read_article(self) -> Article | None:
        source = self.data.get("source")
        name = source.get("file") if isinstance(source, dict) else None
        if not isinstance(name, str) or not name.strip():
            return None
        path = self.folder / name
        if Path(name).name != name:
            what, mend = f"{name!r} is not in this folder.", "Put the article beside this file."
        else:
            try:
                article = Article(path.read_text(encoding="utf-8-sig"))
            except OSError:
                what, mend = f"there is no file {name!r} here.", "Put the article beside this file."
            except UnicodeDecodeError:
                what, mend = f"{name!r} is not UTF-8 text.", "Save it again as UTF-8."
            else:
                if article.words:
                    return article
                what, mend = f"{name!r} is empty.", "Put the words of the article into it."
        self.report(("source", "file"), what, mend)
        return None

    def _place(self, article: Article) -> None:
        """Find each section's words in the article, in order."""
        written = [section for section in self.sections if section.text("text").strip()]
        options = [self._runs(article, section.text("text")) for section in written]
        chain = longest_chain([[_hull(runs) for runs in each] for each in options])
        for number, place in chain.items():
            written[number].runs = options[number][place]
        for number, section in enumerate(written):
            if not section.runs:
                self._report_place(article, section, options[number])

    def _runs(self, article: Article, text: str) -> list[tuple[Extent, ...]]:
        """Each place where a text stands; failing that, the one where it lacks sentences."""
        whole: list[tuple[Extent, ...]] = [(extent,) for extent in article.find_all(text)]
        return whole or [runs for runs in (article.find_runs(text),) if runs]

    def _report_place(
        self, article: Article, section: _Written, options: Sequence[tuple[Extent, ...]]
    ) -> None:
        path, text = (*section.path, "text"), section.text("text")
        whole = [runs[0] for runs in options if len(runs) == 1]
        if not whole:
            what = "these words are not in the article."
            if departure := article.departure(text):
                what += f" Here: “{departure[0]}”; the article: “{departure[1]}”."
            self.report(path, what, "Copy the words from the article unchanged.")
            return
        owners = {extent: self._owner(extent) for extent in whole}
        section.stray = next((each for each in whole if owners[each] is None), whole[0])
        owner = owners[section.stray]
        if owner is None:
            self.report(
                path,
                "these words stand at another place in the article than here.",
                "Move this section to where the article has it.",
            )
        elif section.copy_of is not owner:
            self.report(
                path,
                f"these words are in section {owner.id!r} (line {self.line(owner)}) as well.",
                "Keep each sentence in one section, in the article's order.",
            )

    def _owner(self, extent: Extent) -> _Written | None:
        """The section in whose place an extent is."""
        return next(
            (s for s in self.sections if s.runs and s.place and s.place.overlaps(extent)), None
        )

    def _check_coverage(self, article: Article) -> None:
        """Every sentence of the article stands in a section, or is a title."""
        for gap in self._gaps(article):
            around = self._owner(gap)
            if around is not None:
                self._report_left_out(list(article.sentences(gap)), (*around.path, "text"))
                continue
            lost: list[_Written] = []
            for section in self.sections:
                if section.runs and section.runs[0].start >= gap.end:
                    break
                if section.runs:
                    lost = []
                elif not section.stray:
                    lost.append(section)
            self._check_gap(article, gap, lost)

    def _gaps(self, article: Article) -> list[Extent]:
        """The runs of the article's words that stand in no section."""
        covered = bytearray(len(article.words))
        for section in self.sections:
            for run in (*section.runs, *filter(None, [section.stray])):
                covered[run.start : run.end] = b"x" * (run.end - run.start)
        return [Extent(*match.span()) for match in re.finditer(rb"\0+", covered)]

    def _check_gap(self, article: Article, gap: Extent, lost: Sequence[_Written]) -> None:
        """`lost` are the sections of this gap whose text is not to be found in the article."""
        # A section without any text is reported as such; the words that it lacks are not again.
        if any(not section.text("text").strip() for section in lost):
            return
        opened = [s for s in self.sections if s.place and s.place.start == gap.end]
        titles = {fold(str(self.data.get("title", "")))}
        titles |= {fold(section.text("title")) for section in (*opened, *lost)}
        texts = [section.text(key) for section in lost for key in ("text", "short")]
        left_out: list[Sentence] = []
        for paragraph in article.paragraphs(gap):
            if fold(article.slice(paragraph)) in titles:
                continue
            for sentence in article.sentences(paragraph):
                if not fold(sentence.text) or fold(sentence.text) in titles:
                    continue
                if sentence.extent.end == gap.end and _is_left_to_title(sentence.text, opened):
                    continue
                if resembles(sentence.text, texts):
                    self._report_left_out(left_out)
                    left_out = []
                else:
                    left_out.append(sentence)
        self._report_left_out(left_out)

    def _report_left_out(
        self, sentences: Sequence[Sentence], path: KeyPath = ("sections",)
    ) -> None:
        """One fault for sentences that follow one another."""
        if not sentences:
            return
        first, last = sentences[0], sentences[-1]
        what = f"this sentence is in no section: “{_clip(first.text)}”."
        if first is not last:
            what = (
                f"these {len(sentences)} sentences are in no section: “{_clip(first.text)}” "
                f"to “{_clip(last.text)}” (line {last.line})."
            )
        key = f"{self.file.name} {dotted(path)}"
        mend = "Add it to the section where it belongs."
        self.problems.append(Problem(str(self.data["source"]["file"]), first.line, key, what, mend))

    def _check_shorts(self, article: Article) -> None:
        gaps = self._gaps(article)
        for section in self.sections:
            short = " ".join(section.text("short").split())
            if not short or not section.text("text").strip():
                continue
            path = (*section.path, "short")
            text = Article(section.text("text"))
            place = text.find(short)
            if place is None:
                origin = article.find(short)
                # The short may be right, and the text wrong; that is reported already.
                if origin and (any(origin.overlaps(gap) for gap in gaps) or not section.runs):
                    continue
                self.report(
                    path,
                    "is not a run of this section's text.",
                    "Copy one sentence of the text, unchanged.",
                )
            elif not is_sentence(text, place):
                self.report(path, "is not one whole sentence.", "Copy one sentence of the text.")

    # The document

    def _document(self, written: DocumentFile, article: Article) -> Document:
        extents = {section.id: section.runs[0] for section in self.sections}
        ends = {section_id: extent.end for section_id, extent in extents.items()}
        parents = {section.id: section.parent for section in written.sections}
        # The last part of a section ends what is shown of it; parts come behind, in order.
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

    # The platforms

    def _check_fit(self, document: Document | None, fits: Sequence[Fit]) -> None:
        """Each section, with its parts where the document is whole, fits each platform."""
        if not fits:
            return
        reported: set[str] = set()
        # A part comes before what it is a part of, which would be reported for the same words.
        for section in reversed(self.sections):
            if document is not None:
                if any(part.id in reported for part in document.parts(document.by_id[section.id])):
                    reported.add(section.id)
                    continue
                answer = section_answer(document, document.by_id[section.id])
            else:
                answer = self._provisional_answer(section)
            if not (why := _misfit(answer, fits)):
                continue
            reported.add(section.id)
            if answer.note and not _misfit(replace(answer, note=""), fits):
                mend = "Shorten the note, or its longest sentence."
                self.report((*section.path, "note"), f"does not fit: {why}.", mend)
            else:
                mend = "Cut the section into parts at a shorter sentence."
                self.report((*section.path, "text"), f"does not fit: {why}.", mend)

    def _provisional_answer(self, section: _Written) -> Answer:
        """A section's own text as an answer, in a document that has faults."""

        def written(value: object, limit: int = 300) -> str:
            sound = isinstance(value, str) and value.strip() and len(value) <= limit
            return str(value) if sound else "?"

        return Answer(
            kind=Kind.SECTION,
            command="x",
            topic="x",
            heading=written(section.values.get("title"), TITLE_LIMIT),
            body=section.text("text").strip() or "?",
            reminder=written(self.data.get("reminder")),
            credit=written(self.data.get("credit")),
            note=section.text("note"),
        )


def _misfit(answer: Answer, fits: Sequence[Fit]) -> str:
    """Why an answer cannot be shown on the first platform that it cannot; empty if it can."""
    for fit in fits:
        try:
            fit(answer)
        except DoesNotFitError as error:
            return str(error)
    return ""


def _hull(runs: Sequence[Extent]) -> Extent:
    return Extent(runs[0].start, runs[-1].end)


def _is_left_to_title(text: str, opened: Sequence[_Written]) -> bool:
    """Whether a text is a list item's number and heading, and the title says the same."""
    heading = heading_of_item(text)
    return heading is not None and any(fold(heading) in fold(s.text("title")) for s in opened)


def _date(value: date | str) -> date | None:
    return value if isinstance(value, date) else None


def _clip(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
