"""Recalibrating with another SED, beside what writing the same rows costs anyway.

Forced fluxes of 10 M rows with as many passbands as 1,000 visits of 104 detectors have, in the
database (of 2 M rows, which `rows` can ask for, the factors are found as long as rows are written):

- `recalibrate.ctas`: all of them into a table, against a plain CREATE TABLE AS of the same columns
  and rows; what is asked for is 1.5 times that.
- `recalibrate.kappa`: the factors of one SED over all passbands, against 100 ms per 10^5.
- `recalibrate.light_curve`: one object's 1,000 rows with an SED given as arrays, both binary as the
  manual says, against 20 ms; the median of twenty calls.
- `recalibrate.speclite`: time per row, against speclite called row by row as its manual shows; on a
  sample, whose fluxes must agree to 0.1 mmag.
"""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.load_data import Connection, fresh_database
from bench.measure import Measure
from skytract.loaders.passband_library import read_instrument_passbands
from skytract.loaders.passband_set import Instrument, Visits, write_passband_set
from skytract.udf.calibration.atmosphere import Conditions
from skytract.udf.calibration.spectra import WAVELENGTH

ROWS = 10_000_000
VISITS, DETECTORS = 1000, 104
SAMPLE = 20
"""Rows that speclite does one by one."""

SEED = 20250705
NODES = np.arange(300.0, 1101.0, 2.0)
SPECTRUM = (NODES / 500.0) ** 3 * (1.0 + 0.3 * np.sin(NODES / 30.0))
FORCED = """
INSERT INTO raw.ForcedSource (objectId, visit, detector, ra, dec, x, y, psfInstFlux,
    psfInstFluxErr, psfDiffInstFlux, psfDiffInstFluxErr, loadId)
SELECT n / {visits} * 1000003, n %% {visits} + 1,
    (n / {visits} * {detectors} / {objects} + n %% {visits} * 37) %% {detectors}, 0, 0, 0, 0,
    1000 + n %% 977, 5, n %% 13, 5, 1
FROM generate_series(0::bigint, {rows} - 1) AS n
"""
"""An object is on one detector of each visit, with its neighbours; visits are dithered."""

PLAIN = """
CREATE TABLE bench_plain AS
SELECT objectId, visit, detector, 'r'::text AS band, psfInstFlux, psfInstFluxErr, psfInstFlux_flag,
    psfDiffInstFlux, psfDiffInstFluxErr, psfDiffInstFlux_flag
FROM raw.ForcedSource WHERE objectId >= 0 AND objectId < %s
"""
OURS = "SELECT calibration.recalibrate('public.bench_ours', 0, %s, {sed})"
SED = "calibration.sed(%s::float8[], %s::float8[])"


def run(rows: int = ROWS, visits: int = VISITS, detectors: int = DETECTORS) -> Iterator[Measure]:
    """Measure in a database of its own, which is dropped afterwards."""
    with fresh_database("bench_recalibrate") as owner:
        passbands = fill(owner, rows, visits, detectors)
        given = [NODES.tolist(), SPECTRUM.tolist()]
        last = (rows // visits + 1) * 1000003
        ours = best(owner, OURS.format(sed=SED), [last, *given], "DROP TABLE IF EXISTS bench_ours")
        plain = best(owner, PLAIN, [last], "DROP TABLE IF EXISTS bench_plain")
        agree = count(owner, "bench_ours") == count(owner, "bench_plain") == rows
        note = f"our time / its: {ours / plain:.2f}; asked for: 1.5"
        yield measure("recalibrate.ctas: plain CREATE TABLE AS", ours, plain, agree, note)
        kappa = best(owner, f"SELECT avg(kappa) FROM calibration.kappa({SED})", given)
        agree = count(owner, f"calibration.kappa({SED})", given) == passbands
        yield measure(
            "recalibrate.kappa: what is asked for", kappa, 0.1 * passbands / 104_000, agree
        )
        sed = SED.replace("%s", "%b")
        curve = f"calibration.light_curves(ARRAY[0]::bigint[], {sed})"
        agree = count(owner, curve, given) == min(visits, rows)
        light = durations(owner, f"SELECT * FROM {curve}", given, times=20, binary=True)
        note = f"fastest {1e3 * min(light):.1f} ms"
        name = "recalibrate.light_curve: what is asked for"
        yield measure(name, float(np.median(light)), 0.02, agree, note)
        theirs, agree = by_speclite(owner)
        yield measure("recalibrate.speclite: row by row", ours / rows, theirs, agree)


def fill(owner: Connection, rows: int, visits: int, detectors: int) -> int:
    """Write passbands, zero points and counts; return the number of passbands."""
    rng = np.random.default_rng(SEED)
    ids, numbers = np.arange(1, visits + 1), np.arange(detectors)
    bands = [("gr" if visits < 6 else "ugrizy")[i % (2 if visits < 6 else 6)] for i in ids]
    conditions = Conditions(
        rng.uniform(1.0, 2.0, visits),
        rng.normal(778.0, 4.0, visits),
        rng.uniform(1.0, 8.0, visits),
        rng.uniform(230.0, 300.0, visits),
        rng.uniform(0.0, 0.1, visits),
        rng.uniform(0.5, 2.0, visits),
    )
    names, curves = read_instrument_passbands()
    shifts = rng.normal(0.0, 0.7, detectors)
    instruments = {
        band: Instrument(
            numbers, np.array([np.interp(WAVELENGTH - s, WAVELENGTH, curve) for s in shifts])
        )
        for band, curve in zip(names, curves, strict=True)
    }
    write_passband_set(owner, "observed", Visits(ids, bands, conditions), instruments)
    owner.execute(
        "INSERT INTO raw.Visit (visit, band, ra, dec, expMidptMJD, expTime, loadId)"
        " SELECT n, b, 0, 0, 60000 + n, 30, 1 FROM unnest(%s::bigint[], %s::text[]) AS t (n, b)",
        (ids.tolist(), bands),
    )
    owner.execute(
        "INSERT INTO raw.VisitDetector (visit, detector, band, nx, ny, loadId)"
        " SELECT v.visit, d, v.band, 100, 100, 1 FROM raw.Visit AS v"
        " CROSS JOIN generate_series(0, %s - 1) AS d",
        (detectors,),
    )
    owner.execute("SELECT calibration.state_zero_point('bench', 27.0)")
    owner.execute(
        FORCED.format(
            rows=rows, visits=visits, detectors=detectors, objects=-(-rows // visits)
        ).encode(),
        (),
    )
    owner.commit()
    owner.autocommit = True
    owner.execute("VACUUM ANALYZE")
    return visits * detectors


def best(owner: Connection, query: str, arguments: list[Any], before: str = "SELECT 1") -> float:
    """Run a query three times; the shortest time [s]."""
    return min(durations(owner, query, arguments, before, times=3))


def durations(
    owner: Connection,
    query: str,
    arguments: list[Any],
    before: str = "SELECT 1",
    *,
    times: int,
    binary: bool = False,
) -> list[float]:
    """Run a query some times, and another one before it that is not timed; the times [s]."""
    took = []
    for _ in range(times):
        owner.execute(before)
        began = time.perf_counter()
        owner.execute(query, arguments, binary=binary)
        took.append(time.perf_counter() - began)
    return took


def count(owner: Connection, what: str, arguments: list[Any] | None = None) -> int:
    """Count rows of a table or function."""
    row = owner.execute(f"SELECT count(*) FROM {what}".encode(), arguments).fetchone()
    assert row is not None
    return int(row[0])


def by_speclite(owner: Connection) -> tuple[float, bool]:
    """Calibrate a sample by speclite, row by row; seconds per row, and whether the fluxes agree."""
    from astropy import units
    from speclite.filters import FilterResponse, load_filter

    rows = owner.execute(
        "SELECT f.objectId, c.band, c.visit, c.detector, a.transmission, i.throughput,"
        " s.psfInstFlux * p.zMean, f.psfFlux"
        " FROM bench_ours AS f JOIN raw.ForcedSource AS s USING (objectId, visit, detector)"
        " JOIN calibration.PassbandCoefficient AS c USING (visit, detector)"
        " JOIN calibration.Atmosphere AS a ON a.solutionId = c.solutionId AND a.visit = c.visit"
        " JOIN calibration.InstrumentPassband AS i ON i.solutionId = c.solutionId"
        " AND i.detector = c.detector AND i.band = c.band"
        " JOIN calibration.PhotoCalib AS p ON p.visit = c.visit AND p.detector = c.detector"
        f" WHERE f.objectId = 0 ORDER BY c.visit, c.detector LIMIT {SAMPLE}".encode()
    ).fetchall()
    grid = WAVELENGTH * units.nm
    f_nu = np.interp(WAVELENGTH, NODES, SPECTRUM) * units.nJy
    f_lambda = f_nu.to("erg / (s cm2 Angstrom)", units.spectral_density(grid))
    began, fluxes = time.perf_counter(), []
    for number, (_, band, visit, detector, air, glass, flat, _) in enumerate(rows):
        response = curve(air) * curve(glass)
        response[[0, -1]] = 0.0  # as speclite wants it
        name = f"v{visit}d{detector}n{number}"
        observed = FilterResponse(
            grid, response / response.max(), {"group_name": "bench", "band_name": name}
        )
        standard = load_filter(f"lsst2023-{band}")
        colour = standard.get_ab_magnitude(f_lambda, grid) - observed.get_ab_magnitude(
            f_lambda, grid
        )
        fluxes.append(flat * 10 ** (-0.4 * colour))
    took = (time.perf_counter() - began) / len(rows)
    off = 2.5 * np.log10(np.array(fluxes) / np.array([row[-1] for row in rows]))
    return took, bool(np.abs(off).max() < 5e-4)


def curve(stored: bytes) -> NDArray[np.float64]:
    """Decode a stored curve."""
    return np.frombuffer(stored, "<f4").astype(float)


def measure(name: str, ours: float, peer: float, agree: bool, note: str = "") -> Measure:
    """Compare two times [s]."""
    compared: Measure = {
        "name": name, "ours": 1e3 * ours, "peer": 1e3 * peer, "unit": "ms", "ratio": peer / ours,
        "agree": agree,
    }  # fmt: skip
    return {**compared, "note": note} if note else compared
