"""Models of the files that editors write. The loader validates with them, and the JSON Schema for
editors' programs is made from them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

TITLE_LIMIT = 75
"""Characters of a title, at most: it is also the label of a button, which Slack limits to this."""

ID_LIMIT = 40
"""Characters of a section's id, at most, so that it fits into a button's identifier."""

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=TITLE_LIMIT)]
SectionId = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$", max_length=ID_LIMIT
    ),
]
Alias = Annotated[str, StringConstraints(min_length=1, max_length=100)]


def _each_once(ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(ids)) < len(ids):
        raise PydanticCustomError("twice", "a section is named twice")
    return ids


Sections = Annotated[tuple[SectionId, ...], AfterValidator(_each_once)]
CrisisKind = Literal["suicide", "overdose", "emergency"]
ReviewDate = date | Literal["unknown"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceEntry(_Model):
    """Where the words come from."""

    file: Text = Field(description="The article as published, beside this file.")
    name: Text = Field(description="Who published it.")
    year: int = Field(description="The year of publication.", ge=1900, le=2200, strict=True)
    terms: Text = Field(description="On which terms it may be reproduced.")
    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s<>|]+$", max_length=200)] = Field(
        description="The publisher's page, beginning with https://."
    )


class Review(_Model):
    """When a person last compared the document with its source, and when it is due again."""

    last: ReviewDate = Field(description="A date such as 2026-05-31, or unknown.")
    next: ReviewDate = Field(description="A date such as 2027-05-31, or unknown.")


class SectionEntry(_Model):
    """One section: a run of the article, under a title of its own."""

    id: SectionId = Field(
        description="Lower-case letters, digits, hyphens and dots, such as side-effects. Choose it "
        "to last: links and buttons are made of it."
    )
    title: Title = Field(description="The heading, and the label of its button.")
    parent: SectionId | None = Field(
        default=None, description="The section that this one is a part of, and is shown with."
    )
    text: Text = Field(
        description="The words of the article, character for character. Lines may be wrapped; "
        "an empty line starts a new paragraph."
    )
    short: Text = Field(description="One sentence of this section's text, for a first glance.")
    discuss: tuple[Text, ...] = Field(
        default=(),
        description="Sentences of this section's text that say to weigh or discuss something: "
        "questions for the specialist.",
    )
    keep: tuple[Text, ...] = Field(
        default=(),
        description="Sentences of this section's text that must not be left out where it is shown "
        "in short.",
    )
    aliases: tuple[Alias, ...] = Field(
        default=(), description="Other words that open exactly this section."
    )
    read_next: Sections = Field(default=(), description="Sections to offer first after this one.")
    note: Text | None = Field(
        default=None, description="The editor's own remark, shown behind the text as such."
    )


class DocumentFile(_Model):
    """One document: an article, cut into sections that together cover every sentence of it."""

    title: Title = Field(description="The article's title, as published.")
    command: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,26}$")] = Field(
        description="What people type after the slash: a lower-case letter, then letters, digits, "
        "hyphens."
    )
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")] = Field(
        default="en", description="The language of the article, such as en or es."
    )
    source: SourceEntry
    reminder: Line = Field(description="Shown under every answer: discuss it with your specialist.")
    credit: Line = Field(description="Shown under every answer: who wrote it, and when.")
    reviewed: Review
    aliases: tuple[Alias, ...] = Field(
        default=(), description="Other names of the subject; they open the first section."
    )
    sections: tuple[SectionEntry, ...] = Field(min_length=1)


class NotCoveredEntry(_Model):
    """Something that people ask and the article does not cover."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=110)] = Field(
        description="The topic's name, as in: the article does not cover …"
    )
    advice: bool = Field(
        default=False, description="Whether it asks for personal medical advice.", strict=True
    )
    text: Annotated[str, StringConstraints(min_length=1, max_length=700, strip_whitespace=True)] = (
        Field(description="The fixed reply: what the article does and does not say.")
    )
    nearest: Annotated[Sections, Field(max_length=3)] = Field(
        default=(), description="Up to three sections to offer, best first."
    )
    near_crisis: bool = Field(
        default=False,
        description="Whether some who ask this are in a crisis: the examples then do not teach "
        "the crisis check that such words are ordinary.",
        strict=True,
    )
    questions: tuple[Text, ...] = Field(min_length=1, description="Examples, one a line.")


class QuestionsFile(_Model):
    """What people really type: `NAME.questions.yaml` beside the document `NAME.yaml`."""

    sections: dict[SectionId, tuple[Text, ...]] = Field(
        default_factory=dict, description="Example questions for each section."
    )
    not_covered: dict[SectionId, NotCoveredEntry] = Field(
        default_factory=dict, description="Topics that the article does not cover."
    )
    small_talk: tuple[Text, ...] = Field(default=(), description="Greetings, thanks, tests.")


class CrisisFile(_Model):
    """`crisis.yaml`: words of a crisis, and phrases that only sound like one."""

    explicit: dict[CrisisKind, tuple[Text, ...]]
    ambiguous: tuple[Text, ...]
    traps: tuple[Text, ...]


class HelpLineEntry(_Model):
    """One help line."""

    id: SectionId
    name: Text
    region: Text
    kind: tuple[CrisisKind, ...] = Field(min_length=1)
    phone: Text | None = None
    text: Text | None = None
    url: Text | None = None
    source: Text = Field(description="The official page that the numbers were taken from.")
    verified: date | None = Field(description="When an operator checked it; empty until then.")


class HelpLinesFile(_Model):
    """`helplines.yaml`: whom to call."""

    helplines: tuple[HelpLineEntry, ...] = Field(min_length=1)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a document, for editors whose program completes and checks YAML."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **DocumentFile.model_json_schema(),
    }
