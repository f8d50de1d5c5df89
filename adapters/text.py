"""Answer → plain text, for the terminal and for files. It is complete by itself: notice, heading,
body, note, reminder and credit, in this order.
"""

from __future__ import annotations

from functools import lru_cache

from adapters.wording import NOTE_LEAD
from knowledge.answer import Answer, Kind
from knowledge.language import translator_for
from knowledge.markup import Span, parse_kept, print_blocks

RENDER_CACHE_SIZE = 128
"""Rendered answers that each adapter caches, of about 10 kB each: enough for a document's sections
in a few forms. Suggestions are too varied for more to be useful."""


@lru_cache(RENDER_CACHE_SIZE)
def render(answer: Answer) -> str:
    """The whole answer as plain text, without any markup."""
    return joined(
        plain(answer.notice),
        plain(answer.heading),
        plain(answer.body),
        note(answer, plain(answer.note)),
        f"{answer.reminder_intro} {plain(answer.reminder)}".strip(),
        plain(answer.credit),
    )


def joined(*parts: str) -> str:
    """Paragraphs one below the other, without the empty ones."""
    return "\n\n".join(filter(None, parts))


def note(answer: Answer, text: str) -> str:
    """An answer's note after its label; empty if there is none. `text` is the rendered note."""
    return translator_for(answer.language)(NOTE_LEAD, note=text) if answer.note else ""


def plain(markdown: str) -> str:
    """Markdown as plain text: a link becomes its text, followed by its address in brackets."""
    return print_blocks(parse_kept(markdown), print_span)


def print_span(span: Span) -> str:
    """A span as plain text; a link with its address."""
    return f"{span.text} ({span.url})" if span.url and span.url != span.text else span.text


def next_steps(answer: Answer) -> str:
    """What can be typed next, for a terminal, which has no buttons; empty if nothing."""
    offered = answer.choices if answer.kind is not Kind.MENU else ()
    if not offered:
        return ""
    return "\n".join(("To read on, type one of these:", *(f"  {c.topic}" for c in offered)))
