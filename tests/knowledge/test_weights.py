"""What a text speaks for: a sum over all that is seen of it, each view weighing the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from knowledge.features import Features, letters_of
from knowledge.weights import WeightTable

LENGTHS = (2, 3)
KNOWN = ("roses", "and", "hammocks")
KINDS = 4

Views = Sequence[Sequence[int]]


def runs(text: Sequence[str]) -> list[int]:
    return [run for word in text for run in letters_of(word, LENGTHS)]


EXAMPLES = [([1, 2, 3], [9], runs([word])) for word in (*KNOWN, "rose", "hammock")]
FEATURES, _ = Features.learn([*EXAMPLES, *EXAMPLES[:3]])
WEIGHTS = np.random.default_rng(1).normal(size=(len(FEATURES), KINDS)).astype(np.float32)
OFFSETS = np.array([0.5, 0, -2, 1])


def table(known: Sequence[str] = KNOWN) -> WeightTable:
    return WeightTable.learn(FEATURES, numbered(known), LENGTHS, WEIGHTS, OFFSETS)


def numbered(words: Sequence[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(words)}


@pytest.mark.parametrize("views", [(), ([1, 2],), ([3, 1, 1], []), ([77], [9, 2]), ([], [])])
@pytest.mark.parametrize(
    "text",
    [
        (), ("roses",), ("roses", "and", "roses"), ("roses", "and", "hamocks"), ("rosary",),
        ("zzz", "and"), ("zzz",),
    ],
)  # fmt: skip
def test_a_score_is_the_sum_over_all_that_is_known_of_each_view(
    text: tuple[str, ...], views: Views
) -> None:
    expected = OFFSETS.copy()
    for view in (*views, runs(text)):
        if known := FEATURES.known(view):
            values = FEATURES.worth[known] / np.linalg.norm(FEATURES.worth[known])
            expected += values @ WEIGHTS[known] / np.sqrt(len(views) + 1)
    assert table().score(text, views) == pytest.approx(expected, rel=2e-3, abs=2e-3)


def test_what_no_example_has_speaks_for_nothing() -> None:
    assert table().score(("zzz",), ([77], [])) == OFFSETS.tolist()


def test_a_known_word_speaks_as_it_would_if_it_were_not_known() -> None:
    text = ("roses", "and", "hammocks")
    assert table(known=()).score(text, ([1],)) == pytest.approx(
        table().score(text, ([1],)), rel=2e-3, abs=2e-3
    )


def test_where_nothing_was_learned_nothing_speaks() -> None:
    nothing = np.zeros((0, KINDS), np.float32)
    empty = WeightTable.learn(Features.learn([])[0], {}, LENGTHS, nothing, OFFSETS)
    assert empty.score(("roses",), ([1], [2])) == OFFSETS.tolist()


def test_a_table_comes_back_from_its_arrays() -> None:
    again = WeightTable.from_arrays(table().to_arrays(), numbered(KNOWN), LENGTHS)
    assert again.kinds == KINDS
    assert again.score(KNOWN, ([1],)) == table().score(KNOWN, ([1],))


def test_rows_of_other_words_are_not_taken() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        WeightTable.from_arrays(table().to_arrays(), numbered(KNOWN[:-1]), LENGTHS)
