"""Hashes are found where they are in the sorted array, and nowhere else."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from knowledge.hashindex import HashIndex

HASHES = st.integers(0, 2**32 - 1) | st.sampled_from([0, 1, 2**31, 2**32 - 1])


@given(hashes=st.lists(HASHES, max_size=40), others=st.lists(HASHES, max_size=5))
@example(hashes=[], others=[7])
@example(hashes=[2**32 - 1] * 3, others=[0])
def test_every_hash_is_found_at_all_its_positions(hashes: list[int], others: list[int]) -> None:
    hashes.sort()
    wanted = [*hashes[::2], *others]
    expected = [at for each in wanted for at, hash in enumerate(hashes) if hash == each]
    assert HashIndex(np.array(hashes, dtype=np.uint32)).positions(wanted) == expected
