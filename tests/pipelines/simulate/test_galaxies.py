import healpy
import numpy as np
import pytest
from scipy.spatial import cKDTree

from skytract.pipelines.simulate import galaxies
from skytract.pipelines.simulate.cell import CELL_ORDER, Cell
from skytract.pipelines.simulate.redshifts import draw_redshifts
from skytract.pipelines.simulate.templates import standard_fluxes

WEAVER = {20.25: 3.44, 21.25: 3.85, 22.25: 4.21, 23.25: 4.54, 24.25: 4.86, 25.25: 5.08}
"""i magnitude and log10 of galaxies per deg^2 and magnitude in COSMOS (Weaver et al. 2022, ApJS
258, 11, table 2)."""


@pytest.fixture(scope="module")
def drawn():
    """Galaxies of six cells at high latitude, to r = 26.5, and their magnitudes in ugrizy."""
    cells = [Cell(1, 100_000 + 7 * k) for k in range(6)]
    objects = np.concatenate([galaxies.draw_galaxies(cell, 26.5)[0] for cell in cells])
    return objects, 31.4 - 2.5 * np.log10(standard_fluxes(objects))


SQUARE_DEGREES = 6 * Cell.area * np.degrees(1.0) ** 2


@pytest.mark.parametrize("i", WEAVER)
def test_counts_in_i_are_those_of_cosmos(drawn, i):
    """Drawn in r, with spectra and redshifts, they must come out right in i."""
    number = np.sum(np.abs(drawn[1][:, 3] - i) < 0.25)
    per_magnitude = number / 0.5 / SQUARE_DEGREES
    noise = 3.0 / np.sqrt(number)
    assert per_magnitude == pytest.approx(10.0 ** WEAVER[i], rel=0.2 + noise)


@pytest.mark.parametrize("i", [24.0, 25.0])
def test_cumulative_counts_are_those_of_the_science_book(drawn, i):
    """46 10^(0.31 (i - 25)) galaxies per arcmin^2 (LSST Science Book 2009, eq. 3.7)."""
    per_arcmin2 = np.sum(drawn[1][:, 3] < i) / SQUARE_DEGREES / 3600.0
    assert per_arcmin2 == pytest.approx(46.0 * 10.0 ** (0.31 * (i - 25.0)), rel=0.2)


def test_bright_counts_are_those_of_the_main_galaxy_sample():
    """92 galaxies per deg^2 to r = 17.77 (Strauss et al. 2002, AJ 124, 1810, section 4)."""
    assert galaxies.counts(17.77).sum() == pytest.approx(92.0, rel=0.2)


def test_redshifts_grow_with_magnitude(drawn):
    """VVDS: the median redshift of galaxies of 17.5 < I < 24 is 0.76 (Le Fevre et al. 2005)."""
    objects, magnitude = drawn
    sample = (magnitude[:, 3] > 17.5) & (magnitude[:, 3] < 24.0)
    assert np.median(objects["redshift"][sample]) == pytest.approx(0.76, rel=0.2)
    bins = [np.median(objects["redshift"][np.abs(magnitude[:, 2] - r) < 0.5]) for r in (20, 22, 24)]
    assert bins[0] < bins[1] < bins[2]


def test_types_have_the_shares_of_the_prior():
    """35 % early, 50 % spiral at i = 20; Benitez (2000, table 1)."""
    rng = np.random.default_rng(1)
    kinds, redshift = draw_redshifts(np.full(20_000, 20.0), rng.random(20_000), rng.random(20_000))
    np.testing.assert_allclose(np.bincount(kinds) / 20_000, [0.35, 0.50, 0.15], atol=0.012)
    # The mode of z^a exp(-(z / z0)^a) is z0.
    early = np.histogram(redshift[kinds == 0], np.arange(0.0, 1.2, 0.06))
    assert early[1][np.argmax(early[0])] + 0.03 == pytest.approx(0.431, abs=0.07)


def test_bright_galaxies_have_the_colours_of_real_ones(shared_data):
    """g-r and r-i of galaxies of SDSS DR14 with spectra at r = 17 to 17.7 and z about 0.1."""
    from astropy.table import Table

    table = Table.read(shared_data("sdss_spec_class", "sdss.csv.gz"), format="csv")
    real = table[(table["class"] == "GALAXY") & (table["r"] > 16.5) & (table["r"] < 17.7)]
    rng = np.random.default_rng(3)
    cells = [Cell(2, int(k)) for k in rng.integers(0, 12 * 4**CELL_ORDER, 150)]
    ours = np.concatenate([galaxies.draw_galaxies(cell, 17.7)[0] for cell in cells])
    dust_free = ours[31.4 - 2.5 * np.log10(ours["flux"]) > 16.5]
    magnitude = -2.5 * np.log10(standard_fluxes(dust_free))
    for k, (a, b) in enumerate((("g", "r"), ("r", "i")), start=1):
        observed = np.median(np.asarray(real[a] - real[b]))
        assert np.median(magnitude[:, k] - magnitude[:, k + 1]) == pytest.approx(observed, abs=0.2)


def test_sizes_and_shapes():
    rng = np.random.default_rng(1)
    scale = galaxies.scale_length(np.full(4000, 23.0), rng.random(4000))
    assert np.median(scale) == pytest.approx(np.exp(-1.145), rel=0.03)
    ratio = galaxies.axis_ratio(np.array([0.0, 0.5, 1.0]), 0.2)
    np.testing.assert_allclose(ratio, [0.2, np.sqrt(0.25 + 0.04 * 0.75), 1.0])


def test_galaxies_cluster_as_observed():
    """w = (theta / theta_0)^-0.7, theta_0 = 10^(-0.4 (r - 21.5)) arcsec: Morganson & Blandford
    (2009, MNRAS 398, 769, abstract); within a factor of two, between 4 and 60 arcsec."""
    edges = np.radians(np.array([4.0, 8.0, 16.0, 32.0, 60.0]) / 3600.0)
    centre, radius = healpy.ang2vec(40.0, -3.0, lonlat=True), np.radians(0.5)
    vectors, faint = [], []
    for cell in healpy.query_disc(
        1 << CELL_ORDER, centre, radius + 0.004, inclusive=True, nest=True
    ):
        objects, indices = galaxies.draw_galaxies(Cell(2, int(cell)), 23.0)
        vectors.append(np.stack(healpy.pix2vec(1 << 29, indices, nest=True), axis=1))
        faint.append(31.4 - 2.5 * np.log10(objects["flux"]) > 21.5)
    everything = np.concatenate(vectors)[np.concatenate(faint)]
    inner = everything[everything @ centre > np.cos(radius)]
    chord = 2.0 * np.sin(edges / 2.0)
    pairs = np.diff(cKDTree(inner).count_neighbors(cKDTree(everything), chord))
    density = len(inner) / (2.0 * np.pi * (1.0 - np.cos(radius)))
    random = len(inner) * density * np.diff(-2.0 * np.pi * np.cos(edges))
    theta = np.degrees(np.sqrt(edges[1:] * edges[:-1])) * 3600.0
    observed = (theta / 10.0 ** (-0.4 * (22.5 - 21.5))) ** -0.7
    excess = pairs / random - 1.0
    assert np.all((excess > observed / 2.0) & (excess < observed * 2.0))
