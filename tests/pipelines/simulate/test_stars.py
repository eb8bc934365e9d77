import warnings

import astropy.units as u
import healpy
import numpy as np
import pytest
from astropy.coordinates import CartesianDifferential, CartesianRepresentation, SkyCoord
from astropy.table import Table, vstack
from astropy.time import Time
from scipy.spatial import cKDTree

from skytract.pipelines.simulate import luminosity, milky_way, stars
from skytract.pipelines.simulate.cell import CELL_ORDER, Cell
from skytract.pipelines.simulate.objects import EPOCH_MJD, empty, positions_at, total_flux
from skytract.pipelines.simulate.templates import standard_fluxes, templates

FIELD = (320.9, -0.5)
"""Centre of the published field with Gaia stars, deg."""


def cells_at(ra, dec, number):
    """So many cells about a position."""
    radius = np.sqrt(number * Cell.area / np.pi) * 2.0 + 0.01
    centre = healpy.ang2vec(ra, dec, lonlat=True)
    found = healpy.query_disc(1 << CELL_ORDER, centre, radius, nest=True)
    return [Cell(1, int(cell)) for cell in found[:number]]


def draw(ra, dec, number, limit=22.0):
    """Stars of cells about a position, and the area in deg^2."""
    cells = cells_at(ra, dec, number)
    found = np.concatenate([stars.draw_stars(cell, limit)[0] for cell in cells])
    return found, len(cells) * Cell.area * np.degrees(1.0) ** 2


def magnitudes(objects):
    return 31.4 - 2.5 * np.log10(standard_fluxes(objects))


def test_galactic_axes():
    ra, dec = np.array([0.0, 80.0, 192.9, 310.0]), np.array([-89.0, 12.0, 27.1, -5.0])
    ours = milky_way.GALACTIC @ healpy.ang2vec(ra, dec, lonlat=True).T
    galactic = SkyCoord(ra, dec, unit="deg").galactic.cartesian.xyz.value
    np.testing.assert_allclose(ours, galactic, atol=1e-6)


def test_density_at_the_sun_is_the_local_fraction():
    fractions = [component.fraction for component in milky_way.COMPONENTS]
    here = milky_way.density(np.array([0.0, 0.0, 1.0]), np.array([0.0]))[:, 0]
    np.testing.assert_allclose(here[:3], fractions[:3], rtol=1e-3)
    assert here[3] < 1e-3
    # One scale height up, the thin disk has fallen by e.
    above = milky_way.density(np.array([0.0, 0.0, 1.0]), np.array([300.0]))[0, 0]
    np.testing.assert_allclose(above, np.exp(-1.0), rtol=1e-3)
    centre = milky_way.density(np.array([1.0, 0.0, 0.0]), np.array([8000.0]))[3, 0]
    assert centre == pytest.approx(fractions[3], rel=0.01)


def test_dust_to_the_pole_is_an_exponential_layer():
    expected = milky_way.DUST_RATE * 103.0 * np.exp(-25.0 / 103.0)
    assert milky_way.total_reddening(np.array([0.0, 0.0, 1.0])) == pytest.approx(expected, rel=0.01)
    plane = milky_way.total_reddening(np.array([0.0, 1.0, 0.0]))
    assert plane > 20.0 * expected


def test_disks_are_as_before_at_the_sun_and_hollow_in_the_middle():
    """The hole of Freudenreich (1998): half of the disk is left at 2.4 kpc."""
    radius = np.array([8000.0, 2400.0, 100.0])
    np.testing.assert_allclose(milky_way.outside_hole(radius), [1.0, 0.5, 0.003], atol=0.02)


def galactic(longitude, latitude):
    return SkyCoord(l=longitude, b=latitude, unit="deg", frame="galactic").galactic.cartesian


OGLE = np.array(
    [
        [1.006, -3.810, 237.2, 2769.4],  # Baade's window
        [1.213, -2.308, 249.8, 3985.0],
        [-0.338, -4.592, 142.7, 1969.6],
        [-0.984, -5.310, 92.6, 1369.0],
        [-2.942, -6.254, 94.3, 1137.3],
        [-4.409, -4.285, 177.3, 2168.1],
        [4.195, -3.207, 211.6, 2681.8],
        [3.197, -3.948, 160.8, 2326.4],
    ]
)
"""l, b, and stars per arcmin^2 of 14 < I < 18 and 14 < I < 21 in subfields of OGLE-IV (Mroz et al.
2019, ApJS 244, 29, table 5: 513.12, 505.21, 514.04, 515.10, 517.20, 503.11, 518.13, 519.12)."""


def stars_of_i(longitude, latitude, limits, number=10_000):
    """Expected stars per arcmin^2 of 14 < I < limits: spectra of a sample of the bins of r."""
    expected, _, dust = stars.counts(np.array(galactic(longitude, latitude).xyz), 23.5)
    rng = np.random.default_rng(3)
    flatter = expected * 10.0 ** (-0.05 * np.arange(len(expected)))[:, None]
    chance = flatter.ravel() / flatter.sum()
    chosen = rng.choice(chance.size, number, p=chance)
    weight = expected.ravel()[chosen] / chance[chosen] / number * np.radians(1.0 / 60.0) ** 2
    step, column = np.divmod(chosen, expected.shape[1])
    component, kind, row = (which[column] for which in stars._columns()[:3])
    sample = empty(number, "star")
    sample["flux"] = 10.0 ** (0.4 * (31.4 - stars.BRIGHT - stars._STEP * (step + 0.5)))
    behind = dust[stars._FIRST + step - row]
    normal = rng.standard_normal(number)
    stars.set_spectra(sample, stars._ABSOLUTE[row], component, kind, behind, normal)
    r, i = magnitudes(sample)[:, 2:4].T
    cousins = r - 1.2444 * (r - i) - 0.3820  # Lupton (2005), for SDSS, of Vega
    return [weight[(cousins > 14.0) & (cousins < limit)].sum() for limit in limits]


def test_counts_towards_the_bulge_are_those_of_ogle():
    """Within 20 % in Baade's window, and of the mean of fields.

    A field may be off by a factor of two: real dust has clouds, which change the counts of
    neighbouring fields by that much.
    """
    ours = np.array([stars_of_i(*field[:2], (18.0, 21.0)) for field in OGLE])
    ratio = np.log(ours / OGLE[:, 2:])
    np.testing.assert_allclose(ratio[0], 0.0, atol=np.log(1.2))
    np.testing.assert_allclose(ratio.mean(axis=0), 0.0, atol=np.log(1.2))
    assert np.abs(ratio).max() < np.log(2.0)


def test_dust_before_baades_window_is_as_published():
    """A_V = 1.26 to 2.79 (Stanek 1996, ApJ 460, L37), R_V = 3.1."""
    reddening = milky_way.total_reddening(np.array(galactic(1.0, -3.9).xyz))
    assert 1.26 < 3.1 * reddening < 2.79


def test_counts_are_an_integral_over_magnitude_and_distance():
    direction = np.array([0.0, 0.6, -0.8])
    rng = np.random.default_rng(1)
    absolute, log_distance = rng.uniform(-3.0, 16.0, 400_000), rng.uniform(1.0, 5.2, 400_000)
    distance = 10.0**log_distance
    grid = np.geomspace(1.0, 2e5, 3000)
    dust = np.interp(distance, grid, milky_way.reddening(direction, grid))
    apparent = absolute + 5.0 * log_distance - 5.0 + stars.RED_EXTINCTION * dust
    number = np.einsum(
        "ckn,cn->n", luminosity.luminosity(absolute), milky_way.density(direction, distance)
    )
    value = number * distance**3 * np.log(10.0) * ((apparent > 16.0) & (apparent < 22.0))
    expected = value.mean() * 19.0 * 4.2
    ours = stars.counts(direction, 22.0)[0]
    assert ours[10:].sum() == pytest.approx(expected, rel=0.03)


def bahcall_soneira(v, longitude, latitude):
    """Stars per deg^2 brighter than V: Bahcall & Soneira (1980, ApJS 44, 73, eq. B1)."""
    lon, b = np.radians([longitude, latitude])
    mu = np.clip(0.0075 * (v - 12.0) + 0.03, 0.03, 0.09)
    gamma = np.clip(0.04 * (12.0 - v) + 0.36, 0.04, 0.36)
    disk = 925.0 * 10 ** (0.035 * (v - 15.75)) / (1.0 + 10 ** (-0.132 * (v - 15.75))) ** 3
    disk /= (np.sin(b) * (1.0 - mu / np.tan(b) * np.cos(lon))) ** (3.0 - 5.0 * gamma)
    halo = 1050.0 * 10 ** (0.087 * (v - 17.5)) / (1.0 + 10 ** (-0.18 * (v - 17.5))) ** 2.5
    return disk + halo / (1.0 - np.cos(b) * np.cos(lon)) ** (1.45 - 0.2 * np.cos(b) * np.cos(lon))


@pytest.mark.parametrize(("longitude", "latitude"), [(0.0, 90.0), (90.0, 45.0), (180.0, 45.0)])
def test_star_counts_are_those_of_bahcall_and_soneira(longitude, latitude):
    """Stars of 15 < V < 17, 19, 21: their fit to counts; they give it an error of 15 %."""
    place = SkyCoord(l=longitude, b=latitude, unit="deg", frame="galactic").icrs
    drawn, area = draw(place.ra.deg, place.dec.deg, 60, 21.5)
    g, r = magnitudes(drawn)[:, 1:3].T
    v = g - 0.59 * (g - r) - 0.01  # Jester et al. (2005, AJ 130, 873, table 1)
    for faint in (17.0, 19.0, 21.0):
        expected = np.diff([bahcall_soneira(m, longitude, latitude) for m in (15.0, faint)])[0]
        assert np.sum((v > 15.0) & (v < faint)) / area == pytest.approx(expected, rel=0.2)


def test_star_counts_are_gaias(shared_data):
    table = (
        read(shared_data("hsc_s82_field", "gaia_dr2_189584.fits.gz")),
        read(shared_data("hsc_s82_field", "gaia_dr2_189648.fits.gz")),
    )
    flux = np.concatenate([t["phot_g_mean_flux"] for t in table])
    ra, dec = (np.degrees(np.concatenate([t[c] for t in table])) for c in ("coord_ra", "coord_dec"))
    square = (np.abs(ra - FIELD[0]) < 0.2) & (np.abs(dec - FIELD[1]) < 0.2)
    gaia = 31.4 - 2.5 * np.log10(flux[square])
    drawn, area = draw(*FIELD, 40)
    # Most stars there have G within 0.2 mag of r (Riello et al. 2021): compare whole magnitudes.
    r = magnitudes(drawn)[:, 2]
    for faint in (18.0, 19.0, 20.0):
        observed = np.sum((gaia > 15.0) & (gaia < faint)) / 0.16
        assert np.sum((r > 15.0) & (r < faint)) / area == pytest.approx(observed, rel=0.2)


@pytest.mark.parametrize(("bright", "faint"), [(15.0, 17.0), (17.0, 18.5), (18.5, 19.5)])
def test_colours_change_with_magnitude_as_observed(shared_data, bright, faint):
    """Median g-i of Gaia's stars in Pan-STARRS: from old turn-off stars to M dwarfs.

    The passbands differ by up to 0.1 mag in g-i of red stars, and the middle half of the stars
    spans 0.4 to 1.4 mag.
    """
    parts = ("189584", "189648")
    gaia, ps1 = (
        vstack([read(shared_data("hsc_s82_field", name.format(part))) for part in parts])
        for name in ("gaia_dr2_{}.fits.gz", "ps1_pv3_3pi_20170110_{}_refcats.fits.gz")
    )
    places = [
        healpy.ang2vec(*np.degrees([t["coord_ra"], t["coord_dec"]]), True) for t in (gaia, ps1)
    ]
    distance, row = cKDTree(places[1]).query(places[0])
    point = ps1[row[distance < np.radians(1.0 / 3600.0)]]
    g, r, i = (31.4 - 2.5 * np.log10(np.asarray(point[f"{band}_flux"])) for band in "gri")
    observed = np.nanmedian((g - i)[(r > bright) & (r < faint)])
    magnitude = magnitudes(draw(*FIELD, 30, 20.5)[0])
    there = (magnitude[:, 2] > bright) & (magnitude[:, 2] < faint)
    ours = np.median((magnitude[:, 1] - magnitude[:, 3])[there])
    assert ours == pytest.approx(observed, abs=0.17)


def test_white_dwarfs_are_as_dense_as_published():
    """0.0046 per pc^3 (Harris et al. 2006, AJ 131, 571, section 6)."""
    absolute = np.arange(9.0, 16.0, 0.01)
    white = luminosity.luminosity(absolute)[0, 2].sum() * 0.01
    assert white == pytest.approx(0.0046, rel=0.2)


def test_dwarfs_have_the_colours_of_the_photometric_parallax():
    """The Sun: M_r = 4.64 (Willmer 2018), g-i = 0.55 +- 0.05; M dwarfs as Ivezic et al. (2008)."""
    colour = luminosity.dwarf_colour(np.array([4.64, 1.0, 11.4]), np.zeros(3))
    assert colour[0] == pytest.approx(0.58, abs=0.06)
    assert colour[1] == pytest.approx(-0.42, abs=0.1)
    assert colour[2] == pytest.approx(2.8, abs=0.1)
    poor = luminosity.dwarf_colour(np.array([4.64]), np.array([-1.5]))
    assert poor[0] < colour[0] - 0.1
    magnitude = np.linspace(-2.0, 15.0, 500)
    assert np.all(np.diff(luminosity.dwarf_colour(magnitude, np.zeros(500))) >= 0.0)


def test_companions_follow_the_multiplicity():
    """44 % of stars of one solar mass and 26 % of M dwarfs (Duchene & Kraus 2013, table 1)."""
    rng = np.random.default_rng(2)
    for absolute, fraction in ((4.6, 0.44), (11.2, 0.26)):
        chance, ratio = rng.random((2, 20_000))
        other = luminosity.companion_magnitude(np.full(20_000, absolute), chance, ratio)
        heavy = ratio > 0.35  # of M dwarfs, the lightest companions are no stars
        assert np.isfinite(other[heavy]).mean() == pytest.approx(fraction, abs=0.015)
        assert np.all(other[np.isfinite(other)] >= absolute - 1e-9)


def test_binaries_share_the_light_of_the_system():
    drawn, _ = draw(310.0, -20.0, 3)
    double = drawn["companionSed"] >= 0
    assert 0.2 < double.mean() < 0.5
    assert np.all(drawn["companionFlux"][double] <= drawn["flux"][double] * (1 + 1e-9))
    assert np.all(drawn["companionFlux"][~double] == 0.0)
    families = templates().kinds[drawn["companionSed"][double]]
    assert set(families) == {"dwarf"}
    faintest = 10 ** (0.4 * (31.4 - 22.21))
    assert total_flux(drawn).min() > faintest


def test_every_kind_of_star_is_there():
    drawn, _ = draw(310.0, -20.0, 12, 23.0)
    families, numbers = np.unique(templates().kinds[drawn["sed"]], return_counts=True)
    share = dict(zip(families, numbers / len(drawn), strict=True))
    assert set(share) == {"dwarf", "subdwarf", "giant", "whiteDwarf"}
    assert share["dwarf"] > 0.6 and share["whiteDwarf"] > 0.001
    white = drawn[templates().kinds[drawn["sed"]] == "whiteDwarf"]
    assert np.median(white["parallax"]) > 3.0 * np.median(drawn["parallax"])
    red = magnitudes(drawn)
    assert np.mean(red[:, 2] - red[:, 3] > 0.9) > 0.2  # M2 and later


def test_proper_motions_resemble_gaias(shared_data):
    table = read(shared_data("hsc_s82_field", "gaia_dr2_189584.fits.gz"))
    gaia = 31.4 - 2.5 * np.log10(np.asarray(table["phot_g_mean_flux"]))
    bright = (gaia > 16.0) & (gaia < 18.0)
    motion = np.degrees([np.asarray(table[c])[bright] for c in ("pm_ra", "pm_dec")]) * 3.6e6
    drawn, _ = draw(*FIELD, 16, 19.0)
    drawn = drawn[np.abs(magnitudes(drawn)[:, 2] - 17.0) < 1.0]
    ours = np.array([drawn["pmRa"], drawn["pmDec"]])
    real = np.nanmedian(np.hypot(*motion))
    assert np.median(np.hypot(*ours)) == pytest.approx(real, rel=0.25)
    np.testing.assert_allclose(np.median(ours, axis=1), np.nanmedian(motion, axis=1), atol=2.0)


def test_motions_are_the_projected_velocity():
    """Proper motion and radial velocity of known velocities, by astropy."""
    cell = cells_at(200.0, 30.0, 1)[0]
    normal = np.random.default_rng(4).normal(size=(5, 3))
    component, distance = np.array([0, 1, 2, 0, 3]), np.array([50.0, 400.0, 3000.0, 900.0, 7000.0])
    moving = empty(5, "star")
    stars.set_motions(moving, cell.direction, component, distance, normal)
    velocity = milky_way.velocities(cell.direction, component, distance, normal)
    place = CartesianRepresentation(*(cell.direction[:, None] * distance) * u.pc)
    with_velocity = place.with_differentials(CartesianDifferential(*velocity.T * u.km / u.s))
    oracle = SkyCoord(with_velocity, frame="galactic").icrs
    np.testing.assert_allclose(moving["pmRa"], oracle.pm_ra_cosdec.to_value("mas/yr"), rtol=1e-4)
    np.testing.assert_allclose(moving["pmDec"], oracle.pm_dec.to_value("mas/yr"), rtol=1e-4)
    radial = oracle.radial_velocity.to_value("km/s")
    np.testing.assert_allclose(moving["radialVelocity"], radial, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(moving["parallax"], 1000.0 / distance)


def test_the_solar_neighbourhood_lags_behind_the_local_standard():
    direction = np.array([0.0, 0.0, 1.0])
    rest = np.zeros((1, 3))
    thin = milky_way.velocities(direction, np.array([0]), np.array([1.0]), rest)[0]
    np.testing.assert_allclose(thin, [-11.1, -12.24 - 15.0, -7.25], atol=0.01)


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
