"""A linear classifier: which of several kinds is this text, and how sure can one be.

It is ridge regression (regularised least squares), one against the rest: every kind gets a
weight for each feature, such that the sum of a text's weights is near 1 for the kind that the
text belongs to and near 0 for all others. It has one solution, found without luck or tuning.

Sums near 1 are not yet probabilities. To learn what a sum is worth, the examples are dealt into
folds, and each fold is judged by weights learned from the other folds (cross-validation): as if
its examples were questions never seen before. `calibrate` fits probabilities to those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from knowledge.features import Block

Matrix = NDArray[np.float32]
Integers = NDArray[np.int64]

FOLDS = 5
_PENALTY, _SMALLEST_STEP = 1e-3, 1e-6
_CHUNK = 512
_SMALL_WORDS = frozenset(
    ["a", "an", "the", "of", "to", "in", "for", "is", "it", "do", "does", "i", "my", "me", "can", "be", "on", "with", "and", "or", "this", "that", "are", "you"]
)


@dataclass(frozen=True, slots=True)
class Trained:
    """Weights (features by kinds), and what cross-validation gave each example (by kinds)."""

    weights: Matrix
    unseen: Matrix


def train(
    texts: Sequence[Block],
    labels: Integers,
    kinds: int,
    folds: Integers,
    *,
    width: int,
    ridge: float = 0.3,
) -> Trained:
    """Learn the weights, and judge every fold by weights learned without it.

    `labels` and `folds` have a number per text: its kind, and the fold that it is in.
    """
    n = len(texts)
    target = np.zeros((n, kinds), dtype=np.float32)
    target[np.arange(n), labels] = 1
    gram = np.zeros((n, n), dtype=np.float32)
    rows = np.repeat(np.arange(n), [len(text.buckets) for text in texts])
    columns = np.concatenate([text.buckets for text in texts])
    values = np.concatenate([text.values for text in texts])
    order = np.argsort(columns, kind="stable")
    rows, columns, values = rows[order], columns[order], values[order]
    for start in range(0, width, _CHUNK):
        first, last = np.searchsorted(columns, (start, start + _CHUNK))
        block = np.zeros((n, _CHUNK), dtype=np.float32)
        np.add.at(block, (rows[first:last], columns[first:last] - start), values[first:last])
        gram += block @ block.T
    gram[np.diag_indices(n)] += ridge
    unseen = np.zeros((n, kinds), dtype=np.float32)
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if not len(inside) or not len(outside):
            continue
        part = np.linalg.solve(gram[np.ix_(outside, outside)], target[outside])
        unseen[inside] = gram[np.ix_(inside, outside)] @ part
    support = np.linalg.solve(gram, target)
    weights = np.zeros((width, kinds), dtype=np.float32)
    for kind in range(kinds):
        weights[:, kind] = np.bincount(
            columns, weights=values * support[rows, kind], minlength=width
        )
    return Trained(weights, unseen)


def fold_of(text: Sequence[str]) -> int:
    """Near-duplicates (the same words in any order, without the small ones) share a fold."""
    key = sorted({word for word in text if word not in _SMALL_WORDS} or set(text))
    return crc32(" ".join(key).encode()) % FOLDS


def softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities in proportion to e to the power of each score, along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True), dtype=np.float64)
    result: NDArray[np.float64] = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def calibrate(inputs: NDArray[np.float64], labels: Integers) -> NDArray[np.float64]:
    """The factors which turn inputs (texts by kinds by inputs) into scores for `softmax`.

    Found by Newton's method: the factors under which the right kinds were the most likely.
    A small penalty keeps them finite when the examples can be told apart without any error.
    """
    n, _, parts = inputs.shape
    scale = np.abs(inputs).mean(axis=(0, 1))
    inputs = inputs / np.where(scale > 0, scale, 1)
    right = inputs[np.arange(n), labels].sum(axis=0)

    def loss(factors: NDArray[np.float64]) -> float:
        scores = inputs @ factors
        top = scores.max(axis=1)
        total = np.log(np.exp(scores - top[:, None]).sum(axis=1)) + top
        return float(total.sum() - right @ factors + factors @ factors / 2 * _PENALTY)

    factors = np.zeros(parts)
    least = loss(factors)
    for _ in range(50):
        chances = softmax(inputs @ factors)
        mean = np.einsum("nk,nkp->np", chances, inputs)
        slope = right - mean.sum(axis=0) - _PENALTY * factors
        second = np.einsum("nk,nkp,nkq->pq", chances, inputs, inputs, optimize=True)
        curve = second - mean.T @ mean + _PENALTY * np.eye(parts)
        step = np.linalg.solve(curve, slope)
        while (now := loss(factors + step)) > least and np.abs(step).max() > _SMALLEST_STEP:
            step /= 2
        if now > least or np.abs(step).max() < _SMALLEST_STEP:
            break
        factors, least = factors + step, now
    result: NDArray[np.float64] = factors / np.where(scale > 0, scale, 1)
    return result
