"""Cells that cover shapes: no point of a shape is missed, depths are lower limits."""

from itertools import pairwise

import healpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.udf.sky.box import Box
from skytract.udf.sky.cells import Shape, cell_centres, cover
from skytract.udf.sky.cone_bounds import MAX_RANGES
from skytract.udf.sky.ellipse import Ellipse
from skytract.udf.sky.hpx29 import hpx29
from skytract.udf.sky.polygon import Polygon
from skytract.udf.sky.region_bounds import polygon_bounds
from tests.sky import oracle
from tests.sky.positions import Floats, offset, uniform_positions, unit_vectors
from tests.sky.test_cone import centres, covered, radii

flattenings = st.floats(0.01, 1.0)
turns = st.floats(0.0, 360.0)


def points_near(ra: float, dec: float, size: float) -> tuple[Floats, Floats]:
    """Positions at all distances up to 1.5 times a size [deg] from a centre."""
    rng = np.random.default_rng(1)
    distance = np.minimum(180.0, 1.5 * size * np.sqrt(rng.uniform(0.0, 1.0, 500)))
    return offset(ra, dec, distance, rng.uniform(0.0, 6.3, 500))


def check(shape: Shape, ra: Floats, dec: Floats, inside: np.ndarray) -> None:
    """Points inside are covered, and have no negative depth; those outside no positive one."""
    ranges = cover(shape, 0.0, enough=100)
    assert covered(ranges, hpx29(ra, dec))[inside].all()
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    depth = shape.depth(unit_vectors(ra, dec))
    # Rounding of positions, 360 deg * 2**-53, and of unit vectors.
    assert (depth[inside] > -1e-14).all() and (depth[~inside] < 1e-14).all()


@settings(max_examples=100, deadline=None)
@given(centres, radii, flattenings, turns)
def test_ellipses(centre: tuple[float, float], size: float, flattening: float, turn: float) -> None:
    ellipse = (*centre, min(size, 80.0), flattening * min(size, 80.0), turn)
    ra, dec = points_near(*centre, ellipse[2])
    check(Ellipse(*ellipse), ra, dec, oracle.ellipse_excess(ra, dec, ellipse) <= 0.0)


@settings(max_examples=100, deadline=None)
@given(centres, radii, st.integers(3, 9), st.floats(0.1, 1.0), turns)
def test_polygons(
    centre: tuple[float, float], size: float, count: int, inner: float, turn: float
) -> None:
    size = min(size, 80.0)
    direction = np.radians(turn) + np.arange(count) * 2.0 * np.pi / count
    angle = np.where(np.arange(count) % 2, inner, 1.0) * size
    vertices = np.ravel(np.column_stack(offset(*centre, angle, direction))).tolist()
    ra, dec = points_near(*centre, size)
    check(Polygon(vertices), ra, dec, oracle.in_polygon(ra, dec, vertices))


@settings(max_examples=100, deadline=None)
@given(centres, radii, st.floats(0.01, 4.0))
def test_boxes(centre: tuple[float, float], size: float, aspect: float) -> None:
    ra0, dec0 = centre
    width = min(180.0, aspect * size / max(1e-6, np.cos(np.radians(dec0))))
    box = (ra0 - width, ra0 + width, max(-90.0, dec0 - size), min(90.0, dec0 + size))
    ra, dec = points_near(ra0, dec0, size)
    check(Box(*box), ra, dec, oracle.in_box(ra, dec, box))


def test_depth_is_no_more_than_the_distance_to_the_border() -> None:
    """From each of many points a step of its depth, in any direction, stays on its side."""
    shapes = [
        Ellipse(10.0, 80.0, 20.0, 2.0, 30.0),
        Polygon([350.0, 0.0, 10.0, 5.0, 0.0, 2.0, 5.0, 30.0]),
        Box(350.0, 120.0, 60.0, 90.0),
    ]
    ra, dec = uniform_positions(np.random.default_rng(2), 300)
    for shape in shapes:
        depth = shape.depth(unit_vectors(ra, dec))
        for direction in np.linspace(0.0, 6.0, 13):
            step = [
                offset(a, d, np.degrees(np.abs([0.999 * t])), np.array([direction]))
                for a, d, t in zip(ra, dec, depth, strict=True)
            ]
            there = shape.depth(unit_vectors(*np.array(step)[:, :, 0].T))
            assert (np.sign(there) == np.sign(depth)).all()


@pytest.mark.parametrize("order", [0, 1, 5, 29])
def test_centres_of_cells(order: int) -> None:
    pixels = np.unique(np.random.default_rng(3).integers(0, 12 * 4**order, 200))
    x, y, face = healpy.pix2xyf(2**order, pixels, nest=True)
    centres = cell_centres(np.stack([face, x, y], axis=1).astype(np.int64), 2**order)
    expected = np.stack(healpy.pix2vec(2**order, pixels, nest=True), axis=1)
    # healpy subtracts from 1 near the poles; at order 29 that costs it half of the digits.
    np.testing.assert_allclose(centres, expected, rtol=0.0, atol=2e-8 if order == 29 else 1e-14)


@pytest.mark.parametrize("size", [0.1 / 3600, 1.0, 20.0])
def test_covers_little_beyond_the_shape(size: float) -> None:
    """The ranges of a square are on average less than twice its area."""
    ratios = []
    for ra, dec in zip(*uniform_positions(np.random.default_rng(4), 50), strict=True):
        corners = offset(ra, dec, np.full(4, size), np.arange(4) * np.pi / 2.0)
        bounds = polygon_bounds(np.ravel(np.column_stack(corners)).tolist(), 0.0)
        assert len(bounds) <= 2 * MAX_RANGES
        area = sum(hi - lo for lo, hi in zip(bounds[::2], bounds[1::2], strict=True))
        # A square with half a diagonal r on the sphere (r small): 2 r^2 of 4 pi.
        square = 4.0 * np.arcsin(np.tan(np.radians(size) / np.sqrt(2)) ** 2) if size > 5.0 else 2.0
        square *= 1.0 if size > 5.0 else np.radians(size) ** 2
        ratios.append(area / (12 * 4**29) * 4.0 * np.pi / square)
    assert np.mean(ratios) < 2.0
