"""One visit's DiaSources into many DiaObjects, beside what was asked for and a plain upsert.

DiaObjects lie 10,000 to the square degree about the equator, in dozens of partitions. A visit of
100 detectors sees 10,000 DiaSources: nine tenths are DiaObjects seen ten times or more before, in
five bands, the rest are new. The time is that of `association.associate_dia_sources`: positions by
the WCS, calibration, matching, and all statistics of what changed, on one core, in a session that
did a visit before. `dia.visit` holds it against the 2 s asked for, and against the limit: INSERT of
the same DiaSource rows and upsert of the same DiaObject rows, ready in a table. Before, the same
was done with a tenth of the table, which was then grown elsewhere on the sky: `dia.growth` is the
time before over the time after. The visits after see other DiaObjects than those before, so that
histories are as long.

The rows must be those that a recomputation from all DiaSources gives, in plain SQL.
"""

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
"""DiaObjects at the end; `run(10_000_000)` is what was asked for, and takes ten minutes to fill."""

PARTITIONS = 25
"""Partitions that hold the objects, about: more are needed to cover the sky."""

SOURCES = 10_000
ASKED_S = 2.0
VISITS = 4
"""Visits at each size; the first one warms the session up."""

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
    """Measure before and after the table grew ten-fold, in a database of its own."""
    rng = np.random.default_rng(SEED)
    times, agree = [], True
    with fresh_database("bench_dia") as owner:
        start(owner, objects)
        for turn, (first, beyond) in enumerate([(0, objects // 10), (objects // 10, objects)]):
            fill(owner, first, beyond)
            visits = range(VISITS * turn + 1, VISITS * (turn + 1) + 1)
            done = [associate(owner, rng, visit, sources, turn) for visit in visits]
            times.append(float(np.median([seconds for seconds, _ in done[1:]])))
            agree &= all(right for _, right in done)
        limit, same = upsert(owner, visits[-1])
    note = f"{sources} DiaSources into {objects} DiaObjects"
    yield result("dia.visit: what is asked for", times[1], ASKED_S, agree, note)
    yield result("dia.visit: the same rows upserted", times[1], limit, agree and same, note)
    yield result("dia.growth", times[1], times[0], agree, f"{note}; into a tenth of them")


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


def start(owner: Connection, objects: int) -> None:
    """Make a release of dozens of partitions, with visits, their detectors and zero points."""
    number = np.linspace(0, objects, 100_000, endpoint=False)
    ra, dec = number / 31_250, np.linspace(-1.6, 1.6, 317)[np.arange(number.size) % 317]
    cells = hpx29(ra, dec) >> 2 * 17
    density = Density.of(12, cells, np.full(number.size, max(objects // number.size, 1)))
    partition_raw(owner, [p.cell for p in plan(density, objects // PARTITIONS)])
    create_release(owner, "dr1")
    fixed: dict[str, Any] = {"west": WEST, "south": SOUTH, "pixel": PIXEL_DEG, "side": SIDE_DEG}
    fixed |= {"grid": GRID, "visits": 2 * VISITS}
    for statement in SETUP.split(";")[:-1]:
        owner.execute(statement.encode(), fixed if "%" in statement else None)


def fill(owner: Connection, first: int, beyond: int) -> None:
    """Add DiaObjects number `first` to `beyond`, with statistics as autovacuum leaves them."""
    owner.execute(f"SET bench.first = {first}; SET bench.beyond = {beyond}".encode())
    owner.execute(Path(__file__).with_suffix(".sql").read_bytes())
    owner.execute("VACUUM dr1.DiaObject, dr1.DiaSource")
    owner.execute("ANALYZE dr1.DiaObject (diaObjectId)")
    owner.execute("ANALYZE dr1.DiaSource (hpx29, diaObjectId, visit)")
    # What the filling wrote is on disk before a visit is timed.
    owner.execute("CHECKPOINT")


def associate(
    owner: Connection, rng: np.random.Generator, visit: int, sources: int, turn: int
) -> tuple[float, bool]:
    """Associate a new visit; return the time [s], and whether all was found as it was made."""
    founded = load_visit(owner, rng, visit, sources, turn)
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


def upsert(owner: Connection, visit: int) -> tuple[float, bool]:
    """Time writing the rows of a visit that are ready; whether that gives the same DiaObjects."""
    digest = "SELECT sum(hashtext(o::text)) FROM dr1.DiaObject AS o WHERE ra < 3.2"
    expected = number(owner, digest)
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
    return time.perf_counter() - began, number(owner, digest) == expected


def load_visit(
    owner: Connection, rng: np.random.Generator, visit: int, sources: int, turn: int
) -> int:
    """Put a visit's detections into the raw table; return how many are new.

    Every other of the DiaObjects that were seen ten times is for one turn.
    """
    query = (
        "SELECT ra, dec FROM dr1.DiaObject WHERE ra BETWEEN %s AND %s AND abs(dec) <= 1.55"
        " AND nDiaSources >= %s ORDER BY diaObjectId"
    )
    east = WEST + GRID * SIDE_DEG
    objects, known = (
        np.array(owner.execute(query, (WEST, east, times)).fetchall()) for times in (1, 10)
    )
    known = known[turn::2]
    seen = rng.permutation(known)[: sources * 9 // 10]
    # New ones: 5 arcsec beside known ones, and far from all others.
    fresh = rng.permutation(known) + np.array([5.0 / 3600.0, 0.0])
    fresh = fresh[(cKDTree(objects).query(fresh)[0] > 3.0 / 3600.0) & (fresh[:, 0] < east)]
    fresh = fresh[: sources - len(seen)]
    places = np.concatenate([seen + rng.normal(0.0, 0.05 / 3600.0, seen.shape), fresh])
    ra, dec = places[rng.permutation(len(places))].T
    row, col, x, y = pixels(ra, dec)
    keys, flux = hpx29(ra, dec), rng.normal(0.0, 1000.0, len(ra))
    owner.execute(
        INSERT,
        {
            "visit": visit,
            "keys": keys.tolist(),
            "detectors": (GRID * row + col).astype(int).tolist(),
            "ra": ra.tolist(),
            "dec": dec.tolist(),
            "x": x.tolist(),
            "y": y.tolist(),
            "fluxes": flux.tolist(),
        },
    )
    owner.execute("ANALYZE raw.DiaSource (visit)")
    return len(fresh)


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
