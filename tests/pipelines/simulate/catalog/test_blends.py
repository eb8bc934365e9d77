"""Close pairs, against all pairs compared one by one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.pipelines.simulate.catalog.blends import close_pairs, swallowed

POINTS = st.lists(st.tuples(st.floats(0.0, 10.0), st.floats(0.0, 10.0)), max_size=25)


@settings(max_examples=100, deadline=None)
@given(points=POINTS, radius=st.floats(0.1, 5.0))
def test_all_pairs_are_found_once(points, radius):
    x, y = np.reshape(points, (-1, 2)).T
    i, j = close_pairs(x, y, radius)
    found = sorted(tuple(sorted(pair)) for pair in zip(i.tolist(), j.tolist(), strict=True))
    n = range(len(x))
    square = radius * radius
    wanted = [
        (a, b)
        for a in n
        for b in n
        if a < b and abs(x[a] - x[b]) < radius and (x[a] - x[b]) ** 2 + (y[a] - y[b]) ** 2 < square
    ]
    assert found == wanted


def test_the_brightest_swallows_chains():
    x, y = np.array([0.0, 1.0, 2.0, 9.0]), np.zeros(4)
    owner = swallowed(x, y, np.array([3.0, 2.0, 1.0, 1.0]), 1.5)
    assert owner.tolist() == [0, 0, 0, 3]
    # A faint one between two bright ones goes to the brighter, and the bright ones stay two.
    assert swallowed(x, y, np.array([3.0, 1.0, 4.0, 1.0]), 1.5).tolist() == [0, 2, 2, 3]


def test_equal_ones_are_one():
    assert swallowed(np.zeros(3), np.zeros(3), np.ones(3), 1.0).tolist() == [0, 0, 0]
