"""Every answer that is shipped, on every surface: within limits, whole, and with ways on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from adapters import text as plain_text
from adapters.discord import render as discord
from adapters.slack import render as slack
from knowledge.actions import Verb
from knowledge.answer import Answer, Choice, Kind
from knowledge.compose import Composer
from knowledge.helplines import lines_for
from knowledge.language import ENGLISH, LANGUAGES
from knowledge.library import Library
from knowledge.safety import CrisisKind
from tests.adapters.surfaces import (
    DECORATED_OR_NOT,
    DISCORD,
    EVERY_LANGUAGE,
    PLATFORMS,
    SHOWING,
    SLACK,
    SURFACES,
    Surface,
    bodies_of,
    faults_of,
    pages,
    words,
)


def everything(library: Library, language: str, plain: bool) -> dict[str, Answer]:
    """Every answer in a language, and every one with help lines above it.

    Of the fixed replies, which differ in length alone, all are there as most people read them, and
    otherwise the longest.
    """
    [document] = library.documents
    composer = Composer(document, language)
    replies = list(library.questions[document.command].not_covered.values())
    if plain or language != ENGLISH:
        replies = [max(replies, key=lambda topic: len(topic.title + topic.text))]
    answers = {
        **{each.id: composer.section(each) for each in document.sections},
        **{f"short {each.id}": composer.brief(each) for each in document.sections},
        "appointment": composer.appointment(),
        "menu": composer.menu(),
        "topics": composer.topics(),
        "help": composer.help(),
        "suggestions": composer.suggestions(document.sections[:3]),
        "not covered": composer.not_covered(),
        "not covered, nearest": composer.not_covered(document.sections[-3:]),
        "withdrawn": composer.withdrawn("T" * 75, Choice("limits", "L" * 75)),
    }
    for topic in replies:
        answers[f"refusal of {topic.id}"] = composer.refusal(topic)
    for kind in CrisisKind:
        lines = lines_for(library.help_lines, kind)
        answers[f"crisis of {kind.value}"] = composer.crisis(kind, lines)
    found = {name: replace(answer, plain=plain) for name, answer in answers.items() if answer}
    notice = composer.crisis_notice(lines_for(library.help_lines, CrisisKind.SUICIDE))
    noticed = {
        f"{name}, with help lines above": replace(answer, notice=notice, crisis=True)
        for name, answer in found.items()
        if answer.kind is not Kind.CRISIS
    }
    return found | noticed


@pytest.fixture(scope="module")
def shipped(library: Library) -> dict[tuple[str, bool], dict[str, Answer]]:
    """Everything, by language and by whether it is without decoration."""
    return {
        (language, plain): everything(library, language, plain)
        for language in LANGUAGES
        for plain in (False, True)
    }


Everything = dict[tuple[str, bool], dict[str, Answer]]


@DECORATED_OR_NOT
@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", SURFACES, ids=str)
def test_every_answer_is_whole_and_within_the_limits_of_every_surface(
    shipped: Everything, surface: Surface, language: str, plain: bool
) -> None:
    answers = shipped[language, plain]
    assert len(answers) > 2 * (19 + 3 + 10)
    for name, answer in answers.items():
        foreign = language != ENGLISH and answer.kind is not Kind.CRISIS
        assert bool(answer.reminder_intro) == foreign, name
        payloads = pages(surface, answer)
        for payload in payloads:
            assert faults_of(surface, payload) == [], f"{name}: {payload}"
        bodies = bodies_of(surface, answer, payloads)
        assert " ".join(bodies) == words(plain_text.plain(answer.body)), name


DECORATION = re.compile(r"(?<!\\)[*_~`#]|\]\(|<http")


@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_where_a_community_wants_no_decoration_there_is_none(
    shipped: Everything, surface: Surface, language: str
) -> None:
    for name, answer in shipped[language, True].items():
        for payload in pages(surface, answer):
            text = surface.read(payload)
            assert not DECORATION.search(text), f"{name}: {text}"
            for block in payload.get("blocks", []):
                assert block["type"] in {"section", "actions"}, name
                shown = block.get("text", {}).get("text", "")
                assert not DECORATION.search(shown), f"{name}: {shown}"


@EVERY_LANGUAGE
def test_elsewhere_headings_are_real_headings(shipped: Everything, language: str) -> None:
    for name, answer in shipped[language, False].items():
        heading = plain_text.plain(answer.heading)
        content = DISCORD.read(DISCORD.payload(answer, 1))
        [line] = [line for line in content.splitlines() if line.startswith("#")]
        assert (line[:3], words(line)) == ("## ", words(heading)), name
        headers = [b for b in SLACK.payload(answer, 1)["blocks"] if b["type"] == "header"]
        assert [header["text"]["text"] for header in headers] == [heading], name


@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_every_button_and_option_of_every_answer_leads_to_something(
    library: Library, shipped: Everything, surface: Surface, language: str
) -> None:
    [document] = library.documents
    ids = {section.id for section in document.sections}
    answers = shipped[language, False]
    known = ids | {"menu", "topics", "help", "helplines", "appointment"}
    known |= {name for name in answers if name.startswith("short ") and "," not in name}
    assert len(known) == 19 + 5 + 3
    for name, answer in answers.items():
        for payload in pages(surface, answer):
            for action in surface.ways_on(payload):
                assert action.command == "ldn", name
                assert action.verb in {*SHOWING, Verb.ASK_REASON}, name
                here = ids if action.verb is Verb.ASK_REASON else known | {answer.topic}
                assert action.topic in here, name


def labels_of(payload: dict[str, Any]) -> Iterator[str]:
    """What stands on the buttons of a payload; fails where emoji could alter it."""
    for row in payload.get("components", []):
        yield from (item["label"] for item in row["components"] if item["type"] == 2)
    for block in payload.get("blocks", []):
        for item in block.get("elements", []):
            if item["type"] == "button":
                assert item["text"]["emoji"] is False
                assert item["accessibility_label"] == item["text"]["text"]
                yield item["text"]["text"]


@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_every_button_says_in_words_where_it_leads(
    shipped: Everything, surface: Surface, language: str
) -> None:
    for name, answer in shipped[language, False].items():
        for payload in pages(surface, answer):
            labels = list(labels_of(payload))
            assert len(set(labels)) == len(labels), name
            for label in labels:
                assert re.match(r"[\w¿]", label), f"{name}: {label}"
                assert "{" not in label


@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_only_answers_that_can_be_asked_for_again_have_several_pages(
    shipped: Everything, surface: Surface, language: str
) -> None:
    """Its other pages are reached by asking for its topic."""
    for name, answer in shipped[language, False].items():
        assert answer.topic or len(pages(surface, answer)) == 1, name


@DECORATED_OR_NOT
@EVERY_LANGUAGE
def test_the_blocks_on_slack_say_what_its_text_says(
    shipped: Everything, language: str, plain: bool
) -> None:
    for name, answer in shipped[language, plain].items():
        payload = slack.render(answer).to_json()
        shown = [block["text"]["text"] for block in payload["blocks"] if "text" in block]
        assert words(" ".join(shown)) == words(payload["text"]), name


@EVERY_LANGUAGE
def test_the_points_for_an_appointment_come_as_a_file_that_is_whole(
    shipped: Everything, language: str
) -> None:
    for name, answer in shipped[language, False].items():
        message = discord.render(answer)
        if answer.kind is not Kind.APPOINTMENT:
            assert message.attachments() == [], name
            continue
        [file] = message.attachments()
        assert file.filename.endswith(".txt")
        held = words(file.fp.read().decode("utf-8"))
        parts = [answer.heading, plain_text.plain(answer.body), answer.reminder, answer.credit]
        places = [held.index(words(part)) for part in parts]
        assert places == sorted(places)


@DECORATED_OR_NOT
@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_every_section_is_one_message_in_every_language(
    library: Library, shipped: Everything, surface: Surface, language: str, plain: bool
) -> None:
    for each in library.documents[0].sections:
        for name in (each.id, f"short {each.id}"):
            if answer := shipped[language, plain].get(name):
                assert len(pages(surface, answer)) == 1, name
