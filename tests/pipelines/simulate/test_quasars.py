import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM

from skytract.pipelines.simulate import quasars
from skytract.pipelines.simulate.cell import Cell
from skytract.pipelines.simulate.templates import templates

SQUARE_DEGREE = np.radians(1.0) ** 2


def test_distances_are_astropys():
    redshift = np.linspace(0.3, 4.0, 50)
    cosmology = FlatLambdaCDM(H0=67.7, Om0=0.31)
    comoving, slope = quasars.distances(redshift)
    np.testing.assert_allclose(comoving, cosmology.comoving_distance(redshift).value, rtol=1e-5)
    expected = 299792.458 / cosmology.H(redshift).value
    np.testing.assert_allclose(slope, expected, rtol=1e-4)


def test_luminosity_function_has_its_break_and_slopes():
    pivot = np.array(2.2)
    at_break = quasars.luminosity_function(np.array(-26.71), pivot)
    assert at_break == pytest.approx(10**-6.01 / 2.0, rel=1e-9)
    bright = quasars.luminosity_function(np.array([-32.0, -31.0]), pivot - 1e-9)
    assert np.diff(np.log10(bright))[0] == pytest.approx(0.4 * 3.31, abs=0.02)
    faint = quasars.luminosity_function(np.array([-21.0, -20.0]), pivot - 1e-9)
    assert np.diff(np.log10(faint))[0] == pytest.approx(0.4 * 0.54, abs=0.02)


@pytest.mark.parametrize(("i", "published"), [(20.0, 6.06), (21.0, 17.4), (21.8, 32.0)])
def test_counts_are_those_of_boss(i, published):
    """Quasars per deg^2 at 2.2 < z < 3.5 brighter than i, corrected for incompleteness: Ross et al.
    (2013, ApJ 773, 14, number counts of DR9)."""
    grid = templates().grids["qso"]
    member = np.full(len(grid.redshifts), 1)
    ratio = templates().ratios[grid.index(member, 0.0, grid.redshifts), 3]
    magnitude = quasars.BRIGHT + 0.1 * (np.arange(len(quasars.counts())) + 0.5)
    infrared = magnitude[:, None] - 2.5 * np.log10(ratio)
    there = (infrared < i) & (grid.redshifts > 2.2) & (grid.redshifts < 3.5)
    assert quasars.counts()[there].sum() * SQUARE_DEGREE == pytest.approx(published, rel=0.2)


def test_drawn_quasars_are_as_many_as_expected():
    cells = [Cell(1, 120_000 + 11 * k) for k in range(30)]
    drawn = np.concatenate([quasars.draw_quasars(cell, 23.0)[0] for cell in cells])
    # Some dust lies in front: between none and 0.3 mag in r.
    upper = quasars.counts()[:80].sum() * Cell.area * 30
    assert 0.7 * upper < len(drawn) < upper + 4.0 * np.sqrt(upper)
    assert np.all((drawn["redshift"] >= 0.3) & (drawn["redshift"] < 4.01))
    assert np.median(drawn["redshift"]) == pytest.approx(1.6, abs=0.4)
    assert np.all(drawn["diskScale"] == 0.0) and np.all(drawn["parallax"] == 0.0)
