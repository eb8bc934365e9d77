"""The matching of DiaSources in memory: against plain loops, and whatever the order and chains."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.udf.association.group_dia_sources import group_dia_sources
from skytract.udf.association.link_friends import link_friends
from skytract.udf.association.match_dia_sources import match_dia_sources
from skytract.udf.sky.hpx29 import hpx29
from tests.association.slow_dia_objects import slow_dia_objects
from tests.sky.positions import offset

ARCSEC = 1 / 3600


def small_field(rng: np.random.Generator, centre: tuple[float, float], n: int) -> list[Any]:
    """Return n detections of five visits within three arcsec; some without errors, some doubled."""
    angle, direction = rng.uniform(0, 3, n) * ARCSEC, rng.uniform(0, 2 * np.pi, n)
    ra, dec = offset(*centre, angle, direction)
    twins = rng.random(n) < 0.1
    ra[twins], dec[twins] = ra[:1], dec[:1]
    err = np.where(rng.random(n) < 0.2, np.nan, rng.uniform(0.01, 0.5, n) * ARCSEC)
    err = err.astype(np.float32).astype(float)
    return list(
        zip(
            rng.integers(1, 6, n).tolist(),
            rng.permutation(np.arange(100, 100 + n)).tolist(),
            hpx29(ra, dec).tolist(),
            ra.tolist(),
            dec.tolist(),
            err.tolist(),
            strict=True,
        )
    )


def group(rows: list[Any], radius: float, chained: bool) -> dict[int, int | None]:
    visit, ids, keys, ra, dec, err = (
        (list(c) for c in zip(*rows, strict=True)) if rows else [[]] * 6
    )
    chain = link_friends(ids, ra, dec, 2 * radius) if chained else [1] * len(ids)
    none = [None] * len(ids)
    found, moving = group_dia_sources(
        visit, ids, keys, chain, visit, ra, dec, err, err, none, [], [], [], [], [], [], radius
    )
    assert moving == none
    return dict(zip(ids, found, strict=True))


fields = st.builds(
    lambda seed, centre, n: small_field(np.random.default_rng(seed), centre, n),
    st.integers(0, 2**32),
    st.sampled_from([(10.0, 20.0), (0.0, 0.0), (359.99995, -60.0), (77.0, 90.0), (5.0, -89.9999)]),
    st.integers(0, 25),
)


@given(fields, st.sampled_from([0.3, 1.0]))
@settings(deadline=None, max_examples=40)
def test_as_plain_loops_say(rows: list[Any], radius: float) -> None:
    assert group(rows, radius, True) == slow_dia_objects(rows, radius)


@given(fields, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_order_and_chains_do_not_matter(rows: list[Any], random: Any) -> None:
    found = group(rows, 1.0, True)
    random.shuffle(rows)
    assert group(rows, 1.0, False) == found


def test_equal_ids_of_a_diaobject_and_a_moving_object() -> None:
    """Two sources, two candidates that share the id 1: each source gets the one it lies on."""
    none, places = [None] * 4, [10.0, 10.0, 10.0001, 10.0001]
    found = match_dia_sources(
        [5, 5, 6, 6], [1, 1, 1, 1], [False, True, False, True], places, [0.0] * 4, none, none,
        [10.0, 10.0001] * 2, [0.0] * 4, none, none, 1.0,
    )  # fmt: skip
    assert found == [1, 4]
