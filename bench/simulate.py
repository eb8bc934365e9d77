"""Simulated sources per second of one core, beside the writing of the same columns alone.

`simulate.static` draws a sky in which nothing varies, `simulate.variable` the whole sky with
differences and forced fluxes; chromatic terms are in both. Ours is rows of Source per second of
CPU, one thread, truth included, against what is asked of a core, and against a limit: the writing
of the same files, already computed, with the same options. `simulate.memory` is the peak of a
process that draws a survey, against what is asked, and against that of one with a quarter of its
rows: memory must not grow with them.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq

from bench.measure import Measure
from skytract.pipelines.simulate.catalog.camera import field_radius
from skytract.pipelines.simulate.catalog.moving import bodies_in_view, survey_bodies
from skytract.pipelines.simulate.catalog.observe import Survey, observe
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.sky_table import (
    SkyTable,
    template_modulation,
    write_sky,
)
from skytract.pipelines.simulate.catalog.throughput import Spectra
from skytract.pipelines.simulate.catalog.visits import plan_visits
from skytract.pipelines.simulate.catalog.write import options
from skytract.pipelines.simulate.one_thread import one_thread
from skytract.pipelines.simulate.sky import cells_in_cone, objects_in_cell

PLAN = CatalogPlan(seed=20250705, visits=6, detectors=25, radius=0.05)
ONLY_SOURCES = ("DiaSource", "ForcedSource")
REPEATS = 3

ASKED = {"simulate.static": 0.5e6, "simulate.variable": 0.2e6}
"""Rows of Source per second of one core."""

ASKED_MEMORY = 1.5
"""GiB, for 10^7 rows."""

MEMORY = """
from pathlib import Path
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.survey import simulate_catalogs
plan = CatalogPlan(seed=1, visits={visits}, detectors=9)
files = simulate_catalogs(Path({out!r}), plan, skip={skip})
print(files.rows["Source"])
"""


def run(
    visits: int = PLAN.visits, detectors: int = PLAN.detectors, memory_visits: int = 24
) -> Iterator[Measure]:
    """Measure both skies, then memory; 240 visits for memory are 10^7 rows, 0 leave it out."""
    with TemporaryDirectory(prefix="bench-simulate-") as name, one_thread():
        folder = Path(name)
        (folder / "truth").mkdir()
        survey = draw(replace(PLAN, visits=visits, detectors=detectors), folder)
        yield from rate("simulate.static", still(survey), folder, ONLY_SOURCES)
        yield from rate("simulate.variable", survey, folder, ())
        if memory_visits:
            yield from memory(folder, memory_visits)


def draw(plan: CatalogPlan, folder: Path) -> Survey:
    """Draw the sky of a plan."""
    visits = plan_visits(plan)
    radius = field_radius(plan.detectors)
    cells = [cells_in_cone(float(v["ra"]), float(v["dec"]), radius) for v in visits]
    drawn = (
        objects_in_cell(plan.seed, int(c), plan.faintest) for c in np.unique(np.concatenate(cells))
    )
    for _ in write_sky(folder, ((o, template_modulation(o)) for o in drawn), lambda: None):
        pass
    sky = SkyTable.open(folder)
    seds = [sky.objects["sed"], sky.objects["companionSed"].clip(0)]
    return Survey(plan, visits, sky, Spectra.read(np.unique(np.concatenate(seds))))


def still(survey: Survey) -> Survey:
    """Return a survey of the same sky in which nothing varies."""
    targets = survey.sky.targets
    targets = replace(targets, varies=np.zeros_like(targets.varies))
    return replace(survey, sky=replace(survey.sky, targets=targets))


def rate(name: str, survey: Survey, folder: Path, skip: tuple[str, ...]) -> Iterator[Measure]:
    """Time all visits, and the writing of their files."""
    plan = survey.plan
    bodies = list(bodies_in_view(plan, survey_bodies(plan), survey.visits))
    ours, limit, rows = np.inf, np.inf, 0
    for _ in range(REPEATS):
        clear(folder)
        began = time.process_time()
        seen = [observe(survey, k, bodies[k], folder, skip) for k in range(len(survey.visits))]
        ours = min(ours, time.process_time() - began)
        rows = sum(visit.rows["Source"] for visit in seen)
        files = [p for p in folder.rglob("*.parquet") if p.name != "again.parquet"]
        tables = [pq.read_table(path) for path in files]
        began = time.process_time()
        for table in tables:
            pq.write_table(table, folder / "again.parquet", **options(table.schema))
        limit = min(limit, time.process_time() - began)
        written = sum(len(t) for t, p in zip(tables, files, strict=True) if p.match("Source_*"))
    clear(folder)
    note = f"{rows} sources, {len(survey.sky.objects)} objects"
    for against, peer in (("what is asked for", ASKED[name]), ("writing alone", rows / limit)):
        yield Measure(
            name=f"{name}: {against}",
            ours=rows / ours,
            peer=peer,
            unit="rows/s",
            ratio=rows / ours / peer,
            agree=rows == written,
            note=note,
        )


def clear(folder: Path) -> None:
    """Remove all catalogs: to write over a file costs more than to write one."""
    for path in folder.rglob("*.parquet"):
        path.unlink()


def memory(folder: Path, visits: int) -> Iterator[Measure]:
    """Compare the peaks of two processes, the first with a quarter of the visits."""
    rows, peaks = [], []
    for number in (max(visits // 4, 1), visits):
        out = folder / f"visits_{number}"
        script = MEMORY.format(out=str(out), visits=number, skip=ONLY_SOURCES)
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        rows.append(int(done.stdout))
        peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024.0**2)
    for against, peer in (("what is asked for", ASKED_MEMORY), ("a quarter of the rows", peaks[0])):
        yield Measure(
            name=f"simulate.memory: {against}",
            ours=peaks[1],
            peer=peer,
            unit="GiB",
            ratio=peer / peaks[1],
            agree=rows[1] > 2 * rows[0],
            note=f"{rows[1]} sources",
        )
