"""What is seen of a text's words, as numbers: the same for the same words, and bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.features import Features, letters_of, nearby_features, parts_of, sequence_features
from knowledge.search import SEARCH_VIEWS
from knowledge.vocabulary import LETTER_LIMIT, WORD_LIMIT, words


@given(st.text(st.characters(), max_size=300).flatmap(lambda text: st.just(text * 20)))
def test_what_is_seen_of_a_text_is_bounded_whatever_it_holds(text: str) -> None:
    read = words(text)
    runs = SEARCH_VIEWS.letter_runs
    assert all(len(letters_of(word, runs)) <= len(runs) * (LETTER_LIMIT + 2) for word in read)
    assert len(sequence_features(parts_of(read), range(1, 3), salt=1)) <= 2 * WORD_LIMIT + 1


def test_nearby_words_are_a_feature_whatever_stands_between_them() -> None:
    def pairs(text: str) -> set[int]:
        return set(nearby_features(parts_of(words(text)), window=3, salt=1))

    assert pairs("water roses") <= pairs("water all my roses")
    assert pairs("water roses").isdisjoint(pairs("water all of my roses"))
    assert pairs("water roses").isdisjoint(pairs("roses water"))


def test_what_one_example_alone_has_is_not_a_feature() -> None:
    features, _ = Features.learn([([1, 2, 3, 3],), ([1, 4],), ([1, 2],)])
    assert len(features) == 2
    assert features.known([1, 2, 3, 4, 5]) == [0, 1]


def test_what_many_examples_have_is_worth_less() -> None:
    features, _ = Features.learn([([1, 2],), ([2],), ([2, 1],)])
    assert features.worth[1] < features.worth[0]


def test_every_view_of_a_text_weighs_the_same() -> None:
    _, vectors = Features.learn([([1, 2, 3], [9]), ([1, 2, 3], [9]), ([4], [8])])
    values = vectors[0].values
    assert values[:3] @ values[:3] == pytest.approx(0.5)
    assert values[3] ** 2 == pytest.approx(0.5)


VIEWS = st.tuples(*[st.lists(st.integers(0, 9), max_size=6)] * 2)


@given(st.lists(VIEWS, max_size=8))
def test_the_vector_of_a_text_holds_what_is_known_of_it(texts: list[tuple[list[int], ...]]) -> None:
    features, vectors = Features.learn(texts)
    for views, vector in zip(texts, vectors, strict=True):
        known = [features.known(view) for view in views]
        assert vector.indices.tolist() == [at for view in known for at in view]
        of_view = [features.worth[view] / np.linalg.norm(features.worth[view]) for view in known]
        assert vector.values == pytest.approx(np.concatenate(of_view) / np.sqrt(len(views)))


def test_a_text_without_known_features_is_empty() -> None:
    for texts in ([([7, 8],)], [([],)], [([1],), ([1],), ([7, 8],)]):
        _, vectors = Features.learn(texts)
        assert len(vectors[-1].indices) == len(vectors[-1].values) == 0
