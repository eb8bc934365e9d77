"""Cells beside a position, against healpy."""

import healpy as hp
import numpy as np
import pytest

from skytract.udf.association.reached_cells import reached_cells
from skytract.udf.association.touched_cells import touched_cells
from tests.sky.positions import awkward_positions, offset, uniform_positions, unit_vectors

ORDER = 13
RADIUS = 1.7


def positions() -> tuple[np.ndarray, np.ndarray]:
    """Positions anywhere, and many close to the corners of cells, where four or three meet."""
    rng = np.random.default_rng(3)
    cells = rng.integers(0, 12 << 2 * ORDER, 300)
    corner = np.moveaxis(hp.boundaries(1 << ORDER, cells, nest=True)[:, :, 0], -1, 0)
    ra, dec = hp.vec2ang(corner.T, lonlat=True)
    at = [
        offset(a, d, rng.uniform(0, 2, 5) * RADIUS / 3600, rng.uniform(0, 2 * np.pi, 5))
        for a, d in zip(
            [*ra, *awkward_positions()[0]], [*dec, *awkward_positions()[1]], strict=True
        )
    ]
    anywhere = uniform_positions(rng, 500)
    return np.concatenate([*(a for a, _ in at), anywhere[0]]), np.concatenate(
        [*(d for _, d in at), anywhere[1]]
    )


def cells_within(ra: float, dec: float, radius: float) -> set[int]:
    """The cells that 400 points within a radius [arcsec] lie in."""
    radii = np.repeat(np.linspace(0, radius / 3600, 11), 37)
    around = offset(ra, dec, radii, np.tile(np.linspace(0, 2 * np.pi, 37), 11))
    return set(hp.ang2pix(1 << ORDER, *around, nest=True, lonlat=True).tolist())


def distance(ra: float, dec: float, cell: int) -> float:
    """Angle [arcsec] from a position to the edge of a cell, which is taken as points 0.4 apart."""
    edge = hp.boundaries(1 << ORDER, cell, step=64, nest=True)
    apart = np.linalg.norm(edge - unit_vectors(np.array(ra), np.array(dec))[:, None], axis=0)
    return float(np.degrees(apart.min()) * 3600)


def test_none_is_missed_and_none_is_far() -> None:
    ra, dec = positions()
    found: dict[int, set[int]] = {n: set() for n in range(len(ra))}
    for number, cell in touched_cells(ra, dec, RADIUS, ORDER):
        found[number - 1].add(cell)
    for n, (a, d) in enumerate(zip(ra, dec, strict=True)):
        own = int(hp.ang2pix(1 << ORDER, a, d, nest=True, lonlat=True))
        assert own not in found[n]
        assert cells_within(a, d, RADIUS) - {own} <= found[n]
        assert all(distance(a, d, cell) <= 2 * RADIUS + 0.5 for cell in found[n])


def test_reached_are_the_own_cell_and_those_touched() -> None:
    ra, dec = positions()
    own = hp.ang2pix(1 << ORDER, ra, dec, nest=True, lonlat=True)
    expected = {*enumerate(own.tolist(), 1), *touched_cells(ra, dec, RADIUS, ORDER)}
    found = reached_cells(np.arange(len(ra)) + 1, ra, dec, RADIUS, ORDER)
    assert len(found.id) == len(expected)
    assert set(zip(found.id, found.cell, strict=True)) == expected
    assert reached_cells([], [], [], RADIUS, ORDER) == ([], [])


def test_away_from_edges_there_is_none() -> None:
    ra, dec = hp.pix2ang(1 << ORDER, np.arange(1000), nest=True, lonlat=True)
    assert touched_cells(ra, dec, RADIUS, ORDER) == []


def test_refuses_cells_that_are_too_small() -> None:
    with pytest.raises(ValueError, match="take cells of a lower order, at least ten radii"):
        touched_cells([0.0], [0.0], 5.0, ORDER)
