"""A small simulated survey, sent from raw frames to a filled release, once per test session."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from skytract.loaders.home import Home
from skytract.loaders.load import load_paths
from skytract.loaders.release import create_release
from skytract.pipelines.force_release import force_release
from skytract.pipelines.process_frames import process_frames
from skytract.pipelines.process_release import process_release
from skytract.pipelines.process_visit_detector import FrameTask
from skytract.pipelines.run_stage import Stage, run_stage
from skytract.pipelines.simulate.plan import SurveyPlan
from skytract.pipelines.simulate.survey import write_survey
from tests.fix_db import Connect, clone, opener

PLAN = SurveyPlan(seed=11, visits=6, detectors=1)


@dataclass(frozen=True)
class Survey:
    """Where the survey lies and how to connect to its database; what the stages wrote."""

    folder: Path
    connect: Connect
    written: dict[str, int]

    def process(self, jobs: int = 2) -> dict[str, int]:
        """Run all stages again."""
        return process_release(lambda: self.connect("manager"), "dr1", jobs=jobs)


@pytest.fixture(scope="session")
def survey(
    cluster: Home, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Survey]:
    """A release dr1 made of six visits in g and r; tests only read it, or repeat stages."""
    folder = tmp_path_factory.mktemp("survey")
    files = write_survey(folder / "survey", PLAN)
    report = process_frames([FrameTask(path, folder / "catalogs") for path in files.frames])
    assert report.failures == {}
    for database in clone(cluster, template):
        for connect in opener(cluster, database):
            _load(connect, [files.reference, folder / "catalogs"])
            create_release(connect("owner"), "dr1")
            manager = connect("manager")
            manager.execute(
                "SELECT calibration.fit_photometry('first', 'simulated', '{g,r}', '{g-r,g-r}')"
            )
            manager.commit()
            run_stage(manager, Stage(("calibration", "use_solution"), "dr1", ("first",)))
            process_release(partial(connect, "manager"), "dr1")
            reader = connect("reader")
            force_release(reader, "dr1", folder / "catalogs" / "calexp", folder / "forced")
            _load(connect, [folder / "forced"])
            written = process_release(partial(connect, "manager"), "dr1")
            yield Survey(folder, connect, written)


def _load(connect: Connect, paths: list[Path]) -> None:
    from skytract.loaders.load import find_files

    for result in load_paths(connect("loader"), find_files(paths)):
        assert result.state == "loaded", result.error
