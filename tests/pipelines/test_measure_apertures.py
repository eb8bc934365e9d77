"""Aperture photometry: a published catalogue, analytic Gaussians, borders, neighbours, holes."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.spatial import cKDTree
from scipy.special import ive

from skytract.pipelines.estimate_background import estimate_background, subtract_background
from skytract.pipelines.exposure import MaskPlane
from skytract.pipelines.measure_apertures import RADII, measure_apertures
from skytract.pipelines.read_raw import read_raw
from skytract.pipelines.run_isr import run_isr
from tests.pipelines.sky import Floats, add_gaussians, make_exposure, robust_std

PUBLISHED_RADIUS = 5
"""FLUX_APER of the EMMI catalogue is within this radius [pixel]."""


@pytest.fixture(scope="module")
def flat_emmi(shared_data: Any) -> Any:
    """The EMMI image on the published background (64 px cells)."""
    exposure = run_isr(read_raw(shared_data("sep_emmi", "image.fits")))
    return subtract_background(exposure, estimate_background(exposure, 64))


def whole(catalogue: Any) -> Any:
    """Sources whose aperture is not cut by the border."""
    x, y = catalogue["X_IMAGE"], catalogue["Y_IMAGE"]
    return catalogue[(np.minimum(x, y) > 6) & (np.maximum(x, y) < 250)]


def test_published_fluxes_at_published_positions(flat_emmi: Any, emmi_catalogue: Any) -> None:
    """All sources; SExtractor samples circles 5 x 5 per pixel, ours are exact."""
    rows = whole(emmi_catalogue)
    columns = measure_apertures(
        flat_emmi, rows["X_IMAGE"] - 1, rows["Y_IMAGE"] - 1, radii=[PUBLISHED_RADIUS]
    )
    assert len(rows) >= 55
    difference = (columns["ap05InstFlux"] - rows["FLUX_APER"]) / rows["FLUXERR_APER"]
    assert np.abs(difference).max() < 0.15
    bright = rows["FLUX_APER"] > 20 * rows["FLUXERR_APER"]
    assert columns["ap05InstFlux"][bright] == pytest.approx(rows["FLUX_APER"][bright], rel=5e-3)


def test_isolated_sources_at_our_own_centroids(
    flat_emmi: Any, emmi: Any, emmi_catalogue: Any
) -> None:
    """Counts within 1 % for bright isolated sources, and within their noise for all of them."""
    rows = whole(emmi_catalogue)
    everyone = np.stack([emmi_catalogue["X_IMAGE"], emmi_catalogue["Y_IMAGE"]], axis=1)
    here = np.stack([rows["X_IMAGE"], rows["Y_IMAGE"]], axis=1)
    nearest_other = cKDTree(everyone).query(here, k=2)[0][:, 1]
    rows = rows[(nearest_other > 15) & (rows["FLAGS"] == 0)]
    ours = np.stack([emmi.columns["x"], emmi.columns["y"]], axis=1)
    published = np.stack([rows["X_IMAGE"], rows["Y_IMAGE"]], axis=1) - 1
    distance, match = cKDTree(ours).query(published)
    assert (distance < 1).mean() > 0.95
    rows, match = rows[distance < 1], match[distance < 1]
    x, y = ours[match].T
    found = measure_apertures(flat_emmi, x, y, radii=[PUBLISHED_RADIUS])["ap05InstFlux"]
    bright = rows["FLUX_APER"] > 15 * rows["FLUXERR_APER"]
    assert bright.sum() >= 8
    assert found[bright] == pytest.approx(rows["FLUX_APER"][bright], rel=0.01)
    assert (np.abs(found - rows["FLUX_APER"]) < 0.5 * rows["FLUXERR_APER"]).mean() > 0.95


def encircled(radius: float, sigma: float, offset: float) -> float:
    """Share of a circular Gaussian within a circle whose centre is off by `offset`."""

    def ring(r: float) -> float:
        return (
            r
            / sigma**2
            * np.exp(-((r - offset) ** 2) / (2 * sigma**2))
            * ive(0, r * offset / sigma**2)
        )

    return float(quad(ring, 0, radius)[0])


@pytest.mark.parametrize("offset", [0.0, 0.7])
def test_curve_of_growth_of_a_gaussian(offset: float) -> None:
    sigma = 3.0
    image = np.zeros((201, 201))
    x, y = np.array([100.3]), np.array([99.8])
    add_gaussians(image, x, y, np.array([1e6]), sigma, half=40)
    columns = measure_apertures(make_exposure(image), x + offset, y)
    # The detector averages over a pixel and the sum does so again: each adds 1/12.
    effective = np.sqrt(sigma**2 + 2 / 12)
    for radius in RADII:
        expected = 1e6 * encircled(radius, effective, offset)
        assert columns[f"ap{radius:02d}InstFlux"][0] == pytest.approx(expected, rel=2e-3)


def test_errors_are_those_of_the_area() -> None:
    columns = measure_apertures(
        make_exposure(np.zeros((201, 201)), 9.0), np.array([100.4]), np.array([99.7])
    )
    for radius in RADII:
        expected = 3.0 * np.sqrt(np.pi) * radius
        assert columns[f"ap{radius:02d}InstFluxErr"][0] == pytest.approx(expected, rel=0.02)


def test_pulls_of_empty_sky() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(15, 985, (2, 1500))
    exposure = make_exposure(rng.normal(0, 7, (1000, 1000)), 49.0)
    columns = measure_apertures(exposure, x, y, radii=[6, 12])
    for radius in (6, 12):
        pull = columns[f"ap{radius:02d}InstFlux"] / columns[f"ap{radius:02d}InstFluxErr"]
        assert robust_std(pull) == pytest.approx(1.0, abs=0.08)


def test_apertures_beyond_the_border_are_null() -> None:
    x, y = np.array([15.0, 100.0, 2.0]), np.array([100.0, 130.0, 100.0])
    columns = measure_apertures(make_exposure(np.ones((201, 201))), x, y)
    assert np.isnan(columns["ap17InstFlux"]).tolist() == [True, False, True]
    assert np.isnan(columns["ap70InstFlux"]).tolist() == [True, False, True]
    assert columns["apFlux_flag"].tolist() == [False, False, True]


def test_a_bad_pixel_spoils_the_circles_that_hold_it() -> None:
    image = np.zeros((201, 201))
    image[100, 110] = 1.0
    exposure = make_exposure(image).with_mask(image > 0, MaskPlane.SATURATED)
    columns = measure_apertures(exposure, np.array([100.0]), np.array([100.0]))
    nulls = [bool(np.isnan(columns[f"ap{radius:02d}InstFlux"][0])) for radius in RADII]
    assert nulls == [False, False, False, True, True, True, True, True, True]
    assert columns["apFlux_flag"][0]


def test_neighbours_are_left_out() -> None:
    image = np.zeros((201, 201))
    x, y = np.array([90.0, 112.0]), np.array([100.0, 100.0])
    add_gaussians(image, x, y, np.array([1e5, 5e5]), 2.0)
    segmentation = np.zeros(image.shape, np.int32)
    segmentation[80:120, 75:101], segmentation[80:120, 101:130] = 1, 2
    columns = measure_apertures(
        make_exposure(image), x, y, segmentation, np.array([1, 2], np.int32)
    )
    for radius in (17, 25, 50):
        assert columns[f"ap{radius}InstFlux"] == pytest.approx([1e5, 5e5], rel=2e-3)


def test_rotation(tmp_path: Any) -> None:
    rng = np.random.default_rng(2)
    image: Floats = rng.normal(0, 5, (150, 150))
    x, y = rng.uniform(20, 130, (2, 30))
    here = measure_apertures(make_exposure(image), x, y, radii=[9])
    there = measure_apertures(make_exposure(np.rot90(image).copy()), y, 149 - x, radii=[9])
    assert there["ap09InstFlux"] == pytest.approx(here["ap09InstFlux"], abs=1e-2)


def test_no_sources() -> None:
    none = np.zeros(0)
    columns = measure_apertures(make_exposure(np.zeros((50, 50))), none, none)
    assert {len(values) for values in columns.values()} == {0}
