"""How well the closed loop of joint photometry closes: scatter of stars, errors of zero points."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.closed_loop_survey import SEDS, Connection

Array = NDArray[np.float64]


class Measurements(NamedTuple):
    """Of stars that took no part in a fit, ascending by star."""

    star: NDArray[np.int64]
    flux: Array
    """By the solution that was fitted [nJy]."""
    error: Array
    """Relative, by photons alone."""


class Scatter(NamedTuple):
    """Repeatability of stars, and what noise allows [mmag]; measurements."""

    rms: float
    noise: float
    n: int


def repeatability(owner: Connection, kind: str, band: str, min_snr: float = 100.0) -> Scatter:
    """Apply a solution to the counts of held-out stars, and measure their scatter."""
    return scatter(measure_stars(owner, kind, band), min_snr)


def measure_stars(owner: Connection, kind: str, band: str) -> Measurements:
    """Apply a solution to the counts of held-out stars."""
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
    return Measurements(np.unique(star, return_inverse=True)[1], flux, error)


def scatter(seen: Measurements, min_snr: float) -> Scatter:
    """Return the scatter of stars of some brightness, without measurements 5 sigma off."""
    star, mmag = seen.star, -2500.0 * np.log10(seen.flux)
    sigma, n = 2500.0 / np.log(10.0) * seen.error, np.bincount(seen.star)
    keep = ((n > 1) & (np.bincount(star, seen.error) / n < 1.0 / min_snr))[star]
    by_star = mmag[np.lexsort((mmag, star))]
    middle = by_star[np.cumsum(n) - n + n // 2]
    keep &= np.abs(mmag - middle[star]) < 5.0 * np.hypot(sigma, 5.0)
    star, mmag, weight, sigma = star[keep], mmag[keep], sigma[keep] ** -2.0, sigma[keep]
    total = np.bincount(star, weight, len(n))
    off = mmag - (np.bincount(star, weight * mmag, len(n)) / np.where(total > 0, total, 1))[star]
    freedom = float(np.sum(1.0 - weight / total[star]))
    expected = float(np.sum(sigma**2 - 1.0 / total[star]))
    rms, noise = np.sqrt(off @ off / freedom), np.sqrt(expected / freedom)
    return Scatter(float(rms), float(noise), len(off))


def formal_error(owner: Connection, name: str, band: str) -> float:
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
