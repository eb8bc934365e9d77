import warnings

import astropy.units as u
import healpy
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astropy.time import Time

from skytract.pipelines.simulate import stars
from skytract.pipelines.simulate.objects import EPOCH_MJD, empty, positions_at
from skytract.pipelines.simulate.templates import standard_fluxes

FIELD = (320.9, -0.5)
"""Centre of the published field with Gaia stars, deg."""


def draw(seed: int, ra: float, dec: float, square_arcmin: float):
    area = square_arcmin * (np.pi / 10800.0) ** 2
    return stars.draw_stars(np.random.default_rng(seed), healpy.ang2vec(ra, dec, lonlat=True), area)


def magnitudes(objects):
    return 31.4 - 2.5 * np.log10(standard_fluxes(objects))


def test_galactic_axes():
    ra, dec = np.array([0.0, 80.0, 192.9, 310.0]), np.array([-89.0, 12.0, 27.1, -5.0])
    ours = stars.GALACTIC @ healpy.ang2vec(ra, dec, lonlat=True).T
    galactic = SkyCoord(ra, dec, unit="deg").galactic.cartesian.xyz.value
    np.testing.assert_allclose(ours, galactic, atol=1e-6)


def test_density_at_the_sun_is_the_local_fraction():
    fractions = [component.fraction for component in stars.COMPONENTS]
    here = stars.density(np.array([0.0, 0.0, 1.0]), np.array([0.0]))[:, 0]
    np.testing.assert_allclose(here, fractions, rtol=1e-3)
    # One scale height up, the thin disk has fallen by e.
    above = stars.density(np.array([0.0, 0.0, 1.0]), np.array([300.0]))[0, 0]
    np.testing.assert_allclose(above, np.exp(-1.0), rtol=1e-3)


def test_counts_are_an_integral_over_magnitude_and_distance():
    direction = np.array([0.0, 0.6, -0.8])

    def integrand(absolute: np.ndarray, distance: np.ndarray) -> np.ndarray:
        luminosity = 1e-3 * np.interp(absolute, *stars.LUMINOSITY)
        return luminosity * stars.density(direction, distance).sum(axis=0) * distance**2

    rng = np.random.default_rng(1)
    absolute, log_distance = rng.uniform(3.85, 15.45, 400_000), rng.uniform(1.0, 5.2, 400_000)
    distance = 10.0**log_distance
    apparent = absolute + 5.0 * log_distance - 5.0
    value = integrand(absolute, distance) * distance * np.log(10.0)
    value *= (apparent > 16.0) & (apparent < 22.0)
    expected = value.mean() * 11.6 * 4.2
    bins = stars._ABSOLUTE[:, None] + stars._MODULUS[None, :]
    inside = (bins > 15.999) & (bins < 21.999)
    assert stars.counts(direction)[:, inside].sum() == pytest.approx(expected, rel=0.03)


def test_star_counts_are_gaias(shared_data):
    table = (
        read(shared_data("hsc_s82_field", "gaia_dr2_189584.fits.gz")),
        read(shared_data("hsc_s82_field", "gaia_dr2_189648.fits.gz")),
    )
    flux = np.concatenate([t["phot_g_mean_flux"] for t in table])
    ra, dec = (np.degrees(np.concatenate([t[c] for t in table])) for c in ("coord_ra", "coord_dec"))
    square = (np.abs(ra - FIELD[0]) < 0.2) & (np.abs(dec - FIELD[1]) < 0.2)
    gaia = 31.4 - 2.5 * np.log10(flux[square])
    # Most stars there have G within 0.2 mag of r (Riello et al. 2021): compare one-magnitude bins.
    area = 0.16 * 3600.0
    drawn = magnitudes(draw(1, *FIELD, 10.0 * area))[:, 2]
    for bright in (16.0, 17.0, 18.0, 19.0):
        observed = np.sum((gaia > bright) & (gaia < bright + 1.0))
        simulated = np.sum((drawn > bright) & (drawn < bright + 1.0)) / 10.0
        assert simulated == pytest.approx(observed, rel=0.25)


def test_locus_is_that_of_real_stars(shared_data):
    table = Table.read(shared_data("sdss_spec_class", "sdss.csv.gz"), format="csv")
    table = table[table["class"] == "STAR"]
    real = {c: np.asarray(table[c[0]] - table[c[1]]) for c in ("ug", "gr", "ri", "iz")}
    relative = stars.colours(np.arange(3.9, 9.0, 0.01))
    model = {c: relative[:, k] - relative[:, k + 1] for k, c in enumerate(("ug", "gr", "ri", "iz"))}
    for gr in (0.35, 0.55, 0.75, 0.95):
        there = np.abs(real["gr"] - gr) < 0.05
        for colour, tolerance in (("ug", 0.12), ("ri", 0.03), ("iz", 0.04)):
            ours = np.interp(gr, model["gr"], model[colour])
            assert ours == pytest.approx(np.median(real[colour][there]), abs=tolerance)


def test_colours_and_magnitudes_are_plausible():
    drawn = magnitudes(draw(3, 310.0, -5.0, 300.0))
    r, gr = drawn[:, 2], drawn[:, 1] - drawn[:, 2]
    assert r.min() > stars.BRIGHT and r.max() < stars.FAINT
    assert 0.1 < np.percentile(gr, 0.5) and np.percentile(gr, 99.5) < 1.5
    # Fainter stars are redder, as the disks thin out; counts rise by a third per magnitude or more.
    assert np.median(gr[r > 22.0]) > np.median(gr[r < 19.0])
    counts = np.histogram(r, [18.0, 19.0, 20.0, 21.0, 22.0])[0]
    assert np.all(counts[1:] > 1.1 * counts[:-1])


def test_proper_motions_resemble_gaias(shared_data):
    table = read(shared_data("hsc_s82_field", "gaia_dr2_189584.fits.gz"))
    gaia = 31.4 - 2.5 * np.log10(np.asarray(table["phot_g_mean_flux"]))
    bright = (gaia > 16.0) & (gaia < 18.0)
    motion = np.degrees([np.asarray(table[c])[bright] for c in ("pm_ra", "pm_dec")]) * 3.6e6
    drawn = draw(1, *FIELD, 3000.0)
    drawn = drawn[np.abs(magnitudes(drawn)[:, 2] - 17.0) < 1.0]
    ours = np.array([drawn["pmRa"], drawn["pmDec"]])
    real = np.nanmedian(np.hypot(*motion))
    assert np.median(np.hypot(*ours)) == pytest.approx(real, rel=0.3)
    # 3 mas/yr: the model lets every star lag along the Sun's own orbit, whatever its distance.
    np.testing.assert_allclose(np.median(ours, axis=1), np.nanmedian(motion, axis=1), atol=3.0)


def test_motion_is_astropys():
    moving = empty(4, "star")
    moving["ra"], moving["dec"] = [0.0001, 120.0, 359.9999, 200.0], [-5.0, 89.99, 60.0, -89.5]
    moving["pmRa"], moving["pmDec"] = [-900.0, 3000.0, 500.0, 50.0], [400.0, -200.0, 0.0, -3000.0]
    start = SkyCoord(
        moving["ra"] * u.deg,
        moving["dec"] * u.deg,
        pm_ra_cosdec=moving["pmRa"] * u.mas / u.yr,
        pm_dec=moving["pmDec"] * u.mas / u.yr,
        distance=1.0 * u.Mpc,  # so far that perspective is nothing
        obstime=Time(EPOCH_MJD, format="mjd", scale="tai"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        end = start.apply_space_motion(dt=3.0 * u.yr)
    ra, dec = positions_at(moving, EPOCH_MJD + 3.0 * 365.25)
    assert np.all(SkyCoord(ra, dec, unit="deg").separation(end).mas < 0.01)
    assert np.all(start.separation(end).mas > 100.0)


def read(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its units are not FITS standard
        return Table.read(path)
