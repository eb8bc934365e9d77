"""Close pairs, against all pairs compared one by one."""

from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.pipelines.simulate.catalog.blends import close_pairs, swallowed
from skytract.pipelines.simulate.catalog.scene import BLEND_RADIUS, Scene, merge

RADIUS = BLEND_RADIUS * np.sqrt(8.0 * np.log(2.0))
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


def test_a_blend_has_the_light_the_centre_and_the_size_of_its_members():
    rng, n = np.random.default_rng(2), 300
    x, y = rng.uniform(0.0, 60.0, (2, n))
    counts, size = rng.uniform(1.0, 9.0, n), rng.uniform(0.0, 2.0, (3, n))
    rows, change = np.arange(n), rng.normal(size=n)
    slot = np.repeat([0, 1], n // 2)
    scene = Scene(slot, rows, rows, x, y, counts, change, *size, np.ones(n, np.int16))
    images = SimpleNamespace(psfSigma=np.array([1.5, 2.5]))
    merged = merge(scene, images)
    owner = np.concatenate(
        [
            first + swallowed(*(a[first : first + n // 2] for a in (x, y, counts)), RADIUS * sigma)
            for first, sigma in ((0, 1.5), (n // 2, 2.5))
        ]
    )
    assert merged.members.sum() == n and merged.members.max() > 2
    np.testing.assert_array_equal(merged.members == 0, owner != rows)
    assert not merged.counts[merged.members == 0].any()
    for k in np.flatnonzero(merged.members):
        part = owner == k
        weight = counts[part] / counts[part].sum()
        dx, dy = x[part] - weight @ x[part], y[part] - weight @ y[part]
        assert merged.members[k] == part.sum() and merged.truthId[k] == k
        ours = [getattr(merged, name)[k] for name in ("counts", "change", "x", "y")]
        sums = [counts[part].sum(), change[part].sum(), weight @ x[part], weight @ y[part]]
        np.testing.assert_allclose(ours, sums)
        moments = weight @ (size[:, part] + [dx * dx, dy * dy, dx * dy]).T
        np.testing.assert_allclose([merged.xx[k], merged.yy[k], merged.xy[k]], moments)
