"""Near-duplicates are held out together, so that nothing is judged by its own words."""

from __future__ import annotations

import pytest

from knowledge.training import Example, TokenizedExamples
from knowledge.vocabulary import Vocabulary

ROSES, SAME_ROSES, RAKE = "how do roses survive", "do the roses survive how", "where is the rake"
BOTH = Example(f"{RAKE} {ROSES}", 0, asked=False, wholes=(RAKE, ROSES))
EXAMPLES = [Example(ROSES, 0), Example(SAME_ROSES, 1), Example(RAKE, 1), BOTH, Example("?!", 1)]


@pytest.fixture(scope="module")
def texts() -> TokenizedExamples:
    vocabulary = Vocabulary.of([example.text for example in EXAMPLES])
    return TokenizedExamples.of(EXAMPLES, vocabulary)


def test_what_has_no_words_is_no_example(texts: TokenizedExamples) -> None:
    assert texts.examples == EXAMPLES[:-1]
    assert texts.kinds.tolist() == [0, 1, 1, 0]
    assert texts.asked.tolist() == [True, True, True, False]


@pytest.mark.parametrize("folds", range(2, 9))
def test_the_same_words_in_another_order_are_held_out_together(
    texts: TokenizedExamples, folds: int
) -> None:
    roses, same_roses, rake, both = texts.held_out(folds).T
    assert roses.tolist() == same_roses.tolist()
    assert roses.sum() == rake.sum() == 1, "each is judged once"
    assert both.tolist() == (roses | rake).tolist(), "and never by a part of it"


def test_some_of_the_examples_keep_what_is_known_of_them(texts: TokenizedExamples) -> None:
    chosen = texts.only(texts.asked)
    assert chosen.examples == EXAMPLES[:3]
    assert chosen.held_out(5).tolist() == texts.held_out(5)[:, :3].tolist()
