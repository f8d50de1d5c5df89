"""Checks a document's names (ids, titles, aliases), and which section is a part of which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.compose import MODERATOR_SUFFIX, RESERVED
from knowledge.document import fold
from knowledge.unchecked import UncheckedDocument, UncheckedSection
from knowledge.yamlfile import KeyPath, did_you_mean


@dataclass(frozen=True)
class _Name:
    """A name: the section that it belongs to, what that is called, and the name's place."""

    owner: UncheckedSection | None
    called: str
    path: KeyPath

    @property
    def is_alias(self) -> bool:
        return "aliases" in self.path


def check_names(doc: UncheckedDocument) -> None:
    """Report names that two sections share, and a command that ends as the moderators' does."""
    command = doc.data.get("command")
    if isinstance(command, str) and command.endswith(MODERATOR_SUFFIX):
        what = f"{command!r} ends in {MODERATOR_SUFFIX}, as the moderators' commands do."
        doc.report(("command",), what, "Choose another ending.")
    taken = {fold(word): _Name(None, f"the bot's own word {word}", ()) for word in sorted(RESERVED)}
    for name, text in _names(doc):
        key = fold(text)
        if not text or (not key and name.path[-1] == "id"):
            continue  # reported by the schema
        if not key:
            doc.report(
                name.path,
                f"{text!r} holds no letter and no digit.",
                "Write something that people can type.",
            )
            continue
        before = taken.setdefault(key, name)
        if before is name or (name.owner and name.owner.copy_of is before.owner is not None):
            continue  # for a section that was copied as a whole, only the id is reported
        if before.owner is name.owner and not (before.is_alias and name.is_alias):
            continue  # a section may have its title, or its id, among its aliases
        if name.path[-1] == "id" and name.owner:
            name.owner.copy_of = before.owner
        where = f" (line {doc.file.line(before.path)})" if before.path else ""
        doc.report(
            name.path,
            f"{text!r} is taken: {before.called}{where} answers to it.",
            "Choose another, or remove one of the two.",
        )


def _names(doc: UncheckedDocument) -> Iterator[tuple[_Name, str]]:
    for section in doc.sections:
        called = f"section {section.id or section.at + 1}"
        for key in ("id", "title"):
            yield _Name(section, called, (*section.path, key)), section.text(key)
        for path, alias in section.texts("aliases"):
            yield _Name(section, called, path), alias
    aliases = doc.data.get("aliases")
    for at, alias in enumerate(aliases if isinstance(aliases, list) else ()):
        if isinstance(alias, str):
            yield _Name(None, "the document", ("aliases", at)), alias


def check_tree(doc: UncheckedDocument) -> None:
    """Report parents and neighbours that do not exist, and parts that do not follow theirs."""
    by_id = {section.id: section for section in doc.sections}
    unknown: dict[str, list[KeyPath]] = {}
    explained: set[str] = set()
    # The sections that contain the present one, from the outermost, and the one before it.
    above: list[UncheckedSection] = []
    for section in _in_article_order(doc):
        parent = section.text("parent")
        if not parent or any(each.id == parent for each in above):
            while above and above[-1].id != parent:
                above.pop()
        elif parent in by_id:
            if not section.copy_of:
                _report_apart(doc, section, parent, above)
            above.append(by_id[parent])
        elif any(each.misnamed for each in above):
            explained.add(parent)
        else:
            unknown.setdefault(parent, []).append((*section.path, "parent"))
        above.append(section)
    known = list(filter(None, by_id))
    for name, paths in unknown.items():
        first, *others = sorted(paths, key=doc.file.line)
        lines = ", ".join(str(doc.file.line(path)) for path in others)
        what = f"there is no section {name!r}{f' (lines {lines} too)' if lines else ''}."
        doc.report(first, what, did_you_mean(name, known))
    for section in doc.sections:
        for path, topic in section.texts("read_next"):
            if topic == section.id:
                what, mend = "a section cannot be read next to itself.", "Name another one."
                doc.report(path, what, mend)
            elif topic not in by_id and topic not in explained:
                doc.report(path, f"there is no section {topic!r}.", did_you_mean(topic, known))


def _report_apart(
    doc: UncheckedDocument, part: UncheckedSection, parent: str, above: Sequence[UncheckedSection]
) -> None:
    between = f"; section {above[-1].id!r} stands before it" if above else ""
    doc.report(
        (*part.path, "parent"),
        f"this part does not follow its section {parent!r}{between}.",
        "Put a section's parts directly behind it, in the article's order.",
    )


def _in_article_order(doc: UncheckedDocument) -> list[UncheckedSection]:
    """The sections in the order of the article; one that is not in it keeps its place."""
    places: list[tuple[int, int, UncheckedSection]] = []
    place = 0
    for section in doc.sections:
        place = section.place.start if section.place else place
        places.append((place, section.at, section))
    return [section for _, _, section in sorted(places, key=lambda each: each[:2])]
