"""Draw a survey as catalogs: the sky, then visits and tracts, each for itself, in any order."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.camera import field_radius
from skytract.pipelines.simulate.catalog.observe import Observed, Survey, observe
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.sky_table import (
    SkyTable,
    template_modulation,
    write_sky,
)
from skytract.pipelines.simulate.catalog.tables import (
    write_passbands,
    write_spectra,
    write_truth_objects,
    write_visits,
)
from skytract.pipelines.simulate.catalog.throughput import Spectra
from skytract.pipelines.simulate.catalog.visits import plan_visits
from skytract.pipelines.simulate.catalog.workers import Workers
from skytract.pipelines.simulate.sky import cells_in_cone, objects_in_cell
from skytract.pipelines.simulate.survey import prepare_folder

Progress = Callable[[str, int, int], None]
"""Called with what is done ("sky", "visits", "tracts"), how many are, and how many there are."""

SKIPPABLE = ("DiaSource", "ForcedSource", "Coadd")
"""What can be left out; Coadd are CoaddSource and ObjectMeasurement."""

WORK = ".sky"
"""Folder for what workers share; gone at the end."""


@dataclass(frozen=True)
class CatalogFiles:
    """What a survey brought: its folder, and rows per table."""

    folder: Path
    rows: dict[str, int]


def simulate_catalogs(
    out: Path,
    plan: CatalogPlan,
    jobs: int = 1,
    skip: tuple[str, ...] = (),
    progress: Progress = lambda what, done, total: None,
) -> CatalogFiles:
    """Draw a survey into an empty folder, as files that `skytract load` takes.

    Parameters
    ----------
    out
        A folder that is empty or does not exist.
    plan
        What to draw; the same plan always gives the same bytes, for any number of jobs.
    jobs
        Processes.
    skip
        What is not wanted, of `SKIPPABLE`.
    progress
        Called after every cell of sky, visit and tract.

    Returns
    -------
    CatalogFiles
        Visit, VisitDetector, Passband, ReferenceStar.parquet; Source_, DiaSource_ and
        ForcedSource_<visit>.parquet; a load unit tract_<tract> for every tract; truth/*.parquet;
        survey.json.

    Raises
    ------
    SkytractError
        If the folder is not empty, the area is never up, or a package of spectra is missing.
    """
    visits = plan_visits(plan)
    prepare_folder(out, ("truth", WORK))
    rows: Counter[str] = Counter(Visit=len(visits), VisitDetector=len(visits) * plan.detectors)
    try:
        with Workers(jobs) as workers:
            rows.update(_draw_sky(out, plan, visits, workers, progress))
        task = Task(out, plan, visits, skip)
        with Workers(jobs, task) as workers:
            observed = []
            for number, result in enumerate(workers.map(_observe, range(len(visits))), 1):
                observed.append(result)
                rows.update(result.rows)
                progress("visits", number, len(visits))
        write_visits(out, visits, observed)
    finally:
        shutil.rmtree(out / WORK)
    write_passbands(out, plan)
    write_spectra(out)
    (out / "survey.json").write_text(json.dumps(asdict(plan), indent=1) + "\n")
    return CatalogFiles(out, dict(rows))


def _draw_sky(
    out: Path, plan: CatalogPlan, visits: NDArray[np.void], workers: Workers, progress: Progress
) -> dict[str, int]:
    """Draw all cells that any visit sees, for the workers, and as truth and reference catalog."""
    radius = field_radius(plan.detectors)
    cells = np.unique(
        np.concatenate([cells_in_cone(float(v["ra"]), float(v["dec"]), radius) for v in visits])
    )
    tasks = ((plan.seed, int(cell), plan.faintest) for cell in cells)
    done = iter(range(1, len(cells) + 1))
    drawn = write_sky(
        out / WORK,
        workers.map(_draw_cell, tasks),
        lambda: progress("sky", next(done), len(cells)),
    )
    rows, used = write_truth_objects(out, plan, drawn)
    Spectra.read(used).save(out / WORK)
    return rows


def _draw_cell(task: tuple[int, int, float]) -> tuple[NDArray[np.void], NDArray[np.float32]]:
    objects = objects_in_cell(*task)
    return objects, template_modulation(objects)


@dataclass(frozen=True)
class Task:
    """What a worker needs to know, as sent to it; it opens the survey itself."""

    out: Path
    plan: CatalogPlan
    visits: NDArray[np.void]
    skip: tuple[str, ...]

    def open(self) -> Survey:
        """Map the sky and the spectra into memory."""
        work = self.out / WORK
        return Survey(self.plan, self.visits, SkyTable.open(work), Spectra.open(work))


def _observe(task: Task, survey: Survey, number: int) -> Observed:
    return observe(survey, number, task.out, task.skip)
