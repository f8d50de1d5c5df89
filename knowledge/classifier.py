"""A linear classifier: how likely is each of several classes, called kinds, for a text.

It is softmax regression (multinomial logistic regression). Every kind has a weight for each
feature; the sum of a text's weights is the kind's score, and `softmax` turns the scores into
probabilities. The weights are learned by gradient descent over a few passes, in batches, with
steps that become smaller the more a feature was corrected (AdaGrad), so that frequent features
settle and rare ones still count.

On the examples that were learned from, probabilities are too high. So `calibrate` fits them to
examples that were held out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.features import FeatureVector

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

BATCH = 32
"""Examples in one batch."""

_PENALTY, _SMALLEST_STEP = 1e-3, 1e-6


@dataclass(frozen=True, slots=True)
class Training:
    """The parameters of learning; the best values were found by cross-validation."""

    passes: int = 3
    """Passes over all examples (epochs)."""
    rate: float = 1.5
    """The initial learning rate."""
    decay: float = 0.0
    """Weight decay: the share of its weights that a feature loses each time it occurs. Useful if
    the texts in use differ much from the examples."""
    averaged: int = 1
    """The number of last passes whose weights are averaged, which reduces chance."""


def train(
    texts: Sequence[FeatureVector],
    labels: Integers,
    kinds: int,
    features: int,
    learned: Flags,
    training: Training,
) -> Floats:
    """Learn the weights of several models at once, since they share most of the work.

    Args:
        texts: the examples.
        labels: the kind of each example.
        kinds: the number of kinds.
        features: the number of features.
        learned: for each model (a row), the examples that it may learn from.
        training: the parameters.

    Returns:
        The weights: models by features by kinds.
    """
    models = len(learned)
    if not features:
        return np.zeros((models, 0, kinds), dtype=np.float32)
    # A feature's weights for all models and kinds lie side by side: they are used together.
    weights = np.zeros((features, models * kinds), dtype=np.float32)
    corrected = np.full((features, models), 1e-3, dtype=np.float32)
    rng = np.random.default_rng(0)
    shuffled = rng.permutation(len(texts))
    batches = [
        _Batch.of(shuffled[start : start + BATCH], texts) for start in range(0, len(texts), BATCH)
    ]
    total = np.zeros_like(weights)
    for done in range(training.passes):
        for number in rng.permutation(len(batches)):
            batch = batches[number]
            values = batch.matrix()
            current = weights.take(batch.features, axis=0)
            error = _softmax((values @ current).reshape(-1, models, kinds))
            error[np.arange(len(error)), :, labels[batch.texts]] -= 1
            error *= learned[:, batch.texts].T[:, :, None]
            slope = values.T @ error.reshape(len(error), -1)
            by_model = slope.reshape(-1, models, kinds)
            squares = corrected.take(batch.features, axis=0)
            squares += np.einsum("fmk,fmk->fm", by_model, by_model)
            corrected[batch.features] = squares
            by_model *= (training.rate / np.sqrt(squares))[:, :, None]
            current -= slope
            if training.decay:
                current *= 1 - training.decay
            weights[batch.features] = current
        if done >= training.passes - training.averaged:
            total += weights
    total /= training.averaged
    return np.ascontiguousarray(total.reshape(-1, models, kinds).transpose(1, 0, 2))


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some of the texts as a matrix of texts by features, of which only what is not 0 is kept.

    The whole matrix is made each time that it is used: all of them together would need gigabytes.
    """

    texts: Integers
    features: Integers
    places: NDArray[np.int32]
    values: Floats

    @classmethod
    def of(cls, numbers: Integers, texts: Sequence[FeatureVector]) -> _Batch:
        blocks = [texts[number] for number in numbers]
        features, columns = np.unique(
            np.concatenate([block.indices for block in blocks]), return_inverse=True
        )
        rows = np.repeat(np.arange(len(blocks)), [len(block.indices) for block in blocks])
        return cls(
            texts=numbers,
            features=features,
            places=(rows * len(features) + columns).astype(np.int32),
            values=np.concatenate([block.values for block in blocks]),
        )

    def matrix(self) -> Floats:
        """The values: texts by features; those of a feature that a text has twice are added."""
        size = len(self.texts) * len(self.features)
        values = np.bincount(self.places, self.values, minlength=size)
        return values.astype(np.float32).reshape(len(self.texts), -1)


def score(texts: Sequence[FeatureVector], weights: Floats) -> Floats:
    """The scores of the texts: texts by kinds."""
    scores = [text.values @ weights[text.indices] for text in texts]
    # For no texts as well, the shape is texts by kinds.
    return np.array(scores, dtype=np.float32).reshape(len(texts), weights.shape[1])


def _softmax(scores: Floats) -> Floats:
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities in proportion to e to the power of each score, along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: NDArray[np.float64] = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def softmax_of_one(scores: Sequence[float]) -> list[float]:
    """As `softmax`, for the scores of a single text; NumPy would take twice as long for so few."""
    highest = max(scores)
    shifted = [math.exp(score - highest) for score in scores]
    total = sum(shifted)
    return [each / total for each in shifted]


def calibrate(inputs: NDArray[np.float64], labels: Integers) -> NDArray[np.float64]:
    """The factors that turn inputs (texts by kinds by inputs) into scores for `softmax`.

    They maximise the likelihood of the labels, and are found by Newton's method. A small penalty
    keeps them finite if the examples can be separated without any error.
    """
    n, _, parts = inputs.shape
    size = np.abs(inputs).mean(axis=(0, 1))
    scale = np.where(size > 0, size, 1)
    inputs = inputs / scale
    right = inputs[np.arange(n), labels].sum(axis=0)

    def loss(factors: NDArray[np.float64]) -> float:
        scores = inputs @ factors
        top = scores.max(axis=1)
        total = np.log(np.exp(scores - top[:, None]).sum(axis=1)) + top
        return float(total.sum() - right @ factors + factors @ factors / 2 * _PENALTY)

    factors = np.zeros(parts)
    least = loss(factors)
    for _ in range(50):
        probabilities = softmax(inputs @ factors)
        mean = np.einsum("nk,nkp->np", probabilities, inputs)
        slope = right - mean.sum(axis=0) - _PENALTY * factors
        second = np.einsum("nk,nkp,nkq->pq", probabilities, inputs, inputs, optimize=True)
        curve = second - mean.T @ mean + _PENALTY * np.eye(parts)
        step = np.linalg.solve(curve, slope)
        while (now := loss(factors + step)) > least and np.abs(step).max() > _SMALLEST_STEP:
            step /= 2
        if now > least or np.abs(step).max() < _SMALLEST_STEP:
            break
        factors, least = factors + step, now
    result: NDArray[np.float64] = factors / scale
    return result
