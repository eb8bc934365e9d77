"""Ids of objects that were discovered in one place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skytract.udf.association.number_objects import BLOCK_SHIFT, number_objects

SIZE = 1 << BLOCK_SHIFT
near_an_end = st.one_of(st.integers(0, 12), st.integers(SIZE - 6, SIZE + 6))


@given(st.lists(near_an_end, max_size=14), st.randoms(use_true_random=False))
def test_unique_in_their_block_in_order_and_whatever_the_order(
    keys: list[int], random: object
) -> None:
    hpx, ids = np.array(keys, dtype=np.int64), np.arange(len(keys))
    found = number_objects(hpx, ids % 3, ids)
    assert len(set(found.tolist())) == len(keys)
    assert (found // SIZE == hpx // SIZE).all(), "no id leaves the block of its discovery"
    order = np.lexsort((ids, ids % 3, hpx))
    assert (np.diff(found[order]) > 0).all()
    alone = [i for i, key in enumerate(keys) if sum(abs(key - k) <= 14 for k in keys) == 1]
    assert (found[alone] == hpx[alone]).all()
    shuffled = ids.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = number_objects(hpx[shuffled], shuffled % 3, shuffled)
    assert (again == found[shuffled]).all()


@given(st.lists(near_an_end, max_size=14))
def test_block_by_block_is_all_at_once(keys: list[int]) -> None:
    hpx, ids = np.array(keys, dtype=np.int64), np.arange(len(keys))
    found = number_objects(hpx, ids, ids)
    for block in (0, 1):
        mine = hpx // SIZE == block
        assert (number_objects(hpx[mine], ids[mine], ids[mine]) == found[mine]).all()


def test_next_free_number_downwards_at_the_end_of_a_block() -> None:
    hpx = np.array([SIZE - 1, SIZE - 1, SIZE - 5, SIZE])
    ids = np.arange(4)
    assert number_objects(hpx, ids, ids).tolist() == [SIZE - 2, SIZE - 1, SIZE - 5, SIZE]


def test_a_full_block_is_refused() -> None:
    n = SIZE + 1
    with pytest.raises(ValueError, match="262145 objects lie within"):
        number_objects(np.zeros(n, np.int64), np.zeros(n, np.int64), np.arange(n))
