"""The shipped article, word for word."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapters import text as plain_text
from adapters.discord import render as discord
from adapters.slack import render as slack
from knowledge.answer import Answer, Kind
from knowledge.article import heading_of_item
from knowledge.compose import Composer
from knowledge.desk import Desks
from knowledge.document import Document, Section, fold
from knowledge.documents import SHIPPED
from knowledge.library import Library
from tests.standins.requirements import need

SOURCE_SHA256 = "44b8547d434a342309d39acf1f6f16de8bcfa5ce872acb250ff053ff6a56d68b"
IDS = (
    "overview", "forms", "overdose-drug", "mechanism", "mechanism.immune", "mechanism.no-relief",
    "mechanism.inflammation", "mechanism.neuroprotection", "status", "reports", "limits",
    "limits.subjectivity", "limits.sample-size", "limits.control", "limits.publication-bias",
    "limits.variability", "clinicians", "decision", "about",
)  # fmt: skip
ORIGINAL = Path(__file__).resolve().parents[2].parent / "shared" / "source" / "sections.json"


@pytest.fixture(scope="module")
def ldn(library: Library) -> Document:
    [document] = library.documents
    return document


@pytest.fixture(scope="module")
def source() -> str:
    return (SHIPPED / "ldn.source.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def original() -> dict[str, Any]:
    """The sections as the article's own description has them, where that is beside the clone."""
    need("contracts", ORIGINAL.is_file(), "../shared/source/sections.json is not here")
    loaded: dict[str, Any] = json.loads(ORIGINAL.read_text(encoding="utf-8"))
    return loaded


def words(text: str) -> str:
    return " ".join(text.split())


# The source


def test_the_source_is_the_published_article_byte_for_byte() -> None:
    content = (SHIPPED / "ldn.source.txt").read_bytes()
    assert hashlib.sha256(content).hexdigest() == SOURCE_SHA256


def test_there_are_nineteen_sections_in_the_articles_order(ldn: Document) -> None:
    assert tuple(section.id for section in ldn.sections) == IDS


def test_ids_titles_parents_and_extents_are_the_originals(
    ldn: Document, original: dict[str, Any]
) -> None:
    def described(section: Section) -> dict[str, Any]:
        return {
            "id": section.id, "parent": section.parent, "title": section.title,
            "start": section.start, "end": section.end, "text": section.text,
        }  # fmt: skip

    assert original["source_sha256"] == SOURCE_SHA256
    assert original["title"] == ldn.title
    assert [described(section) for section in ldn.sections] == original["sections"]


def test_sections_hold_every_word_of_the_article_once_in_order(ldn: Document, source: str) -> None:
    held = " ".join(words(section.text) for section in ldn.sections)
    assert f"{ldn.title} {held}" == words(source)


# What is shown of it


@pytest.mark.parametrize("id", IDS)
def test_a_body_stands_contiguously_in_the_source(desks: Desks, source: str, id: str) -> None:
    answer = desks.first.ask(id)
    assert (answer.kind, answer.section) == (Kind.SECTION, id)
    assert words(answer.body) in words(source)


@pytest.mark.parametrize("id", IDS)
def test_a_body_is_the_section_with_all_its_parts(ldn: Document, id: str) -> None:
    section = ldn.by_id[id]
    family, above = [section.text], {id}
    for other in ldn.sections:
        if other.parent in above:
            above.add(other.id)
            family.append(other.text)
    whole = words(" ".join(family))
    assert whole.endswith(words(section.body))
    left_to_the_title = words(whole.removesuffix(words(section.body)))
    heading = heading_of_item(left_to_the_title) if left_to_the_title else ""
    assert heading is not None, f"more than a list's number and heading: {left_to_the_title!r}"
    assert fold(heading) in fold(section.title)


def test_the_immune_system_is_never_shown_without_its_caution(ldn: Document) -> None:
    caution = ldn.by_id["mechanism.no-relief"].text
    claim = "temporarily blocking opioid receptors"
    showing = [section for section in ldn.sections if claim in words(section.body)]
    assert {section.id for section in showing} == {"mechanism", "mechanism.immune"}
    assert all(words(caution) in words(section.body) for section in showing)


def test_the_caution_is_on_the_same_page_as_what_it_belongs_to(ldn: Document) -> None:
    caution = words(ldn.by_id["mechanism.no-relief"].text)
    for id in ("mechanism", "mechanism.immune"):
        answer = Composer(ldn).section(ldn.by_id[id])
        for page in discord.contents(answer):
            assert ("temporarily blocking" in words(page)) <= (caution in words(page))


# In short, and for the appointment

BRIEFS = ("mechanism", "mechanism.immune", "mechanism.inflammation")
DISCUSS = re.compile(r"\b(weigh|discuss|partner|physician|healthcare provider)", re.IGNORECASE)


def of_a_run(text: str) -> str:
    """Words as they are compared: the article's marks of emphasis are no words."""
    return words(text.replace("**", ""))


def test_what_is_offered_in_short_is_long_and_much_shorter_so(ldn: Document) -> None:
    composer = Composer(ldn)
    briefs = {each.id: brief for each in ldn.sections if (brief := composer.brief(each))}
    assert tuple(briefs) == BRIEFS
    for id, brief in briefs.items():
        assert len(ldn.by_id[id].body) >= 400
        assert len(brief.body) <= 0.8 * len(ldn.by_id[id].body)


@pytest.mark.parametrize("id", BRIEFS)
def test_every_paragraph_in_short_is_a_whole_run_of_the_article_in_its_order(
    desks: Desks, ldn: Document, source: str, id: str
) -> None:
    answer = desks.first.ask(f"short {id}")
    assert (answer.section, answer.topic) == (id, f"short {id}")
    paragraphs = [of_a_run(paragraph) for paragraph in answer.body.split("\n\n")]
    places = [of_a_run(source).index(paragraph) for paragraph in paragraphs]
    assert places == sorted(places)
    assert len(set(places)) == len(places)
    for paragraph in paragraphs:
        assert paragraph in of_a_run(ldn.by_id[id].body)
        assert paragraph[0].isupper()
        assert paragraph[-1] in ".:"


def test_nor_in_short_is_the_immune_system_shown_without_its_caution(ldn: Document) -> None:
    caution = words(ldn.by_id["mechanism.no-relief"].text)
    composer = Composer(ldn)
    for id in ("mechanism", "mechanism.immune"):
        brief = composer.brief(ldn.by_id[id])
        assert brief is not None
        assert "temporarily blocking opioid receptors" in brief.body
        assert caution in brief.body.split("\n\n")
        assert len(discord.contents(brief)) == 1, "it must not fall onto another page"


def test_nor_in_short_is_inflammation_made_the_only_cause_of_pain(ldn: Document) -> None:
    caution = "inflammatory processes are only one of the causes of pain in CRPS"
    for section in ldn.sections:
        brief = Composer(ldn).brief(section)
        if brief and "may reduce inflammation" in brief.body:
            assert caution in brief.body, section.id
    for id in ("mechanism", "mechanism.inflammation"):
        brief = Composer(ldn).brief(ldn.by_id[id])
        assert brief is not None
        assert caution in brief.body


def test_in_short_nothing_is_lost_of_what_is_to_be_discussed_or_kept(ldn: Document) -> None:
    for id in BRIEFS:
        brief = Composer(ldn).brief(ldn.by_id[id])
        assert brief is not None
        for other in ldn.sections:
            if words(other.text) in words(ldn.by_id[id].body):
                for sentence in (*other.discuss, *other.keep):
                    assert sentence in brief.body, (id, other.id)


def test_no_section_whose_slips_need_a_remark_is_offered_without_it(ldn: Document) -> None:
    for section in ldn.sections:
        brief = Composer(ldn).brief(section)
        assert brief is None or brief.note == (section.note or ""), section.id


def test_each_point_for_the_appointment_is_verbatim_under_its_sections_title(
    desks: Desks, ldn: Document, source: str
) -> None:
    answer = desks.first.ask("appointment")
    assert answer.kind is Kind.APPOINTMENT
    points = [line for line in answer.body.splitlines() if line.startswith("- ")]
    by_title = {section.title: section for section in ldn.sections}
    told: list[str] = []
    for point in points:
        match = re.fullmatch(r"- \*\*(.+):\*\* (.+)", point)
        assert match is not None, point
        assert match[2] in words(by_title[match[1]].text)
        assert match[2] in words(source)
        told.append(by_title[match[1]].id)
    assert told == ["mechanism.neuroprotection", "clinicians", "decision", "decision"]


def test_every_sentence_that_speaks_of_weighing_or_discussing_is_among_the_points(
    ldn: Document,
) -> None:
    points = {point for section in ldn.sections for point in section.discuss}
    for section in ldn.sections:
        for sentence in re.split(r"(?<=\.) (?=[A-Z])", words(section.text)):
            if DISCUSS.search(sentence):
                assert sentence.partition(":** ")[2] in points or sentence in points, sentence


def test_how_it_works_is_shown_with_its_three_parts(desks: Desks) -> None:
    answer = desks.first.ask("how does it work")
    assert answer.section == "mechanism"
    parts = ("immune system:**", "Anti-inflammatory effects:**", "Neuroprotection:**")
    for number, heading in enumerate(parts, start=1):
        assert re.search(rf"^{number}\. \*\*[^*]*{re.escape(heading)}", answer.body, re.MULTILINE)


def test_reports_offer_their_limits_first(desks: Desks) -> None:
    assert desks.first.ask("reports").choices[0].topic == "limits"


@pytest.mark.parametrize("section", IDS)
def test_a_short_is_one_verbatim_sentence_of_its_section(
    ldn: Document, source: str, section: str
) -> None:
    short = ldn.by_id[section].short
    assert short in words(ldn.by_id[section].text)
    assert short in words(source)


@pytest.mark.parametrize("id", IDS)
def test_id_title_and_aliases_open_the_section_in_any_writing(
    desks: Desks, ldn: Document, id: str
) -> None:
    section = ldn.by_id[id]
    for name in (section.id, section.title, *section.aliases):
        for typed in (
            name, name.upper(), name.title(), f"  {name}?! ", name.replace("-", " "),
            name.replace(" ", "-"), name.replace(" ", "\n\n"), name.replace(".", " "),
        ):  # fmt: skip
            answer = desks.first.ask(typed)
            assert (answer.kind, answer.section) == (Kind.SECTION, id), typed


@pytest.mark.parametrize("name", ["LDN", "low dose naltrexone", "Low-Dose Naltrexone"])
def test_the_subject_itself_opens_the_overview(desks: Desks, name: str) -> None:
    assert desks.first.ask(name).section == "overview"


# Around it


def test_the_reminder_sends_to_the_specialist(ldn: Document) -> None:
    assert "discuss with your specialist" in ldn.reminder


def test_the_credit_names_publisher_title_year_and_page(ldn: Document) -> None:
    for part in (ldn.source.name, ldn.title, str(ldn.source.year), "https://rsds.org"):
        assert part in ldn.credit


def test_the_terms_are_the_articles_own(ldn: Document, source: str) -> None:
    assert ldn.source.terms in source
    assert ldn.source.url == "https://rsds.org"
    assert ldn.source.year == 2023


def test_a_review_that_is_not_known_is_shown_as_unknown(ldn: Document) -> None:
    body = Composer(ldn).help().body
    for name, day in (("Last reviewed", ldn.last_review), ("Next review", ldn.next_review)):
        assert f"{name}: {day.isoformat() if isinstance(day, date) else 'unknown'}." in body


# The article's own slips


@pytest.fixture(scope="module")
def about(ldn: Document) -> Answer:
    return Composer(ldn).section(ldn.by_id["about"])


def test_slips_stay_as_published_and_the_editor_says_so_beside_them(about: Answer) -> None:
    assert "401(c)3" in about.body
    assert "[donation to support](#)" in about.body
    assert "401(c)3" in about.note


def test_the_dead_link_stays_as_words_and_is_a_link_nowhere(about: Answer) -> None:
    [content] = discord.contents(about)
    message = slack.render(about)
    blocks = json.dumps(message.to_json()["blocks"], ensure_ascii=False)
    for surface in (content, message.text, blocks, plain_text.render(about)):
        assert "tax deductible donation to support our efforts" in surface
        assert "(#)" not in surface
        assert "<#" not in surface
        assert "#|" not in surface


def test_example_questions_name_sections_that_exist(library: Library, ldn: Document) -> None:
    questions = library.questions["ldn"]
    assert set(questions.sections) <= set(IDS)
    for topic in questions.not_covered.values():
        assert set(topic.nearest) <= set(IDS), topic.id
        assert len(set(topic.nearest)) == len(topic.nearest), topic.id


def test_what_is_to_be_dialled_is_a_number(library: Library) -> None:
    for line in library.help_lines:
        assert line.phone is None or re.fullmatch(r"[0-9][0-9 -]*", line.phone), line.name


def test_no_fixed_reply_holds_a_number(library: Library) -> None:
    for topic in library.questions["ldn"].not_covered.values():
        assert not any(sign.isdigit() for sign in topic.text), topic.id
