"""A star flat is a Chebyshev polynomial of mean 1, in the database as outside."""

import numpy as np
import psycopg
import pytest
from numpy.polynomial import chebyshev

from skytract.udf.calibration.star_flat import ORDERS, TERMS, flat_coefficients, star_flat


def test_a_star_flat_is_chebyshev_of_mean_one() -> None:
    rng = np.random.default_rng(5)
    c = flat_coefficients(0.02 * rng.normal(size=TERMS))
    x, y = np.meshgrid(np.linspace(-0.5, 99.5, 401), np.linspace(-0.5, 49.5, 401))
    square = np.zeros((4, 4))
    for (i, j), value in zip(ORDERS, c, strict=True):
        square[i, j] = value
    expected = chebyshev.chebval2d((2 * x + 1) / 100 - 1, (2 * y + 1) / 50 - 1, square)
    np.testing.assert_allclose(star_flat(c, 100, 50, x, y), expected, rtol=1e-12)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    g = chebyshev.chebgrid2d(nodes, nodes, square)
    assert weights @ g @ weights / 4 == pytest.approx(1.0, abs=1e-14)


def test_star_flat_in_sql_is_that_outside(release: psycopg.Connection) -> None:
    rng = np.random.default_rng(2)
    for _ in range(5):
        c, (x, y) = rng.normal(size=10), rng.uniform(-5, 105, 2)
        ((found,),) = release.execute(
            "SELECT calibration.star_flat(%s::float8[], 100, 90, %s, %s)", (c.tolist(), x, y)
        ).fetchall()
        # Horner's rule there, products of polynomials here.
        assert found == pytest.approx(float(star_flat(c, 100, 90, x, y)), rel=1e-11, abs=1e-11)
