"""What editors are shown of a document: coverage, use of limits, and explanations."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from adapters.discord import render as discord
from adapters.slack import render as slack
from adapters.web.coverage import coverage
from adapters.web.explanation import explain
from adapters.web.page_state import PageState, TypedCommand
from adapters.web.usage import limit_usage
from bot import preview
from knowledge.actions import Action, Verb
from knowledge.desk import Desks
from knowledge.markup import length
from knowledge.posts import Platform
from knowledge.search import Outcome
from tests.documents import GARDEN, open_folder, section, write_document


def test_every_sentence_of_the_shipped_article_is_in_the_section_that_holds_it(
    desks: Desks,
) -> None:
    document = desks.first.document
    found = coverage(document)
    assert found.left_out == 0
    assert [run.section for run in found.runs if run.section] == list(document.sections)
    for run in found.runs:
        for sentence in run.sentences:
            words = " ".join(run.section.text.split()) if run.section else document.title
            assert sentence.text in words
            assert sentence.is_title == (run.section is None)
    told = [word for run in found.runs for each in run.sentences for word in each.text.split()]
    assert told == document.article.split()


def test_a_sentence_that_is_in_no_section_is_counted(tmp_path: Path) -> None:
    [desk] = open_folder(write_document(tmp_path / "documents").parent).values()
    document = desk.document
    short = dataclasses.replace(document, sections=document.sections[1:])
    found = coverage(short)
    assert found.left_out == 2
    assert [each.text for each in found.runs[0].sentences][1:] == [
        "Water the beds in the morning.",
        "Never at noon.",
    ]


def test_usage_is_that_of_the_fullest_page(tmp_path: Path) -> None:
    long = [section("long", "Long", *(f"Row {row} of cabbages. " * 30 for row in range(20)))]
    [desk] = open_folder(write_document(tmp_path, [*GARDEN, *long]).parent).values()
    answer = desk.lookup("long")
    assert answer is not None
    on_slack, on_discord = (
        limit_usage(answer, renderer) for renderer in (preview._slack(), preview._discord())
    )
    pages = discord.contents(answer)
    assert on_discord.pages == len(pages) > 1
    assert [(each.used, each.limit) for each in on_discord.measurements] == [
        (max(map(length, pages)), discord.CONTENT_LIMIT)
    ]
    assert on_slack.pages > 1
    measured = {each.what: each for each in on_slack.measurements}
    assert measured["longest block"].limit == slack.SECTION_LIMIT
    assert measured["longest block"].used > slack.SECTION_LIMIT / 2
    assert measured["heading"].used == len("Long")
    assert all(
        0 < each.percent <= 100 for each in (*on_slack.measurements, *on_discord.measurements)
    )


@pytest.mark.parametrize(
    ("question", "decided_by"),
    [
        ("forms", "name"),
        ("i want to kill myself", "crisis"),
        ("does it help with inflammation", "search"),
        ("how much does a horse weigh", "search"),
        ("is it worth the trouble", "search"),
    ],
)
def test_the_explanation_is_that_of_the_answer(
    question: str, decided_by: str, desks: Desks
) -> None:
    why = explain(desks.first, question)
    assert why.decided_by == decided_by
    assert why.answer == desks.first.ask(question)
    assert why.expected[0][0] is why.ranking.outcome
    assert {outcome for outcome, _ in why.expected} == set(Outcome)
    if decided_by == "search" and why.ranking.outcome is Outcome.ANSWER:
        assert why.answer.section == why.ranking.candidates[0].id


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how is it taken", TypedCommand("ldn", "how is it taken")),
        ("/ldn how is it taken", TypedCommand("ldn", "how is it taken")),
        ("/ldn", TypedCommand("ldn", "")),
        ("/ldn-mod pins", TypedCommand("ldn", "pins", to_moderate=True)),
        ("/other words", TypedCommand("ldn", "/other words")),
    ],
)
def test_what_is_typed_is_read_as_a_platform_would(
    typed: str, meant: TypedCommand, desks: Desks
) -> None:
    assert TypedCommand.of(typed, desks) == meant


def test_what_a_request_says_wrong_is_left_out() -> None:
    state = PageState.of({"language": "tlh", "theme": "pink", "role": "king", "question": b"x"})
    assert state == PageState(
        plain=False,
        showing=dict.fromkeys(Platform, ""),
        choices=dict.fromkeys(Platform, ""),
    )


def test_what_is_chosen_in_a_menu_comes_with_its_press() -> None:
    state = PageState.of({"choice-slack": "forms"})
    menu = Action(Verb.CHOOSE, "ldn")
    assert state.pressed(Platform.SLACK, menu.encode()) == menu.with_topic("forms")
    share = Action(Verb.PREVIEW_SHARE, "ldn", "overview")
    assert state.pressed(Platform.SLACK, share.encode()) == share
