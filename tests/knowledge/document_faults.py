"""What an editor can do wrong: each fault as a change of the shipped document.

Some of its text is replaced. The error that has to come of it is known by a piece of text on the
line that it has to name.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.answer import Answer
from knowledge.document import Document
from knowledge.documents import SHIPPED
from knowledge.errors import DoesNotFitError, Problem
from knowledge.loader import load_document
from tests.shipped import FORMS

YAML = "ldn.yaml"
SOURCE = "ldn.source.txt"


@dataclass(frozen=True)
class Fault:
    """What an editor does wrong, and the one error that says so."""

    name: str
    edits: Sequence[tuple[str, str]]
    at: str
    """Text on the line that the error names, once all edits are done."""
    key: str
    what: str
    mend: str
    file: str = YAML
    source_edits: Sequence[tuple[str, str]] = ()
    before: str = ""
    """Text before which `at` is looked for last, where it stands more than once."""

    def line(self, folder: Path) -> int:
        """The line that the error has to name, in a folder with this fault."""
        text = (folder / self.file).read_text(encoding="utf-8")
        if self.before:
            text = text[: text.index(self.before)]
            return text[: text.rindex(self.at)].count("\n") + 1
        return text[: text.index(self.at)].count("\n") + 1


def copy_shipped(folder: Path) -> Path:
    """The shipped document and its article, to be broken."""
    for name in (YAML, SOURCE):
        shutil.copy(SHIPPED / name, folder)
    return folder


def replace(path: Path, old: str, new: str) -> None:
    """Replace words of a file where they stand first."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"the shipped {path.name} has changed; this test looks for {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def break_with(folder: Path, *faults: Fault) -> None:
    """Make these faults, in this order."""
    for fault in faults:
        for old, new in fault.edits:
            replace(folder / YAML, old, new)
        for old, new in fault.source_edits:
            replace(folder / SOURCE, old, new)


def too_long_for_anything(answer: Answer) -> None:
    """A platform that shows sentences of up to 600 characters."""
    for part in answer.body.split(". "):
        if len(part) > 600:
            raise DoesNotFitError(f"a sentence of {len(part)} characters")
    if len(answer.note) > 600:
        raise DoesNotFitError("a note that is too long")


def load(folder: Path) -> tuple[Document | None, list[Problem]]:
    """The document, unless it cannot be used, and every error that was found."""
    problems: list[Problem] = []
    return load_document(folder / YAML, (too_long_for_anything,) * 2, problems), problems


def section(id: str) -> str:
    """The shipped YAML of one section, with the empty line behind it."""
    text = (SHIPPED / YAML).read_text(encoding="utf-8")
    start = text.index(f"  - id: {id}\n")
    end = text.find("\n  - id: ", start)
    return text[start:] if end < 0 else text[start : end + 1]


THE_MECHANISM = (
    "The theoretical mechanism of LDN in the treatment of CRPS involves several factors:"
)
BY_MODULATING = (
    "By modulating the immune response, LDN\n"
    "      could potentially reduce the inflammatory processes that contribute to CRPS symptoms. "
)
THE_DECISION = """\
      - >-
        The decision to use LDN should be well-informed and made in partnership with your pain
        management specialist.
"""
OPIATES = """\
      - >-
        However, LDN will either work or it will not, and if your physician believes that there is
        no or very little risk in a trial, it is an excellent alternative to opiates and other pain
        management drugs.
"""
ONLY_ONE = """\
      - >-
        Again, it is important to note that inflammatory processes are only one of the causes of
        pain in CRPS and are generally thought to contribute to the severity of CRPS pain.
"""
WORDS = "word " * 150 + "end."
FORMS_TITLE = "    title: How LDN is delivered (capsule, under the tongue, injection)\n"

FAULTS = [
    # Keys
    Fault(
        "unknown key",
        [("    aliases: [sample size]\n", "    aliases: [sample size]\n    colour: blue\n")],
        "    colour: blue", "sections[12].colour", "not a key that is known", "Remove it",
    ),
    Fault(
        "misspelt key",
        [("    aliases: [placebo, ", "    alias: [placebo, ")],
        "    alias: [placebo, ", "sections[11].alias", "not a key that is known", "`aliases`",
    ),
    Fault(
        "misspelt key that must be there",
        [("    title: Naltrexone is not", "    titel: Naltrexone is not")],
        "    titel:", "sections[2].titel", "not a key that is known", "`title`",
    ),
    Fault(
        "misspelt id of a section with parts",
        [("  - id: mechanism\n", "  - idd: mechanism\n")],
        "  - idd: mechanism", "sections[3].idd", "not a key that is known", "`id`",
    ),
    Fault(
        "misspelt parent",
        [("    parent: mechanism\n    title: Anti", "    parnt: mechanism\n    title: Anti")],
        "    parnt: mechanism", "sections[6].parnt", "not a key that is known", "`parent`",
    ),
    Fault(
        "misspelt text",
        [("    text: |-\n      The decision", "    txt: |-\n      The decision")],
        "    txt: |-", "sections[17].txt", "not a key that is known", "`text`",
    ),
    Fault(
        "misspelt key of the document",
        [("source:\n  file:", "sources:\n  file:")],
        "sources:", "sources", "not a key that is known", "`source`",
    ),
    Fault(
        "misspelt list of sections",
        [("\nsections:\n", "\nsection:\n")],
        "\nsection:"[1:], "section", "not a key that is known", "`sections`",
    ),
    Fault(
        "missing title",
        [(FORMS_TITLE, "")],
        "  - id: forms", "sections[1].title", "is missing", "Add `title:`",
    ),
    Fault(
        "missing id of a section with parts",
        [("  - id: limits\n    title", "  - title")],
        "  - title: Limitations", "sections[10].id", "is missing", "Add `id:`",
    ),
    Fault(
        "missing text",
        [(f"    text: |-\n      {FORMS}\n", "")],
        "  - id: forms", "sections[1].text", "is missing", "Add `text:`",
    ),
    Fault(
        "missing short",
        [(f"    short: >-\n      {THE_MECHANISM}\n", "")],
        "  - id: mechanism\n", "sections[3].short", "is missing", "Add `short:`",
    ),
    Fault(
        "missing date of review",
        [("  last: unknown\n", "")],
        "reviewed:", "reviewed.last", "is missing", "Add `last:`",
    ),
    Fault(
        "missing command",
        [("command: ldn\n", "")],
        "title: Low Dose", "command", "is missing", "Add `command:`",
    ),
    Fault(
        "missing sections",
        [((SHIPPED / YAML).read_text(encoding="utf-8").partition("\nsections:")[2], " []")],
        "sections: []", "sections", "is empty", "Write",
    ),
    Fault(
        "key written twice",
        [(FORMS_TITLE, FORMS_TITLE + "    title: Capsules\n")],
        "    title: Capsules", "sections[1].title", "is written twice", "Keep one",
    ),
    # Values
    Fault(
        "number for a title",
        [("    title: Small sample size\n", "    title: 12\n")],
        "    title: 12", "sections[12].title", "is not a text", "quotes",
    ),
    Fault(
        "empty title",
        [("    title: Small sample size\n", "    title:\n")],
        "    title:\n", "sections[12].title", "is empty", "Write", before="      2. **Small",
    ),
    Fault(
        "title of blanks",
        [("    title: Small sample size\n", "    title: '  '\n")],
        "    title: '  '", "sections[12].title", "holds no letter", "people can type",
    ),
    Fault(
        "id too long for a button",
        [("  - id: limits.sample-size\n", f"  - id: {'limits.'.ljust(41, 'x')}\n")],
        "  - id: limits.x", "sections[12].id", "is longer than 40 characters", "Shorten it",
    ),
    Fault(
        "title too long for a button",
        [("    title: Small sample size\n", f"    title: {'Small ' * 13}\n")],
        "    title: Small Small", "sections[12].title", "longer than 75", "Shorten",
    ),
    Fault(
        "text for a list",
        [("    aliases: [sample size]\n", "    aliases: sample size\n")],
        "    aliases: sample size", "sections[12].aliases", "is not a list", "[one, two]",
    ),
    Fault(
        "number for the text",
        [(f"    text: |-\n      {FORMS}\n", "    text: 7\n")],
        "    text: 7", "sections[1].text", "is not a text", "quotes",
    ),
    Fault(
        "year in quotes",
        [("  year: 2023", '  year: "2023"')],
        "  year:", "source.year", "is not a whole number", "without quotes",
    ),
    Fault(
        "address that is none",
        [("  url: https://rsds.org", "  url: rsds.org")],
        "  url:", "source.url", "cannot be understood", "https://",
    ),
    Fault(
        "date in another form",
        [("  last: unknown", "  last: 31.05.2026")],
        "  last:", "reviewed.last", "cannot be understood", "2026-05-31",
    ),
    Fault(
        "date that does not exist",
        [("  next: unknown", "  next: 2026-02-30")],
        "  next:", "reviewed.next", "YAML cannot read", "Correct",
    ),
    Fault(
        "id with a capital",
        [("  - id: forms\n", "  - id: Forms\n")],
        "  - id: Forms", "sections[1].id", "cannot be understood", "lower-case",
    ),
    # Names
    Fault(
        "command that passes for the moderators'",
        [("command: ldn\n", "command: ldn-mod\n")],
        "command: ldn-mod", "command", "'ldn-mod' ends in -mod", "another",
    ),
    Fault(
        "id of another section",
        [("  - id: forms\n", "  - id: overview\n")],
        "  - id: overview", "sections[1].id", "section overview (line 27) answers to it", "another",
        before=FORMS_TITLE,
    ),
    Fault(
        "id of another section, on one with parts",
        [("  - id: mechanism\n", "  - id: forms\n")],
        "  - id: forms", "sections[3].id", "'forms' is taken", "another",
        before="    title: How LDN is thought",
    ),
    Fault(
        "title of another section",
        [("    title: Lack of control\n", "    title: Small sample-size!\n")],
        "    title: Small sample-size!", "sections[13].title", "is taken", "another",
    ),
    Fault(
        "alias of another section",
        [("    aliases: [no control group]", "    aliases: [no control group, Placebo]")],
        "[no control group, Placebo]", "sections[13].aliases[1]", "'Placebo' is taken", "another",
    ),
    Fault(
        "alias that is another's title",
        [("    aliases: [no control group]", "    aliases: [publication-BIAS]")],
        "    title: Publication bias", "sections[14].title", "is taken", "another",
    ),
    Fault(
        "alias written twice",
        [("    aliases: [sample size]", "    aliases: [sample size, sample-size]")],
        "[sample size, sample-size]", "sections[12].aliases[1]", "is taken", "remove one",
    ),
    Fault(
        "alias of the bot's own",
        [("    aliases: [sample size]", "    aliases: [Topics!]")],
        "    aliases: [Topics!]", "sections[12].aliases[0]", "the bot's own word topics", "another",
    ),
    Fault(
        "alias of signs alone",
        [("    aliases: [sample size]", "    aliases: ['???']")],
        "    aliases: ['???']", "sections[12].aliases[0]", "holds no letter", "people can type",
    ),
    Fault(
        "alias of the document that is a section's",
        [("\naliases: [LDN,", "\naliases: [Placebo, LDN,")],
        "aliases: [Placebo, LDN,", "aliases[0]", "'Placebo' is taken", "another",
    ),
    # The tree
    Fault(
        "unknown parent",
        [("limits.sample-size\n    parent: limits\n", "limits.sample-size\n    parent: limit\n")],
        "    parent: limit\n", "sections[12].parent", "no section 'limit'", "`limits`",
    ),
    Fault(
        "unknown parent, of one with a part of its own",
        [("    parent: mechanism\n    title: Mod", "    parent: mechanisms\n    title: Mod")],
        "    parent: mechanisms", "sections[4].parent", "no section", "`mechanism`",
    ),
    Fault(
        "unknown parent of several parts",
        [
            ("    parent: limits\n    title: Lack", "    parent: limit\n    title: Lack"),
            ("    parent: limits\n    title: Pub", "    parent: limit\n    title: Pub"),
        ],
        "    parent: limit\n", "sections[13].parent", "no section 'limit' (lines 220 too)",
        "`limits`",
    ),
    Fault(
        "part that is not behind its section",
        [("  - id: decision\n", "  - id: decision\n    parent: mechanism\n")],
        "    parent: mechanism", "sections[17].parent", "does not follow", "directly behind it",
        before="    title: Deciding",
    ),
    Fault(
        "part before its section",
        [("  - id: forms\n", "  - id: forms\n    parent: status\n")],
        "    parent: status", "sections[1].parent", "does not follow", "directly behind it",
    ),
    Fault(
        "part of itself",
        [("  - id: forms\n", "  - id: forms\n    parent: forms\n")],
        "    parent: forms", "sections[1].parent", "does not follow", "directly behind it",
    ),
    Fault(
        "part that lost its parent",
        [("    parent: limits\n    title: Lack", "    title: Lack")],
        "    parent: limits", "sections[14].parent", "section 'limits.control' stands before it",
        "directly behind it", before="    title: Publication",
    ),
    Fault(
        "unknown section to read next",
        [("    read_next: [limits]", "    read_next: [limit]")],
        "    read_next: [limit]", "sections[9].read_next[0]", "no section 'limit'", "`limits`",
    ),
    # The article's words
    Fault(
        "word changed",
        [("      play a role in", "      play a part in")],
        "    text: |-", "sections[4].text",
        "Here: “play a part in regulating”; the article: “play a role in regulating”", "unchanged",
        before="      1. **Modulation",
    ),
    Fault(
        "first word changed",
        [(f"      {FORMS}", f"      This{FORMS[2:]}")],
        "    text: |-", "sections[1].text", "Here: “This is delivered", "unchanged",
        before="      This is delivered",
    ),
    Fault(
        "words added",
        [(f"      {FORMS}", f"      {FORMS} Ask for it.")],
        "    text: |-", "sections[1].text", "or injection. Ask for it.", "unchanged",
        before="      It is delivered",
    ),
    Fault(
        "typographic apostrophe",
        [("      However, it's crucial", "      However, it’s crucial")],
        "    text: |-", "sections[10].text", "Here: “However, it’s crucial", "unchanged",
        before="      However, it’s",
    ),
    Fault(
        "mark of emphasis left out",
        [("      4. **Publication Bias:** Pos", "      4. Publication Bias: Pos")],
        "    text: |-", "sections[14].text", "not in the article", "unchanged",
        before="      4. Publication",
    ),
    Fault(
        "invisible character",
        [(f"      {FORMS}", f"      It is deli\u00advered{FORMS[15:]}")],
        "    text: |-", "sections[1].text", "not in the article", "unchanged",
        before="      It is deli\u00ad",
    ),
    Fault(
        "words of something else",
        [(f"      {FORMS}", "      Apples are red.")],
        "    text: |-", "sections[1].text", "these words are not in the article.", "unchanged",
        before="      Apples",
    ),
    Fault(
        "section left out",
        [(section("forms"), "")],
        "Low-dose naltrexone (LDN)", "ldn.yaml sections", "“It is delivered by", "Add it",
        file=SOURCE,
    ),
    Fault(
        "section of several sentences left out",
        [(section("about"), "")],
        "The Reflex", "ldn.yaml sections", "these 3 sentences are in no section: “The Reflex",
        "Add it", file=SOURCE,
    ),
    Fault(
        "list item left out",
        [(section("limits.control"), "")],
        "3. **Lack of", "ldn.yaml sections", "sentence is in no section: “3. **Lack", "Add it",
        file=SOURCE,
    ),
    Fault(
        "first sentence left out, which is the short one",
        [
            (
                "      The decision to use LDN should be well-informed and made in partnership "
                "with your pain\n      management specialist. However, LDN",
                "      However, LDN",
            )
        ],
        "The decision to use", "ldn.yaml sections", "sentence is in no section: “The decision",
        "Add it", file=SOURCE,
    ),
    Fault(
        "sentence in the middle left out",
        [(BY_MODULATING, "")],
        "2. **Anti-inflammatory", "ldn.yaml sections[6].text",
        "this sentence is in no section: “By modulating", "Add it", file=SOURCE,
    ),
    Fault(
        "last sentence left out",
        [
            (
                " They have described reductions in pain\n      intensity, improved function, "
                "and decreased reliance on other pain medications.",
                "",
            )
        ],
        "Some patients with", "ldn.yaml sections", "sentence is in no section: “They have",
        "Add it", file=SOURCE,
    ),
    Fault(
        "sentence added to the article",
        [],
        "A new sentence", "ldn.yaml sections[18].text", "in no section: “A new sentence.”",
        "Add it", file=SOURCE,
        source_edits=[("\n\n© 2023", "\n\nA new sentence.\n\n© 2023")],
    ),
    Fault(
        "title of the article changed",
        [("title: Low Dose Naltrexone\n", "title: LDN, explained\n")],
        "Low Dose Naltrexone", "ldn.yaml sections", "in no section: “Low Dose Naltrexone”",
        "Add it", file=SOURCE,
    ),
    Fault(
        "sentence in two sections",
        [("      Naltrexone is similar", f"      {FORMS}\n      Naltrexone is similar")],
        "    text: |-", "sections[2].text", "are in section 'forms' (line 41) as well",
        "in one section", before=f"      {FORMS}\n      Naltrexone",
    ),
    Fault(
        "two sections the wrong way round",
        [(section("clinicians"), ""), (section("about"), section("clinicians") + section("about"))],
        "    text: |-", "sections[16].text", "at another place in the article", "Move",
        before="      The decision",
    ),
    Fault(
        "last section moved to the top",
        [(section("about"), ""), ("\nsections:\n", f"\nsections:\n{section('about')}\n")],
        "    text: |-", "sections[0].text", "at another place in the article", "Move",
        before="      The Reflex",
    ),
    Fault(
        "section moved in between another's parts",
        [
            (section("status"), ""),
            ("  - id: limits.control\n", f"{section('status')}  - id: limits.control\n"),
        ],
        "    text: |-", "sections[12].text", "at another place in the article", "Move",
        before="      For these reasons",
    ),
    Fault(
        "section copied whole",
        [(section("status"), section("status") + section("status"))],
        "  - id: status", "sections[9].id", "'status' is taken", "remove one",
        before="  - id: reports",
    ),
    # One sentence for a first glance
    Fault(
        "short that is not verbatim",
        [(f"    short: >-\n      {FORMS}", "    short: It comes in capsules.")],
        "    short: It comes", "sections[1].short", "not a run of this section's text", "unchanged",
    ),
    Fault(
        "short of another section",
        [
            (
                f"    short: >-\n      {FORMS}",
                "    short: Naltrexone is similar to, but not the same drug used to treat "
                "emergency overdoses.",
            )
        ],
        "    short: Nalt", "sections[1].short", "not a run of this section's text", "unchanged",
    ),
    Fault(
        "short of half a sentence",
        [(f"    short: >-\n      {FORMS}", "    short: It is delivered by capsule,")],
        "    short: It is", "sections[1].short", "is not one whole sentence", "one sentence",
    ),
    Fault(
        "short of two sentences",
        [
            (
                "      corporation.\n    aliases",
                "      corporation. Please consider your tax deductible [donation to support](#) "
                "our efforts to help the one out every two thousand people worldwide who suffer "
                "from Complex Regional Pain Syndrome (CRPS/RSD).\n    aliases",
            )
        ],
        "    short: >-", "sections[18].short", "is not one whole sentence", "one sentence",
        before="    aliases: [RSDSA,",
    ),
    # Sentences to discuss
    Fault(
        "sentence to discuss that is not verbatim",
        [(THE_DECISION, "      - Talk to your specialist.\n")],
        "      - Talk", "sections[17].discuss[0]", "not a run of this section's text", "unchanged",
    ),
    Fault(
        "sentence to discuss of another section",
        [(THE_DECISION, f"      - {FORMS}\n")],
        "      - It is", "sections[17].discuss[0]", "not a run of this section's text",
        "unchanged",
    ),
    Fault(
        "half a sentence to discuss",
        [
            (
                "    discuss:\n      - >-\n        While there is some interest in LDN for CRPS, "
                "experienced",
                "    discuss:\n      - >-\n        experienced",
            )
        ],
        "      - >-", "sections[16].discuss[0]", "is not one whole sentence", "one sentence",
        before="        experienced pain",
    ),
    Fault(
        "two sentences to discuss in one",
        [("        management specialist.\n      - >-\n", "        management specialist.\n")],
        "      - >-", "sections[17].discuss[0]", "is not one whole sentence", "one sentence",
        before="        The decision to use",
    ),
    Fault(
        "something else to discuss behind what is right",
        [(OPIATES, "      - Opiates are worse.\n")],
        "      - Opiates", "sections[17].discuss[1]", "not a run of this section's text",
        "unchanged",
    ),
    Fault(
        "nothing to discuss",
        [(THE_DECISION, '      - " "\n')],
        '      - " "', "sections[17].discuss[0]", "is empty", "",
    ),
    Fault(
        "to discuss, but no list",
        [(f"    discuss:\n{THE_DECISION}{OPIATES}", "    discuss: The decision.\n")],
        "    discuss: The decision.", "sections[17].discuss", "is not a list", "",
    ),
    # Sentences to keep
    Fault(
        "sentence to keep that is not verbatim",
        [(f"    keep:\n{ONLY_ONE}", "    keep: [Inflammation is only one cause.]\n")],
        "    keep: [Inf", "sections[6].keep[0]", "not a run of this section's text", "unchanged",
    ),
    Fault(
        "half a sentence to keep",
        [(ONLY_ONE, "      - it is important to note\n")],
        "      - it is", "sections[6].keep[0]", "is not one whole sentence", "one sentence",
    ),
    Fault(
        "nothing to keep",
        [(ONLY_ONE, '      - " "\n')],
        '      - " "', "sections[6].keep[0]", "is empty", "",
    ),
    # The platforms
    Fault(
        "sentence that no message holds",
        [(f"      {FORMS}\n    short", f"      {FORMS} {WORDS}\n    short")],
        "    text: |-", "sections[1].text", "does not fit: a sentence of 754", "into parts",
        before="      It is delivered",
        source_edits=[(FORMS, f"{FORMS} {WORDS}")],
    ),
    Fault(
        "sentence that no message holds, in a part of a part",
        [("released by this process.\n    short", f"released by this process. {WORDS}\n    short")],
        "    text: |-", "sections[5].text", "does not fit: a sentence of 754", "into parts",
        before="      It is important to note that because",
        source_edits=[("released by this process.", f"released by this process. {WORDS}")],
    ),
    Fault(
        "note that no message holds",
        [("    note: >-\n", f"    note: >-\n      {WORDS}\n")],
        "    note: >-", "sections[18].note", "does not fit: a note", "Shorten the note",
    ),
    # Files
    Fault(
        "article that is not there",
        [("file: ldn.source.txt", "file: ldn.txt")],
        "  file:", "source.file", "there is no file 'ldn.txt' here", "beside this file",
    ),
    Fault(
        "article in another folder",
        [("file: ldn.source.txt", "file: ../ldn.source.txt")],
        "  file:", "source.file", "is not in this folder", "beside this file",
    ),
    Fault(
        "article whose name is that of a hidden file",
        [("file: ldn.source.txt", "file: .ldn.txt")],
        "  file:", "source.file", "'.ldn.txt' is passed over", "Begin with a letter",
    ),
    Fault(
        "broken YAML",
        [("    title: Small sample size", "    title: Small: sample size")],
        "    title: Small:", "file", "is not valid YAML", "quotes",
    ),
]  # fmt: skip

BY_NAME = {fault.name: fault for fault in FAULTS}
