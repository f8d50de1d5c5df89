"""What is seen of a text's words, as numbers: the same for the same words, and bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.features import Features, letters_of, nearby_features, parts_of, sequence_features
from knowledge.vocabulary import LETTER_LIMIT, WORD_LIMIT, words


@given(st.text(st.characters(), max_size=300).flatmap(lambda text: st.just(text * 20)))
def test_what_is_seen_of_a_text_is_bounded_whatever_it_holds(text: str) -> None:
    read = words(text)
    assert all(len(letters_of(word, (2, 3, 4, 5))) <= 4 * (LETTER_LIMIT + 2) for word in read)
    assert len(sequence_features(parts_of(read), range(1, 3), salt=1)) <= 2 * WORD_LIMIT + 1


def test_nearby_words_are_a_feature_whatever_stands_between_them() -> None:
    def pairs(text: str) -> set[int]:
        return set(nearby_features(parts_of(words(text)), window=3, salt=1))

    assert pairs("water roses") <= pairs("water all my roses")
    assert pairs("water roses").isdisjoint(pairs("water all of my roses"))
    assert pairs("water roses").isdisjoint(pairs("roses water"))


def test_what_one_example_alone_has_is_not_a_feature() -> None:
    features = Features.learn([([1, 2],), ([1, 3],), ([1, 2],)])
    assert len(features) == 2
    assert features.indices([1, 2, 3, 4]).tolist() == [0, 1, 2, 2]


def test_every_view_of_a_text_weighs_the_same() -> None:
    features = Features.learn([([1, 2, 3], [9]), ([1, 2, 3], [9]), ([4], [8])])
    [block] = features.of_all([([1, 2, 3], [9])])
    assert block.values[:3] @ block.values[:3] == pytest.approx(0.5)
    assert block.values[3] ** 2 == pytest.approx(0.5)


def test_many_texts_at_once_are_as_one_by_one() -> None:
    texts = [([1, 2, 2], [9]), ([3], []), ([1, 3, 5], [9, 8]), ([], [])]
    features = Features.learn([*texts, *texts[:3]])
    for views, block in zip(texts, features.of_all(texts), strict=True):
        [alone] = features.of_all([views])
        assert block.indices.tolist() == alone.indices.tolist()
        assert block.values == pytest.approx(alone.values)


def test_a_text_without_known_features_is_empty() -> None:
    for features in (Features.learn([([1],), ([1],)]), Features.learn([])):
        [block] = features.of_all([([7, 8],)])
        assert len(block.indices) == 0
