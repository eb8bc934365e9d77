"""Friends of friends by cells, against all pairs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.udf.association.label_friends import connect, label_friends


def all_pairs(points: np.ndarray, reach: float) -> np.ndarray:
    apart = points[:, None] - points[None]
    first, second = np.nonzero((apart**2).sum(axis=-1) <= reach * reach)
    return connect(len(points), first, second)


def same_groups(a: np.ndarray, b: np.ndarray) -> bool:
    pairs = len(np.unique(np.stack([a, b]), axis=1).T)
    return pairs == len(np.unique(a)) == len(np.unique(b))


clouds = st.builds(
    lambda seed, n, d, clumps: (
        np.random.default_rng(seed).normal(0, 1, (n, d))
        * np.random.default_rng(seed + 1).choice([0.0, 0.1, 1.0, 5.0], (n, 1))
        + np.random.default_rng(seed + 2).integers(0, 6, (n, d)) * clumps
    ),
    st.integers(0, 2**31),
    st.integers(1, 150),
    st.sampled_from([2, 3]),
    st.sampled_from([0.7, 1.0, 3.0]),
)


@given(clouds, st.sampled_from([0.3, 1.0, 2.5]))
@settings(deadline=None, max_examples=150)
def test_as_all_pairs_say(points: np.ndarray, reach: float) -> None:
    assert same_groups(label_friends(points, reach), all_pairs(points, reach))


def test_on_a_lattice_friends_at_the_very_radius_count() -> None:
    """Points exactly one reach apart, in binary fractions: every distance is exact."""
    axis = np.arange(12) * 0.25
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    assert set(label_friends(points, 0.25).tolist()) == {0}
    assert len(set(label_friends(points, 0.25 - 2**-40).tolist())) == 144


def test_clouds_that_barely_touch() -> None:
    """Two clouds of a thousand in neighbouring cells; only one pair of members is near enough."""
    rng = np.random.default_rng(3)
    left = np.stack([rng.uniform(-0.1, 0.0, 1000), rng.uniform(0, 0.3, 1000)], axis=-1)
    right = np.stack([rng.uniform(1.05, 1.2, 1000), rng.uniform(0, 0.3, 1000)], axis=-1)
    apart = np.array([[0.0, 0.15], [1.0, 0.15]])
    for reach, groups in ((0.9999, 2), (1.0, 1)):
        points = np.concatenate([left, right, apart])
        assert len(set(label_friends(points, reach).tolist())) == groups
        assert same_groups(label_friends(points, reach), all_pairs(points, reach))


def test_nothing() -> None:
    assert label_friends(np.empty((0, 3)), 1.0).tolist() == []
