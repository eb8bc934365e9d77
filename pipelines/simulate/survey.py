"""Draw a whole survey: raw frames, a reference catalog, and the truth about both."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.detector import expose, frame_name, write_frame
from skytract.pipelines.simulate.observing import Frame, field_radius, plan_frame, plan_visit
from skytract.pipelines.simulate.plan import SurveyPlan
from skytract.pipelines.simulate.reference import reference_catalog
from skytract.pipelines.simulate.render import expected_electrons, observe
from skytract.pipelines.simulate.sky import objects_in_cone
from skytract.pipelines.simulate.tables import (
    truth_frames,
    truth_objects,
    truth_sources,
    truth_visits,
    write_survey_table,
)

Progress = Callable[[int, int], None]
"""Called with frames done and frames in all."""


@dataclass(frozen=True)
class SurveyFiles:
    """Where the parts of a survey lie."""

    folder: Path
    plan: Path
    frames: tuple[Path, ...]
    reference: Path
    truthObject: Path
    truthVisit: Path
    truthVisitDetector: Path
    truthSource: Path


def simulate(
    out: Path,
    seed: int,
    visits: int = SurveyPlan.visits,
    detectors: int = SurveyPlan.detectors,
    bands: str = SurveyPlan.bands,
    progress: Progress | None = None,
) -> SurveyFiles:
    """Draw the survey of a seed into an empty folder; see `SurveyPlan` for the arguments."""
    plan = SurveyPlan(seed=seed, visits=visits, detectors=detectors, bands=bands)
    return write_survey(out, plan, progress)


def write_survey(out: Path, plan: SurveyPlan, progress: Progress | None = None) -> SurveyFiles:
    """Draw a survey into an empty folder.

    Parameters
    ----------
    out
        A folder that is empty or does not exist.
    plan
        What to draw; the same plan always gives the same bytes.
    progress
        Called after every frame.

    Returns
    -------
    SurveyFiles
        raw/visit_<visit>_det_<detector>.fits, ReferenceStar.parquet, truth/*.parquet, survey.json.
    """
    prepare_folder(out)
    objects = objects_in_cone(
        plan.seed, plan.ra, plan.dec, field_radius(plan), plan.limit, plan.boost
    )
    frames = list(plan_frames(plan))
    paths = []
    for number, frame in enumerate(frames, start=1):
        raw = expose(plan, frame, expected_electrons(frame, objects, (plan.height, plan.width)))
        paths.append(out / "raw" / frame_name(frame))
        write_frame(paths[-1], plan, frame, raw)
        if progress is not None:
            progress(number, len(frames))
    files = SurveyFiles(
        folder=out,
        plan=out / "survey.json",
        frames=tuple(paths),
        reference=out / "ReferenceStar.parquet",
        truthObject=out / "truth" / "TruthObject.parquet",
        truthVisit=out / "truth" / "TruthVisit.parquet",
        truthVisitDetector=out / "truth" / "TruthVisitDetector.parquet",
        truthSource=out / "truth" / "TruthSource.parquet",
    )
    write_truth(files, plan, frames, objects)
    write_survey_table(files.reference, "ReferenceStar", reference_catalog(plan.seed, objects))
    files.plan.write_text(json.dumps(asdict(plan), indent=1) + "\n")
    return files


def plan_frames(plan: SurveyPlan) -> Iterator[Frame]:
    """Yield all frames of a survey in order of time, then detector."""
    for number in range(plan.visits):
        visit = plan_visit(plan, number)
        for detector in range(plan.detectors):
            yield plan_frame(plan, visit, detector)


def write_truth(
    files: SurveyFiles, plan: SurveyPlan, frames: list[Frame], objects: NDArray[np.void]
) -> None:
    """Write the four tables of truth."""
    rows, truths = [], []
    for frame in frames:
        truth = observe(frame, objects)
        shown = (np.abs(truth["x"] - (plan.width - 1) / 2.0) <= plan.width / 2.0) & (
            np.abs(truth["y"] - (plan.height - 1) / 2.0) <= plan.height / 2.0
        )
        rows.append(np.flatnonzero(shown))
        truths.append(truth[shown])
    n_frames = np.bincount(np.concatenate(rows), minlength=len(objects))
    visits = [frame.visit for frame in frames if frame.detector == 0]
    columns = {**truth_objects(objects), "nFrames": n_frames}
    write_survey_table(files.truthObject, "TruthObject", columns)
    write_survey_table(files.truthVisit, "TruthVisit", truth_visits(visits))
    write_survey_table(files.truthVisitDetector, "TruthVisitDetector", truth_frames(plan, frames))
    write_survey_table(
        files.truthSource, "TruthSource", truth_sources(frames, rows, objects, truths)
    )


def prepare_folder(out: Path, folders: tuple[str, ...] = ("raw", "truth")) -> None:
    """Make the folders of a survey, or refuse a place that holds something already."""
    if out.exists() and not out.is_dir():
        raise SkytractError(f"{out} is a file, but a survey needs a folder: name another.")
    if out.is_dir() and any(out.iterdir()):
        raise SkytractError(
            f"The folder {out} is not empty, and a survey never mixes with other files:"
            " name a new folder, or empty this one."
        )
    for folder in folders:
        (out / folder).mkdir(parents=True)
