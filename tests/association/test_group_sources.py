"""N-way matching in memory: against plain loops, truth, and a shuffle."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.udf.association.group_sources import group_centroids, group_sources
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


def dense_field(seed: int, stars: int, visits: int, side: float) -> tuple[np.ndarray, ...]:
    """Stars on a square of `side` arcsec, seen in every visit with 0.05 arcsec scatter."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, side, (stars, 2))
    seen = np.tile(place, (visits, 1)) + rng.normal(0, 0.05, (visits * stars, 2))
    truth = np.tile(np.arange(stars), visits)
    return np.repeat(np.arange(visits), stars), truth, seen[:, 0], seen[:, 1]


def test_dense_field_is_told_apart_as_the_slow_definition_says() -> None:
    """Two stars per square arcsec, radius 0.5: long chains, many discoveries."""
    visit, _, x, y = dense_field(7, 40, 12, 4.5)
    ids, primary = np.arange(len(visit)), np.ones(len(visit), bool)
    ra, dec = 10.0 + x * ARCSEC, y * ARCSEC
    rows = list(
        zip(visit.tolist(), ids.tolist(), primary.tolist(), ra.tolist(), dec.tolist(), strict=True)
    )
    found = group_sources(visit, ids, primary, ra, dec, 0.5)
    assert dict(zip(ids.tolist(), found, strict=True)) == slow_groups(rows, 0.5)


def test_real_pairs_in_a_dense_field() -> None:
    """A star per 10 square arcsec, radius 0.5 arcsec, 10 times the scatter: 8 % have a friend.

    A star is mixed up where another is nearly as close to its discovery as it is itself: within
    three of the scatter of a difference, 0.21 arcsec, which 1.4 +- 0.4 % of them have.
    """
    visit, truth, x, y = dense_field(8, 1000, 30, 100.0)
    ids = np.arange(len(visit))
    found = np.array(group_centroids(visit, ids, np.ones(len(ids), bool), x, y, 0.5))
    assert len(np.unique(found * 31 + visit)) == len(ids), "one of a visit in each group"
    whole = [len(np.unique(found[truth == star])) == 1 for star in range(1000)]
    assert np.mean(whole) >= 0.97
    assert abs(len(np.unique(found)) - 1000) <= 30


@given(fields, st.sampled_from([0.05, 0.5]))
@settings(deadline=None, max_examples=20)
def test_pixels_and_sky_agree(field: Field, radius: float) -> None:
    """The same positions, as seen in a plane 0.001 arcsec per pixel, near the equator."""
    visits, ids, primary, ra, dec = small_field(np.random.default_rng(len(field[0])), (10, 0), 25)
    x, y = (np.array(ra) - 10.0) * 3.6e6, np.array(dec) * 3.6e6
    sky = group_sources(visits, ids, primary, ra, dec, radius)
    assert group_centroids(visits, ids, primary, x, y, radius * 1000) == sky


def test_a_cluster_core_takes_time_in_proportion() -> None:
    """10^5 detections of 100 visits within 13 arcsec, and as many of 10^5 visits at one point."""
    visit, _, x, y = dense_field(9, 1000, 100, 13.0)
    ids, primary = np.arange(len(visit)), np.ones(len(visit), bool)
    began = time.process_time()
    found = np.array(group_centroids(visit, ids, primary, x, y, 0.5))
    assert len(np.unique(found * 101 + visit)) == len(ids)
    assert set(group_sources(ids, ids, primary, 0 * x + 9, 0 * y, 0.5)) == {0}
    # All pairs, 5e9, take a minute.
    assert time.process_time() - began < 20


def test_too_many_of_one_visit_at_one_place_are_refused() -> None:
    n = 20_000
    visit, ids = np.arange(n) % 2, np.arange(n)
    with pytest.raises(ValueError, match="100000000 pairs within the association radius"):
        group_sources(visit, ids, np.ones(n, bool), np.zeros(n), np.zeros(n), 0.5)


@pytest.mark.parametrize("radius", [0.0, -1.0, float("nan"), float("inf")])
def test_refuses_a_radius_in_pixels_that_cannot_be(radius: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        group_centroids([1], [1], [True], [0.0], [0.0], radius)


@pytest.mark.parametrize(
    ("ids", "ra", "message"),
    [
        ([1, 2, 3], [1.0, np.nan, 1.0], "detection 2 of visit 1 has no finite position"),
        ([1, 2, 3], [1.0, None, 1.0], "detection 2 of visit 1 has no finite position"),
        ([1, 2, 3], [1.0, 1.0, np.inf], "detection 3 of visit 2 has no finite position"),
        ([1, 3, 3], [1.0, 1.0, 1.0], "detection 3 is there 2 times"),
        ([1, 2], [1.0, 1.0, 1.0], "3 visits, 2 ids, 3 primary flags and 3 positions"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_refuses_bad_rows(ids: list[int], ra: list[float | None], message: str) -> None:
    for function in (group_sources, group_centroids):
        with pytest.raises(ValueError, match=message):
            function([1, 1, 2], ids, [True] * 3, ra, [0.0] * 3, 0.5)
