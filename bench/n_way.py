"""N-way matching of 1,000 visits of 2,000 sources: in the database, results written, beside memory.

`n_way.memory` is our time over that of the same algorithm on arrays, in one process: reading the
detections, grouping them, writing the groups; two partitions are worked on at a time, as `skytract
process` does. `n_way.stilts` and `n_way.dbscan` group a tenth of the visits; they give chains of
friends, which are compared with chains. A peer that is not installed is skipped with a note.

A tenth of the sources is noise, the rest are stars seen in every visit with a scatter of 0.05 to
0.15 arcsec, on half a degree square.
"""

import importlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray
from psycopg import sql

from bench.load_data import Connection, fresh_database
from bench.measure import Measure
from skytract.loaders.connect import connect
from skytract.loaders.copy_column import CopyColumn
from skytract.loaders.copy_rows import copy_rows
from skytract.loaders.partition import Cell, create_partitions
from skytract.loaders.partition_plan import Density, plan
from skytract.loaders.release import create_release
from skytract.pipelines.run_release import partitions
from skytract.pipelines.run_stage import Stage, run_stage
from skytract.udf.association.group_sources import group_sources
from skytract.udf.association.label_friends import label_friends
from skytract.udf.association.link_friends import chord, unit_vectors
from skytract.udf.sky.hpx29 import hpx29

VISITS, PEER_VISITS, PER_VISIT = 1000, 100, 2000
RADIUS = 0.5
SIDE = 0.5
NOISE = 0.12
SCATTER = (0.05, 0.15)
PARTITIONS = 4
JOBS = 2
DATABASE = "bench_n_way"
SEED = 20250702


@dataclass(frozen=True)
class Field:
    """Detections, visit by visit."""

    visit: NDArray[np.int64]
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]

    @property
    def ids(self) -> NDArray[np.int64]:
        """Ids of the detections."""
        return np.arange(len(self.visit))

    def head(self, visits: int) -> "Field":
        """Return the first visits."""
        rows = self.visit < visits
        return Field(self.visit[rows], self.ra[rows], self.dec[rows])


Labels = NDArray[np.int64]
Peer = Callable[[Field, NDArray[np.float64]], tuple[float, Labels]]


def run(visits: int = VISITS, peer_visits: int = PEER_VISITS) -> Iterator[Measure]:
    """Measure in a database of its own, which is dropped afterwards."""
    field = make_field(visits)
    yield beside_memory(field)
    small = field.head(peer_visits)
    ours, groups = in_database(small)
    assert len(groups) == len(small.ids)
    for name, peer in (("stilts", by_stilts), ("dbscan", by_dbscan)):
        measure = beside_peer(name, peer, small, ours)
        if measure:
            yield measure


def make_field(visits: int) -> Field:
    """Draw the sky and what each visit saw of it."""
    rng = np.random.default_rng(SEED)
    stars = round(PER_VISIT * (1.0 - NOISE))
    place = rng.uniform(0.0, SIDE, (stars, 2))
    scatter = rng.uniform(*SCATTER, (stars, 1)) / 3600.0
    seen = [
        np.concatenate(
            [
                place + scatter * rng.normal(size=(stars, 2)),
                rng.uniform(0.0, SIDE, (PER_VISIT - stars, 2)),
            ]
        )
        for _ in range(visits)
    ]
    ra, dec = np.concatenate(seen).T
    return Field(np.repeat(np.arange(visits), PER_VISIT), ra % 360.0, dec)


def beside_memory(field: Field) -> Measure:
    """Compare with the same functions on arrays."""
    ours, object_ids = in_database(field)
    began = time.perf_counter()
    primary = np.ones(len(field.ids), dtype=bool)
    discovery = group_sources(field.visit, field.ids, primary, field.ra, field.dec, RADIUS)
    memory = time.perf_counter() - began
    return {
        "name": "n_way.memory",
        "ours": ours,
        "peer": memory,
        "unit": "s",
        "ratio": ours / memory,
        "agree": same_groups(object_ids, np.array(discovery)),
        "note": f"our time / its time, at most 4; {len(field.ids)} sources, "
        f"{len(np.unique(object_ids))} objects, {JOBS} partitions at a time",
    }


def in_database(field: Field) -> tuple[float, Labels]:
    """Return how long all partitions took, and the object of each detection."""
    with fresh_database(DATABASE) as owner:
        fill(owner, field)
        began = time.perf_counter()
        with ThreadPoolExecutor(JOBS) as pool:
            cells = iter(partitions(owner, "dr1"))
            list(pool.map(work, [cells] * JOBS))
        seconds = time.perf_counter() - began
        rows = owner.execute("SELECT sourceId, objectId FROM association.SourceGroup").fetchall()
    objects = np.array(rows, dtype=np.int64)
    return seconds, objects[np.argsort(objects[:, 0]), 1]


def work(cells: Iterator[tuple[int, int]]) -> None:
    """Run the stage on the next partition until none is left, as the manager does."""
    function = ("association", "associate_sources")
    with connect("manager", dbname=DATABASE) as connection:
        for cell in cells:
            run_stage(connection, Stage(function, "dr1", (*cell, RADIUS), cell))


def fill(owner: Connection, field: Field) -> None:
    """Load the detections as loads do, visit by visit, into partitions made for them."""
    keys = hpx29(field.ra, field.dec)
    density = Density.of(12, keys >> 2 * 17, np.ones(keys.size))
    partition_raw(owner, [p.cell for p in plan(density, len(keys) // PARTITIONS)])
    flux = np.exp(np.random.default_rng(SEED).normal(7.0, 1.0, len(keys)))
    reals = [f"ap{size}instflux" for size in ("03", "06", "09", "12", "17", "25")]
    columns = [
        *(CopyColumn(n, "bigint", v) for n, v in (("hpx29", keys), ("sourceid", field.ids))),
        *(
            CopyColumn(n, "bigint", v)
            for n, v in (("visit", field.visit), ("loadid", 1 + 0 * keys))
        ),
        CopyColumn("detector", "integer", np.zeros(len(keys), np.int32)),
        *(CopyColumn(n, "double precision", v) for n, v in (("ra", field.ra), ("dec", field.dec))),
        *(CopyColumn(n, "double precision", flux) for n in ("x", "y", "psfinstflux")),
        *(CopyColumn(n, "real", flux.astype(np.float32)) for n in reals),
    ]
    with owner.transaction():
        copy_rows(owner, sql.Identifier("raw", "source"), columns, np.lexsort((keys, field.visit)))
    owner.execute("VACUUM ANALYZE raw.Source")
    create_release(owner, "dr1")


def partition_raw(owner: Connection, cells: list[Cell]) -> None:
    """Give the raw tables, which are empty, other partitions."""
    children = owner.execute(
        "SELECT c.oid::regclass::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = inhrelid"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'raw'::regnamespace"
    ).fetchall()
    owner.execute(f"DROP TABLE {', '.join(child for (child,) in children)}".encode())
    owner.execute("DELETE FROM meta.Partition WHERE tessellation = 'raw'")
    create_partitions(owner, "raw", cells)


def same_groups(a: Labels, b: Labels) -> bool:
    """Tell whether two labellings group the rows alike."""
    both = np.unique(np.stack([a, b]), axis=1).shape[1]
    return both == len(np.unique(a)) == len(np.unique(b))


def beside_peer(name: str, peer: Peer, field: Field, ours: float) -> Measure | None:
    """Compare with a peer, or say why not."""
    points = unit_vectors(field.ra, field.dec)
    try:
        seconds, label = peer(field, points)
    except (ImportError, FileNotFoundError) as error:
        print(f"n_way.{name} skipped: {error}", file=sys.stderr)
        return None
    return {
        "name": f"n_way.{name}",
        "ours": ours,
        "peer": seconds,
        "unit": "s",
        "ratio": seconds / ours,
        "agree": same_groups(label, label_friends(points, chord(RADIUS))),
        "note": f"{len(field.ids)} sources; ours in the database, with results written",
    }


def by_stilts(field: Field, points: NDArray[np.float64]) -> tuple[float, Labels]:
    """Group by the internal match of STILTS, from a FITS file to a FITS file."""
    program = shutil.which("stilts")
    if program is None:
        raise FileNotFoundError("stilts is not installed (a Debian package)")
    with TemporaryDirectory() as folder:
        before, after = Path(folder, "in.fits"), Path(folder, "out.fits")
        Table({"ra": field.ra, "dec": field.dec}).write(before)
        began = time.perf_counter()
        options = ["matcher=sky", f"params={RADIUS}", "values=ra dec", "action=identify"]
        files = [f"in={before}", "ifmt=fits", f"out={after}", "ofmt=fits-basic", "progress=none"]
        subprocess.run([program, "tmatch1", *options, *files], check=True)
        seconds = time.perf_counter() - began
        group = np.ma.filled(Table.read(after)["GroupID"].astype(np.int64), 0)
    # Detections without friends have no group: each is one of its own.
    return seconds, np.where(group > 0, group, -1 - field.ids)


def by_dbscan(field: Field, points: NDArray[np.float64]) -> tuple[float, Labels]:
    """Group by DBSCAN of scikit-learn, with a single detection as the least cluster."""
    cluster = importlib.import_module("sklearn.cluster")
    began = time.perf_counter()
    label = cluster.DBSCAN(eps=chord(RADIUS), min_samples=1).fit_predict(points)
    return time.perf_counter() - began, np.asarray(label, dtype=np.int64)
