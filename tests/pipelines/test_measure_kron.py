"""Kron photometry: the radius of a Gaussian is known, and a catalogue was published."""

from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree

from skytract.pipelines.detect_sources import DetectionSettings, detect_sources
from skytract.pipelines.measure_kron import measure_kron
from tests.pipelines.sky import add_gaussians, make_exposure


def test_radius_and_flux_of_gaussians() -> None:
    """r1 = integral r^2 I dr / integral r I dr = sqrt(pi / 2) sigma; 2.5 r1 hold 99.3 %."""
    rng = np.random.default_rng(1)
    sigma = 2.5
    x, y = np.array([60.2, 160.7]), np.array([80.4, 70.1])
    image = rng.normal(0, 1.0, (160, 220))
    add_gaussians(image, x, y, np.array([3e5, 3e5]), sigma)
    exposure = make_exposure(image, 1.0, noise=1.0)
    found = detect_sources(exposure, 2.5, DetectionSettings(8.0))
    columns = measure_kron(exposure, found.x, found.y, found, 2.0)
    effective = np.sqrt(sigma**2 + 1 / 12)
    expected = np.sqrt(np.pi / 2) * effective
    assert columns["kronRad"] == pytest.approx(expected, rel=0.03)
    share = 1 - np.exp(-((2.5 * expected) ** 2) / (2 * effective**2))
    assert columns["kronInstFlux"] == pytest.approx(3e5 * share, rel=5e-3)
    assert columns["kronInstFluxErr"] == pytest.approx(np.sqrt(np.pi) * 2.5 * expected, rel=0.05)


def test_radius_is_never_below_the_psf() -> None:
    image = np.zeros((60, 60))
    image[30, 30] = 1e4
    exposure = make_exposure(image, 1.0, noise=1.0)
    found = detect_sources(exposure, 1.0)
    columns = measure_kron(exposure, found.x, found.y, found, 2.0)
    assert columns["kronRad"][0] >= 1.4 * 2.0 - 1e-9


def test_emmi_fluxes_agree_with_flux_auto(emmi: Any, emmi_catalogue: Any) -> None:
    """Bright unblended sources; footprints of other thresholds make ellipses differ by some %."""
    rows = emmi_catalogue[(emmi_catalogue["FLAGS"] == 0) & (emmi_catalogue["FLUX_AUTO"] > 1.2e4)]
    ours = np.stack([emmi.columns["x"], emmi.columns["y"]], axis=1) + 1
    distance, match = cKDTree(ours).query(np.stack([rows["X_IMAGE"], rows["Y_IMAGE"]], axis=1))
    ratio = emmi.columns["kronInstFlux"][match][distance < 1] / rows["FLUX_AUTO"][distance < 1]
    assert len(ratio) >= 10
    assert np.median(ratio) == pytest.approx(1.0, abs=0.05)
