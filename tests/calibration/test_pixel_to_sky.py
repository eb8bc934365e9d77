"""TAN-SIP world coordinates, against astropy.wcs."""

from typing import Any

import numpy as np
import psycopg
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS, Sip

from skytract.udf.calibration.pixel_to_sky import pixel_to_sky

MAS = 1 / 3.6e6
CENTRES = [
    (150.0, 2.0),
    (0.0, -30.0),
    (359.9999, 60.0),
    (10.0, 89.95),
    (200.0, -89.95),
    (77.0, 90.0),
]
N = 200

Arrays = dict[str, Any]


def make_wcs(centre: tuple[float, float], order: int = 3) -> WCS:
    """A 2k x 4k detector of 0.2 arcsec pixels, turned by 30 deg, distorted by some pixels."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"] if order else ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.lonpole = centre, (1000.5, 2100.25), 180.0
    turn = np.radians(30.0)
    wcs.wcs.cd = (
        0.2 / 3600 * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    )
    if order:
        rng = np.random.default_rng(order)
        power = np.add.outer(np.arange(order + 1), np.arange(order + 1))
        used = (power >= 2) & (power <= order)
        a, b = rng.normal(0, 1, (2, order + 1, order + 1)) * used * 5.0 / 2000.0**power
        wcs.sip = Sip(a, b, None, None, wcs.wcs.crpix)
    wcs.wcs.set()
    return wcs


def arguments(wcs: WCS) -> Arrays:
    """What raw.VisitDetector would hold."""
    flat = (wcs.sip.a.ravel(), wcs.sip.b.ravel()) if wcs.sip else ([], None)
    return {
        "crpix": wcs.wcs.crpix.tolist(),
        "crval": wcs.wcs.crval.tolist(),
        "cd": wcs.wcs.cd.ravel().tolist(),
        "sip_a": list(flat[0]),
        "sip_b": None if flat[1] is None else list(flat[1]),
    }


def pixels(seed: int = 1) -> Arrays:
    rng = np.random.default_rng(seed)
    x_err, y_err = rng.uniform(0.01, 0.3, (2, N))
    return {
        "x": rng.uniform(-0.5, 2047.5, N),
        "y": rng.uniform(-0.5, 4095.5, N),
        "x_err": x_err,
        "y_err": y_err,
        "x_y_cov": rng.uniform(-0.9, 0.9, N) * x_err * y_err,
    }


def sky(ra: Any, dec: Any) -> SkyCoord:
    return SkyCoord(ra, dec, unit="deg")


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("order", [0, 2, 3, 5])
def test_positions_are_those_of_astropy(centre: tuple[float, float], order: int) -> None:
    wcs, at = make_wcs(centre, order), pixels()
    ra, dec, *_ = pixel_to_sky(**at, **arguments(wcs))
    expected = sky(*wcs.all_pix2world(at["x"], at["y"], 0))
    assert sky(ra, dec).separation(expected).deg.max() < 0.1 * MAS
    assert 0 <= min(ra) and max(ra) < 360


def tangent_offsets(centre: SkyCoord, points: SkyCoord) -> np.ndarray:
    """Offsets (ra cos dec, dec) [deg] of points from centres, shape (2, n)."""
    east, north = centre.spherical_offsets_to(points)
    return np.array([east.deg, north.deg])


@pytest.mark.parametrize("centre", CENTRES)
def test_covariance_is_that_of_astropys_derivative(centre: tuple[float, float]) -> None:
    """J C J^T with J from central differences of astropy over half a pixel: good to 1e-6."""
    wcs, at = make_wcs(centre), pixels()
    ra, dec, ra_err, dec_err, cov = pixel_to_sky(**at, **arguments(wcs))
    here, step = sky(ra, dec), 0.25
    columns = [
        tangent_offsets(here, sky(*wcs.all_pix2world(at["x"] + dx, at["y"] + dy, 0)))
        - tangent_offsets(here, sky(*wcs.all_pix2world(at["x"] - dx, at["y"] - dy, 0)))
        for dx, dy in ((step, 0.0), (0.0, step))
    ]
    j = np.stack(columns, axis=1) / (2 * step)
    c = np.array([[at["x_err"] ** 2, at["x_y_cov"]], [at["x_y_cov"], at["y_err"] ** 2]])
    expected = np.einsum("ikn,kln,jln->ijn", j, c, j)
    scale = np.array(ra_err) * np.array(dec_err)
    assert np.array(ra_err) ** 2 == pytest.approx(expected[0, 0], rel=1e-5)
    assert np.array(dec_err) ** 2 == pytest.approx(expected[1, 1], rel=1e-5)
    assert np.abs(np.array(cov) - expected[0, 1]).max() < 1e-5 * scale.max()


def test_errors_are_the_scatter_of_draws() -> None:
    """10^4 draws of one pixel: their covariance agrees to 5 % (three sigma are 4.2 %)."""
    wcs, rng = make_wcs((10.0, 85.0)), np.random.default_rng(2)
    c = np.array([[0.04, 0.018], [0.018, 0.01]])
    x, y = rng.multivariate_normal([1900.0, 4000.0], c, 10_000).T
    (ra,), (dec,), (ra_err,), (dec_err,), (cov,) = pixel_to_sky(
        [1900.0], [4000.0], [0.2], [0.1], [0.018], **arguments(wcs)
    )
    drawn = np.cov(tangent_offsets(sky(ra, dec), sky(*wcs.all_pix2world(x, y, 0))))
    assert [ra_err**2, dec_err**2, cov] == pytest.approx(
        [drawn[0, 0], drawn[1, 1], drawn[0, 1]], rel=0.05
    )


def test_unknown_errors() -> None:
    """No xErr: no errors. No covariance: as if it were zero."""
    wcs = arguments(make_wcs((10.0, 20.0)))
    known = pixel_to_sky([5.0], [6.0], [0.1], [0.2], [0.0], **wcs)
    assert pixel_to_sky([5.0], [6.0], [0.1], [0.2], [None], **wcs) == known
    ra, dec, ra_err, dec_err, cov = pixel_to_sky([5.0], [6.0], [None], [0.2], [0.0], **wcs)
    assert (ra, dec) == known[:2]
    assert np.isnan([*ra_err, *dec_err, *cov]).all()


def test_unknown_pixels_are_nowhere() -> None:
    wcs = arguments(make_wcs((10.0, 20.0)))
    assert np.isnan(pixel_to_sky([None], [6.0], [0.1], [0.2], [0.0], **wcs)[:2]).all()


def test_no_pixels() -> None:
    wcs = arguments(make_wcs((10.0, 20.0)))
    assert pixel_to_sky([], [], [], [], [], **wcs) == ([], [], [], [], [])


def test_refuses_terms_that_are_no_square() -> None:
    wcs = arguments(make_wcs((10.0, 20.0)))
    with pytest.raises(ValueError, match=r"sipA has 3 terms: give \(order \+ 1\)\^2 of them"):
        pixel_to_sky([5.0], [6.0], [0.1], [0.2], [0.0], **{**wcs, "sip_a": [0.0] * 3})


def test_refuses_terms_beyond_their_order() -> None:
    """The convention has p + q up to the order: more would be left out by other readers."""
    wcs = arguments(make_wcs((10.0, 20.0)))
    with pytest.raises(
        ValueError, match=r"sipB has terms u\^p v\^q with p \+ q beyond its order 1"
    ):
        pixel_to_sky([5.0], [6.0], [0.1], [0.2], [0.0], **{**wcs, "sip_b": [0.0, 0.0, 0.0, 1e-9]})


def test_database_and_memory_agree_to_the_last_bit(release: psycopg.Connection[Any]) -> None:
    given = {**pixels(), **arguments(make_wcs((359.99, 60.0)))}
    values = [np.asarray(v).tolist() for v in given.values()]
    places = ", ".join(["%s::float8[]"] * len(values))
    row = release.execute(f"SELECT * FROM calibration.pixel_to_sky({places})", values).fetchone()
    assert row == pixel_to_sky(**given)


@pytest.mark.parametrize("columns", [([1.0, 2.0], [1.0]), ([1.0, 2.0], None), (1.0, 2.0)])
def test_refuses_columns_of_several_lengths(columns: tuple[Any, Any]) -> None:
    with pytest.raises(ValueError, match="give five of the same length"):
        pixel_to_sky(
            *columns, [0.1] * 2, [0.1] * 2, [0.0] * 2, [1, 1], [3, 4], [1, 0, 0, 1], [], []
        )
