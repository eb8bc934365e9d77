"""Proper motions and parallaxes in the database: against simulated truth and least squares."""

from typing import Any

import numpy as np
import psycopg
import pytest

from tests.association.moving_stars import (
    EPOCH,
    MAS,
    Sightings,
    Stars,
    draw_stars,
    earth,
    observe,
    store,
)
from tests.raw_rows import insert
from tests.sky.positions import unit_vectors

Connection = psycopg.Connection[Any]
SKY = (0, 12 << 58)
COLUMNS = (
    "pmRa, pmRaErr, pmDec, pmDecErr, parallax, parallaxErr, pmRa_pmDec_Cov, pmRa_parallax_Cov,"
    " pmDec_parallax_Cov, pmParallaxChi2, pmParallaxNdata"
)


def fit(release: Connection, bounds: tuple[int, int] = SKY) -> int:
    row = release.execute("SELECT association.fit_motions('dr1', %s, %s)", bounds).fetchone()
    assert row is not None
    return int(row[0])


def fitted(release: Connection, table: str = "Object") -> list[tuple[Any, ...]]:
    return release.execute(f"SELECT {COLUMNS} FROM dr1.{table} ORDER BY {table}Id").fetchall()


def visits(rng: np.random.Generator, count: int, span: float = 2000.0) -> Any:
    return np.sort(EPOCH - 500.0 + rng.uniform(0.0, span, count))


def least_squares(stars: Stars, seen: Sightings, n: int) -> tuple[Any, ...]:
    """The columns for star n, from its whitened offsets and design matrix by lstsq."""
    _, east, north = (axis[n] for axis in stars.basis())
    place = unit_vectors(seen.ra[n], seen.dec[n])
    years, baseline = (seen.mjd - EPOCH) / 365.25, -earth(seen.mjd)
    matrix, right = [], []
    for k, t in enumerate(years):
        covariance = np.array(
            [[seen.ra_err[n, k] ** 2, seen.cov[n, k]], [seen.cov[n, k], seen.dec_err[n, k] ** 2]]
        )
        whiten = np.linalg.inv(np.linalg.cholesky(covariance * 3.6e6**2))
        in_east = [1.0, t, 0.0, 0.0, east @ baseline[k]]
        in_north = [0.0, 0.0, 1.0, t, north @ baseline[k]]
        matrix.append(whiten @ np.array([in_east, in_north]))
        right.append(whiten @ np.array([east @ place[k], north @ place[k]]) / MAS)
    design, offset = np.concatenate(matrix), np.concatenate(right)
    found, chi2, _, _ = np.linalg.lstsq(design, offset)
    c = np.linalg.inv(design.T @ design)
    error = np.sqrt(np.diagonal(c))
    motion = (found[1], error[1], found[3], error[3], found[4], error[4])
    return (*motion, c[1, 3], c[1, 4], c[3, 4], chi2[0], len(years))


def test_as_least_squares_says(release: Connection) -> None:
    """Few visits, and near the pole; columns are of single precision."""
    rng = np.random.default_rng(3)
    for dec in (-89.6, 10.0):
        stars = draw_stars(rng, 5, ra=359.8, dec=dec)
        seen = observe(rng, stars, visits(rng, 7))
        release.execute("TRUNCATE raw.Visit")
        store(release, stars, seen)
        assert fit(release) >= 10
        for n in range(5):
            query = f"SELECT {COLUMNS} FROM dr1.Object WHERE objectId = %s"
            row = release.execute(query, (int(stars.keys[n]),)).fetchone()
            assert row == pytest.approx(least_squares(stars, seen, n), rel=1e-4, abs=1e-5)
        release.execute("TRUNCATE dr1.Object, dr1.Source, dr1.DiaObject, dr1.DiaSource")


def test_pulls_have_width_one(release: Connection) -> None:
    """1,500 stars with 20 visits each, 2 % of the positions 300 mas off."""
    rng = np.random.default_rng(4)
    stars = draw_stars(rng, 1500)
    store(release, stars, observe(rng, stars, visits(rng, 20), outliers=0.02), ("Source",))
    assert fit(release) == 1500
    rows = np.array(fitted(release), float)[np.argsort(np.argsort(stars.keys))]
    truths = (stars.pm_ra, stars.pm_dec, stars.parallax)
    for column, truth in zip((0, 2, 4), truths, strict=True):
        pull = (rows[:, column] - truth) / rows[:, column + 1]
        # Of 1,500 pulls, width and mean are known to 0.018 and 0.026.
        assert np.std(pull) == pytest.approx(1.0, abs=0.05)
        assert np.mean(pull) == pytest.approx(0.0, abs=0.1)
    freedom = 2.0 * rows[:, 10] - 5.0
    # Width of a mean of 1,500 reduced chi2 of 35 degrees: 0.006.
    assert np.mean(rows[:, 9] / freedom) == pytest.approx(1.0, abs=0.02)
    assert np.mean(rows[:, 10]) == pytest.approx(0.98 * 20, abs=0.1)


def test_neither_order_nor_partitions_matter(release: Connection) -> None:
    """Stars on both sides of a border of partitions, whose detections lie on either side."""
    rng = np.random.default_rng(5)
    stars = draw_stars(rng, 12, ra=90.0, dec=60.0)
    stars.ra[:6] = 90.0 + rng.uniform(-1e-5, 1e-5, 6)
    stars = Stars(stars.ra, stars.dec, stars.pm_ra, stars.pm_dec, stars.parallax)
    seen = observe(rng, stars, visits(rng, 9), outliers=0.05)
    border = 1 << 58
    answers = []
    for order in (np.arange(108), rng.permutation(108)):
        release.execute("TRUNCATE raw.Visit, dr1.Object, dr1.Source, dr1.DiaObject, dr1.DiaSource")
        store(release, stars, seen, order=order)
        across = "SELECT FROM dr1.Source WHERE (objectId < %s) <> (hpx29 < %s) LIMIT 1"
        assert release.execute(across, (border, border)).fetchone() is not None
        for cells in ([SKY], [(0, border), (border, SKY[1])], [SKY]):
            assert sum(fit(release, cell) for cell in cells) == 24
            answers.append(fitted(release))
            assert fitted(release, "DiaObject") == answers[-1]
    assert len({tuple(answer) for answer in answers}) == 1


def test_running_again_writes_nothing(release: Connection) -> None:
    rng = np.random.default_rng(6)
    stars = draw_stars(rng, 4)
    store(release, stars, observe(rng, stars, visits(rng, 8)))
    place = "SELECT objectId, ctid, xmin FROM dr1.Object"
    assert fit(release) == 8
    before = release.execute(place).fetchall()
    assert fit(release) == 8
    assert release.execute(place).fetchall() == before


@pytest.mark.parametrize(
    "mjd",
    [
        EPOCH + 400.0 * np.arange(4),
        EPOCH + np.zeros(9),
        EPOCH + np.linspace(0.0, 60.0, 30),
        EPOCH + 365.25 * np.arange(9),
    ],
    ids=["few visits", "one moment", "two months", "one season"],
)
def test_undetermined_motions_are_null(release: Connection, mjd: Any) -> None:
    """Also where an earlier run had determined them."""
    rng = np.random.default_rng(7)
    stars = draw_stars(rng, 3)
    store(release, stars, observe(rng, stars, mjd))
    release.execute("UPDATE dr1.Object SET pmRa = 1, pmParallaxNdata = 5")
    assert fit(release) == 0
    assert fitted(release) == fitted(release, "DiaObject") == [(None,) * 11] * 3


@pytest.mark.parametrize(
    "bad",
    [
        "raErr = 0",
        "decErr = -1e-6",
        "raErr = 'NaN'",
        "decErr = 'Infinity'",
        "raErr = NULL",
        "ra = 'NaN'",
        "dec = 'NaN'",
        "dec = 90.5",
        "ra = 'Infinity'",
        "ra_dec_Cov = raErr * decErr",
        "ra_dec_Cov = 'Infinity'",
        "centroid_flag = true",
        "visit = 10",
        "visit = 11",
    ],
)
def test_unusable_positions_do_not_count(release: Connection, bad: str) -> None:
    """As if they were not there. Visit 10 has no time, visit 11 one that cannot be."""
    rng = np.random.default_rng(8)
    stars = draw_stars(rng, 2)
    store(release, stars, observe(rng, stars, visits(rng, 7)), ("Source",))
    times = {"visit": [10, 11], "band": "r", "expTime": 30, "ra": 0, "dec": 0, "loadId": 1}
    insert(release, "raw.Visit", {**times, "expMidptMJD": [float("nan"), 1e300]})
    release.execute(f"UPDATE dr1.Source SET {bad} WHERE visit = 3")
    assert fit(release) == 2
    found = fitted(release)
    release.execute("DELETE FROM dr1.Source WHERE visit IN (3, 10, 11)")
    assert fit(release) == 2
    assert fitted(release) == found
    assert {row[-1] for row in found} == {6}


def test_one_object_by_itself(release: Connection) -> None:
    """Arrays of one object, by the same rules, outliers and unusable rows among them."""
    rng = np.random.default_rng(12)
    stars = draw_stars(rng, 30, ra=359.9, dec=70.0)
    store(release, stars, observe(rng, stars, visits(rng, 12), outliers=0.08), ("Source",))
    release.execute("UPDATE dr1.Source SET raErr = 'NaN' WHERE visit = 3 AND dec > 70")
    release.execute("UPDATE dr1.Source SET ra_dec_Cov = NULL WHERE visit = 4")
    assert fit(release) == 30
    columns = ", ".join(f"(f.m).{name}" for name in COLUMNS.split(", "))
    alone = release.execute(
        f"SELECT {columns} FROM (SELECT s.objectId, association.fit_motion("
        "  array_agg(v.expMidptMJD), array_agg(s.ra), array_agg(s.dec),"
        "  array_agg(s.raErr::float8), array_agg(s.decErr::float8),"
        "  array_agg(s.ra_dec_Cov::float8), min(o.coord_ra), min(o.coord_dec)) AS m"
        " FROM dr1.Source AS s JOIN dr1.Object AS o USING (objectId)"
        " JOIN raw.Visit AS v USING (visit) GROUP BY s.objectId OFFSET 0) AS f ORDER BY f.objectId"
    ).fetchall()
    together = fitted(release)
    assert min(row[-1] for row in together) < 11
    # The table keeps seven digits.
    np.testing.assert_allclose(np.array(alone, float), np.array(together, float), 1e-6, 1e-6)


def test_columns_of_different_lengths_are_refused(release: Connection) -> None:
    with pytest.raises(psycopg.Error, match="there are 2, 3, 2, 2, 2, 2 times, ra, dec"):
        release.execute(
            "SELECT association.fit_motion("
            "'{1,2}', '{1,2,3}', '{1,2}', '{1,1}', '{1,1}', '{0,0}', 1, 2)"
        )


def test_a_missing_covariance_is_none(release: Connection) -> None:
    rng = np.random.default_rng(9)
    stars = draw_stars(rng, 1)
    store(release, stars, observe(rng, stars, visits(rng, 7)), ("Source",))
    answers = set()
    for given in ("0", "NULL", "'NaN'"):
        release.execute(f"UPDATE dr1.Source SET ra_dec_Cov = {given}")
        fit(release)
        answers.update(fitted(release))
    assert len(answers) == 1 and None not in answers.pop()


def test_the_number_of_positions_is_foreseen(release: Connection) -> None:
    """Else each would be compared with each object, of which a partition has tens of thousands."""
    release.execute(
        "CREATE TEMP TABLE motion_object AS SELECT id, 30.0::float8 AS ra, -35.0::float8 AS dec"
        " FROM generate_series(1, 100) AS id;"
        "CREATE TEMP TABLE motion_detection AS SELECT id, 20 * id + k AS detection,"
        " (60000 + 90 * k)::float8 AS mjd, ra, dec, 1e-5::float8 AS raErr, 1e-5::float8 AS decErr,"
        " 0.0::float8 AS ra_dec_Cov FROM motion_object CROSS JOIN generate_series(1, 20) AS k"
    )
    release.execute("SELECT association.prepare_motions()")
    query = release.execute("SELECT association.projected_positions()").fetchall()[0][0]
    plan = release.execute(f"EXPLAIN (FORMAT JSON) {query}".encode()).fetchall()[0][0][0]
    assert 1000 < plan["Plan"]["Plan Rows"] < 4000


def test_errors_that_are_too_small_reject_nothing(release: Connection) -> None:
    """Ten times too small everywhere: chi2 says so, and no position is an outlier for it."""
    rng = np.random.default_rng(10)
    stars = draw_stars(rng, 20)
    seen = observe(rng, stars, visits(rng, 15))
    seen.ra_err, seen.dec_err, seen.cov = seen.ra_err / 10, seen.dec_err / 10, seen.cov / 100
    store(release, stars, seen, ("Source",))
    fit(release)
    rows = np.array(fitted(release), float)
    assert (rows[:, 10] == 15).all()
    assert np.mean(rows[:, 9]) == pytest.approx(100 * 25, rel=0.1)


def test_a_lone_late_position_that_is_wrong_does_not_make_the_motion(release: Connection) -> None:
    """It pulls the fit to itself: its own residual is small, what chi2 loses with it is not."""
    rng = np.random.default_rng(11)
    stars = draw_stars(rng, 1)
    mjd = np.append(EPOCH + np.linspace(0.0, 500.0, 15), EPOCH + 2000.0)
    seen = observe(rng, stars, mjd)
    seen.ra[0, -1] += 1000.0 / 3.6e6
    store(release, stars, seen, ("Source",))
    fit(release)
    ((pm, error, *_, ndata),) = fitted(release)
    assert ndata == 15
    assert pm == pytest.approx(stars.pm_ra[0], abs=4 * error)


def test_an_empty_partition(release: Connection) -> None:
    assert fit(release, (0, 1 << 50)) == 0


def test_refuses_an_unknown_release(release: Connection) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="there is no release dr7"):
        release.execute("SELECT association.fit_motions('dr7', 0, 1)")
