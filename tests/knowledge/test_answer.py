"""An answer is never bare."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from knowledge.answer import Answer, Choice
from tests.documents import watering


def answer(**changes: Any) -> Answer:
    """An answer with two topics to read next."""
    choices = (Choice("tools", "Tools"), Choice("winter", "Winter"))
    return watering(**{"choices": choices, **changes})


@pytest.mark.parametrize("part", ["heading", "body", "reminder", "credit"])
@pytest.mark.parametrize("nothing", ["", " ", "\n\t"])
def test_an_answer_without_one_of_its_parts_cannot_be(part: str, nothing: str) -> None:
    with pytest.raises(ValueError, match=f"an answer needs a {part}"):
        answer(**{part: nothing})


def test_an_answer_cannot_be_stripped_later() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer().reminder = ""  # type: ignore[misc]
    with pytest.raises(ValueError, match="reminder"):
        dataclasses.replace(answer(), reminder="")


def test_as_json_it_has_the_keys_of_the_command_line_in_their_order() -> None:
    written = json.loads(json.dumps(answer(crisis=True).to_json()))
    assert list(written) == [
        "kind", "section", "heading", "body", "reminder", "credit", "choices", "crisis",
    ]  # fmt: skip
    assert written["kind"] == "section"
    assert written["choices"] == ["tools", "winter"]
    assert written["crisis"] is True


def test_what_stands_around_an_answer_on_a_platform_is_no_part_of_its_json() -> None:
    dressed = answer(
        related=(Choice("short water", "In short"),),
        not_covered="x",
        reminder_intro="In words:",
        plain=True,
    )
    assert dressed.to_json() == answer().to_json()


def test_equal_answers_are_one_key_of_a_cache() -> None:
    assert hash(answer()) == hash(answer())
    assert answer() == answer()
