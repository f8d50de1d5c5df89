"""Coverage: which section each sentence of an article is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from knowledge.article import Article, Extent
from knowledge.document import Document, Section, fold


@dataclass(frozen=True, slots=True)
class CoveredSentence:
    """A sentence of the article, its line (from 1) and its section; None if it is in none.

    `is_title`: it is in no section because it is a title.
    """

    text: str
    line: int
    section: Section | None
    is_title: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive sentences of the same section, or of none."""

    section: Section | None
    sentences: tuple[CoveredSentence, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """A whole article.

    `sentences` counts those that are no title; `left_out` those of them that are in no section.
    """

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


def _sentences(document: Document) -> Iterator[CoveredSentence]:
    article = Article(document.article)
    titles = {fold(document.title), *(fold(section.title) for section in document.sections)}
    for sentence in article.sentences(Extent(0, len(article.words))):
        start = article.start(sentence.extent)
        section = next((s for s in document.sections if s.start <= start < s.end), None)
        is_title = section is None and fold(sentence.text) in titles
        yield CoveredSentence(sentence.text, sentence.line, section, is_title)
