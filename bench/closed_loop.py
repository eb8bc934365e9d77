"""Joint photometry of a simulated survey: zero points and repeatability, against truth and noise.

90 visits of 4 detectors in ugrizy, where airmass, water, ozone and aerosols vary from visit to
visit, passbands by 1 nm rms from detector to detector, and flat fields are off by 0.4 %. Every
source is in its true match group. Zero points are fitted with the stars' true SEDs, with inferred
ones (two passes of colours, inference, fit), and with flat ones. Repeatability is that of held-out
stars of signal-to-noise ratio 100, made from counts by the stored solution.

- `closed_loop.BAND.given`, `.inferred`: repeatability over what noise allows, against 1.05, 1.10.
- `closed_loop.BAND.zero_points`: rms error with inferred SEDs, against 1 mmag, or what the few
  bright stars of u allow.
- `closed_loop.BAND.DP1`: repeatability with inferred SEDs, against that of Rubin's Data Preview 1
  (RTN-095), whose stars have noise of their own.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psycopg
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.load_data import fresh_database
from bench.measure import Measure
from skytract.loaders.connect import connect
from skytract.loaders.load import load_paths
from skytract.loaders.load_files import find_files
from skytract.loaders.passband_set import Instrument, Visits, write_passband_set
from skytract.loaders.sed_catalog import write_sed_catalog
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.survey import simulate_catalogs
from skytract.pipelines.simulate.catalog.throughput import detector_passbands
from skytract.udf.calibration.atmosphere import Conditions
from skytract.udf.calibration.passband_basis import read_basis
from skytract.udf.calibration.spectra import photon_weights

Connection = psycopg.Connection[Any]
Array = NDArray[np.float64]

PLAN = CatalogPlan(
    seed=7, radius=0.12, visits=90, detectors=4, faintest=21.0, forcedFaintest=14.5,
    minorPlanets=6.0, spurious=2.0, badVisits=0.0,
)  # fmt: skip
DP1 = dict(zip("ugrizy", (7.1, 5.4, 5.4, 5.1, 5.9, 6.5), strict=True))
"""Repeatability [mmag] of bright stars in Rubin's Data Preview 1 (RTN-095)."""

GROUPS = "public.true_groups"
SEDS = {"flat": None, "given": "true_seds", "inferred": "inferred_seds"}


class Scatter(NamedTuple):
    """Repeatability of held-out stars, and what noise allows [mmag]; measurements."""

    rms: float
    noise: float
    n: int


def run(plan: CatalogPlan = PLAN) -> Iterator[Measure]:
    """Measure in a database of its own, which is dropped afterwards."""
    name = "bench_closed_loop"
    with tempfile.TemporaryDirectory() as folder, fresh_database(name) as owner:
        survey = Path(folder) / "survey"
        fill(owner, lambda role: connect(role, dbname=name), survey, plan)
        fit_all(owner)
        for band in plan.bands:
            yield from _measures(owner, survey, band)


def _measures(owner: Connection, survey: Path, band: str) -> Iterator[Measure]:
    found = {kind: repeatability(owner, kind, band) for kind in SEDS}
    for kind, limit in (("given", 1.05), ("inferred", 1.1)):
        rms, noise, n = found[kind]
        flat = found["flat"].rms
        note = f"{rms:.2f} mmag, noise {noise:.2f}, flat SEDs {flat:.2f}; {n} measurements"
        yield _measure(f"{band}.{kind}", rms / noise, limit, "x noise", rms < limit * noise, note)
    off = zero_point_errors(owner, survey, "inferred", band)
    rms = float(np.std(off))
    expected = _formal_error(owner, "inferred", band)
    note = f"mean {np.mean(off):+.2f}; {len(off)} visit-detectors, formal error {expected:.2f}"
    fine = rms < max(1.0, 1.5 * expected)  # in u few stars are bright
    yield _measure(f"{band}.zero_points", rms, 1.0, "mmag", fine, note)
    note = f"noise {found['inferred'].noise:.2f}"
    yield _measure(f"{band}.DP1", found["inferred"].rms, DP1[band], "mmag", True, note)


def _measure(name: str, ours: float, peer: float, unit: str, agree: bool, note: str) -> Measure:
    return {
        "name": f"closed_loop.{name}", "ours": ours, "peer": peer, "unit": unit,
        "ratio": peer / ours, "agree": bool(agree), "note": note,
    }  # fmt: skip


def fill(
    owner: Connection, connect_as: Callable[[str], Connection], survey: Path, plan: CatalogPlan
) -> None:
    """Simulate and load a survey, its observed passbands, true groups and SEDs, and templates."""
    simulate_catalogs(survey, plan, skip=("DiaSource", "ForcedSource", "Coadd"))
    write_sed_catalog(survey / "Sed.parquet")
    for result in load_paths(connect_as("loader"), find_files([survey])):
        assert result.state == "loaded", result.error
    _write_passbands(owner, survey, plan)
    _link_groups(owner, survey)
    _state_seds(owner, survey)
    owner.execute("SELECT calibration.make_templates('library')")
    owner.execute("ANALYZE")


def _write_passbands(owner: Connection, survey: Path, plan: CatalogPlan) -> None:
    """Write the observed passbands of all visits, as a perfect monitor would know them."""
    visit = pq.read_table(survey / "Visit.parquet").sort_by("visit").to_pandas()
    columns = ("airmass", "pressure", "pwv", "ozone", "aerosol")
    given = [visit[name].to_numpy(float) for name in columns]
    numbers, curves = np.arange(plan.detectors), detector_passbands(plan.seed, plan.detectors)
    write_passband_set(
        owner,
        "observed",
        Visits(visit.visit.to_numpy(), list(visit.band), Conditions(*given, np.ones(len(visit)))),
        {band: Instrument(numbers, curves["ugrizy".index(band)]) for band in plan.bands},
    )


def _link_groups(owner: Connection, survey: Path) -> None:
    """Make the table of match groups: sources of the same object."""
    owner.execute("CREATE TEMPORARY TABLE link (sourceId bigint, objectId bigint)")
    with owner.cursor().copy("COPY pg_temp.link FROM STDIN") as copy:
        for path in sorted((survey / "truth").glob("TruthSource_*.parquet")):
            table = pq.read_table(path, columns=["sourceId", "truthId"])
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                if row[1] > 0:
                    copy.write_row(row)
    owner.execute(
        f"CREATE TABLE {GROUPS} AS SELECT s.hpx29, s.sourceId, l.objectId FROM pg_temp.link AS l"
        " JOIN raw.Source AS s USING (sourceId)"
    )


def _state_seds(owner: Connection, survey: Path) -> None:
    """Write what kappa of the true spectra needs, companions included."""
    objects = pq.read_table(survey / "truth" / "TruthObject.parquet").to_pandas()
    objects = objects[objects["class"] == "star"]
    seds = pq.read_table(survey / "truth" / "TruthSed.parquet").to_pandas()
    spectra = np.stack([np.asarray(f_nu, float) for f_nu in seds.fNu])
    slot = {number: row for row, number in enumerate(seds.sed)}
    main = objects.sed.map(slot).to_numpy(int)
    other = objects.companionSed.map(slot).fillna(0).to_numpy(int)
    light = objects.r_companionFlux.where(objects.companionSed.notna(), 0.0).to_numpy(float)
    own = objects.r_flux.to_numpy(float) - light
    row = owner.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt) VALUES"
        " ('true_seds', 'sed', '{\"passbands\": \"observed\"}', 'truth', now())"
        " RETURNING solutionId"
    ).fetchone()
    assert row is not None
    query = "SELECT band, standard, support, curves FROM calibration.PassbandBasis"
    for band, *stored in owner.execute(query).fetchall():
        basis = read_basis(*stored)
        parts = spectra @ np.vstack([basis.curves, photon_weights(basis.standard)]).T
        whole = own[:, None] * parts[main] + light[:, None] * parts[other]
        with owner.cursor().copy("COPY calibration.ObjectChrom FROM STDIN") as copy:
            for star, g in zip(
                objects.truthId.tolist(), whole[:, :10] / whole[:, 10:], strict=True
            ):
                copy.write_row((row[0], star, band, *g.tolist()))


def fit_all(owner: Connection, passes: int = 2) -> None:
    """Fit with flat spectra, with the true ones, and with those inferred from the last fit."""
    fit(owner, "flat")
    fit(owner, "given", SEDS["given"])
    before = "flat"
    for number in range(1, passes + 1):
        seds, name = f"seds_{number}", f"pass_{number}"
        if number == passes:
            seds, name = str(SEDS["inferred"]), "inferred"
        owner.execute(
            f"CREATE TABLE public.stars_{seds} AS SELECT c.* FROM calibration.CalibrationStar AS c"
            f" JOIN calibration.Solution AS s USING (solutionId) WHERE s.name = '{before}'"
        )
        owner.execute(
            "SELECT calibration.infer_seds(%s, %s, passbands => 'observed', id_column => 'starId',"
            " flux_columns => '{band}_flux')",
            (seds, f"public.stars_{seds}"),
        )
        fit(owner, name, seds)
        before = name
    owner.execute("ANALYZE")


def fit(owner: Connection, name: str, seds: str | None = None) -> None:
    """Fit a new solution to the true groups."""
    owner.execute(
        "SELECT calibration.fit_joint_photometry(%s, %s, 'simulated', seds => %s, held_out => 0.2)",
        (name, GROUPS, seds),
    )


def repeatability(owner: Connection, kind: str, band: str, min_snr: float = 100.0) -> Scatter:
    """Apply a solution to the counts of held-out stars, and measure their scatter."""
    rows = owner.execute(
        """
        SELECT d.objectId, s.psfInstFlux * p.zMean * k.kappa
                * calibration.star_flat(f.coefficients, f.nx, f.ny, s.x, s.y),
            s.psfInstFluxErr / s.psfInstFlux
        FROM calibration.Solution AS o
        JOIN calibration.CalibrationStar AS c USING (solutionId)
        JOIN public.true_groups AS d ON d.objectId = c.starId
        JOIN raw.Source AS s USING (hpx29, sourceId)
        JOIN calibration.PhotoCalib AS p ON p.solutionId = o.solutionId
            AND p.visit = s.visit AND p.detector = s.detector
        JOIN calibration.StarFlat AS f ON f.solutionId = o.solutionId
            AND f.band = p.band AND f.detector = s.detector
        LEFT JOIN calibration.ObjectChrom AS g ON g.objectId = d.objectId AND g.band = p.band
            AND g.solutionId = (
                SELECT q.solutionId FROM calibration.Solution AS q WHERE q.name = %(seds)s
            )
        JOIN calibration.PassbandCoefficient AS b ON b.visit = s.visit AND b.detector = s.detector
        CROSS JOIN LATERAL (
            SELECT CASE WHEN %(seds)s::text IS NULL THEN 1 ELSE calibration.chromatic_factor(
                b.c1, b.c2, b.c3, b.c4, b.c5, b.c6, b.c7, b.c8, b.c9, b.c10,
                g.g1, g.g2, g.g3, g.g4, g.g5, g.g6, g.g7, g.g8, g.g9, g.g10
            ) END AS kappa
        ) AS k
        WHERE o.name = %(name)s AND p.band = %(band)s AND c.isHeldOut AND c.class = 'star'
            AND NOT (s.psfInstFlux_flag OR s.pixelFlags_interpolated)
            AND NOT (s.pixelFlags_edge OR s.pixelFlags_suspect)
            AND s.extendedness < 0.5 AND k.kappa > 0
        ORDER BY d.objectId, s.sourceId
        """,
        {"seds": SEDS[kind], "name": kind, "band": band},
    ).fetchall()
    star, flux, error = (np.array(column) for column in zip(*rows, strict=True))
    return _scatter(np.unique(star, return_inverse=True)[1], flux, error, min_snr)


def _scatter(star: NDArray[np.int64], flux: Array, error: Array, min_snr: float) -> Scatter:
    """Return the scatter of stars of some brightness, without measurements 5 sigma off."""
    mmag, sigma = -2500.0 * np.log10(flux), 2500.0 / np.log(10.0) * error
    n = np.bincount(star)
    keep = ((n > 1) & (np.bincount(star, error) / n < 1.0 / min_snr))[star]
    middle = np.array([np.median(mmag[star == number]) for number in range(len(n))])
    width = np.hypot(sigma, 5.0)
    keep &= np.abs(mmag - middle[star]) < 5.0 * width
    star, mmag, weight, sigma = star[keep], mmag[keep], sigma[keep] ** -2.0, sigma[keep]
    total = np.bincount(star, weight, len(n))
    off = mmag - (np.bincount(star, weight * mmag, len(n)) / np.where(total > 0, total, 1))[star]
    freedom = float(np.sum(1.0 - weight / total[star]))
    expected = float(np.sum(sigma**2 - 1.0 / total[star]))
    rms, noise = np.sqrt(off @ off / freedom), np.sqrt(expected / freedom)
    return Scatter(float(rms), float(noise), len(off))


def _formal_error(owner: Connection, name: str, band: str) -> float:
    """Return the rms of the stated errors of zero points [mmag]."""
    row = owner.execute(
        "SELECT 1000 * sqrt(avg(p.zeroPointErr ^ 2)) FROM calibration.PhotoCalib AS p"
        " JOIN calibration.Solution AS s USING (solutionId) WHERE s.name = %s AND p.band = %s",
        (name, band),
    ).fetchone()
    assert row is not None
    return float(row[0])


def zero_point_errors(owner: Connection, survey: Path, name: str, band: str) -> Array:
    """Return fitted minus true zero points [mmag] of a band's visits and detectors."""
    tables = (survey / "truth").glob("TruthVisitDetector*.parquet")
    truth = {
        (visit, detector): z
        for path in tables
        for visit, detector, z in zip(
            *(pq.read_table(path)[key].to_pylist() for key in ("visit", "detector", "zMean")),
            strict=True,
        )
    }
    rows = owner.execute(
        "SELECT p.visit, p.detector, p.zMean FROM calibration.PhotoCalib AS p"
        " JOIN calibration.Solution AS s USING (solutionId) WHERE s.name = %s AND p.band = %s",
        (name, band),
    ).fetchall()
    return np.array([2500.0 * np.log10(truth[v, d] / z) for v, d, z in rows])
