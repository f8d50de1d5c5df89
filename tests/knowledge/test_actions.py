"""Identifiers of buttons say all that they do."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.actions import PATTERN, Action, Button, Verb, buttons, clip, menu_action
from knowledge.answer import Choice, Kind
from knowledge.compose import BRIEF
from knowledge.language import LANGUAGES
from knowledge.tallies import Reason
from tests.documents import watering

ANSWER = watering(
    choices=(Choice("tools", "Tools"),),
    previous=Choice("tools", "Tools"),
    next=Choice("winter", "Winter"),
    related=(
        Choice("short water", "In short"),
        Choice("appointment", "Questions for my specialist"),
    ),
)

COMMANDS = st.from_regex(r"[a-z][a-z0-9-]{0,26}", fullmatch=True)
TOPICS = st.from_regex(r"[a-z0-9]{1,6}([-.][a-z0-9]{1,6}){0,5}", fullmatch=True)
DETAILS = st.from_regex(r"[a-z0-9]{1,21}", fullmatch=True)


@given(
    st.sampled_from(Verb), COMMANDS, TOPICS | st.just(""), st.integers(1, 999),
    DETAILS | st.just(""),
)  # fmt: skip
def test_an_identifier_brings_its_action_back(
    verb: Verb, command: str, topic: str, page: int, detail: str
) -> None:
    action = Action(verb, command, topic, page, detail)
    identifier = action.encode()
    assert PATTERN.fullmatch(identifier)
    assert Action.decode(identifier) == action


LONGEST_COMMAND = "c" * 27
LONGEST_ID = "s" * 40
MESSAGE = "9" * 20
"""As many digits as an id of Discord's can have."""
LONGEST = {
    "a page of a section": Action(Verb.OPEN, LONGEST_COMMAND, LONGEST_ID, 999),
    "a page of a section in short": Action(
        Verb.OPEN, LONGEST_COMMAND, f"{BRIEF} {LONGEST_ID}", 999
    ),
    "a menu": Action(Verb.CHOOSE, LONGEST_COMMAND),
    "a menu of what could be a reply": Action(
        Verb.PREVIEW_REPLY, LONGEST_COMMAND, detail=f"{MESSAGE}n"
    ),
    "a week": Action(Verb.SHOW_WEEK, LONGEST_COMMAND, "2026-11-30"),
    **{
        f"reason {reason}": Action(Verb.REPORT_REASON, LONGEST_COMMAND, LONGEST_ID, detail=reason)
        for reason in Reason
    },
    **{
        f"{verb} as a reply": Action(verb, LONGEST_COMMAND, LONGEST_ID, detail=f"{MESSAGE}n")
        for verb in (Verb.PREVIEW_REPLY, Verb.OPEN, Verb.POST, Verb.POST_AND_PIN, Verb.REPLACE_PIN)
    },
    **{str(verb): Action(verb, LONGEST_COMMAND, LONGEST_ID) for verb in Verb},
}


@pytest.mark.parametrize("action", LONGEST.values(), ids=LONGEST)
def test_the_longest_identifier_fits_where_discord_keeps_it(action: Action) -> None:
    identifier = action.encode()
    assert len(identifier) <= 100
    assert Action.decode(identifier) == action


@pytest.mark.parametrize("verb", list(Verb))
def test_what_is_chosen_in_a_menu_is_what_the_menu_does_with_that_topic(verb: Verb) -> None:
    menu = Action(verb, "ldn", detail="42n")
    assert menu.with_topic("limits") == Action(verb, "ldn", "limits", detail="42n")


@pytest.mark.parametrize(
    "topic", ["menu 2", "topics 12", "mechanism.no-relief", "short mechanism.immune"]
)
def test_pages_of_lists_are_topics_too(topic: str) -> None:
    action = Action(Verb.OPEN, "ldn", topic)
    assert Action.decode(action.encode()) == action


@pytest.mark.parametrize(
    "identifier",
    [
        "", "ldn", "ldn:open", "ldn:open:limits", "ldn:open:limits:0", "ldn:open:limits:01",
        "ldn:open:limits:1000", "ldn:open:limits:1:", "ldn:open:limits:1:2:3",
        "ldn:open:limits:1:N", "ldn:open:limits:1:1 2", f"ldn:post:limits:1:{'9' * 22}",
        "ldn:post:limits:1:１", "ldn:fly:limits:1", "LDN:open:limits:1",
        "ldn:open:LIMITS:1", "ldn:open:limits:1\n", "\nldn:open:limits:1", ":open:limits:1",
        "ldn:open:../../etc/passwd:1", "ldn:open:<@123>:1", f"ldn:open:{'x' * 47}:1",
        "ldn:open:limits:１", "ldn:open:limité:1", f"{'c' * 28}:open:limits:1", "x" * 10_000,
    ],
)  # fmt: skip
def test_what_is_not_ours_is_no_action(identifier: str) -> None:
    assert Action.decode(identifier) is None


@given(st.text())
def test_no_text_breaks_decoding(identifier: str) -> None:
    action = Action.decode(identifier)
    assert action is None or action.encode() == identifier


def test_buttons_lead_to_the_pages_beside_the_neighbours_and_the_menu() -> None:
    through, related = buttons(ANSWER, page=2, pages=3)
    assert [described(button) for button in through] == [
        ("Back to page 1", "open", "water", 1),
        ("Read on: page 3 of 3", "open", "water", 3),
        ("Previous: Tools", "open", "tools", 1),
        ("Next: Winter", "open", "winter", 1),
        ("All topics", "open", "menu", 1),
    ]
    assert [described(button) for button in related] == [
        ("In short", "open", "short water", 1),
        ("Questions for my specialist", "open", "appointment", 1),
        ("Unclear or out of date?", "report", "water", 1),
    ]


def described(button: Button) -> tuple[str, str, str, int]:
    action = button.action
    assert (action.command, action.detail) == ("garden", "")
    return button.label, action.verb.value, action.topic, action.page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("page", "pages"), [(1, 1), (1, 2), (2, 2), (2, 3)])
@pytest.mark.parametrize("topic", ["water", "short water", "menu", "menu 2", "topics", "help"])
def test_each_row_has_at_most_five_buttons_of_which_no_two_anywhere_do_the_same(
    topic: str, page: int, pages: int, language: str
) -> None:
    answer = dataclasses.replace(
        ANSWER,
        topic=topic,
        language=language,
        related=tuple(choice for choice in ANSWER.related if choice.topic != topic),
    )
    rows = buttons(answer, page, pages)
    assert all(len(row) <= 5 for row in rows)
    every = [button for row in rows for button in row]
    identifiers = {button.action.encode() for button in every}
    assert len(identifiers) == len(every)
    assert menu_action(answer).encode() not in identifiers
    assert all(button.label.strip() for button in every)
    assert all("{" not in button.label for button in every)


@pytest.mark.parametrize("topic", ["menu", "topics"])
def test_what_shows_all_topics_offers_no_way_to_all_topics(topic: str) -> None:
    through, related = buttons(dataclasses.replace(ANSWER, topic=topic), 1, 1)
    assert "menu" not in {button.action.topic for button in (*through, *related)}
    assert "All topics" not in {button.label for button in (*through, *related)}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.SECTION])
def test_only_a_section_can_be_said_to_be_unclear(kind: Kind) -> None:
    other = dataclasses.replace(ANSWER, kind=kind, section=None)
    assert Verb.ASK_REASON not in {b.action.verb for row in buttons(other, 1, 1) for b in row}


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("ab cd", 4, "ab…"), ("", 3, ""), ("abcd", 1, "…")],
)
def test_a_label_that_is_too_long_ends_in_an_ellipsis(text: str, limit: int, clipped: str) -> None:
    assert clip(text, limit) == clipped
