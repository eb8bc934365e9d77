"""The ranges of a circle: nothing in it is missed, little outside it is covered."""

from itertools import pairwise

import healpy
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skytract.udf.sky.cone import CELL_RADIUS, STRETCH, cone
from skytract.udf.sky.cone_bounds import MAX_RANGES, cone_bounds
from tests.fix_db import Connect
from tests.sky.positions import CAP_EDGE, offset, uniform_positions

SIDE = 2**29
CELLS = 12 * SIDE**2
SMALLEST = 0.01 / 3600.0

centres = st.tuples(
    st.one_of(st.floats(0.0, 360.0), st.sampled_from([0.0, 45.0, 90.0, 359.9999999])),
    st.one_of(
        st.floats(-90.0, 90.0),
        st.sampled_from([90.0, -90.0, 89.9999, CAP_EDGE, -CAP_EDGE, 0.0]),
    ),
)
radii = st.one_of(
    st.floats(np.log10(SMALLEST), np.log10(180.0)).map(lambda power: min(180.0, 10.0**power)),
    st.sampled_from([SMALLEST, 90.0, 180.0]),
)


def covered(ranges: list[tuple[int, int]], keys: np.ndarray) -> np.ndarray:
    """Tell which keys lie in ascending half-open ranges."""
    low, high = np.array(ranges, dtype=np.int64).T
    place = np.searchsorted(low, keys, side="right") - 1
    inside: np.ndarray = (place >= 0) & (keys < high[place])
    return inside


def points_in_circle(ra: float, dec: float, radius: float) -> np.ndarray:
    """Keys (of healpy) of points all over a circle, a third of them on its rim."""
    rng = np.random.default_rng(1)
    inside = radius * np.sqrt(rng.uniform(0.0, 1.0, 400))
    # The rim less the rounding of positions, four times 360 deg * 2**-53.
    rim = np.full(200, max(0.0, radius - 1.6e-13))
    angle = np.concatenate([inside, rim, [0.0]])
    points = offset(ra, dec, angle, rng.uniform(0.0, 2.0 * np.pi, angle.size))
    keys: np.ndarray = np.asarray(healpy.ang2pix(SIDE, *points, nest=True, lonlat=True))
    return keys


@settings(max_examples=300, deadline=None)
@given(centres, radii, st.integers(1, 40))
@example((0.0, 90.0), SMALLEST, 16)
@example((359.9999999, CAP_EDGE), 1.0, 1)
def test_no_point_of_the_circle_is_missed(
    centre: tuple[float, float], radius: float, max_ranges: int
) -> None:
    ranges = cone(*centre, radius, max_ranges)
    assert covered(ranges, points_in_circle(*centre, radius)).all()


@settings(max_examples=300, deadline=None)
@given(centres, radii, st.integers(1, 40))
def test_ranges_are_few_ascending_and_apart(
    centre: tuple[float, float], radius: float, max_ranges: int
) -> None:
    ranges = cone(*centre, radius, max_ranges)
    assert 1 <= len(ranges) <= max_ranges
    assert ranges[0][0] >= 0 and ranges[-1][1] <= CELLS
    assert all(lo < hi for lo, hi in ranges)
    assert all(before[1] < after[0] for before, after in pairwise(ranges))


@pytest.mark.parametrize("radius", [1.0 / 3600, 1.0 / 60, 1.0, 20.0, 100.0])
def test_covers_healpys_disc(radius: float) -> None:
    """Every cell whose centre healpy finds in the disc."""
    order = max(4, int(np.log2(100.0 / radius)))
    for ra, dec in zip(*uniform_positions(np.random.default_rng(2), 20), strict=True):
        centre = healpy.ang2vec(ra, dec, lonlat=True)
        disc = healpy.query_disc(2**order, centre, np.radians(radius), nest=True)
        shift = 2 * (29 - order)
        # The first key of a cell's last quarter touches the cell's centre.
        assert covered(cone(ra, dec, radius), (disc << shift) + (3 << shift - 2)).all()


@pytest.mark.parametrize("radius", [0.1 / 3600, 1.0 / 3600, 1.0 / 60, 1.0, 20.0])
def test_covers_little_beyond_the_circle(radius: float) -> None:
    """Sixteen ranges cover on average less than twice the circle's area."""
    circle = (
        (1.0 - np.cos(np.radians(radius))) / 2.0 if radius > 0.1 else np.radians(radius) ** 2 / 4
    )
    ratios = [
        sum(hi - lo for lo, hi in cone(ra, dec, radius)) / CELLS / circle
        for ra, dec in zip(*uniform_positions(np.random.default_rng(3), 100), strict=True)
    ]
    assert np.mean(ratios) < 2.0


def test_the_constants_hold() -> None:
    """Cells are no wider than CELL_RADIUS, the projection stretches no more than STRETCH."""
    for order in range(30):
        assert healpy.max_pixrad(2**order) * 2**order <= CELL_RADIUS
    ra, dec = uniform_positions(np.random.default_rng(4), 20_000)
    ra, dec = ra[np.abs(dec) < 89.9], dec[np.abs(dec) < 89.9]
    step = 1e-5
    here = np.array(place(ra, dec))
    for direction in np.linspace(0.0, np.pi, 9):
        cos = np.cos(np.radians(dec))
        near = abs(dec) < 89.99
        there = np.array(
            place(
                ra + step * np.sin(direction) / np.maximum(cos, 1e-9),
                dec + step * np.cos(direction),
            )
        )
        same = (here[0] == there[0]) & near
        moved = np.abs(there[1:] - here[1:])[:, same].max()
        assert moved <= STRETCH * np.radians(step)


def place(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, ...]:
    """Base pixel and place in it, x and y in units of its side, by healpy."""
    x, y, face = healpy.pix2xyf(
        SIDE, healpy.ang2pix(SIDE, ra, dec, nest=True, lonlat=True), nest=True
    )
    return face, x / SIDE, y / SIDE


def test_whole_sphere_and_a_point() -> None:
    assert cone(12.0, 34.0, 180.0) == [(0, CELLS)]
    (only,) = cone(12.0, 34.0, 0.0, 1)
    key = int(healpy.ang2pix(SIDE, 12.0, 34.0, nest=True, lonlat=True))
    assert only[0] <= key < only[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.nan, 0.0, 1.0), "ra = nan"),
        ((0.0, 91.0, 1.0), "are ra and dec swapped"),
        ((0.0, np.nan, 1.0), "dec = nan"),
        ((0.0, 0.0, -1.0), "radius = -1.0 is outside"),
        ((0.0, 0.0, np.nan), "radius = nan is outside"),
        ((0.0, 0.0, 181.0), "give the radius in degrees"),
        ((0.0, 0.0, 1.0, 0), "max_ranges = 0"),
    ],
)
def test_refuses_what_is_no_circle(arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cone(*arguments)  # type: ignore[arg-type]


def test_bounds_are_those_of_the_widened_circle() -> None:
    ranges = cone(10.0, 20.0, 1.0 + 5.0 / 3600.0, MAX_RANGES)
    bounds = cone_bounds(10.0, 20.0, 1.0, 5.0)
    pairs = list(zip(bounds[::2], bounds[1::2], strict=True))
    assert sorted(pairs) == ranges
    assert pairs == sorted(pairs, key=lambda both: both[0] - both[1]), "the largest first"


@pytest.mark.parametrize("radius", [-0.001, 0.0])
def test_no_radius_is_refused_although_widened(radius: float) -> None:
    with pytest.raises(ValueError, match=f"radius = {radius:g}"):
        cone_bounds(0.0, 0.0, radius, 5.0)


def test_sql_returns_the_same_ranges(module_connect: Connect) -> None:
    with module_connect() as connection:
        rows = connection.execute("SELECT lo, hi FROM sky.cone(10, 89.9, 0.2, 8)").fetchall()
        default = connection.execute("SELECT lo, hi FROM sky.cone(10, 20, 1)").fetchall()
    assert rows == cone(10.0, 89.9, 0.2, 8)
    assert default == cone(10.0, 20.0, 1.0)
