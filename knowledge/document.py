"""Document and Section: a published article, divided into sections; immutable values.

`knowledge.loader` makes and validates them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """A text in the form in which names are compared: letters and digits only, without case."""
    return _NOT_ALPHANUMERIC.sub("", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True, slots=True)
class Source:
    """The publication that the article comes from, and its terms of reproduction."""

    name: str
    year: int
    terms: str
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """A contiguous piece of the article under a title.

    Args:
        id: its id, of at most 40 characters.
        title: its title, also the label of its button.
        parent: the id of the section that it is a part of; None for a main topic.
        text: its own piece of the article, as Markdown.
        body: what is shown of it: `text` and its parts, as one contiguous piece of the article.
        short: one sentence of `text`.
        discuss: sentences of `text` that say to weigh or discuss something.
        keep: sentences of `text` that must not be left out in short.
        aliases: further names.
        read_next: the ids of sections to offer first.
        note: the editor's remark.
        start, end: the positions of `text` in the article, in characters.
    """

    id: str
    title: str
    parent: str | None
    text: str
    body: str
    short: str
    discuss: tuple[str, ...]
    keep: tuple[str, ...]
    aliases: tuple[str, ...]
    read_next: tuple[str, ...]
    note: str | None
    start: int
    end: int


@dataclass(frozen=True)
class Document:
    """An article that answers questions under a command of its own."""

    title: str
    command: str
    language: str
    source: Source
    reminder: str
    credit: str
    last_review: date | None
    next_review: date | None
    aliases: tuple[str, ...]
    sections: tuple[Section, ...]
    article: str = field(repr=False)

    @cached_property
    def by_id(self) -> Mapping[str, Section]:
        """Every section by its id."""
        return {section.id: section for section in self.sections}

    @cached_property
    def top_level(self) -> tuple[Section, ...]:
        """The sections that are not a part of another, in the article's order."""
        return tuple(section for section in self.sections if section.parent is None)

    @cached_property
    def _children(self) -> Mapping[str | None, tuple[Section, ...]]:
        children: dict[str | None, list[Section]] = {}
        for section in self.sections:
            children.setdefault(section.parent, []).append(section)
        return {parent: tuple(parts) for parent, parts in children.items()}

    @cached_property
    def _place(self) -> Mapping[str, int]:
        """The index of each section among its siblings."""
        return {part.id: at for parts in self._children.values() for at, part in enumerate(parts)}

    @cached_property
    def exact(self) -> Mapping[str, Section]:
        """Sections by their folded names: ids, titles and aliases.

        The document's own title and aliases name the first section.
        """
        names: dict[str, Section] = {}
        for alias in (self.title, *self.aliases):
            names[fold(alias)] = self.sections[0]
        for section in self.sections:
            for name in (section.id, section.title, *section.aliases):
                names[fold(name)] = section
        return names

    def parts(self, section: Section) -> tuple[Section, ...]:
        """The direct parts of a section, in the article's order."""
        return self._children.get(section.id, ())

    def before(self, section: Section) -> Section | None:
        """What a reader finds before a section: the sibling before it, or else its parent."""
        siblings, at = self._children[section.parent], self._place[section.id]
        if at > 0:
            return siblings[at - 1]
        return self.by_id[section.parent] if section.parent else None

    def after(self, section: Section) -> Section | None:
        """What a reader finds after a section and its parts."""
        siblings, at = self._children[section.parent], self._place[section.id]
        if at + 1 < len(siblings):
            return siblings[at + 1]
        return self.after(self.by_id[section.parent]) if section.parent else None
