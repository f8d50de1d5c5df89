"""Long answers and other scripts: dealt out to pages that each are whole, never cut."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.conversation import PostPreview
from adapters.reception import PREVIEW
from adapters.slack import render as slack
from knowledge.answer import Choice
from knowledge.errors import DoesNotFitError
from knowledge.language import LANGUAGES, translator_for
from tests.adapters.surfaces import (
    LONG,
    PLATFORMS,
    SHOWING,
    Surface,
    bodies_of,
    faults_of,
    long_answer,
    pages,
    words,
)
from tests.contracts import slack as slack_contract

AROUND: list[dict[str, Any]] = [
    {},
    {"notice": "Call someone."},
    {"note": "A slip stands here."},
    {"notice": "Call someone.", "note": "A slip stands here.", "plain": True},
    *(
        {
            "notice": "Call someone.",
            "note": "A slip.",
            "reminder_intro": "In English:",
            "language": each,
        }
        for each in LANGUAGES
    ),
]


@pytest.mark.parametrize("around", AROUND, ids=lambda around: " ".join(around))
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_long_answer_is_dealt_out_to_pages_that_each_are_whole(
    surface: Surface, around: dict[str, Any]
) -> None:
    answer = long_answer(**around)
    payloads = pages(surface, answer)
    assert len(payloads) > 3
    bodies = bodies_of(surface, answer, payloads)
    for payload, body in zip(payloads, bodies, strict=True):
        assert faults_of(surface, payload) == []
        assert body.endswith("in its own place.")
        assert re.match(r"Sentence \d+\.0 ", body), "broken within a paragraph"
    assert " ".join(bodies) == words("\n\n".join(LONG))


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_the_pages_of_a_long_answer_lead_to_one_another(surface: Surface) -> None:
    answer = long_answer()
    payloads = pages(surface, answer)
    for number, payload in enumerate(payloads, start=1):
        ways = [way for way in surface.ways_on(payload) if way.verb in SHOWING]
        beside = {way.page for way in ways if way.topic == answer.topic}
        assert beside == {number - 1, number + 1} & set(range(1, len(payloads) + 1))


@pytest.mark.parametrize("page", [-1, 0, 99])
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_page_that_does_not_exist_is_the_nearest_that_does(surface: Surface, page: int) -> None:
    answer = long_answer()
    last = len(pages(surface, answer))
    assert surface.payload(answer, page) == surface.payload(answer, min(max(page, 1), last))


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_paragraph_longer_than_a_page_is_broken_between_its_sentences(surface: Surface) -> None:
    answer = long_answer(body=" ".join(LONG))
    payloads = pages(surface, answer)
    bodies = bodies_of(surface, answer, payloads)
    assert all(body.startswith("Sentence") and body.endswith("place.") for body in bodies)
    assert " ".join(bodies) == words(answer.body)


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_sentence_that_fits_nowhere_is_refused_and_never_cut(surface: Surface) -> None:
    with pytest.raises(DoesNotFitError):
        surface.payload(long_answer(body="word " * 1000), 1)


@pytest.mark.parametrize("script", ["a", "é", "字", "🙂", "&"])
@pytest.mark.parametrize("plain", [False, True])
def test_whatever_is_posted_on_slack_can_be_edited_later(script: str, plain: bool) -> None:
    """Slack posts a text ten times as long as one that it edits."""
    word = script * 40
    answer = long_answer(
        body=" ".join([f"{word} {word}."] * 80), note="A slip. " * 150, plain=plain
    )
    public = slack.render_public(answer)
    assert list(slack_contract.message("chat.update", public)) == []
    for language in LANGUAGES:
        preview = slack.render_post_preview(PostPreview(answer, translator_for(language)(PREVIEW)))
        assert list(slack_contract.message("chat.update", preview.content())) == []


@pytest.mark.parametrize("script", ["字", "🙂", "נ", "é", "*", "&", "_<>"])
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_other_scripts_and_signs_keep_within_the_limits(surface: Surface, script: str) -> None:
    word = script * (60 // len(script))
    answer = long_answer(body=" ".join([f"{word} {word}."] * 80), heading=f"{word} A")
    for payload in pages(surface, answer):
        assert faults_of(surface, payload) == []


TITLES = st.text("abc *_~`<>&|[]()#@!🙂字", min_size=1, max_size=75).map("{}a".format)


@given(
    body=st.text("abc. \n*_~`<>&|[]()#@!-1🙂字\u202e\u0000", max_size=400).map("{} a".format),
    heading=TITLES.map(lambda title: title[:75]),
    label=TITLES.map(lambda title: title[:75]),
    plain=st.booleans(),
)
@settings(max_examples=60)
def test_whatever_an_article_holds_it_is_sent_within_limits_and_pings_nobody(
    body: str, heading: str, label: str, plain: bool
) -> None:
    answer = long_answer(
        body=body,
        heading=heading,
        choices=(Choice("tools", label),),
        next=Choice("winter", label),
        plain=plain,
    )
    for surface in PLATFORMS:
        for payload in pages(surface, answer):
            assert faults_of(surface, payload) == []
