"""The equations of a joint photometric fit: against dense least squares; components, order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.joint_survey import make_survey
from skytract.udf.calibration.components import label_components
from skytract.udf.calibration.conjugate_gradient import conjugate_gradient
from skytract.udf.calibration.eliminate_stars import (
    MAG,
    Anchors,
    Observations,
    Parameters,
    ReducedEquations,
    calibrated,
)
from skytract.udf.calibration.joint_photometry import Fit, fit_joint_photometry
from skytract.udf.calibration.sky_patches import SkyPatches
from skytract.udf.calibration.star_flat import TERMS, flat_terms


def solve(obs: Observations, weight: np.ndarray, equations: ReducedEquations) -> np.ndarray:
    patches = SkyPatches(obs, weight, equations.inverse, equations.diagonal)
    return conjugate_gradient(equations.apply, equations.right, patches, 1e-9).x


def test_as_dense_least_squares_with_the_stars() -> None:
    """One plain step against numpy's least squares on the system with stars, flats and priors."""
    small = make_survey(3_000, flat=0.01, wrong=0.0, camera=(2, 2))
    obs, anchors = small.obs, small.anchors
    detectors, images = 4, len(obs.detector)
    flats = detectors * TERMS
    rng = np.random.default_rng(1)
    start = 0.01 * rng.normal(size=(detectors, TERMS))
    now = Parameters(28 + 0.1 * rng.normal(size=images), start)
    y, weight = calibrated(obs, now), obs.error**-2
    equations = ReducedEquations(obs, anchors, now, y, weight)
    solved = solve(obs, weight, equations)
    n, stars = len(y), len(anchors.weight)
    terms = flat_terms(obs.u, obs.v)
    g = 1 + np.sum(terms * now.flat[obs.detector[obs.image]], axis=1)
    design = np.zeros((n + stars + flats, images + flats + stars))
    design[np.arange(n), obs.image] = 1
    for k in range(TERMS):
        column = images + TERMS * obs.detector[obs.image] + k
        design[np.arange(n), column] = -MAG * terms[:, k] / g
    design[np.arange(n), images + flats + obs.star] = -1
    design[:n] *= np.sqrt(weight)[:, None]
    tie = np.sqrt(anchors.weight)
    design[n + np.arange(stars), images + flats + np.arange(stars)] = tie
    design[n + stars + np.arange(flats), images + np.arange(flats)] = 1 / 0.05
    side = np.concatenate([-np.sqrt(weight) * y, tie * anchors.magnitude, -now.flat.ravel() / 0.05])
    whole = np.linalg.lstsq(design, side, rcond=None)[0]
    of_star, of_image = label_components(obs.star, obs.image, stars, images)
    tied = np.isin(of_image, of_star[anchors.weight > 0]) & (
        np.bincount(obs.image, minlength=images) > 0
    )
    assert tied.sum() > 100
    np.testing.assert_allclose(solved[images:], whole[images : images + flats], atol=1e-7)
    np.testing.assert_allclose(solved[:images][tied], whole[:images][tied], atol=1e-6)


def islands() -> tuple[Observations, Anchors]:
    """Images 0 to 9 share stars, and 10 to 19 others; each island has reference stars."""
    rng = np.random.default_rng(3)
    star = np.repeat(np.arange(60), 6)
    image = rng.integers(0, 10, len(star)) + 10 * (star >= 30)
    order = np.argsort(image, kind="stable")
    star, image = star[order], image[order]
    error = np.full(len(star), 0.005)
    true = rng.uniform(17, 19, 60)
    magnitude = true[star] - 28 + error * rng.normal(size=len(star))
    known = np.arange(60) % 3 == 0
    anchors = Anchors(np.where(known, true, 0.0), np.where(known, 1e4, 0.0))
    none = np.zeros(0)
    return Observations(
        star.astype(np.int32), image.astype(np.int32), magnitude, error, none, none,
        np.zeros(20, np.int32),
    ), anchors  # fmt: skip


def plain_fit(obs: Observations, anchors: Anchors) -> Fit:
    return fit_joint_photometry(obs, anchors, np.zeros(60, bool), flats=False)


def test_an_offset_of_one_island_stays_there() -> None:
    obs, anchors = islands()
    before = plain_fit(obs, anchors)
    shifted = obs._replace(magnitude=obs.magnitude + 0.3 * (obs.image >= 10))
    after = plain_fit(shifted, anchors)
    change = after.zero_point - before.zero_point
    np.testing.assert_allclose(change[:10], 0.0, atol=1e-8)
    np.testing.assert_allclose(change[10:], -0.3, atol=1e-8)
    assert before.component.tolist() == [0] * 10 + [1] * 10


def test_an_island_without_reference_stars_gets_no_numbers() -> None:
    obs, anchors = islands()
    weight = np.where(np.arange(60) < 30, anchors.weight, 0.0)
    fit = plain_fit(obs, Anchors(anchors.magnitude, weight))
    assert np.isfinite(fit.zero_point[:10]).all()
    assert np.isnan(fit.zero_point[10:]).all()
    assert (fit.weight[obs.image >= 10] == 0.0).all()


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_of_images_and_stars_does_not_matter(random) -> None:
    obs, anchors = islands()
    images, stars = list(range(20)), list(range(60))
    random.shuffle(images)
    random.shuffle(stars)
    to_image, to_star = np.array(images, np.int32), np.array(stars, np.int32)
    order = np.argsort(to_image[obs.image], kind="stable")
    other = obs._replace(
        star=to_star[obs.star][order],
        image=to_image[obs.image][order],
        magnitude=obs.magnitude[order],
        error=obs.error[order],
    )
    moved = Anchors(np.zeros(60), np.zeros(60))
    for column, values in zip(moved, anchors, strict=True):
        column[to_star] = values
    there = plain_fit(other, moved).zero_point[to_image]
    np.testing.assert_allclose(there, plain_fit(obs, anchors).zero_point, atol=1e-7)


def test_numbers_of_stars_along_the_sky_save_iterations_alone() -> None:
    survey = make_survey(20_000, camera=(6, 6))
    obs, stars = survey.obs, len(survey.anchors.weight)
    none = np.zeros(stars, bool)
    there = np.random.default_rng(4).permutation(stars).astype(np.int32)
    moved = Anchors(np.zeros(stars), np.zeros(stars))
    for column, values in zip(moved, survey.anchors, strict=True):
        column[there] = values
    good = fit_joint_photometry(obs, survey.anchors, none, flats=False)
    other = fit_joint_photometry(obs._replace(star=there[obs.star]), moved, none, flats=False)
    np.testing.assert_allclose(other.zero_point, good.zero_point, atol=1e-7)
    assert sum(good.iterations) < sum(other.iterations)


def test_observations_that_are_not_sorted_are_refused() -> None:
    obs, anchors = islands()
    with pytest.raises(ValueError, match=r"do not lie image by image: sort all columns"):
        plain_fit(obs._replace(image=obs.image[::-1]), anchors)


def test_components_are_those_of_a_slow_search() -> None:
    rng = np.random.default_rng(9)
    star, image = rng.integers(0, 40, 60), rng.integers(0, 30, 60)
    of_star, of_image = label_components(star, image, 40, 30)
    slow = np.arange(30)
    for _ in range(30):
        for s in range(40):
            near = image[star == s]
            if len(near):
                slow[near] = slow[near].min()
    same = slow[:, None] == slow[None, :]
    assert ((of_image[:, None] == of_image[None, :]) == same).all()
    assert (of_star[star] == of_image[image]).all()
    assert set(of_star[np.bincount(star, minlength=40) == 0]) <= {-1}


def test_no_convergence_is_said_in_a_sentence() -> None:
    a = np.logspace(0, 16, 3000)
    with pytest.raises(ArithmeticError, match=r"did not converge in .* iterations.*select fainter"):
        conjugate_gradient(lambda x: a * x, np.ones(3000), lambda x: x, 1e-30)
