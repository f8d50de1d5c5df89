"""Coverage: every sentence of an article, and the section that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from knowledge.article import Article, Extent
from knowledge.document import Document, Section, fold


@dataclass(frozen=True, slots=True)
class Covered:
    """A sentence of the article, its line (from 1), and where it is; `is_title` if in no text."""

    text: str
    line: int
    section: Section | None
    is_title: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Sentences of one section that follow one another; or such as are in none."""

    section: Section | None
    sentences: tuple[Covered, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """A whole article. `left_out` counts sentences that are in no section, and are no title."""

    runs: tuple[Run, ...]
    sentences: int
    left_out: int


def coverage(document: Document) -> Coverage:
    """How a document's sections cover its article."""
    found = list(_sentences(document))
    runs = tuple(
        Run(run[0].section, tuple(run))
        for run in (list(each) for _, each in groupby(found, lambda each: each.section))
    )
    in_text = [each for each in found if not each.is_title]
    return Coverage(runs, len(in_text), sum(each.section is None for each in in_text))


def _sentences(document: Document) -> Iterator[Covered]:
    article = Article(document.article)
    titles = {fold(document.title), *(fold(section.title) for section in document.sections)}
    for sentence in article.sentences(Extent(0, len(article.words))):
        start = article.start(sentence.extent)
        section = next((s for s in document.sections if s.start <= start < s.end), None)
        is_title = section is None and fold(sentence.text) in titles
        yield Covered(sentence.text, sentence.line, section, is_title)
