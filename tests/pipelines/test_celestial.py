"""Projections against the formulas they stand for."""

import numpy as np
import pytest
from astropy.wcs import WCS

from skytract.pipelines.celestial import (
    pixel_scale,
    pixels_to_sky,
    read_wcs,
    sky_to_pixels,
    tangent_wcs,
    wcs_terms,
)

SIP = {
    "CTYPE1": "RA---TAN-SIP",
    "CTYPE2": "DEC--TAN-SIP",
    "CRPIX1": 101.0,
    "CRPIX2": 81.0,
    "CRVAL1": 150.0,
    "CRVAL2": -30.0,
    "CD1_1": -5.5e-5,
    "CD1_2": 1e-6,
    "CD2_1": 2e-6,
    "CD2_2": 5.6e-5,
    "A_ORDER": 3,
    "A_2_0": 1e-6,
    "A_1_1": -2e-6,
    "A_3_0": 3e-10,
    "B_ORDER": 2,
    "B_0_2": 4e-6,
    "B_2_0": -1e-6,
}


def gnomonic(xi: float, eta: float, ra0: float, dec0: float) -> tuple[float, float]:
    """Invert the tangent-plane projection by rotating the unit vector (degrees)."""
    x, y = np.radians([xi, eta])
    vector = np.array([1.0, x, y]) / np.sqrt(1 + x**2 + y**2)
    a, d = np.radians([ra0, dec0])
    axes = np.array(
        [
            [np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)],
            [-np.sin(a), np.cos(a), 0],
            [-np.sin(d) * np.cos(a), -np.sin(d) * np.sin(a), np.cos(d)],
        ]
    )
    sky = vector @ axes
    return float(np.degrees(np.arctan2(sky[1], sky[0])) % 360), float(np.degrees(np.arcsin(sky[2])))


def test_terms_reproduce_the_sky_by_hand() -> None:
    wcs = read_wcs(SIP, "sip")
    terms = wcs_terms(wcs)
    order = terms["sipOrder"]
    assert order == 3
    a, b = (np.reshape(terms[name], (order + 1, order + 1)) for name in ("sipA", "sipB"))
    for x, y in ((0.0, 0.0), (199.0, 17.5), (60.25, 159.0)):
        u, v = x + 1 - terms["crpix1"], y + 1 - terms["crpix2"]
        powers = np.outer(u ** np.arange(order + 1), v ** np.arange(order + 1))
        f, g = u + np.sum(a * powers), v + np.sum(b * powers)
        xi = terms["cd1_1"] * f + terms["cd1_2"] * g
        eta = terms["cd2_1"] * f + terms["cd2_2"] * g
        ra, dec = pixels_to_sky(wcs, [x], [y])
        assert (ra[0], dec[0]) == pytest.approx(gnomonic(xi, eta, 150.0, -30.0), abs=1e-10)


def test_round_trip_with_distortion() -> None:
    wcs = read_wcs(SIP, "sip")
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 200, (2, 500))
    back = sky_to_pixels(wcs, *pixels_to_sky(wcs, x, y))
    assert np.abs(np.array(back) - [x, y]).max() < 1e-4


def test_plain_tangent_projection_has_no_distortion_terms() -> None:
    terms = wcs_terms(tangent_wcs(10.0, 20.0, 0.2, (50, 80)))
    assert (terms["sipOrder"], terms["sipA"], terms["sipB"]) == (0, None, None)
    assert (terms["crpix1"], terms["crpix2"]) == (40.5, 25.5)
    assert (terms["crval1"], terms["crval2"]) == (10.0, 20.0)


def test_scale_survives_a_file_header() -> None:
    wcs = tangent_wcs(10.0, 89.0, 0.31, (50, 80))
    assert pixel_scale(WCS(wcs.to_header(relax=True))) == pytest.approx(0.31, rel=1e-9)


def test_positions_behind_the_sky_are_nan() -> None:
    x, y = sky_to_pixels(tangent_wcs(10.0, 0.0, 0.2, (50, 80)), [10.0, 190.0], [0.0, 0.0])
    assert np.isfinite(x[0])
    assert not (0 <= x[1] < 80 and 0 <= y[1] < 50)
