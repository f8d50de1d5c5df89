"""The article's Markdown as HTML, for the page's own texts."""

from __future__ import annotations

from markupsafe import Markup, escape

from adapters.web.elements import link
from knowledge.markup import Span, parse


def html_of(markdown: str) -> Markup:
    """Markdown as HTML paragraphs; list items keep the article's own numbers."""
    return Markup("").join(
        Markup("<p>{}{}</p>").format(block.mark, Markup("").join(map(_run, block.spans)))
        for block in parse(markdown)
    )


def _run(span: Span) -> Markup:
    html = escape(span.text)
    for tag, wanted in (("em", span.italic), ("strong", span.bold)):
        if wanted:
            html = Markup("<{0}>{1}</{0}>").format(Markup(tag), html)
    return link(span.url, html) if span.url else html
