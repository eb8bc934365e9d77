"""A small plan and one small survey, shared by the tests of the simulator."""

import pytest

from skytract.pipelines.simulate.observing import Frame, plan_frame, plan_visit
from skytract.pipelines.simulate.plan import SurveyPlan
from skytract.pipelines.simulate.survey import SurveyFiles, write_survey


@pytest.fixture(scope="session")
def plan() -> SurveyPlan:
    """Two detectors of 240 x 200 px, four visits, no artifacts."""
    return SurveyPlan(seed=7, visits=4, width=240, height=200, cosmicRays=0.0, hotPixels=0)


@pytest.fixture(scope="session")
def frame(plan: SurveyPlan) -> Frame:
    return plan_frame(plan, plan_visit(plan, 1), 1)


@pytest.fixture(scope="session")
def survey(plan: SurveyPlan, tmp_path_factory: pytest.TempPathFactory) -> SurveyFiles:
    return write_survey(tmp_path_factory.mktemp("survey") / "first", plan)
