"""Second moments: the covariance of Gaussians, however they are turned."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.pipelines.measure_shapes import Shapes, measure_shapes
from skytract.pipelines.stamps import cut_stamps
from tests.pipelines.sky import (
    Floats,
    add,
    add_gaussians,
    add_profiles,
    elliptical,
    grid_positions,
    make_exposure,
    robust_std,
    sampled,
)

PIXEL = 1 / 12
"""Variance a square pixel adds along each axis."""


def shapes(image: Floats, x: Floats, y: Floats, variance: float = 1.0, half: int = 20) -> Shapes:
    return measure_shapes(cut_stamps(make_exposure(image, variance), x, y, half), x, y, 0 * x + 2)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(1.2, 4.0),
    st.floats(0.5, 1.0),
    st.floats(0, np.pi),
    st.floats(-0.5, 0.5),
    st.floats(-0.5, 0.5),
)
def test_covariance_of_a_gaussian(a: float, q: float, angle: float, fx: float, fy: float) -> None:
    c, s, b = np.cos(angle), np.sin(angle), max(q * a, 1.0)
    cxx, cyy = a**2 * c**2 + b**2 * s**2, a**2 * s**2 + b**2 * c**2
    cxy = (a**2 - b**2) * c * s
    image = np.zeros((61, 61))
    add(image, 1e5 * sampled(elliptical(cxx, cyy, cxy), fx, fy, 28), 30, 30)
    found = shapes(image, np.array([30 + fx]), np.array([30 + fy]), half=28)
    assert not found.flag[0]
    # At sigma = 1 px the product of source and weight, sigma = 0.74, is sampled too coarsely by
    # 4e-3; the error falls as exp(-pi^2 sigma^2).
    assert found.ixx[0] == pytest.approx(cxx + PIXEL, rel=6e-3)
    assert found.iyy[0] == pytest.approx(cyy + PIXEL, rel=6e-3)
    assert found.ixy[0] == pytest.approx(cxy, abs=6e-3 * a**2)
    assert found.flux[0] == pytest.approx(1e5, rel=5e-3)


def test_rotation_and_flip() -> None:
    rng = np.random.default_rng(1)
    image = rng.normal(0, 3, (101, 101))
    add(image, 3e4 * sampled(elliptical(6.0, 3.0, 1.5), 0.3, -0.2, 30), 50, 50)
    x, y = np.array([50.3]), np.array([49.8])
    here = shapes(image, x, y)
    turned = shapes(np.rot90(image).copy(), y, 100 - x)
    flipped = shapes(image[:, ::-1].copy(), 100 - x, y)
    assert (turned.ixx[0], turned.iyy[0]) == pytest.approx((here.iyy[0], here.ixx[0]), rel=1e-6)
    assert turned.ixy[0] == pytest.approx(-here.ixy[0], rel=1e-6)
    assert (flipped.ixx[0], flipped.ixy[0]) == pytest.approx((here.ixx[0], -here.ixy[0]), rel=1e-6)
    assert turned.flux[0] == pytest.approx(here.flux[0], rel=1e-6)


def test_scatter_and_flux_errors_of_a_thousand_sources() -> None:
    rng = np.random.default_rng(2)
    x, y, shape = grid_positions(32, 29, rng)
    sigma, flux, sky = 1.8, 8000.0, 300.0
    light = np.full(shape, sky)
    add_gaussians(light, x, y, np.full(len(x), flux), sigma, half=14)
    exposure = make_exposure(rng.poisson(light) - sky, light)
    found = measure_shapes(cut_stamps(exposure, x, y, 12), x, y, 0 * x + sigma)
    good = ~found.flag
    assert good.mean() > 0.99
    assert np.median(found.ixx[good]) == pytest.approx(sigma**2 + PIXEL, rel=0.02)
    # For fixed weights the errors are exact; a free size adds the covariance of flux and size,
    # which doubles the variance of a sky-limited flux.
    pull = (found.flux[good] - flux) / found.flux_err[good]
    assert 1.0 < robust_std(pull) < 1.5


def test_emmi_star_against_its_published_variance(emmi: object, emmi_catalogue: object) -> None:
    """Moments of isolated sources rank as SExtractor's isophotal X2_IMAGE do."""
    columns, catalogue = emmi.columns, emmi_catalogue  # type: ignore[attr-defined]
    isolated = catalogue[(catalogue["FLAGS"] == 0) & (catalogue["FLUX_APER"] > 2e4)]  # type: ignore[index]
    ours, published = [], []
    for source in isolated:
        distance = np.hypot(
            columns["x"] + 1 - source["X_IMAGE"], columns["y"] + 1 - source["Y_IMAGE"]
        )
        nearest = int(np.argmin(distance))
        if distance[nearest] < 1 and not columns["shape_flag"][nearest]:
            ours.append(columns["ixx"][nearest] + columns["iyy"][nearest])
            published.append(source["X2_IMAGE"] + source["Y2_IMAGE"])
    assert len(ours) >= 6
    assert np.corrcoef(np.argsort(np.argsort(ours)), np.argsort(np.argsort(published)))[0, 1] > 0.7


def test_failures_are_flagged_and_nan() -> None:
    x = y = np.array([30.0])
    for image in (np.zeros((61, 61)), np.full((61, 61), 5.0), np.eye(61) * 0 - 1.0):
        found = shapes(image, x, y)
        assert found.flag[0]
        assert np.isnan([found.ixx[0], found.flux[0], found.flux_err[0]]).all()


def test_single_pixel_is_no_shape() -> None:
    image = np.zeros((61, 61))
    image[30, 30] = 1e4
    assert shapes(image, np.array([30.0]), np.array([30.0])).flag[0]


def test_sources_are_measured_independently() -> None:
    rng = np.random.default_rng(3)
    x, y, shape = grid_positions(4, 51, rng)
    image = np.zeros(shape)
    add_profiles(image, x, y, np.full(len(x), 1e4), elliptical(4.0, 3.0, 0.5), 25)
    together = shapes(image, x, y)
    alone = [shapes(image, x[i : i + 1], y[i : i + 1]).ixx[0] for i in range(len(x))]
    assert np.allclose(together.ixx, alone, rtol=1e-12)
