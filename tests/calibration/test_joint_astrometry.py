"""The joint astrometric fit in memory: against the truth, and against a dense solution."""

import numpy as np
import pytest

from skytract.udf.calibration import side_by_side
from skytract.udf.calibration import solve_astrometry as module
from skytract.udf.calibration.astrometric_outliers import LOOSE
from skytract.udf.calibration.displacement_model import DisplacementModel, Widths
from skytract.udf.calibration.held_out_stars import follow_stars
from skytract.udf.calibration.image_polynomials import ImagePolynomials
from skytract.udf.calibration.joint_astrometry import fit_joint_astrometry
from skytract.udf.calibration.solve_astrometry import solve_astrometry
from skytract.udf.calibration.star_motions import StarMotions
from tests.calibration.joint_sky import WIDTHS, joint_sky, wcs_error


@pytest.mark.parametrize("centre", [(0.1, -30.0), (120.0, 75.0)])
def test_images_and_stars_come_out_right(centre: tuple[float, float]) -> None:
    """The WCS begins 2 arcsec off, with 3e-4 of scale and no distortion; centroids err by 10 mas.

    An image has 250 stars and 10 parameters per axis, most of them shared: 10 mas sqrt(10 / 250) =
    2 mas per axis where no parameter is shared; extrapolated to the corners a few times that.
    """
    sky = joint_sky(stars=3000, centre=centre)
    found = solve_astrometry(*sky.given, WIDTHS)
    assert found.tied.all() and set(found.component) == {1}
    error = wcs_error(sky, found)
    assert np.median(error) < 3.0 and error.max() < 40.0
    # Without noise in the pixels, the catalog's 0.5 mas over its 1,500 stars are left.
    quiet = joint_sky(stars=3000, centre=centre, noise=0.0)
    assert np.median(wcs_error(quiet, solve_astrometry(*quiet.given, WIDTHS))) < 0.6


def test_motions_have_their_errors() -> None:
    """Of 1,500 stars without a reference, proper motions scatter as their covariances say."""
    sky = joint_sky(stars=3000)
    found = solve_astrometry(*sky.given, WIDTHS)
    free = ~sky.stars["anchor"] & np.isfinite(found.stars[:, 2])
    assert free.sum() > 500
    sigma = np.sqrt(found.covariance[:, 1, 1])[free]
    pull = (found.stars[free, 2] - sky.motions[free, 0]) / sigma
    # The width the fit allows them (20 mas/yr) is twice that they were drawn with.
    assert np.std(pull) == pytest.approx(1.0, abs=0.15)


def test_held_out_stars_tell_the_repeatability() -> None:
    sky = joint_sky(stars=3000, visits=20)
    found = solve_astrometry(*sky.given, WIDTHS)
    (stars, before, after, noise), *rest = found.repeatability
    assert not rest and stars > 200
    assert before > 500.0 and noise == pytest.approx(10.0, rel=0.01)
    assert after == pytest.approx(noise, rel=0.12)  # the fit adds 2 mas in quadrature


def test_held_out_stars_take_no_part() -> None:
    """Wherever they are seen, WCS and other stars are the same bits."""
    sky, moved = joint_sky(), joint_sky()
    held_out = ~sky.stars["fitted"][sky.rows["star"]]
    moved.rows["x"][held_out] += 50.0 * np.sin(np.arange(held_out.sum()))
    one, two = (solve_astrometry(*each.given, WIDTHS) for each in (sky, moved))
    for part in ("crpix", "crval", "cd", "a", "b"):
        assert getattr(one.wcs, part).tobytes() == getattr(two.wcs, part).tobytes()
    fitted = sky.stars["fitted"]
    assert one.stars[fitted].tobytes() == two.stars[fitted].tobytes()
    assert one.n_star.tolist() == two.n_star.tolist()


def test_outliers_are_left_out() -> None:
    """One detection in fifty is 2 arcsec off: those, and hardly any other, are clipped."""
    wrong = joint_sky(stars=2000, outliers=0.02)
    found = solve_astrometry(*wrong.given, WIDTHS)
    clean = solve_astrometry(*joint_sky(stars=2000).given, WIDTHS)
    assert 0.01 < 1.0 - found.fit.used.mean() < 0.025
    assert found.rms.mean() == pytest.approx(clean.rms.mean(), rel=0.05)


def test_wrong_reference_stars_are_left_out() -> None:
    sky = joint_sky(stars=2000)
    mismatched = np.flatnonzero(sky.stars["anchor"])[:20]
    sky.stars["dec"][mismatched] += 500 / 3.6e6
    found = solve_astrometry(*sky.given, WIDTHS)
    seen = np.isin(mismatched, sky.rows["star"][sky.stars["fitted"][sky.rows["star"]]])
    assert not found.fit.anchored[mismatched[seen]].any()
    assert np.median(wcs_error(sky, found)) < 4.0


def test_components_that_nothing_ties_are_told_apart() -> None:
    """Two fields; the reference catalog does not cover the second one."""
    first, second = joint_sky(seed=3), joint_sky(seed=4, centre=(40.0, 10.0))
    second.stars["anchor"] = False
    rows = np.concatenate([first.rows, second.rows])
    rows["star"][len(first.rows) :] += len(first.stars)
    rows["image"][len(first.rows) :] += len(first.images)
    images = np.concatenate([first.images, second.images])
    images["visit"][len(first.images) :] += len(first.visits)
    wcs = type(first.wcs)(
        *(
            np.concatenate([getattr(s.wcs, name) for s in (first, second)])
            for name in ("crpix", "crval", "cd", "a", "b")
        )
    )
    visits = np.concatenate([first.visits, second.visits])
    stars = np.concatenate([first.stars, second.stars])
    found = solve_astrometry(rows, wcs, images, visits, stars, WIDTHS)
    assert found.tied.tolist() == [True] * 16 + [False] * 16
    assert found.component.tolist() == [1] * 16 + [2] * 16
    alone = solve_astrometry(*first.given, WIDTHS)
    assert np.abs(found.wcs.crval[:16] - alone.wcs.crval).max() < 0.5 / 3.6e6


def test_refuses_a_field_without_reference_stars() -> None:
    sky = joint_sky()
    sky.stars["anchor"] = False
    with pytest.raises(ValueError, match="no visit has 3 reference stars among the 400 stars"):
        solve_astrometry(*sky.given, WIDTHS)


def test_neither_order_nor_threads_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bits: sums are made in an order of their own, of parts of their own."""
    sky = joint_sky()
    shuffled = np.random.default_rng(0).permutation(sky.rows)
    monkeypatch.setattr(side_by_side, "THREADS", 1)
    found = solve_astrometry(*sky.given, WIDTHS)
    monkeypatch.setattr(side_by_side, "THREADS", 3)
    again = solve_astrometry(shuffled, *sky.given[1:], WIDTHS)
    assert (found.wcs.crval == again.wcs.crval).all() and (found.wcs.a == again.wcs.a).all()
    assert np.array_equal(found.stars, again.stars, equal_nan=True)


def test_a_fit_may_begin_with_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one star in eight first, the answer is the same, to what the solver leaves."""
    sky = joint_sky(stars=3000, visits=20, outliers=0.01)
    whole = solve_astrometry(*sky.given, WIDTHS)
    monkeypatch.setattr(module, "SAMPLED", len(sky.rows) // 100)
    began = solve_astrometry(*sky.given, WIDTHS)
    assert began.fit.iterations != whole.fit.iterations
    assert np.mean(began.fit.used == whole.fit.used) > 0.9999
    apart = 3.6e6 * (began.wcs.crval - whole.wcs.crval)
    assert np.median(np.abs(apart)) < 0.1  # errors are 1 mas
    assert np.median(wcs_error(sky, began)) < 1.05 * np.median(wcs_error(sky, whole))


def small_problem(
    image_order: int,
) -> tuple[ImagePolynomials, DisplacementModel, StarMotions, np.ndarray]:
    """Six images of 2 visits and 3 detectors, 40 stars, random geometry."""
    rng = np.random.default_rng(5)
    n, m, stars = 240, 6, 40
    image, star = np.sort(rng.integers(0, m, n)), rng.integers(0, stars, n)
    widths = Widths(2, 1, image_order, 5.0)
    model = DisplacementModel(
        widths, np.arange(m) % 3, np.arange(m) // 3, 200.0, rng.normal(size=(m, 2, 2)) / 200.0,
        rng.normal(size=(m, 6, 3)),
    )  # fmt: skip
    information = np.tile(LOOSE[:, None], stars)
    information[:, ::2] = [[1.0], [0.3], [0.8], [2.0]]
    known = np.where(np.arange(stars) % 2 == 0, rng.normal(size=(5, stars)), 0.0)
    years, east, north = rng.normal(size=(3, n)).astype(np.float32)
    motions = StarMotions(star, years, east, north, information, known)
    u, v = rng.uniform(-1.0, 1.0, (2, n))
    to_sky = (200.0 * rng.normal(size=(2, 2, n))).astype(np.float32)
    images = ImagePolynomials(widths.order, m, image, u, v, to_sky)
    return images, model, motions, (30.0 * rng.normal(size=(2, n))).astype(np.float32)


def squares(information: np.ndarray) -> np.ndarray:
    """Return inverse covariances, shape (stars, 5, 5), of what is known of the stars."""
    place, both, motion, parallax = information
    whole = np.zeros((len(place), 5, 5))
    for axis in (0, 2):
        whole[:, axis, axis], whole[:, axis + 1, axis + 1] = place, motion
        whole[:, axis, axis + 1] = whole[:, axis + 1, axis] = both
    whole[:, 4, 4] = parallax
    return whole


@pytest.mark.parametrize("image_order", [-1, 1])
def test_the_fit_is_the_least_squares_solution(image_order: int) -> None:
    """Against one dense system of all parameters, stars included."""
    images, model, motions, offset = small_problem(image_order)
    offset = offset / 3.0
    known, information = motions.known.copy(), squares(motions.information)
    stars = known.shape[1]
    error = np.full(offset.shape[1], 10.0, np.float32)  # their scatter: nothing is clipped
    anchor = np.where(np.arange(stars) % 2 == 0, 1.0, np.nan)
    fit = fit_joint_astrometry(images, model, motions, offset, error, anchor)
    assert fit.used.all()
    size, total = model.ends[-1], model.ends[-1] + 5 * stars
    displace = np.stack(
        [images.displace(model.polynomials(e)).ravel() for e in np.eye(size)], axis=1
    )
    follow = np.stack(
        [-motions.residual(0.0 * offset, e.reshape(5, stars)).ravel() for e in np.eye(5 * stars)],
        axis=1,
    )
    design = np.hstack([displace, -follow]) / 10.0
    normal = design.T @ design
    normal[:size, :size] += np.stack([model.regularize(e) for e in np.eye(size)], axis=1)
    for s in range(stars):
        own = size + s + stars * np.arange(5)
        normal[np.ix_(own, own)] += information[s]
    right = np.concatenate([np.zeros(size), known.ravel()]) - design.T @ offset.ravel() / 10.0
    assert normal.shape == (total, total)
    dense = np.linalg.solve(normal, right)
    # Pixels of 200 mas, detections good to 10 mas. What is left of the equations is 0.01 sigma
    # per parameter: 0.1 sigma of the least known ones.
    assert np.abs(fit.polynomials - model.polynomials(dense[:size])).max() < 0.005
    assert np.abs(fit.stars - dense[size:].reshape(5, stars)).max() < 1.0


def test_widths_are_those_of_what_the_air_does() -> None:
    """The quadratic form of `regularize` is the sum of (parameter / width)^2."""
    _, model, _, _ = small_problem(1)
    x = np.random.default_rng(6).normal(size=model.ends[-1])
    p, q, own = model.split(x)
    without = x.copy()
    model.split(without)[2][:] = 0.0
    common = [
        p[d] + t @ q[v] @ h.T
        for d, v, h, t in zip(
            model.detector, model.visit, model.to_pixel, model.restrict, strict=True
        )
    ]
    air = np.stack([c - f[:3] for c, f in zip(own, common, strict=True)])
    parts = (part / width[:, None] for part, width in zip((p, q, air), model.widths, strict=True))
    assert x @ model.regularize(x) == pytest.approx(sum((part**2).sum() for part in parts))


def test_collecting_is_the_transpose() -> None:
    images, model, _, field = small_problem(1)
    weight = np.random.default_rng(8).uniform(size=field.shape[1]).astype(np.float32)
    x = np.random.default_rng(7).normal(size=model.ends[-1])
    there = (images.displace(model.polynomials(x)) * weight * field).sum()
    back = x @ model.collect(images.sum(field.astype(np.float32), weight))
    assert there == pytest.approx(back, rel=1e-5)  # single precision


def test_stars_that_are_held_out_follow() -> None:
    """They are where all of their detections have them but the one that is wrong."""
    _, _, motions, offset = small_problem(1)
    error = np.full(offset.shape[1], 30.0, np.float32)  # their scatter
    anchor = np.where(np.arange(motions.known.shape[1]) % 2 == 0, 1.0, np.nan)
    often = np.bincount(motions.star) > 4
    wrong = int(np.flatnonzero(often[motions.star])[0])
    offset[:, wrong] += 9000.0
    told = follow_stars(offset, motions, error, anchor)
    assert np.flatnonzero(~told.used).tolist() == [wrong]
    motions.weigh(np.where(np.arange(len(error)) == wrong, 0.0, error**-2.0).astype(np.float32))
    assert told.stars == pytest.approx(motions.fit(offset))
    assert np.hypot(*told.residual[:, wrong]) > 5000.0


def test_closed_forms_are_those_of_whole_matrices() -> None:
    """Solutions, covariances and absorbed parameters of each star, by numpy's inverse."""
    _, _, motions, offset = small_problem(1)
    weight = np.random.default_rng(9).uniform(0.1, 2.0, offset.shape[1]).astype(np.float32)
    motions.weigh(weight)
    known = squares(motions.information)
    normal, right = known.copy(), motions.known.T.copy()
    t, p, q = (c.astype(float) for c in (motions.years, motions.east, motions.north))
    for n, star in enumerate(motions.star):
        design = np.array([[1.0, t[n], 0.0, 0.0, p[n]], [0.0, 0.0, 1.0, t[n], q[n]]])
        normal[star] += weight[n] * design.T @ design
        right[star] += weight[n] * design.T @ offset[:, n]
    covariance = np.linalg.inv(normal)
    assert motions.covariance == pytest.approx(covariance, rel=1e-6, abs=1e-9)
    expected = (covariance @ right[..., None])[..., 0]
    # Offsets of 30 mas are summed in single precision, and parameters may be nearly degenerate.
    assert motions.fit(offset).T == pytest.approx(expected, rel=1e-5, abs=5e-3)
    absorbed = 5.0 - np.einsum("sij,sji->s", covariance, known)
    assert motions.absorbed == pytest.approx(absorbed, abs=1e-6)
