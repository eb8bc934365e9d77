"""The robust line of zero point and colour term: exact cases, truth with noise, outliers."""

from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.udf.calibration.fit_zero_point import FLOOR, fit_zero_point

ZERO_POINT, COLOUR_TERM = 30.5, 0.09

Stars = dict[str, Any]


def stars(rng: np.random.Generator, n: int, scatter: float = FLOOR) -> Stars:
    """Stars of a known zero point and colour term, with the scatter the fit expects."""
    colour = rng.uniform(0.0, 1.5, n)
    mag = rng.uniform(17.0, 21.0, n)
    flux = 10 ** (0.4 * (ZERO_POINT + COLOUR_TERM * colour - mag))
    flux_err = np.sqrt(flux)
    noise = 10 ** (-0.4 * rng.normal(0, 1, n) * scatter)
    return {
        "inst_flux": (flux + rng.normal(0, 1, n) * flux_err) * noise,
        "inst_flux_err": flux_err,
        "ref_mag": mag,
        "ref_mag_err": np.zeros(n),
        "colour": colour,
    }


def exact(n: int) -> Stars:
    """Stars without any error."""
    found = stars(np.random.default_rng(n), n, 0.0)
    mag, colour = found["ref_mag"], found["colour"]
    found["inst_flux"] = 10 ** (0.4 * (ZERO_POINT + COLOUR_TERM * colour - mag))
    return found


def test_exact_line() -> None:
    fit = fit_zero_point(**exact(20), colour_term=None, min_stars=10)
    assert fit is not None
    zero_point, _, colour_term, _, rms, n = fit
    assert (zero_point, colour_term) == pytest.approx((ZERO_POINT, COLOUR_TERM), abs=1e-12)
    assert (rms, n) == (pytest.approx(0, abs=1e-12), 20)


def test_given_colour_term_is_kept() -> None:
    fit = fit_zero_point(**exact(20), colour_term=COLOUR_TERM, min_stars=10)
    assert fit is not None
    assert fit[0] == pytest.approx(ZERO_POINT, abs=1e-12)
    assert fit[2:4] == (COLOUR_TERM, None)


def test_errors_say_how_far_from_the_truth() -> None:
    """Pulls of 400 fits have width 1: three sigma of that are 0.11."""
    rng = np.random.default_rng(4)
    pulls = []
    for _ in range(400):
        fit = fit_zero_point(**stars(rng, 40), colour_term=None, min_stars=10)
        assert fit is not None and fit[3] is not None
        pulls.append(((fit[0] - ZERO_POINT) / fit[1], (fit[2] - COLOUR_TERM) / fit[3]))
    width = np.std(pulls, axis=0)
    assert width == pytest.approx([1.0, 1.0], abs=0.15)
    assert np.abs(np.mean(pulls, axis=0)).max() < 0.2


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_outliers_do_not_pull(share: float) -> None:
    """Variables and wrong matches, half a magnitude and more off, all to one side."""
    rng = np.random.default_rng(6)
    field = stars(rng, 200)
    wrong = rng.random(200) < share
    field["ref_mag"][wrong] += rng.uniform(0.5, 3.0, wrong.sum())
    fit = fit_zero_point(**field, colour_term=None, min_stars=10)
    assert fit is not None
    assert abs(fit[0] - ZERO_POINT) < 4 * fit[1] < 0.03
    assert fit[5] <= 200 - wrong.sum()
    assert fit[4] < 1.3 * FLOOR


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=20)
def test_order_does_not_matter(random: Any) -> None:
    field = stars(np.random.default_rng(7), 30)
    order = list(range(30))
    random.shuffle(order)
    shuffled = {name: values[order] for name, values in field.items()}
    fits = [fit_zero_point(**f, colour_term=None, min_stars=5) for f in (field, shuffled)]
    assert fits[0] == pytest.approx(fits[1], rel=1e-9)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("inst_flux", -5.0),
        ("inst_flux", float("nan")),
        ("inst_flux_err", None),
        ("ref_mag", None),
        ("ref_mag_err", float("nan")),
        ("colour", float("inf")),
    ],
)
def test_unusable_stars_are_left_out(column: str, value: float | None) -> None:
    field = {name: values.tolist() for name, values in exact(20).items()}
    field[column][3] = value
    fit = fit_zero_point(**field, colour_term=None, min_stars=10)
    assert fit is not None
    assert fit[5] == 19


@pytest.mark.parametrize("n", [0, 2, 9])
def test_too_few_stars_give_nothing(n: int) -> None:
    assert fit_zero_point(**exact(n), colour_term=None, min_stars=10) is None


def test_two_parameters_need_three_stars() -> None:
    assert fit_zero_point(**exact(2), colour_term=None, min_stars=1) is None
    assert fit_zero_point(**exact(2), colour_term=COLOUR_TERM, min_stars=1) is not None


def test_one_colour_gives_no_colour_term() -> None:
    field = {**exact(20), "colour": np.full(20, 0.4)}
    assert fit_zero_point(**field, colour_term=None, min_stars=10) is None
    assert fit_zero_point(**field, colour_term=0.1, min_stars=10) is not None


@pytest.mark.parametrize(("n", "colour_term"), [(30, None), (30, 0.1), (3, None)])
def test_database_and_memory_agree_to_the_last_bit(
    release: psycopg.Connection[Any], n: int, colour_term: float | None
) -> None:
    field = {name: v.tolist() for name, v in stars(np.random.default_rng(9), n).items()}
    row = release.execute(
        "SELECT * FROM calibration.fit_zero_point(%s::float8[], %s::float8[], %s::float8[],"
        " %s::float8[], %s::float8[], %s::float8, 10)",
        (*field.values(), colour_term),
    ).fetchone()
    assert row == (fit_zero_point(**field, colour_term=colour_term, min_stars=10) or (None,) * 6)
