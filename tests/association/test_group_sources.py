"""N-way matching in memory: against plain loops, truth, and a shuffle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.udf.association.group_sources import group_sources
from tests.association.slow_groups import slow_groups
from tests.sky.positions import offset

ARCSEC = 1 / 3600

Field = tuple[list[int], list[int], list[bool], list[float], list[float]]


def small_field(rng: np.random.Generator, centre: tuple[float, float], n: int) -> Field:
    """Return n detections of four visits, crowded within two arcsec."""
    angle, direction = rng.uniform(0, 1, n) * ARCSEC, rng.uniform(0, 2 * np.pi, n)
    ra, dec = offset(*centre, angle, direction)
    visits = rng.integers(1, 5, n).tolist()
    ids = rng.permutation(np.arange(100, 100 + n)).tolist()
    return visits, ids, (rng.random(n) < 0.8).tolist(), ra.tolist(), dec.tolist()


fields = st.builds(
    lambda seed, centre, n: small_field(np.random.default_rng(seed), centre, n),
    st.integers(0, 2**32),
    st.sampled_from([(10.0, 20.0), (0.0, 0.0), (359.99995, -60.0), (77.0, 90.0), (5.0, -89.9999)]),
    st.integers(0, 25),
)


@given(fields, st.sampled_from([0.05, 0.2, 0.5]))
@settings(deadline=None, max_examples=60)
def test_as_the_slow_definition_says(field: Field, radius: float) -> None:
    found = group_sources(*field, radius)
    slow = slow_groups(list(zip(*field, strict=True)), radius)
    assert dict(zip(field[1], found, strict=True)) == slow


@given(fields, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_order_does_not_matter_and_visits_occur_once(field: Field, random: object) -> None:
    found = dict(zip(field[1], group_sources(*field, 0.2), strict=True))
    rows = list(zip(*field, strict=True))
    random.shuffle(rows)  # type: ignore[attr-defined]
    again = [list(column) for column in zip(*rows, strict=True)] or [[]] * 5
    assert dict(zip(again[1], group_sources(*again, 0.2), strict=True)) == found
    seen = [(found[source], visit) for visit, source, *_ in rows]
    assert len(set(seen)) == len(seen)


def test_pair_closer_than_the_radius_is_told_apart() -> None:
    """Two stars 0.4 arcsec apart, 20 visits, centroids good to 0.03 arcsec, radius 0.5 arcsec."""
    rng = np.random.default_rng(5)
    visits = np.repeat(np.arange(20), 2)
    ra = np.tile([0.0, 0.4], 20) * ARCSEC + rng.normal(0, 0.03 * ARCSEC, 40)
    dec = rng.normal(0, 0.03 * ARCSEC, 40)
    found = group_sources(visits, np.arange(40), [True] * 40, ra, dec, 0.5)
    assert found == [0, 1] * 20


def test_moving_star_is_one_chain() -> None:
    """A star that moves 0.3 arcsec from visit to visit, alone, stays one object."""
    ra = np.arange(10) * 0.3 * ARCSEC
    assert group_sources(range(10), range(10), [True] * 10, ra, [0.0] * 10, 0.5) == [0] * 10


def test_at_equal_distance_the_deblended_child_comes_first() -> None:
    """A blend (id 7) and its first child (id 9) have one place; the star before is the child."""
    found = group_sources([1, 2, 2], [1, 7, 9], [True, False, True], [5.0] * 3, [5.0] * 3, 0.5)
    assert found == [1, 7, 1]


def test_no_detections() -> None:
    assert group_sources([], [], [], [], [], 0.5) == []


@pytest.mark.parametrize("radius", [0.0, -1.0, 61.0, float("nan")])
def test_refuses_a_radius_that_cannot_be(radius: float) -> None:
    with pytest.raises(ValueError, match="must be positive and at most 60 arcsec"):
        group_sources([1], [1], [True], [0.0], [0.0], radius)
