"""What letters speak for: worked out for known words beforehand, and the same as at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from knowledge.features import Features, letters_of
from knowledge.letters import Letters

LENGTHS = (2, 3)
KNOWN = ("roses", "and", "hammocks")


def runs(text: Sequence[str]) -> list[int]:
    return [run for word in text for run in letters_of(word, LENGTHS)]


FEATURES = Features.learn([(runs([word]),) for word in (*KNOWN, *KNOWN, "rose", "hammock")])
WEIGHTS = np.random.default_rng(1).integers(-99, 99, (len(FEATURES), 4)).astype(np.int16)


def letters(known: Sequence[str] = KNOWN) -> Letters:
    numbers = {word: number for number, word in enumerate(known)}
    return Letters(FEATURES, WEIGHTS, LENGTHS, numbers)


@pytest.mark.parametrize(
    "text",
    [
        ("roses",), ("roses", "and", "roses"), ("roses", "and", "hamocks"), ("rosary",),
        ("zzz", "and"),
    ],
)  # fmt: skip
def test_the_score_is_that_of_all_runs_of_letters_together(text: tuple[str, ...]) -> None:
    block = FEATURES.of((runs(text),))
    assert letters().score(text) == pytest.approx(block.values @ WEIGHTS[block.places], rel=1e-5)


@pytest.mark.parametrize("text", [(), ("zzz",)])
def test_letters_that_no_example_has_speak_for_nothing(text: tuple[str, ...]) -> None:
    assert letters().score(text).tolist() == [0, 0, 0, 0]


def test_a_known_word_speaks_as_it_would_if_it_were_not_known() -> None:
    text = ("roses", "and", "hammocks")
    assert letters(known=()).score(text) == pytest.approx(letters().score(text), rel=1e-5)


def test_what_was_worked_out_is_taken_up_again() -> None:
    numbers = {word: number for number, word in enumerate(KNOWN)}
    sums = np.ones_like(letters().sums)
    again = Letters(FEATURES, WEIGHTS, LENGTHS, numbers, sums)
    assert again.score(("roses",)).tolist() == [1, 1, 1, 1]


def test_sums_of_other_words_are_not_taken() -> None:
    numbers = {word: number for number, word in enumerate(KNOWN)}
    with pytest.raises(ValueError, match="do not fit"):
        Letters(FEATURES, WEIGHTS, LENGTHS, numbers, letters().sums[:-1])
