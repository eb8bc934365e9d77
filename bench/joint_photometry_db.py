"""A survey's zero points fitted in the database: from raw rows to a named solution.

The survey of `joint_survey`, 1 M sources (10 M by `observations`) with a zero point per 200 of
them, is written into raw tables and a table of match groups, and fitted by
`calibration.fit_joint_photometry`: selection of stars, search of reference stars, robust fit, and
writing the solution. Zero points must be within 1 mmag rms of the truth.

- `joint_photometry_db.time`, `.memory`: against 180 s and 4 GiB for 10 M sources. Memory is the
  greatest that the backend has of its own, Python included, beside the server's shared buffers.
- `joint_photometry_db.flats`: the same time, with star flats.
- `joint_photometry_db.linear`: time per source, against 1.3 times that of a quarter of it.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psycopg
from psycopg import sql

from bench.joint_photometry import ASKED, OBSERVATIONS, measure
from bench.joint_survey import Survey, make_survey
from bench.load_data import Connection, fresh_database
from bench.measure import Measure
from skytract.loaders.copy_column import CopyColumn
from skytract.loaders.copy_rows import copy_rows

FLAT = 0.004
"""Rms of each amplitude of the star flats."""
WIDTH = 3.0
"""Of the camera [deg]: 4,200 stars per square degree."""
SIDE = 4000
"""Of a detector [px]."""

FILL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


class Outcome(NamedTuple):
    """One fit: seconds, greatest memory [GiB], rms error of zero points [mmag], images."""

    seconds: float
    memory: float
    error: float
    images: int


def run(observations: int = OBSERVATIONS) -> Iterator[Measure]:
    """Measure in databases of their own, which are dropped afterwards."""
    share = observations / ASKED[0]
    ((quarter,), (plain, flats)) = (
        list(fit_survey(n, ways))
        for n, ways in ((observations // 4, (False,)), (observations, (False, True)))
    )
    fine = plain.error < 1.0
    note = f"{plain.images} zero points, {plain.error:.2f} mmag off"
    yield _measure("time: what is asked for", plain.seconds, ASKED[1] * share, "s", fine, note)
    note = f"zero points {flats.error:.2f} mmag off"
    yield _measure(
        "flats: what is asked for", flats.seconds, ASKED[1] * share, "s", flats.error < 1.0, note
    )
    limit, most = ASKED[2] * max(share, 0.1), max(plain.memory, flats.memory)
    yield _measure("memory: what is asked for", most, limit, "GiB", fine)
    each, before = 1e6 * plain.seconds / observations, 4e6 * quarter.seconds / observations
    note = f"our time / theirs per source {each / before:.2f}; asked for: 1.3"
    yield _measure("linear: 1.3 x a quarter", each, 1.3 * before, "us", True, note)


def _measure(
    name: str, ours: float, peer: float, unit: str, agree: bool, note: str = ""
) -> Measure:
    made = measure(name, ours, peer, unit, agree, note)
    return {**made, "name": made["name"].replace("joint_photometry", "joint_photometry_db")}


def fit_survey(
    observations: int, ways: tuple[bool, ...], camera: tuple[int, int] = (21, 9)
) -> Iterator[Outcome]:
    """Fill a database with a survey, and fit it without and with star flats."""
    for flats in ways:
        survey = make_survey(observations, FLAT if flats else 0.0, camera=camera)
        with fresh_database("bench_joint_photometry") as owner:
            fill(owner, survey)
            began, name = time.perf_counter(), f"flats_{flats}"
            with PeakMemory(owner) as used:
                owner.execute(
                    "SELECT calibration.fit_joint_photometry(%s, 'public.survey_group', 'survey',"
                    " bands => '{r}', star_flats => %s)",
                    (name, flats),
                )
            took = time.perf_counter() - began
            yield Outcome(took, used.bytes / 2**30, *_compare(owner, name, survey))


def fill(owner: Connection, survey: Survey) -> None:
    """Write sources, images, match groups and reference stars into the raw tables."""
    obs, anchors, _, place = survey
    flux = 10.0 ** (-0.4 * obs.magnitude)
    columns = {
        "star": obs.star, "image": obs.image, "counts": flux, "err": flux * obs.error / 1.0857362,
        "u": obs.u.astype(float), "v": obs.v.astype(float),
    }  # fmt: skip
    stars = {
        "star": np.arange(len(anchors.weight), dtype=np.int32),
        "ra": 10.0 + WIDTH * place[0], "dec": -4.0 + WIDTH * place[1],
        "mag": anchors.magnitude, "weight": anchors.weight,
    }  # fmt: skip
    setup, *steps = FILL.split("\n\n")
    owner.execute(setup)
    _copy(owner, "survey_source", columns)
    _copy(owner, "survey_star", stars)
    visits = int(np.count_nonzero(obs.detector == 0))
    for step in steps:
        owner.execute(step, {"images": len(obs.detector), "visits": visits, "side": SIDE})


def _copy(owner: Connection, table: str, columns: dict[str, np.ndarray]) -> None:
    types = {"i": "integer", "f": "double precision"}
    made = [CopyColumn(name, types[v.dtype.kind], v) for name, v in columns.items()]
    with owner.transaction():
        copy_rows(owner, sql.Identifier("public", table), made)


def _compare(owner: Connection, name: str, survey: Survey) -> tuple[float, int]:
    """Return the rms error of the zero points [mmag], and their number."""
    visits = int(np.count_nonzero(survey.obs.detector == 0))
    rows = owner.execute(
        "SELECT p.detector * %s + p.visit, p.zeroPoint FROM calibration.PhotoCalib AS p"
        " JOIN calibration.Solution AS s USING (solutionId) WHERE s.name = %s",
        (visits, name),
    ).fetchall()
    image, found = (np.array(column) for column in zip(*rows, strict=True))
    off = 1e3 * (found - survey.truth.zero_point[image])
    return float(np.sqrt(np.mean(off**2))), len(off)


class PeakMemory:
    """Watches what a session's process has of its own, for as long as a block lasts."""

    def __init__(self, session: psycopg.Connection) -> None:
        self.status = Path(f"/proc/{session.info.backend_pid}/status")
        self.bytes, self._done = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            for line in self.status.read_text().splitlines():
                if line.startswith("RssAnon:"):
                    self.bytes = max(self.bytes, 1024 * int(line.split()[1]))
