"""Draw a survey as catalogs: the sky, then visits and tracts, each for itself, in any order."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.manifest import write_manifest
from skytract.pipelines.simulate.catalog.camera import field_radius
from skytract.pipelines.simulate.catalog.coadds import measure_patch
from skytract.pipelines.simulate.catalog.depth import Depth
from skytract.pipelines.simulate.catalog.moving import bodies_in_view, survey_bodies
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
    write_truth_bodies,
    write_truth_objects,
    write_visits,
)
from skytract.pipelines.simulate.catalog.throughput import Spectra
from skytract.pipelines.simulate.catalog.tracts import patches_over
from skytract.pipelines.simulate.catalog.visits import plan_visits
from skytract.pipelines.simulate.catalog.workers import Workers
from skytract.pipelines.simulate.sky import cells_in_cone, objects_in_cell
from skytract.pipelines.simulate.survey import prepare_folder

Progress = Callable[[str, int, int], None]
"""Called with what is done ("sky", "visits", "patches"), how many are, and how many there are."""

WORK = ".sky"
"""Folder for what workers share; gone at the end."""


WORTH_IT = 30
"""Cells of sky from which processes draw them: each first reads the library of spectra."""


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
        Kinds that are not wanted, of the values of `plan.SKIPPABLE`.
    progress
        Called after every cell of sky, visit and patch.

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
        rows.update(_draw_sky(out, plan, visits, jobs, progress))
        write_spectra(out, np.flatnonzero(Spectra.open(out / WORK).slot >= 0))
        task = Task(out, plan, visits, skip)
        with Workers(jobs, task) as workers:
            observed = []
            bodies = enumerate(_draw_bodies(out, plan, visits))
            for number, result in enumerate(workers.map(_observe, bodies), 1):
                observed.append(result)
                rows.update(result.rows)
                progress("visits", number, len(visits))
            write_visits(out, visits, observed)
            if "Coadd" not in skip:
                rows.update(_coadd(task, Depth.of(observed), workers, progress))
    finally:
        shutil.rmtree(out / WORK)
    write_passbands(out, plan)
    (out / "survey.json").write_text(json.dumps(asdict(plan), indent=1) + "\n")
    return CatalogFiles(out, dict(rows))


def _draw_sky(
    out: Path, plan: CatalogPlan, visits: NDArray[np.void], jobs: int, progress: Progress
) -> dict[str, int]:
    """Draw all cells that any visit sees, for the workers, and as truth and reference catalog."""
    radius = field_radius(plan.detectors)
    cells = np.unique(
        np.concatenate([cells_in_cone(float(v["ra"]), float(v["dec"]), radius) for v in visits])
    )
    tasks = ((plan.seed, int(cell), plan.faintest) for cell in cells)
    done = iter(range(1, len(cells) + 1))
    with Workers(jobs if len(cells) > WORTH_IT else 1) as workers:
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


def _draw_bodies(
    out: Path, plan: CatalogPlan, visits: NDArray[np.void]
) -> Iterator[NDArray[np.void]]:
    """Yield the minor planets in the field of every visit; then write the orbits of all of them.

    They are worked out visit by visit, while workers measure the visits before.
    """
    system = survey_bodies(plan)
    seen = np.zeros(len(system.orbits), bool)
    for visible in bodies_in_view(plan, system, visits):
        seen[visible["row"]] = True
        yield visible
    write_truth_bodies(out, system.orbits[seen])


def _coadd(task: "Task", depth: Depth, workers: Workers, progress: Progress) -> Counter[str]:
    """Measure all patches, and make a load unit of every tract."""
    depth.save(task.out / WORK)
    places = patches_over(SkyTable.open(task.out / WORK).cells)
    rows: Counter[str] = Counter()
    patches: dict[int, list[int]] = {}
    for number, found in enumerate(workers.map(_measure_patch, places), 1):
        rows.update(found)
        tract, patch = places[number - 1]
        if found:
            patches.setdefault(tract, []).append(patch)
        progress("patches", number, len(places))
    for tract, numbers in patches.items():
        write_manifest(task.out / f"tract_{tract}", f"tract {tract}", tract, numbers)
    return rows


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


def _observe(task: Task, survey: Survey, item: tuple[int, NDArray[np.void]]) -> Observed:
    return observe(survey, *item, task.out, task.skip)


def _measure_patch(task: Task, survey: Survey, place: tuple[int, int]) -> dict[str, int]:
    return measure_patch(survey, Depth.open(task.out / WORK), place, task.out)
