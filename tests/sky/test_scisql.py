"""Magnitudes of fluxes, by the names Rubin's queries use."""

from typing import Any

import numpy as np
import psycopg
import pytest

Connection = psycopg.Connection[Any]


@pytest.mark.parametrize(
    ("flux", "magnitude"),
    [
        ("1", 31.4),
        ("1e9", 8.9),
        ("3630780547701.014", 0.0),  # 10^12.56 nJy: the zero point of the AB system (section 1)
        ("1e-300", 31.4 + 750),
        ("0", None),
        ("-5", None),
        ("'NaN'", None),
        ("'Infinity'", None),
        ("NULL", None),
    ],
)
def test_magnitude_of_a_flux(release: Connection, flux: str, magnitude: float | None) -> None:
    row = release.execute(f"SELECT scisql_nanojanskyToAbMag({flux}::float8)").fetchone()
    assert row == (pytest.approx(magnitude, abs=1e-9) if magnitude is not None else None,)


def test_error_is_the_derivative(release: Connection) -> None:
    """Half the difference of the magnitudes one thousandth of an error to both sides."""
    row = release.execute(
        "SELECT scisql_nanojanskyToAbMagSigma(200, 30),"
        " 500 * (scisql_nanojanskyToAbMag(200 - 0.03) - scisql_nanojanskyToAbMag(200 + 0.03))"
    ).fetchone()
    assert row is not None
    assert row[0] == pytest.approx(row[1], rel=1e-6)


@pytest.mark.parametrize("pair", ["-1, 1", "0, 1", "NULL, 1", "1, NULL", "1, 'NaN'", "'NaN', 1"])
def test_no_magnitude_no_error(release: Connection, pair: str) -> None:
    assert release.execute(f"SELECT scisql_nanojanskyToAbMagSigma({pair})").fetchone() == (None,)


def test_magnitude_error_is_not_that_of_a_single_photon(release: Connection) -> None:
    """A public converter cancels the error (its result is 1.0857 / counts); ours grows with it."""
    row = release.execute(
        "SELECT scisql_nanojanskyToAbMagSigma(100, 1), scisql_nanojanskyToAbMagSigma(100, 2)"
    ).fetchone()
    assert row == pytest.approx((2.5 / np.log(10) / 100, 2.5 / np.log(10) / 50))


def test_planner_sees_through(release: Connection) -> None:
    plan = release.execute(
        "EXPLAIN VERBOSE SELECT scisql_nanojanskyToAbMag(psfFlux),"
        " scisql_nanojanskyToAbMagSigma(psfFlux, psfFluxErr) FROM dr1.Source"
    ).fetchall()
    assert "scisql" not in str(plan)
