"""Real stars of a Hyper Suprime-Cam field against Gaia, which saw them 1.66 years later."""

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray

from skytract.loaders.load import load_paths
from tests.fix_db import Connect

Floats = NDArray[np.float64]
EARLIER = -1.66
"""Epoch of the i-band visits minus that of Gaia DR2, 2015.5 [yr]."""

OFFSETS = """
SELECT
    s.pmRa, avg((d.ra - m.ra) * cosd(d.dec) * 3.6e6), s.pmDec, avg((d.dec - m.dec) * 3.6e6)
FROM association.match_reference('gaia_dr2', 'i', 0.5) AS n
JOIN raw.Source AS d USING (hpx29, sourceId)
JOIN raw.ReferenceStar AS s ON s.catalog = 'gaia_dr2' AND s.refStarId = n.refStarId
CROSS JOIN LATERAL sky.move_to_epoch(
    s.ra, s.dec, s.pmRa, s.pmDec, s.epoch, s.epoch + %s * 365.25
) AS m
WHERE s.pmRaErr < 1 AND s.pmDecErr < 1
GROUP BY s.refStarId, s.pmRa, s.pmDec
HAVING abs(avg((d.ra - s.ra) * cosd(d.dec) * 3.6e6 + 1.66 * s.pmRa)) < 40
    AND abs(avg((d.dec - s.dec) * 3.6e6 + 1.66 * s.pmDec)) < 40
ORDER BY s.refStarId
"""
"""One row per star: motion [mas/yr] and mean offset of HSC from Gaia [mas], east and north."""


@pytest.fixture(scope="module")
def owner(hsc_matched: Connect, hsc_folder: Path) -> psycopg.Connection[Any]:
    shards = hsc_folder.glob("gaia_dr2*")
    for result in load_paths(hsc_matched("loader"), shards, constants={"catalog": "gaia_dr2"}):
        assert result.state == "loaded", result.error
    return hsc_matched("owner")


def offsets(owner: psycopg.Connection[Any], years: float) -> Floats:
    """Columns of OFFSETS, shape (4, n), with Gaia's stars moved by some years."""
    rows = owner.execute(OFFSETS, (years,)).fetchall()
    owner.rollback()
    return np.array(rows, float).T


def slope(motion: Floats, offset: Floats) -> tuple[float, float]:
    """Slope of a straight line, and its error from the scatter about it."""
    motion, offset = motion - motion.mean(), offset - offset.mean()
    best = (motion @ offset) / (motion @ motion)
    scatter = np.sum((offset - best * motion) ** 2) / (len(motion) - 2)
    return float(best), float(np.sqrt(scatter / (motion @ motion)))


def test_offsets_grow_with_motions_by_the_time_between(owner: psycopg.Connection[Any]) -> None:
    pm_ra, east, pm_dec, north = offsets(owner, 0.0)
    assert len(pm_ra) > 200
    (first, first_error), (second, second_error) = slope(pm_ra, east), slope(pm_dec, north)
    weight, more = first_error**-2, second_error**-2
    years = (weight * first + more * second) / (weight + more)
    error = (weight + more) ** -0.5
    assert error < 0.07
    assert abs(years - EARLIER) < 2 * error


def test_stars_moved_to_the_visits_lie_closer(owner: psycopg.Connection[Any]) -> None:
    """Also nothing is left of the dependence on motion."""
    still, moved = offsets(owner, 0.0), offsets(owner, EARLIER)
    assert still.shape == moved.shape
    for axis, gain in ((1, 0.65), (3, 0.75)):
        assert np.std(moved[axis]) < gain * np.std(still[axis])
        left, error = slope(moved[axis - 1], moved[axis])
        assert abs(left) < 3 * error
