"""Plain text alone is complete, and has no markup in it."""

from __future__ import annotations

from typing import Any

import pytest

from adapters import text
from knowledge.answer import Answer, Choice, Kind
from knowledge.language import LANGUAGES
from tests.documents import watering

BODY = "1. **When:** In the *morning*.\n2. **Where:** At the [roots](https://a.example)."


def answer(**changes: Any) -> Answer:
    """An answer with every kind of mark."""
    return watering(**{"body": BODY, "credit": "Source: https://b.example.", **changes})


def test_heading_body_reminder_and_credit_stand_in_this_order() -> None:
    assert text.render(answer()) == (
        "Watering\n\n"
        "1. When: In the morning.\n2. Where: At the roots (https://a.example).\n\n"
        "Please ask your own gardener.\n\n"
        "Source: https://b.example."
    )


def test_help_lines_come_first_and_the_editors_remark_behind_the_body() -> None:
    rendered = text.render(answer(notice="Call someone.", note="A slip stands here."))
    paragraphs = rendered.split("\n\n")
    assert paragraphs[0] == "Call someone."
    assert paragraphs[3] == "Editor's note: A slip stands here."
    assert paragraphs[4] == "Please ask your own gardener."


def test_what_leads_to_the_reminder_stands_before_it_in_its_paragraph() -> None:
    rendered = text.render(answer(reminder_intro="The article is in English:"))
    assert rendered.split("\n\n")[2] == ("The article is in English: Please ask your own gardener.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_remark_is_said_to_be_the_editors_in_the_readers_language(language: str) -> None:
    led = text.note(answer(note="A *slip*.", language=language), "A slip.")
    assert led.endswith("A slip.")
    assert len(led) > len("A slip.")
    assert "{" not in led
    assert text.note(answer(language=language), "") == ""


def test_signs_of_a_template_in_a_remark_are_signs() -> None:
    assert text.render(answer(note="A {slip} of 100 %.")).count("A {slip} of 100 %.") == 1


def test_without_decoration_the_plain_text_is_the_same() -> None:
    assert text.render(answer(plain=True)) == text.render(answer())


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("**bold** and *leaning*", "bold and leaning"),
        ("[words](https://a.example)", "words (https://a.example)"),
        ("[words](#)", "words"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("one\nline", "one line"),
        ("two\n\nparagraphs", "two\n\nparagraphs"),
        ("- a\n- b", "- a\n- b"),
        ("2 * 3 < 7 & 1", "2 * 3 < 7 & 1"),
        ("", ""),
    ],
)
def test_marks_go_and_words_stay(markdown: str, words: str) -> None:
    assert text.plain(markdown) == words


def test_on_a_terminal_what_can_be_typed_next_is_named() -> None:
    offered = answer(choices=(Choice("tools", "Tools"), Choice("winter", "Winter")))
    assert text.next_steps(offered).splitlines()[1:] == ["  tools", "  winter"]


def test_a_menu_names_no_next_steps_for_it_is_one() -> None:
    menu = answer(kind=Kind.MENU, section=None, choices=(Choice("tools", "Tools"),))
    assert text.next_steps(menu) == ""
    assert text.next_steps(answer()) == ""
