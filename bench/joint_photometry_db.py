"""A survey's zero points fitted in the database: from raw rows to a named solution.

The survey of `joint_data`, 1 M sources on 5,292 images (10 M on 50,000 by `run(10_000_000)`), is
fitted by `calibration.fit_joint_photometry`: selection of stars, search of reference stars, robust
fit, and writing the solution. Zero points of 5 stars or more must be within 1 mmag rms of the
truth.

- `joint_photometry_db.time`, `.memory`: against 180 s and 4 GiB for 10 M sources. Memory is the
  greatest that the backend has of its own, Python included, beside the server's shared buffers.
- `joint_photometry_db.flats`: the same time, with star flats, which are 0.2 mmag per amplitude.
- `joint_photometry_db.linear`: processor time per source, against 1.3 times that of a quarter.
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.backend import PeakMemory, cpu_seconds
from bench.joint_data import PER_IMAGE, fill
from bench.joint_photometry import ASKED, OBSERVATIONS, measure
from bench.load_data import Connection, fresh_database
from bench.measure import Measure

FLAT = 0.0002
"""Rms of each amplitude of the star flats: zero points of a fit without are to be right too."""

STARS = 5
"""Of an image whose zero point is compared: at the edge of the survey some have one or two."""

FIT = """
SELECT calibration.fit_joint_photometry(
    %s, 'bench.source_group', 'bench', bands => '{r}', star_flats => %s
)
"""
FOUND = """
SELECT p.zeroPoint - i.zeroPoint, p.nStar
FROM calibration.PhotoCalib AS p
JOIN bench.image AS i USING (visit, detector)
JOIN calibration.Solution AS s USING (solutionId)
WHERE s.name = %s
"""
FLATS = """
SELECT f.coefficients, d.starFlat
FROM calibration.StarFlat AS f
JOIN bench.detector AS d USING (detector)
JOIN calibration.Solution AS s USING (solutionId)
WHERE s.name = %s
"""


class Outcome(NamedTuple):
    """One fit."""

    seconds: float
    """By the clock."""
    cpu: float
    """Of the backend, without the workers of parallel queries."""
    memory: float
    """Greatest [GiB]."""
    error: float
    """Rms error of the zero points [mmag]."""
    flat_error: float
    """Rms error of the star flats' amplitudes [mmag], NaN without them."""
    images: int
    """Zero points."""
    sources: int


def run(observations: int = OBSERVATIONS) -> Iterator[Measure]:
    """Measure in databases of their own, which are dropped afterwards."""
    share = observations / ASKED[0]
    (quarter,) = fit_survey(observations // 4, (False,))
    plain, flats = fit_survey(observations, (False, True))
    fine = [one.error < 1.0 for one in (plain, flats)]
    fine[1] &= flats.flat_error < 1e3 * FLAT
    note = (
        f"{plain.sources} sources, {plain.images} zero points, {plain.error:.2f} mmag off; "
        f"{plain.cpu:.0f} s of CPU"
    )
    yield _measure("time: what is asked for", plain.seconds, ASKED[1] * share, "s", fine[0], note)
    note = (
        f"{flats.error:.2f}, star flats {flats.flat_error:.2f} mmag off; {flats.cpu:.0f} s of CPU"
    )
    yield _measure("flats: what is asked for", flats.seconds, ASKED[1] * share, "s", fine[1], note)
    limit, most = ASKED[2] * max(share, 0.1), max(plain.memory, flats.memory)
    note = f"{plain.memory:.2f} GiB without star flats"
    yield _measure("memory: what is asked for", most, limit, "GiB", all(fine), note)
    each, before = (1e6 * one.cpu / one.sources for one in (plain, quarter))
    note = f"our time / theirs per source {each / before:.2f}; asked for: 1.3"
    yield _measure("linear: 1.3 x a quarter", each, 1.3 * before, "us", True, note)


def _measure(
    name: str, ours: float, peer: float, unit: str, agree: bool, note: str = ""
) -> Measure:
    made = measure(name, ours, peer, unit, agree, note)
    return {**made, "name": made["name"].replace("joint_photometry", "joint_photometry_db")}


def fit_survey(
    observations: int, ways: tuple[bool, ...], per_image: int = PER_IMAGE
) -> Iterator[Outcome]:
    """Fill a database with a survey, and fit it without (False) or with star flats."""
    with fresh_database("bench_joint_photometry") as owner:
        sources = fill(owner, observations, per_image)
        for flats in ways:
            began, cpu, name = time.perf_counter(), cpu_seconds(owner), f"flats_{flats}"
            with PeakMemory(owner) as used:
                owner.execute(FIT.encode(), (name, flats))
            took, cpu = time.perf_counter() - began, cpu_seconds(owner) - cpu
            yield Outcome(took, cpu, used.bytes / 2**30, *_compare(owner, name), sources)


def _compare(owner: Connection, name: str) -> tuple[float, float, int]:
    """Return the rms errors of zero points and of star flats [mmag], and how many the first are."""
    off, stars = np.array(owner.execute(FOUND.encode(), (name,)).fetchall()).T
    flats = np.array(owner.execute(FLATS.encode(), (name,)).fetchall())  # (detectors, 2, 10)
    flat_off = flats[:, 0] - flats[:, 1] if len(flats) else np.full(1, np.nan)
    return _rms(off[stars >= STARS]), _rms(flat_off), len(off)


def _rms(off: NDArray[np.float64]) -> float:
    return float(1e3 * np.sqrt(np.mean(off**2)))
