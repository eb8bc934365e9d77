"""One visit's DiaSources into many DiaObjects, beside what was asked for and a plain upsert.

DiaObjects lie 10,000 to the square degree about the equator, in dozens of partitions. A visit of
100 detectors sees 10,000 DiaSources: nine tenths are DiaObjects seen ten times or more before, in
five bands, the rest are new. The time is that of `association.associate_dia_sources`: positions by
the WCS, calibration, matching, and all statistics of what changed, on one core. `dia.visit` holds
it against the 2 s asked for, and against the limit: INSERT of the same DiaSource rows and upsert of
the same DiaObject rows, ready in a table.

`dia.growth` is the time in a tenth of the table over that in all of it, the median of the visits.
Both stand side by side in one server, with partitions of the same size, the same visits go to one
and the other in turn, and the two sessions run on the same processor: whatever else the machine
does falls on both. The first visit is not counted: those of a night come to a field whose pages are
in memory. Both tables are vacuumed and analysed, else the server does so of its own accord beside
the visits, in the larger one for longer.

The rows must be those that a recomputation from all DiaSources gives, in plain SQL, and the same in
both tables.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from bench.load_data import Connection, fresh_database
from bench.measure import Measure
from bench.n_way import partition_raw
from skytract.loaders.partition_plan import Density, plan
from skytract.loaders.release import create_release
from skytract.udf.sky.hpx29 import hpx29

OBJECTS = 1_000_000
"""DiaObjects in all; `run(10_000_000)` is what was asked for, and takes three minutes to fill."""

PARTITIONS = 25
"""Partitions that hold the objects, about: more are needed to cover the sky."""

SOURCES = 10_000
ASKED_S = 2.0
VISITS = 7
"""Visits to each table; the first one warms the session up."""

GRID = 10
SIDE_DEG = 0.31
"""Detectors along a side of the focal plane, and the side of one."""

WEST, SOUTH = 0.05, -1.55
PIXEL_DEG = 0.2 / 3600.0
SEED = 20250702
SETUP = """
INSERT INTO raw.Visit (visit, band, ra, dec, expMidptMJD, expTime, loadId)
SELECT v, 'r', 1.6, 0, 60000 + v, 30, 1 FROM generate_series(1, %(visits)s) AS v;
INSERT INTO raw.VisitDetector (
    visit, detector, band, nx, ny, crpix1, crpix2, crval1, crval2,
    cd1_1, cd1_2, cd2_1, cd2_2, loadId
)
SELECT
    v, %(grid)s * row + col, 'r', 5580, 5580, 2791, 2791,
    %(west)s + %(side)s * (col + 0.5), %(south)s + %(side)s * (row + 0.5),
    %(pixel)s, 0, 0, %(pixel)s, 1
FROM generate_series(1, %(visits)s) AS v, generate_series(0, %(grid)s - 1) AS row,
    generate_series(0, %(grid)s - 1) AS col;
SELECT calibration.state_zero_point('bench', 31.4);
SELECT calibration.use_solution('dr1', 'bench');
SET max_parallel_workers_per_gather = 0;
"""
INSERT = """
INSERT INTO raw.DiaSource (
    hpx29, diaSourceId, visit, detector, ra, dec, x, y, xErr, yErr,
    psfInstFlux, psfInstFluxErr, scienceInstFlux, scienceInstFluxErr, loadId
)
SELECT
    key, %(visit)s * 1000000000::bigint + number, %(visit)s, detector, ra, decl, x, y, 0.25, 0.25,
    flux, 50, flux + 5000, 60, 1
FROM unnest(
    %(keys)s::bigint[], %(detectors)s::integer[], %(ra)s::float8[], %(dec)s::float8[],
    %(x)s::float8[], %(y)s::float8[], %(fluxes)s::float8[]
) WITH ORDINALITY AS u (key, detector, ra, decl, x, y, flux, number)
ORDER BY key
"""
DIFFERING = """
SELECT count(*)
FROM (
    SELECT s.diaObjectId AS id, count(*) AS n, max(s.midpointMjdTai) AS last,
        count(*) FILTER (WHERE s.band = 'r') AS r_n,
        sum(s.psfFlux / s.psfFluxErr ^ 2) FILTER (WHERE s.band = 'r')
            / sum(s.psfFluxErr::float8 ^ -2) FILTER (WHERE s.band = 'r') AS r_mean,
        stddev_samp(s.psfFlux) FILTER (WHERE s.band = 'r') AS r_sigma,
        percentile_cont(0.25) WITHIN GROUP (ORDER BY s.psfFlux) FILTER (WHERE s.band = 'r') AS r_25,
        sum(s.ra / (s.raErr ^ 2 + s.decErr ^ 2)) / sum(1 / (s.raErr ^ 2 + s.decErr ^ 2)) AS ra
    FROM dr1.DiaSource AS s GROUP BY s.diaObjectId HAVING max(s.visit) = %s
) AS a
FULL JOIN (SELECT * FROM dr1.DiaObject WHERE lastDiaSourceMjdTai = 60000 + %s) AS o
    ON o.diaObjectId = a.id
WHERE (
    a.n = o.nDiaSources AND a.last = o.lastDiaSourceMjdTai AND a.r_n = o.r_psfFluxNdata
    AND abs(a.r_mean - o.r_psfFluxMean) <= 1e-6 * abs(a.r_mean) + 1e-6
    AND (a.r_n = 1 OR abs(a.r_sigma - o.r_psfFluxSigma) <= 1e-6 * a.r_sigma + 1e-6)
    AND abs(a.r_25 - o.r_psfFluxPercentile25) <= 1e-6 * abs(a.r_25) + 1e-6
    AND abs(a.ra - o.ra) < 1e-9
) IS NOT TRUE
"""


def run(objects: int = OBJECTS, sources: int = SOURCES) -> Iterator[Measure]:
    """Measure in a table and in a tenth of it, in databases of their own."""
    rng = np.random.default_rng(SEED)
    times: tuple[list[float], list[float]] = ([], [])
    agree = True
    with fresh_database("bench_dia_tenth") as tenth, fresh_database("bench_dia") as whole:
        for owner, size in ((tenth, objects // 10), (whole, objects)):
            start(owner, size, objects // PARTITIONS)
            fill(owner, size)
            os.sched_setaffinity(owner.info.backend_pid, {max(os.sched_getaffinity(0))})
        for visit in range(1, VISITS + 1):
            rows, founded = draw_visit(tenth, whole, rng, sources)
            # The other one first each time: the second finds the machine as the first left it.
            for which in (0, 1) if visit % 2 else (1, 0):
                owner = (tenth, whole)[which]
                load_visit(owner, visit, rows)
                seconds, right = associate(owner, visit, founded)
                times[which].append(seconds)
                agree &= right
        agree &= digest(tenth) == digest(whole)
        limit, same = upsert(whole, visit)
    small, large = np.array(times)[:, 1:]
    typical = float(np.median(large))
    note = f"{sources} DiaSources into {objects} DiaObjects"
    # Of each visit's two times, one right after the other: a machine's speed drifts by more.
    tenth_time = typical * float(np.median(small / large))
    yield result("dia.visit: what is asked for", typical, ASKED_S, agree, note)
    yield result("dia.visit: the same rows upserted", typical, limit, agree and same, note)
    yield result("dia.growth", typical, tenth_time, agree, f"{note}; into a tenth of them")


def result(name: str, ours: float, peer: float, agree: bool, note: str) -> Measure:
    """Compare two times."""
    return {
        "name": name,
        "ours": ours,
        "peer": peer,
        "unit": "s",
        "ratio": peer / ours,
        "agree": agree,
        "note": note,
    }


def start(owner: Connection, objects: int, budget: int) -> None:
    """Make a release of partitions of some size, with visits, their detectors and zero points."""
    number = np.linspace(0, objects, 100_000, endpoint=False)
    ra, dec = number / 31_250, np.linspace(-1.6, 1.6, 317)[np.arange(number.size) % 317]
    cells = hpx29(ra, dec) >> 2 * 17
    density = Density.of(12, cells, np.full(number.size, max(objects // number.size, 1)))
    partition_raw(owner, [p.cell for p in plan(density, budget)])
    create_release(owner, "dr1")
    fixed: dict[str, Any] = {"west": WEST, "south": SOUTH, "pixel": PIXEL_DEG, "side": SIDE_DEG}
    fixed |= {"grid": GRID, "visits": VISITS}
    for statement in SETUP.split(";")[:-1]:
        owner.execute(statement.encode(), fixed if "%" in statement else None)


def fill(owner: Connection, objects: int) -> None:
    """Make DiaObjects and their DiaSources, with statistics as autovacuum leaves them."""
    owner.execute(f"SET bench.objects = {objects}".encode())
    owner.execute(Path(__file__).with_suffix(".sql").read_bytes())
    owner.execute("VACUUM (ANALYZE) dr1.DiaObject, dr1.DiaSource")
    # What the filling wrote is on disk before a visit is timed.
    owner.execute("CHECKPOINT")


def associate(owner: Connection, visit: int, founded: int) -> tuple[float, bool]:
    """Associate a new visit; return the time [s], and whether all was found as it was made."""
    before = number(owner, "SELECT count(*) FROM dr1.DiaObject")
    began = time.perf_counter()
    owner.execute("SELECT association.associate_dia_sources('dr1', %s)", (visit,))
    seconds = time.perf_counter() - began
    found = number(owner, "SELECT count(*) FROM dr1.DiaObject") - before
    return seconds, found == founded and number(owner, DIFFERING, visit, visit) == 0


def number(owner: Connection, query: str, *arguments: int) -> int:
    """Return the one number a query gives."""
    row = owner.execute(query.encode(), arguments or None).fetchone()
    assert row is not None
    return int(row[0])


def digest(owner: Connection) -> int:
    """Return a number that stands for all columns of the DiaObjects that a visit saw."""
    query = "SELECT sum(hashtext(o::text)) FROM dr1.DiaObject AS o WHERE lastDiaSourceMjdTai > %s"
    return number(owner, query, 60_000)


def upsert(owner: Connection, visit: int) -> tuple[float, bool]:
    """Time writing the rows of a visit that are ready; whether that gives the same DiaObjects."""
    expected = digest(owner)
    changed = (
        "solutionid ra dec raerr decerr ra_dec_cov radecmjdtai firstdiasourcemjdtai"
        " lastdiasourcemjdtai ndiasources validitystartmjdtai"
    ).split()
    columns = owner.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'dr1.DiaObject'::regclass"
        " AND (attname = ANY (%s) OR attname LIKE 'r\\_psf%%' OR attname LIKE 'r\\_science%%')",
        (changed,),
    )
    setting = ", ".join(f"{name} = excluded.{name}" for (name,) in columns)
    owner.execute(
        "CREATE TEMPORARY TABLE ready_source AS SELECT * FROM dr1.DiaSource WHERE visit = %s"
        " ORDER BY hpx29", (visit,),
    )  # fmt: skip
    owner.execute(
        "CREATE TEMPORARY TABLE ready_object AS SELECT * FROM dr1.DiaObject"
        " WHERE lastDiaSourceMjdTai = 60000 + %s ORDER BY diaObjectId", (visit,),
    )  # fmt: skip
    owner.execute("SELECT association.withdraw_dia_visit('dr1', %s)", (visit,))
    began = time.perf_counter()
    with owner.transaction():
        owner.execute("INSERT INTO dr1.DiaSource SELECT * FROM ready_source")
        owner.execute(
            "INSERT INTO dr1.DiaObject SELECT * FROM ready_object"
            f" ON CONFLICT (diaObjectId) DO UPDATE SET {setting}".encode()
        )
    return time.perf_counter() - began, digest(owner) == expected


def draw_visit(
    tenth: Connection, whole: Connection, rng: np.random.Generator, sources: int
) -> tuple[dict[str, Any], int]:
    """Return columns of a visit's detections of objects that both have, and how many are new."""
    known, objects = positions(tenth, 10), positions(whole, 1)
    seen = rng.permutation(known)[: sources * 9 // 10]
    # New ones: 5 arcsec beside known ones, and far from all others.
    fresh = rng.permutation(known) + np.array([5.0 / 3600.0, 0.0])
    far = cKDTree(objects).query(fresh)[0] > 3.0 / 3600.0
    fresh = fresh[far & (fresh[:, 0] < WEST + GRID * SIDE_DEG)][: sources - len(seen)]
    places = np.concatenate([seen + rng.normal(0.0, 0.05 / 3600.0, seen.shape), fresh])
    ra, dec = places[rng.permutation(len(places))].T
    row, col, x, y = pixels(ra, dec)
    columns = {"keys": hpx29(ra, dec), "detectors": (GRID * row + col).astype(int)}
    columns |= {"ra": ra, "dec": dec, "x": x, "y": y, "fluxes": rng.normal(0.0, 1000.0, len(ra))}
    return {name: values.tolist() for name, values in columns.items()}, len(fresh)


def positions(owner: Connection, times: int) -> NDArray[np.float64]:
    """Return where the DiaObjects are [deg] that were seen some times or more in the field."""
    rows = owner.execute(
        "SELECT ra, dec FROM dr1.DiaObject WHERE ra BETWEEN %s AND %s AND abs(dec) <= 1.55"
        " AND nDiaSources >= %s ORDER BY diaObjectId",
        (WEST, WEST + GRID * SIDE_DEG, times),
    )
    return np.array(rows.fetchall())


def load_visit(owner: Connection, visit: int, rows: dict[str, Any]) -> None:
    """Put a visit's detections into the raw table."""
    owner.execute(INSERT, {"visit": visit, **rows})
    owner.execute("ANALYZE raw.DiaSource (visit)")


def pixels(ra: NDArray[np.float64], dec: NDArray[np.float64]) -> list[NDArray[Any]]:
    """Return row and column of the detector, and the zero-based pixel, of positions [deg]."""
    col = np.clip((ra - WEST) // SIDE_DEG, 0, GRID - 1)
    row = np.clip((dec - SOUTH) // SIDE_DEG, 0, GRID - 1)
    ra0 = np.radians(WEST + SIDE_DEG * (col + 0.5))
    dec0 = np.radians(SOUTH + SIDE_DEG * (row + 0.5))
    a, d = np.radians(ra) - ra0, np.radians(dec)
    # Gnomonic projection: Calabretta & Greisen 2002 (A&A 395, 1077), section 5.1.3.
    outward = np.sin(dec0) * np.sin(d) + np.cos(dec0) * np.cos(d) * np.cos(a)
    xi = np.cos(d) * np.sin(a) / outward
    eta = (np.cos(dec0) * np.sin(d) - np.sin(dec0) * np.cos(d) * np.cos(a)) / outward
    return [row, col, 2790 + np.degrees(xi) / PIXEL_DEG, 2790 + np.degrees(eta) / PIXEL_DEG]
