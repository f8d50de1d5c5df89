"""HashIndex: finds hashes in a sorted array, a few at a time.

For a few, NumPy's `searchsorted` is slow: between two questions its code leaves the processor's
caches, and to fetch it again takes longer than the search. A look-up here is some steps of Python's
interpreter, whose code never leaves them. Beside the array, which may be mapped from a file, an
index needs little memory; a dict of as many hashes would need a hundred bytes for each.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_BITS = 32


class HashIndex:
    """Finds the positions of hashes in a sorted array; see `positions`.

    Args:
        hashes: sorted hashes of 32 bits, which should be evenly distributed; repeated ones are
            allowed.

    Raises:
        ValueError: they are not a list of unsigned numbers of 32 bits.
    """

    def __init__(self, hashes: NDArray[np.uint32]) -> None:
        if hashes.ndim != 1 or hashes.dtype != np.uint32:
            raise ValueError("hashes are unsigned numbers of 32 bits")
        # A bucket for all hashes with the same first bits: it holds one or two on average.
        bits = max(1, len(hashes).bit_length() - 1)
        self._shift = _BITS - bits
        sizes = np.bincount(hashes >> np.uint32(self._shift), minlength=1 << bits)
        bounds = np.zeros(len(sizes) + 1, dtype=np.uint32)
        np.cumsum(sizes, out=bounds[1:])
        # Memory views give single numbers several times as fast as arrays.
        self._bounds = bounds.data
        self._hashes = hashes.data

    def positions(self, wanted: Iterable[int]) -> list[int]:
        """The positions of these hashes, in their order; nothing for one that is not there."""
        bounds, hashes, shift = self._bounds, self._hashes, self._shift
        return [
            at
            for each in wanted
            for at in range(bounds[each >> shift], bounds[(each >> shift) + 1])
            if hashes[at] == each
        ]
