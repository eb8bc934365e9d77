"""From the sky to pixels, and TAN-SIP through positions: against astropy, and there and back."""

from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.udf.calibration.fit_tan_sip import fit_tan_sip, grid_pixels
from skytract.udf.calibration.pixel_to_sky import pixel_to_sky, positions
from skytract.udf.calibration.sky_to_pixel import pixels_of_sky, sky_to_pixel
from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.tangent_plane import project
from tests.calibration.test_pixel_to_sky import CENTRES, arguments, make_wcs, pixels
from tests.raw_rows import insert

PIXEL = 0.1 / 200.0
"""0.1 mas in pixels of 0.2 arcsec."""


@pytest.mark.parametrize("centre", [*CENTRES, (0.0, 89.9), (0.0, -89.9)])
@pytest.mark.parametrize("order", [0, 3, 5])
def test_pixels_are_those_of_astropy(centre: tuple[float, float], order: int) -> None:
    wcs, at = make_wcs(centre, order), pixels()
    sky = wcs.all_pix2world(at["x"], at["y"], 0)
    x, y = sky_to_pixel(*sky, **arguments(wcs))
    theirs = wcs.all_world2pix(*sky, 0, tolerance=1e-7)
    assert np.hypot(x - theirs[0], y - theirs[1]).max() < PIXEL


angles = st.floats(0.0, 360.0, exclude_max=True)


@given(ra=angles, dec=st.floats(-90.0, 90.0), order=st.integers(0, 5), seed=st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_there_and_back(ra: float, dec: float, order: int, seed: int) -> None:
    """Everywhere on the detector, wherever it points: to a ten thousandth of 0.1 mas."""
    wcs, at = arguments(make_wcs((ra, dec), order)), pixels(seed)
    found, found_dec, *_ = pixel_to_sky(**at, **wcs)
    x, y = sky_to_pixel(found, found_dec, **wcs)
    assert np.hypot(x - at["x"], y - at["y"]).max() < 1e-4 * PIXEL


def test_many_systems_at_once_are_as_each_alone() -> None:
    all_wcs = [make_wcs(centre, order) for centre in CENTRES[:3] for order in (0, 3, 5)]
    given_terms = [arguments(wcs) for wcs in all_wcs]
    stack = TanSip.stack(
        [np.concatenate([a["crpix"], a["crval"], a["cd"]]) for a in given_terms],
        *([np.asarray(a[name] or [0.0]) for a in given_terms] for name in ("sip_a", "sip_b")),
    )
    at = pixels()
    which = np.arange(len(at["x"])) % len(all_wcs)
    (ra, dec), _ = positions(stack, which, at["x"], at["y"])
    (x, y), bad = pixels_of_sky(stack, which, ra, dec)
    assert not bad.size and np.hypot(x - at["x"], y - at["y"]).max() < PIXEL
    for number, wcs in enumerate(given_terms):
        own = which == number
        alone = pixel_to_sky(*(at[name][own] for name in at), **wcs)
        assert (np.array(alone[:2]) == np.stack([ra, dec])[:, own]).all()


def test_unknown_positions_have_no_pixels() -> None:
    wcs = arguments(make_wcs((10.0, 20.0)))
    (x, known), (y, _) = sky_to_pixel([None, 10.0], [20.0, 20.0], **wcs)
    assert np.isnan([x, y]).all() and np.isfinite(known)
    assert sky_to_pixel([], [], **wcs) == ([], [])


def test_refuses_what_has_no_pixel() -> None:
    wcs = arguments(make_wcs((10.0, 20.0)))
    with pytest.raises(ValueError, match=r"WCS of visit 7, detector 3 does not converge at ra 190"):
        sky_to_pixel([10.0, 190.0], [20.0, -20.0], **wcs, name="visit 7, detector 3")
    with pytest.raises(ValueError, match="there are 2 ra and 1 dec"):
        sky_to_pixel([10.0, 10.1], [20.0], **wcs)
    folded = {**wcs, "sip_a": [0, 0, 0, 0, 0, 0, -1e-3, 0, 0], "sip_b": None}  # back from u = 500
    with pytest.raises(ValueError, match="its SIP terms are wrong"):
        sky_to_pixel(*pixel_to_sky([3000.0], [2100.0], [0], [0], [0], **wcs)[:2], **folded)


@pytest.mark.parametrize("centre", CENTRES)
def test_a_tan_sip_goes_through_a_smooth_wcs(centre: tuple[float, float]) -> None:
    """A cubic distortion about a tangent point 1.7 degrees away, as the edge of a field has it."""
    size, rng = np.array([[4072.0, 4000.0]]), np.random.default_rng(3)
    a, b = np.zeros((2, 1, 4, 4))
    a[0, 3, 0] = a[0, 1, 2] = b[0, 2, 1] = b[0, 0, 3] = 8e-13
    cd = 0.2 / 3600.0 * np.array([[[-0.8, 0.6], [0.6, 0.8]]])
    far = TanSip(np.array([[-22000.0, -20000.0]]), np.array([centre]), cd, a, b)
    (ra, dec), _ = positions(far, 0, *(grid[0] for grid in grid_pixels(size, 4)))
    near = fit_tan_sip(size, ra[None], dec[None], 4)
    x, y = rng.uniform(-0.5, size[0, :, None] - 0.5, (2, 500))
    (ra, dec), _ = positions(far, 0, x, y)
    (ra_near, dec_near), _ = positions(near, 0, x, y)
    assert 3.6e6 * np.hypot(*project(ra_near, dec_near, ra, dec)).max() < 0.01
    assert not near.a[0, :2, 0].any() and not near.b[0, 0, :2].any()  # as the convention has it


def test_database_names_visit_and_detector(release: psycopg.Connection[Any]) -> None:
    wcs = arguments(make_wcs((359.99, 60.0)))
    names = ("crpix1", "crpix2", "crval1", "crval2", "cd1_1", "cd1_2", "cd2_1", "cd2_2")
    values = [*wcs["crpix"], *wcs["crval"], *wcs["cd"]]
    given_wcs = {name: [value, None] for name, value in zip(names, values, strict=True)}
    insert(release, "raw.VisitDetector", {
        "visit": 7, "detector": [3, 4], "band": "r", "nx": 2048, "ny": 4096, "loadId": 1,
        "sipOrder": 3, **given_wcs,
    })  # fmt: skip
    release.execute(
        "UPDATE raw.VisitDetector SET sipA = %s, sipB = %s WHERE detector = 3",
        (wcs["sip_a"], wcs["sip_b"]),
    )
    ask = "SELECT * FROM calibration.sky_to_pixel(7, %s, %s::float8[], %s::float8[])"
    here = pixel_to_sky(**pixels(), **wcs)[:2]
    assert release.execute(ask, (3, *here)).fetchone() == sky_to_pixel(*here, **wcs)
    with pytest.raises(psycopg.Error, match="visit 7, detector 3 does not converge"):
        with release.transaction():
            release.execute(ask, (3, [179.99], [-60.0]))
    with pytest.raises(psycopg.Error, match="visit 7, detector 4 has no WCS as loaded"):
        with release.transaction():
            release.execute(ask, (4, [0.0], [0.0]))
