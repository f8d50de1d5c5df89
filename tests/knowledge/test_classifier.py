"""Weights are learned from examples, as steadily as they are asked to be."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.classifier import Floats, Training, score, train
from knowledge.features import FeatureVector

TEXTS = [
    FeatureVector(np.array(places, dtype=np.int64), np.ones(len(places), dtype=np.float32))
    for places in ([0, 1], [0, 2], [3, 1], [3, 2])
] * 10
LABELS = np.array([0, 0, 1, 1] * 10, dtype=np.int64)
EVERY = np.ones((1, len(TEXTS)), dtype=np.bool_)


def learned(training: Training) -> Floats:
    weights: Floats = train(TEXTS, LABELS, 2, 4, EVERY, training)[0]
    return weights


def test_a_feature_speaks_for_the_kind_that_it_occurs_in() -> None:
    weights = learned(Training())
    assert weights[0, 0] > weights[0, 1]
    assert weights[3, 1] > weights[3, 0]


def test_weights_that_decay_stay_smaller() -> None:
    assert np.abs(learned(Training(decay=0.1))).sum() < np.abs(learned(Training())).sum()


def test_the_last_passes_are_averaged() -> None:
    each = [learned(Training(passes=passes)) for passes in (2, 3)]
    together = learned(Training(passes=3, averaged=2))
    assert together == pytest.approx(np.mean(each, axis=0), abs=1e-6)


def test_no_texts_have_no_scores_of_every_kind() -> None:
    assert score([], np.zeros((4, 2), dtype=np.float32)).shape == (0, 2)
