"""The built-in survey, sent the whole way: raw frames to the tables of dr1."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg

from skytract.loaders.connect import connect
from skytract.loaders.errors import SkytractError
from skytract.loaders.load import load_paths
from skytract.loaders.release import create_release, list_releases
from skytract.pipelines.force_release import force_release
from skytract.pipelines.process_frames import process_frames
from skytract.pipelines.process_release import process_release
from skytract.pipelines.process_visit_detector import FrameTask
from skytract.pipelines.run_stage import Stage, run_stage
from skytract.pipelines.simulate.plan import SurveyPlan
from skytract.pipelines.simulate.survey import write_survey

RELEASE = "dr1"
SOLUTION = "simulated"
PLAN = SurveyPlan(seed=42)

Report = Callable[[str, int, int], None]
"""Called with what is being done, and how many of its parts are done of how many."""


def run_survey(out: Path, database: str, report: Report) -> None:
    """Simulate, measure, load, associate, calibrate and force; what is there already is kept.

    Parameters
    ----------
    out
        Folder of frames and catalogs.
    database
        A migrated database.
    """
    survey, catalogs, forced = out / "survey", out / "catalogs", out / "forced"
    draw_frames(survey, report)
    measure_frames(survey / "raw", catalogs, report)
    load(database, [survey / "ReferenceStar.parquet", *sorted(catalogs.glob("*.parquet"))], report)
    if make_release(database) == "published":
        return
    fit_zero_points(database)
    fill_release(database, report)
    with connect("reader", dbname=database) as connection:
        force_release(
            connection,
            RELEASE,
            catalogs / "calexp",
            forced,
            lambda done, total: report("forced photometry of the objects", done, total),
        )
    load(database, sorted(forced.glob("*.parquet")), report)
    fill_release(database, report)


def draw_frames(survey: Path, report: Report) -> None:
    """Draw the raw frames, unless the same survey lies there."""
    plan = survey / "survey.json"
    if plan.is_file():
        if json.loads(plan.read_text()) == asdict(PLAN):
            return
        raise SkytractError(f"{survey} holds another survey: `skytract demo --fresh` begins anew.")
    write_survey(survey, PLAN, lambda done, total: report("drawing raw frames", done, total))


def measure_frames(raw: Path, catalogs: Path, report: Report) -> None:
    """Turn raw frames into raw-unit catalogs."""
    tasks = [FrameTask(path, catalogs) for path in sorted(raw.glob("*.fits"))]
    done = 0

    def progress(path: Path) -> None:
        nonlocal done
        done += 1
        report("measuring frames", done, len(tasks))

    failures = process_frames(tasks, progress=progress).failures
    if failures:
        raise SkytractError(next(iter(failures.values())))


def load(database: str, paths: list[Path], report: Report) -> None:
    """Load catalogs; those loaded before are left alone."""
    with connect("loader", dbname=database) as connection:
        for done, result in enumerate(load_paths(connection, paths), start=1):
            if result.state == "refused":
                raise SkytractError(f"{result.error} `skytract demo --fresh` begins anew.")
            report("loading catalogs", done, len(paths))


def make_release(database: str) -> str:
    """Make the release, unless it is there; return its state."""
    with connect("owner", dbname=database) as connection:
        states = {row["release"]: row["state"] for row in list_releases(connection)}
        if RELEASE not in states:
            create_release(connection, RELEASE)
    return str(states.get(RELEASE, "open"))


def fit_zero_points(database: str) -> None:
    """Fit the zero points against the reference stars, unless that was done; use them."""
    with connect("manager", dbname=database) as connection:
        if not _has_solution(connection):
            bands = list(PLAN.bands)
            colours = ["-".join(bands)] * len(bands)
            connection.execute(
                "SELECT calibration.fit_photometry(%s, 'simulated', %s, %s)",
                (SOLUTION, bands, colours),
            )
            connection.commit()
        run_stage(connection, Stage(("calibration", "use_solution"), RELEASE, (SOLUTION,)))


def _has_solution(connection: psycopg.Connection[Any]) -> bool:
    query = "SELECT EXISTS (SELECT FROM calibration.Solution WHERE name = %s)"
    return connection.execute(query, (SOLUTION,)).fetchone() == (True,)


def fill_release(database: str, report: Report) -> None:
    """Run the database stages over the release."""
    process_release(
        lambda: connect("manager", dbname=database),
        RELEASE,
        progress=lambda stage, done, total: report(f"in the database: {stage}", done, total),
    )
