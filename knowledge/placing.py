"""Finds a document's sections in the article, and checks that they cover all of it, in order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.actions import clip
from knowledge.article import (
    Article,
    Extent,
    Sentence,
    heading_of_item,
    is_sentence,
    longest_chain,
    resembles,
)
from knowledge.document import fold
from knowledge.errors import Problem
from knowledge.unchecked import UncheckedDocument, UncheckedSection, hull
from knowledge.yamlfile import KeyPath, dotted

QUOTED = 80
"""Characters of a sentence that a problem quotes, at most."""


def place(doc: UncheckedDocument, article: Article) -> None:
    """Find each section's text in the article, in order, and report those that are not there."""
    written = [section for section in doc.sections if section.text("text").strip()]
    options = [_runs(doc, article, section.text("text")) for section in written]
    chain = longest_chain([[hull(runs) for runs in each] for each in options])
    for number, place in chain.items():
        written[number].runs = options[number][place]
    for number, section in enumerate(written):
        if not section.runs:
            _report_place(doc, article, section, options[number])


def _runs(doc: UncheckedDocument, article: Article, text: str) -> list[tuple[Extent, ...]]:
    """Each place of a text in the article; if none, the one where only sentences are missing."""
    whole: list[tuple[Extent, ...]] = [(extent,) for extent in article.find_all(text)]
    return whole or [runs for runs in (article.find_runs(text),) if runs]


def _report_place(
    doc: UncheckedDocument,
    article: Article,
    section: UncheckedSection,
    options: Sequence[tuple[Extent, ...]],
) -> None:
    path, text = (*section.path, "text"), section.text("text")
    whole = [runs[0] for runs in options if len(runs) == 1]
    if not whole:
        what = "these words are not in the article."
        if departure := article.departure(text):
            what += f" Here: “{departure[0]}”; the article: “{departure[1]}”."
        doc.report(path, what, "Copy the words from the article unchanged.")
        return
    owners = {extent: _owner(doc, extent) for extent in whole}
    section.stray = next((each for each in whole if owners[each] is None), whole[0])
    owner = owners[section.stray]
    if owner is None:
        doc.report(
            path,
            "these words stand at another place in the article than here.",
            "Move this section to where the article has it.",
        )
    elif section.copy_of is not owner:
        doc.report(
            path,
            f"these words are in section {owner.id!r} (line {doc.line(owner)}) as well.",
            "Keep each sentence in one section, in the article's order.",
        )


def _owner(doc: UncheckedDocument, extent: Extent) -> UncheckedSection | None:
    """The section that covers a part of an extent; None if there is none."""
    return next((s for s in doc.sections if s.runs and s.place and s.place.overlaps(extent)), None)


def check_coverage(doc: UncheckedDocument, article: Article) -> None:
    """Report every sentence of the article that is in no section, and is no title."""
    for gap in _gaps(doc, article):
        around = _owner(doc, gap)
        if around is not None:
            _report_left_out(doc, list(article.sentences(gap)), (*around.path, "text"))
            continue
        lost: list[UncheckedSection] = []
        for section in doc.sections:
            if section.runs and section.runs[0].start >= gap.end:
                break
            if section.runs:
                lost = []
            elif not section.stray:
                lost.append(section)
        _check_gap(doc, article, gap, lost)


def _gaps(doc: UncheckedDocument, article: Article) -> list[Extent]:
    """The extents of the article that are in no section."""
    covered = bytearray(len(article.words))
    for section in doc.sections:
        for run in (*section.runs, *filter(None, [section.stray])):
            covered[run.start : run.end] = b"x" * (run.end - run.start)
    return [Extent(*match.span()) for match in re.finditer(rb"\0+", covered)]


def _check_gap(
    doc: UncheckedDocument, article: Article, gap: Extent, lost: Sequence[UncheckedSection]
) -> None:
    """Report what a gap leaves out; `lost` are its sections whose text is not in the article."""
    # A section without text is reported as such, so its words are not reported as missing.
    if any(not section.text("text").strip() for section in lost):
        return
    opened = [s for s in doc.sections if s.place and s.place.start == gap.end]
    titles = {fold(str(doc.data.get("title", "")))}
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
                _report_left_out(doc, left_out)
                left_out = []
            else:
                left_out.append(sentence)
    _report_left_out(doc, left_out)


def _report_left_out(
    doc: UncheckedDocument, sentences: Sequence[Sentence], path: KeyPath = ("sections",)
) -> None:
    """Report consecutive sentences as one fault."""
    if not sentences:
        return
    first, last = sentences[0], sentences[-1]
    what = f"this sentence is in no section: “{clip(first.text, QUOTED)}”."
    if first is not last:
        what = (
            f"these {len(sentences)} sentences are in no section: “{clip(first.text, QUOTED)}” "
            f"to “{clip(last.text, QUOTED)}” (line {last.line})."
        )
    key = f"{doc.file.name} {dotted(path)}"
    mend = "Add it to the section where it belongs."
    doc.problems.append(Problem(str(doc.data["source"]["file"]), first.line, key, what, mend))


def check_quotes(doc: UncheckedDocument, article: Article) -> None:
    """Report each `short`, `discuss` or `keep` that is not one whole sentence of its section."""
    gaps = _gaps(doc, article)
    for section in doc.sections:
        if section.text("text").strip():
            short = ((*section.path, "short"), section.text("short"))
            for path, written in (short, *section.texts("discuss"), *section.texts("keep")):
                _check_quote(doc, article, section, path, " ".join(written.split()), gaps)


def _check_quote(
    doc: UncheckedDocument,
    article: Article,
    section: UncheckedSection,
    path: KeyPath,
    quote: str,
    gaps: Sequence[Extent],
) -> None:
    if not quote:
        return
    text = Article(section.text("text"))
    place = text.find(quote)
    if place is None:
        origin = article.find(quote)
        # The section's text may be wrong instead of the quote; that is reported already.
        if origin and (any(origin.overlaps(gap) for gap in gaps) or not section.runs):
            return
        doc.report(
            path,
            "is not a run of this section's text.",
            "Copy one sentence of the text, unchanged.",
        )
    elif not is_sentence(text, place):
        doc.report(path, "is not one whole sentence.", "Copy one sentence of the text.")


def _is_left_to_title(text: str, opened: Sequence[UncheckedSection]) -> bool:
    """Whether a text is a list item's number and heading that the section's title repeats."""
    heading = heading_of_item(text)
    return heading is not None and any(fold(heading) in fold(s.text("title")) for s in opened)
