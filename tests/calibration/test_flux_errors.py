"""Errors of calibrated fluxes and of their means: against draws, and traps of single precision."""

from typing import Any

import numpy as np
import psycopg
import pytest
from astropy.table import Table

from skytract.loaders.passband_library import read_instrument_passbands
from skytract.loaders.passband_set import Instrument, Visits, write_passband_set
from skytract.udf.calibration.atmosphere import STANDARD, Conditions
from skytract.udf.calibration.bin_spectrum import bin_spectrum
from skytract.udf.calibration.passband_basis import chromatic_factors, project_sed
from tests.fill_table import fill_table
from tests.raw_rows import insert

Connection = psycopg.Connection[Any]

DRAWS = 10_000
COUNTS, COUNTS_ERR = np.array([300.0, -20.0]), np.array([25.0, 40.0])
VISITS = np.array([1, 2])
RED = bin_spectrum([300.0, 700.0, 1100.0], [0.1, 1.0, 4.0])
Z = 10 ** (0.4 * (31.4 - 27.0))


@pytest.fixture(scope="module")
def connection(module_connect: Any) -> Connection:
    """Two visits at airmass 1 and 2, and 10^4 objects whose counts are draws of one truth."""
    owner: Connection = module_connect("owner")
    rest = [np.full(2, value) for value in STANDARD[1:]]
    bands, curves = read_instrument_passbands()
    glass = Instrument(np.array([0]), curves[[bands.index("g")]])
    visits = Visits(VISITS, ["g", "g"], Conditions(np.array([1.0, 2.0]), *rest))
    write_passband_set(owner, "night", visits, {"g": glass})
    same = {"visit": VISITS, "band": "g", "loadId": 1}
    times = {"ra": 0, "dec": 0, "expMidptMJD": 60000.0 + VISITS, "expTime": 30}
    insert(owner, "raw.Visit", same | times)
    insert(owner, "raw.VisitDetector", same | {"detector": 0, "nx": 100, "ny": 100})
    owner.execute("SELECT calibration.state_zero_point('stated', 27.0)")
    rng = np.random.default_rng(17)
    drawn = COUNTS + COUNTS_ERR * rng.normal(size=(DRAWS, 2))
    fill_table(
        owner, "raw.forcedsource", objectid=np.repeat(np.arange(DRAWS), 2),
        visit=np.tile(VISITS, DRAWS), psfinstflux=drawn.ravel(),
        psfinstfluxerr=np.tile(COUNTS_ERR, DRAWS),
    )  # fmt: skip
    owner.commit()
    redo = "SELECT calibration.recalibrate(%s, 0, %s, %s::bytea, catalog => %s)"
    owner.execute(redo, ("public.fluxes", DRAWS, RED, "ForcedSource"))
    owner.execute(redo, ("public.means", DRAWS, RED, "Object"))
    owner.commit()
    return owner


def test_errors_are_the_scatter_of_draws(connection: Connection) -> None:
    """10^4 draws know a standard deviation to 0.7 %: 3 % is four times that; also of F < 0."""
    rows = connection.execute(
        "SELECT visit, avg(psfFlux), stddev(psfFlux), min(psfFluxErr), max(psfFluxErr)"
        " FROM public.fluxes GROUP BY visit ORDER BY visit"
    ).fetchall()
    kappa = connection.execute(
        "SELECT kappa FROM calibration.kappa(%s::bytea) ORDER BY visit", (RED,)
    ).fetchall()
    assert abs(kappa[1][0] - 1.0) > 0.005
    for k, (_, mean, scatter, least, most) in enumerate(rows):
        scale = Z * kappa[k][0]
        assert least == most == pytest.approx(COUNTS_ERR[k] * scale, rel=1e-14)
        assert scatter == pytest.approx(least, rel=0.03)
        assert mean == pytest.approx(COUNTS[k] * scale, abs=5.0 * least / DRAWS**0.5)


def test_errors_of_means_are_their_scatter(connection: Connection) -> None:
    """The two visits have different truths here, which a mean's error does not know of."""
    rows = connection.execute(
        "SELECT stddev(g_psfFlux), min(g_psfFluxErr), max(g_psfFluxErr) FROM public.means"
    ).fetchone()
    assert rows is not None
    assert rows[1] == pytest.approx(rows[2], rel=1e-14)
    assert rows[0] == pytest.approx(rows[1], rel=0.03)


def test_magnitude_errors_are_analytic(connection: Connection) -> None:
    """magErr = 2.5 / ln 10 x err / flux; a negative flux has neither."""
    one = "SELECT sky.scisql_nanojanskyToAbMag(%s), sky.scisql_nanojanskyToAbMagSigma(%s, %s)"
    magnitude, sigma = connection.execute(one, (1000.0, 1000.0, 10.0)).fetchone() or (None, None)
    assert magnitude == pytest.approx(31.4 - 7.5, abs=1e-12)
    assert sigma == pytest.approx(2.5 / np.log(10.0) * 0.01, rel=1e-12)
    negative = connection.execute(one, (-1.0, -1.0, 10.0)).fetchone()
    assert negative is not None and (negative[0] is None or np.isnan(negative[0]))


def test_sums_of_real_are_wrong_and_ours_are_not(connection: Connection) -> None:
    """sum(real) adds up in float4: past 2^24 it cannot count. Fluxes and their sums are float8."""
    trap = connection.execute(
        "SELECT sum(x), sum(x::float8) FROM (SELECT 16777216::real UNION ALL"
        " SELECT 1::real FROM generate_series(1, 1000)) AS t (x)"
    ).fetchone()
    assert trap == (16777216.0, 16778216.0)
    wrong = connection.execute(
        "SELECT a.attrelid::regclass || '.' || a.attname FROM pg_attribute AS a"
        " WHERE a.attrelid IN ('public.fluxes'::regclass, 'public.means'::regclass)"
        " AND a.atttypid = 'real'::regtype"
    ).fetchall()
    assert wrong == []


def test_a_table_in_memory_gives_the_same_to_the_last_bit(connection: Connection) -> None:
    """Counts, zero points and coefficients in an astropy Table, and the same functions."""
    query = connection.execute(
        "SELECT f.objectId, f.visit, f.psfInstFlux, f.psfInstFluxErr, p.zMean,"
        " ARRAY[c1, c2, c3, c4, c5, c6, c7, c8, c9, c10] AS c FROM raw.ForcedSource AS f"
        " JOIN calibration.PassbandCoefficient AS c USING (visit, detector)"
        " JOIN calibration.PhotoCalib AS p USING (visit, detector)"
        " WHERE f.objectId < 100 ORDER BY f.objectId, f.visit"
    )
    counts = Table(rows=query.fetchall(), names=["object", "visit", "flux", "err", "z", "c"])
    basis = connection.execute(
        "SELECT standard, support, curves FROM calibration.PassbandBasis WHERE band = 'g'"
    ).fetchone()
    g, _ = project_sed(RED, *basis)
    factor = counts["z"] * chromatic_factors(counts["c"], g)
    stored = connection.execute(
        "SELECT psfFlux, psfFluxErr FROM public.fluxes WHERE objectId < 100"
        " ORDER BY objectId, visit"
    ).fetchall()
    light = connection.execute(
        "SELECT psfFlux, psfFluxErr FROM calibration.light_curves("
        "(SELECT array_agg(n) FROM generate_series(0::bigint, 99) AS n), %s::bytea)"
        " ORDER BY objectId, visit",
        (RED,),
    ).fetchall()
    ours = np.stack([counts["flux"] * factor, counts["err"] * factor], axis=1)
    np.testing.assert_array_equal(ours, np.array(stored))
    np.testing.assert_array_equal(ours, np.array(light))
