"""A survey's zero points fitted in the database: from raw rows to a named solution.

The survey of `joint_survey`, 1 M sources (10 M by `observations`) with a zero point per 200 of
them, is written into raw tables and a table of match groups, and fitted by
`calibration.fit_joint_photometry`: selection of stars, search of reference stars, robust fit, and
writing the solution. Zero points of 20 stars or more must be within 1 mmag rms of the truth.

- `joint_photometry_db.time`, `.memory`: against 180 s and 4 GiB for 10 M sources. Memory is the
  greatest that the backend has of its own, Python included, beside the server's shared buffers.
- `joint_photometry_db.flats`: the same time, with star flats, which are 1 mmag per amplitude.
- `joint_photometry_db.linear`: time per source, against 1.3 times that of a quarter of it.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from bench.backend import PeakMemory, cpu_seconds
from bench.joint_photometry import ASKED, OBSERVATIONS, measure
from bench.joint_survey import CAMERA, SEED, WIDTH, Array, Survey, make_survey
from bench.load_data import Connection, fresh_database
from bench.measure import Measure
from skytract.loaders.copy_column import CopyColumn
from skytract.loaders.copy_rows import copy_rows
from skytract.udf.calibration.eliminate_stars import MAG, Observations
from skytract.udf.calibration.star_flat import flat_coefficients
from skytract.udf.sky.hpx29 import hpx29

FLAT = 0.001
"""Rms of each amplitude of the star flats."""
SIDE = 4000
"""Of a detector [px]."""

STARS = 20
"""Of an image whose zero point is compared: at the edge of the survey some have one or two."""

FILL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


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
    yield _measure("memory: what is asked for", most, limit, "GiB", all(fine))
    each, before = (1e6 * one.seconds / one.sources for one in (plain, quarter))
    cpu = plain.cpu / plain.sources / (quarter.cpu / quarter.sources)
    note = f"our time / theirs per source {each / before:.2f}, CPU {cpu:.2f}; asked for: 1.3"
    yield _measure("linear: 1.3 x a quarter", each, 1.3 * before, "us", True, note)


def _measure(
    name: str, ours: float, peer: float, unit: str, agree: bool, note: str = ""
) -> Measure:
    made = measure(name, ours, peer, unit, agree, note)
    return {**made, "name": made["name"].replace("joint_photometry", "joint_photometry_db")}


def fit_survey(
    observations: int, ways: tuple[bool, ...], camera: tuple[int, int] = CAMERA
) -> Iterator[Outcome]:
    """Fill a database with a survey, and fit it without (False) or with star flats."""
    survey = make_survey(observations, FLAT, camera=camera)
    with fresh_database("bench_joint_photometry") as owner:
        fill(owner, survey)
        for flats in ways:
            began, cpu, name = time.perf_counter(), cpu_seconds(owner), f"flats_{flats}"
            with PeakMemory(owner) as used:
                owner.execute(
                    "SELECT calibration.fit_joint_photometry(%s, 'public.survey_group', 'survey',"
                    " bands => '{r}', star_flats => %s)",
                    (name, flats),
                )
            took, cpu = time.perf_counter() - began, cpu_seconds(owner) - cpu
            yield Outcome(
                took, cpu, used.bytes / 2**30, *_compare(owner, name, survey), len(survey.obs.star)
            )


def fill(owner: Connection, survey: Survey) -> None:
    """Write sources, images, match groups and reference stars into the raw tables."""
    obs, anchors, _, place = survey
    ra, dec = 10.0 + WIDTH * place[0], -4.0 + WIDTH * place[1]
    stars = {
        "star": np.arange(len(anchors.weight), dtype=np.int32), "ra": ra, "dec": dec,
        "mag": anchors.magnitude, "weight": anchors.weight,
    }  # fmt: skip
    setup, *steps = FILL.split("\n\n")
    owner.execute(setup)
    _copy(owner, sql.Identifier("public", "survey_star"), stars)
    # By place, as a table is that was loaded tract by tract.
    rows = np.argsort(obs.star, kind="stable")
    _copy(owner, sql.Identifier("raw", "source"), source_columns(obs, ra, dec), rows)
    given = {"images": len(obs.detector), "visits": len(obs.detector) // (obs.detector[-1] + 1)}
    for step in steps:
        owner.execute(step, {**given, "side": SIDE})


def source_columns(obs: Observations, ra: Array, dec: Array) -> dict[str, NDArray[Any]]:
    """Return columns of raw.Source: detections have their star's key, and lie 5 mas from it."""
    n, flux = len(obs.star), 10.0 ** (-0.4 * obs.magnitude)
    noise, visits = np.random.default_rng(SEED), len(obs.detector) // (obs.detector[-1] + 1)
    return {
        "hpx29": hpx29(ra, dec)[obs.star], "sourceid": np.arange(n), "loadid": np.ones(n, int),
        "visit": (obs.image % visits).astype(np.int64), "detector": obs.detector[obs.image],
        "ra": ra[obs.star] + 1.4e-6 * noise.normal(size=n),
        "dec": dec[obs.star] + 1.4e-6 * noise.normal(size=n),
        "x": (obs.u.astype(float) + 1.0) / 2.0 * SIDE - 0.5,
        "y": (obs.v.astype(float) + 1.0) / 2.0 * SIDE - 0.5,
        "psfinstflux": flux, "psfinstfluxerr": flux * obs.error / MAG,
        "extendedness": np.zeros(n, np.float32),
    }  # fmt: skip


def _copy(
    owner: Connection,
    table: sql.Identifier,
    columns: dict[str, NDArray[Any]],
    order: NDArray[np.int64] | None = None,
) -> None:
    types = {"i4": "integer", "i8": "bigint", "f4": "real", "f8": "double precision"}
    made = [CopyColumn(name, types[v.dtype.str[1:]], v) for name, v in columns.items()]
    with owner.transaction():
        copy_rows(owner, table, made, order)


def _compare(owner: Connection, name: str, survey: Survey) -> tuple[float, float, int]:
    """Return the rms errors of zero points and of star flats [mmag], and how many the first are."""
    visits = len(survey.obs.detector) // (survey.obs.detector[-1] + 1)
    query = (
        "SELECT {} FROM calibration.{} AS t JOIN calibration.Solution AS s USING (solutionId)"
        " WHERE s.name = %s ORDER BY t.detector"
    )
    zero = query.format(f"t.detector * {visits} + t.visit, t.zeroPoint, t.nStar", "PhotoCalib")
    image, found, n = np.array(owner.execute(zero, (name,)).fetchall()).T
    off = 1e3 * (found - survey.truth.zero_point[image.astype(int)])[n >= STARS]
    flats = owner.execute(query.format("t.coefficients", "StarFlat"), (name,)).fetchall()
    flat_off = np.full(1, np.nan)
    if flats:
        flat_off = 1e3 * (np.array(flats)[:, 0] - flat_coefficients(survey.truth.flat))
    return float(np.sqrt(np.mean(off**2))), float(np.sqrt(np.mean(flat_off**2))), len(n)
