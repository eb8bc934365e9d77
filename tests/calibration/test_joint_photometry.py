"""Zero points, star flats and clipping of a joint fit: a survey of known truth is solved."""

import numpy as np
import pytest

from bench.joint_survey import Survey, make_survey
from skytract.udf.calibration.eliminate_stars import MAG, calibrated
from skytract.udf.calibration.joint_photometry import Fit, fit_joint_photometry
from skytract.udf.calibration.star_scatter import repeatability

CAMERA = 3, 3
"""Detectors: 28 visits, and 160 stars an image."""


@pytest.fixture(scope="module")
def survey() -> Survey:
    """40,000 measurements of 1,400 stars; some are wrong, and flat fields vary by 4 mmag a term."""
    return make_survey(40_000, flat=0.004, camera=CAMERA)


@pytest.fixture(scope="module")
def fit(survey: Survey) -> Fit:
    return fit_joint_photometry(survey.obs, survey.anchors, hidden(survey))


def hidden(survey: Survey) -> np.ndarray:
    return np.arange(len(survey.anchors.weight)) % 8 == 0


def test_zero_points_are_found_within_their_errors(survey: Survey, fit: Fit) -> None:
    seen = fit.stars > 10
    off = (fit.zero_point - survey.truth.zero_point)[seen]
    own = np.sqrt(fit.error**2 - fit.tie**2)[seen]
    # The error of the tie to the reference is common to all.
    assert 0.7 < np.std((off - np.mean(off)) / own) < 1.3
    tie = fit.tie[seen][0]
    assert abs(np.mean(off)) < 4 * tie
    assert tie == pytest.approx(0.018 / np.sqrt(140 * 7 / 8), rel=0.35)  # 140 reference stars


def test_held_out_stars_repeat_as_well_as_their_noise_allows(survey: Survey, fit: Fit) -> None:
    """Few measurements (7) make a zero point here, whose error adds to that of its stars."""
    found = repeatability(survey.obs, fit, hidden(survey))
    images = fit.stars[survey.obs.image]
    expected = np.sqrt(1 + np.median(1 / np.maximum(images, 1)))
    assert found.stars > 100
    assert found.rms / found.noise == pytest.approx(expected, rel=0.1)


def test_star_flats_are_found(survey: Survey, fit: Fit) -> None:
    """Nine terms on each of nine detectors, from 4,000 measurements each (7/8 of 4,400)."""
    off = fit.flat - survey.truth.flat
    weight = np.bincount(survey.obs.detector[survey.obs.image], survey.obs.error**-2)
    # A product of two Chebyshev polynomials has a variance of 1/4 or more.
    expected = MAG**-1 / np.sqrt(7 / 8 * weight / 4)
    assert (np.abs(off) < 5 * expected[:, None]).all()
    assert np.std(off) < 0.1 * np.std(survey.truth.flat)


def test_outliers_are_left_out(survey: Survey, fit: Fit) -> None:
    truth = calibrated(survey.obs, survey.truth)
    seen = np.bincount(survey.obs.star)
    star = np.bincount(survey.obs.star, truth) / np.maximum(seen, 1)
    # One wrong measurement of ten moves their mean by less than that.
    wrong = (np.abs(truth - star[survey.obs.star]) > 0.15) & (seen > 9)[survey.obs.star]
    assert wrong.sum() > 20
    assert (fit.weight[wrong] == 0.0).all()
    assert (fit.weight == 0.0).mean() < 0.01


def test_variable_stars_are_left_out(survey: Survey) -> None:
    variable = survey.obs.star == 11
    magnitude = survey.obs.magnitude + np.where(variable, 0.2 * np.sin(survey.obs.image), 0.0)
    changed = fit_joint_photometry(
        survey.obs._replace(magnitude=magnitude), survey.anchors, hidden(survey)
    )
    assert (changed.weight[variable] == 0.0).all()
