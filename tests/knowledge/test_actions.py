"""Identifiers of buttons say all that they do."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.actions import PATTERN, Action, Verb, buttons, clip, menu_action
from knowledge.answer import Answer, Choice, Kind

ANSWER = Answer(
    kind=Kind.SECTION,
    command="garden",
    topic="water",
    heading="Watering",
    body="Water the beds.",
    reminder="Please ask your own gardener.",
    credit="Source: The Garden Club.",
    previous=Choice("tools", "Tools"),
    next=Choice("winter", "Winter"),
)

COMMANDS = st.from_regex(r"[a-z][a-z0-9-]{0,26}", fullmatch=True)
TOPICS = st.from_regex(r"[a-z0-9]{1,8}([-.][a-z0-9]{1,8}){0,5}", fullmatch=True)


@given(st.sampled_from(Verb), COMMANDS, TOPICS | st.just(""), st.integers(1, 9999))
def test_an_identifier_brings_its_action_back(
    verb: Verb, command: str, topic: str, page: int
) -> None:
    action = Action(verb, command, topic, page)
    identifier = action.encode()
    assert len(identifier) <= 100
    assert PATTERN.fullmatch(identifier)
    assert Action.decode(identifier) == action


@pytest.mark.parametrize("verb", list(Verb))
def test_the_longest_identifier_fits_where_discord_keeps_it(verb: Verb) -> None:
    assert len(Action(verb, "c" * 27, "t" * 60, 9999).encode()) <= 100


@pytest.mark.parametrize("topic", ["menu 2", "topics 12", "mechanism.no-relief"])
def test_pages_of_lists_are_topics_too(topic: str) -> None:
    action = Action(Verb.OPEN, "ldn", topic)
    assert Action.decode(action.encode()) == action


@pytest.mark.parametrize(
    "identifier",
    [
        "", "ldn", "ldn:open", "ldn:open:limits", "ldn:open:limits:0", "ldn:open:limits:01",
        "ldn:open:limits:99999", "ldn:open:limits:1:2", "ldn:fly:limits:1", "LDN:open:limits:1",
        "ldn:open:LIMITS:1", "ldn:open:limits:1\n", "\nldn:open:limits:1", ":open:limits:1",
        "ldn:open:../../etc/passwd:1", "ldn:open:<@123>:1", f"ldn:open:{'x' * 61}:1",
        "ldn:open:limits:１", "ldn:open:limité:1", "x" * 10_000,
    ],
)  # fmt: skip
def test_what_is_not_ours_is_no_action(identifier: str) -> None:
    assert Action.decode(identifier) is None


@given(st.text())
def test_no_text_breaks_decoding(identifier: str) -> None:
    action = Action.decode(identifier)
    assert action is None or action.encode() == identifier


def test_buttons_lead_to_the_pages_beside_the_neighbours_and_the_menu() -> None:
    row = buttons(ANSWER, page=2, pages=3)
    assert [(b.label, b.action.topic, b.action.page) for b in row[:5]] == [
        ("Back to page 1", "water", 1),
        ("Read on: page 3 of 3", "water", 3),
        ("Previous: Tools", "tools", 1),
        ("Next: Winter", "winter", 1),
        ("All topics", "menu", 1),
    ]


@pytest.mark.parametrize(("page", "pages"), [(1, 1), (1, 2), (2, 2), (2, 3)])
@pytest.mark.parametrize("topic", ["water", "menu", "menu 2", "topics", "help"])
def test_one_page_has_at_most_five_buttons_of_which_no_two_do_the_same(
    topic: str, page: int, pages: int
) -> None:
    row = buttons(dataclasses.replace(ANSWER, topic=topic), page, pages)
    assert len(row) <= 5
    identifiers = {button.action.encode() for button in row}
    assert len(identifiers) == len(row)
    assert menu_action(ANSWER).encode() not in identifiers
    assert all(button.label.strip() for button in row)


def test_the_menu_itself_offers_no_way_to_itself() -> None:
    row = buttons(dataclasses.replace(ANSWER, topic="menu"), 1, 1)
    assert "menu" not in {button.action.topic for button in row}


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("ab cd", 4, "ab…"), ("", 3, ""), ("abcd", 1, "…")],
)
def test_a_label_that_is_too_long_ends_in_an_ellipsis(text: str, limit: int, clipped: str) -> None:
    assert clip(text, limit) == clipped
