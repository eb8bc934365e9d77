"""The WCS of a survey fitted together in the database, from raw rows to a solution.

The survey of `joint_data`, 1 M detections with a WCS per 50 of them (10 M with one per 200 by
`run(10_000_000, 200)`), whose WCS begin arcseconds off, is fitted by
`calibration.fit_joint_astrometry` with polynomials of order 3: selection of stars, search of
reference stars, robust fit, and writing the solution.

- `joint_astrometry.time`: seconds by the clock, against the part of 180 s for 10 M.
- `joint_astrometry.memory`: GiB that the backend has of its own at most, Python included, beside
  the server's shared buffers, against 4 for 10 M (and a tenth of that at least).
- `joint_astrometry.linear`: processor time per detection, against 1.3 times that of a quarter.

The answers agree if positions by the fitted WCS are the true ones, in the median, to twice what
centroids good to 5 mas leave of a polynomial of each image alone.
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.backend import PeakMemory, cpu_seconds
from bench.joint_data import fill
from bench.load_data import Connection, fresh_database
from bench.measure import Measure
from skytract.udf.calibration.pixel_to_sky import positions
from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.tangent_plane import MAS, project

DETECTIONS, PER_IMAGE = 1_000_000, 50
ASKED = 10_000_000, 180.0, 4.0
"""Detections, seconds, GiB."""

GROWTH = 1.3
"""Times linear."""

NOISE, TERMS = 5.0, 10
"""Of a centroid [mas]; of a polynomial over an image, per axis."""

FIT = """
SELECT calibration.fit_joint_astrometry(
    'fitted', 'bench.source_group', 'bench', '{r}', radius_arcsec => 3,
    detector_order => 3, visit_order => 3
)
"""
FITTED = """
SELECT crpix1, crpix2, crval1, crval2, cd1_1, cd1_2, cd2_1, cd2_2, sipA, sipB
FROM calibration.WcsCalib ORDER BY visit, detector
"""
TRUE = """
SELECT i.crpix1, i.crpix2, i.ra, i.decl, -cos(i.turn) * s.scale, sin(i.turn) * s.scale,
    sin(i.turn) * s.scale, cos(i.turn) * s.scale, '{0}'::float8[], '{0}'::float8[]
FROM calibration.WcsCalib AS w
JOIN bench.image AS i USING (visit, detector)
CROSS JOIN (SELECT 0.2 / 3600 AS scale) AS s
ORDER BY visit, detector
"""


class Outcome(NamedTuple):
    """One fit."""

    detections: int
    images: int
    seconds: float
    """By the clock."""
    cpu: float
    """Of the backend [s]."""
    memory: float
    """Greatest [GiB]."""
    error: float
    """Median distance of fitted from true positions [mas]."""


def run(detections: int = DETECTIONS, per_image: int = PER_IMAGE) -> Iterator[Measure]:
    """Measure in databases of their own, which are dropped afterwards."""
    quarter, whole = fit_survey(detections // 4, per_image), fit_survey(detections, per_image)
    share = whole.detections / ASKED[0]
    expected = 1.18 * NOISE * (TERMS / per_image) ** 0.5  # median of Rayleigh's law
    agree = max(quarter.error, whole.error) < 2.0 * expected
    note = f"{whole.detections} detections, {whole.images} images, {whole.cpu:.0f} s of CPU"
    yield measure("time: what is asked for", whole.seconds, ASKED[1] * share, "s", agree, note)
    limit = ASKED[2] * max(share, 0.1)
    note = f"positions {whole.error:.2f} mas off"
    yield measure("memory: what is asked for", whole.memory, limit, "GiB", agree, note)
    each, before = (1e6 * one.cpu / one.detections for one in (whole, quarter))
    note = f"our time / theirs per detection {each / before:.2f}; asked for: {GROWTH}"
    yield measure("linear: 1.3 x a quarter", each, GROWTH * before, "us", agree, note)


def fit_survey(detections: int, per_image: int) -> Outcome:
    """Fill a database, fit, and compare with the truth."""
    with fresh_database("bench_joint_astrometry") as owner:
        count = fill(owner, detections, per_image)
        began, cpu = time.perf_counter(), cpu_seconds(owner)
        with PeakMemory(owner) as peak:
            row = owner.execute(FIT.encode()).fetchone()
        took, cpu = time.perf_counter() - began, cpu_seconds(owner) - cpu
        assert row is not None
        return Outcome(count, row[0], took, cpu, peak.bytes / 2**30, error(owner))


def error(owner: Connection) -> float:
    """Return the median distance [mas] of fitted from true positions of random pixels."""
    fitted, true = (systems(owner, query) for query in (FITTED, TRUE))
    which = np.arange(len(fitted.crpix))
    x, y = np.random.default_rng(1).uniform(0.0, 3999.0, (2, len(which)))
    (ours, _), (theirs, _) = (positions(wcs, which, x, y) for wcs in (fitted, true))
    return float(MAS * np.median(np.hypot(*project(*ours, *theirs))))


def systems(owner: Connection, query: str) -> TanSip:
    """Return the world coordinates that a query gives."""
    rows = owner.execute(query.encode()).fetchall()
    sip: list[list[NDArray[np.float64]]] = [[np.array(row[k]) for row in rows] for k in (8, 9)]
    return TanSip.stack([np.array(row[:8]) for row in rows], *sip)


def measure(name: str, ours: float, peer: float, unit: str, agree: bool, note: str) -> Measure:
    """Compare two numbers of which the smaller is the better."""
    return {
        "name": f"joint_astrometry.{name}", "ours": ours, "peer": peer, "unit": unit,
        "ratio": peer / ours, "agree": agree, "note": note,
    }  # fmt: skip
