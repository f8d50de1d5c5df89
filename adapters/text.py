"""Answer → plain text: the terminal, Slack's top-level text, and everywhere nothing else can be.

The plain text alone is complete: notice, heading, body, note, reminder, credit, in this order.
"""

from __future__ import annotations

from functools import lru_cache

from adapters.wording import NOTE_LEAD
from knowledge.answer import Answer, Kind
from knowledge.language import words_in
from knowledge.markup import Span, parse_kept, print_blocks

KEPT = 128
"""Renderings that each adapter keeps, of about 10 kB: a document's sections in a few forms. Lists
of suggestions come in so many that more would be kept for nobody."""


@lru_cache(KEPT)
def render(answer: Answer) -> str:
    """The whole answer as plain text, without any markup."""
    return joined(
        plain(answer.notice),
        plain(answer.heading),
        plain(answer.body),
        note(answer, plain(answer.note)),
        f"{answer.frame} {plain(answer.reminder)}".strip(),
        plain(answer.credit),
    )


def joined(*parts: str) -> str:
    """Paragraphs one below the other, without the empty ones."""
    return "\n\n".join(filter(None, parts))


def note(answer: Answer, text: str) -> str:
    """An answer's note with its lead; `text` is the note, dressed. Empty if there is none."""
    return words_in(answer.language)(NOTE_LEAD, note=text) if answer.note else ""


def plain(markdown: str) -> str:
    """Markdown as plain text: links become their words, followed by where they lead."""
    return print_blocks(parse_kept(markdown), print_span)


def print_span(span: Span) -> str:
    """A run of text, and where it leads."""
    return f"{span.text} ({span.url})" if span.url and span.url != span.text else span.text


def next_steps(answer: Answer) -> str:
    """What to type next on a terminal, where there are no buttons; empty if there is nothing."""
    offered = answer.choices if answer.kind is not Kind.MENU else ()
    if not offered:
        return ""
    return "\n".join(("To read on, type one of these:", *(f"  {c.topic}" for c in offered)))
