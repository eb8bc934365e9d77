import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.plan import SurveyPlan


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"visits": 0}, "visits is 0, but a survey needs at least one visit: choose visits >= 1."),
        ({"detectors": 0}, "at least one detector: choose detectors >= 1."),
        ({"detectors": 190}, "detectors is 190, but the camera holds at most 189: choose fewer."),
        ({"bands": "gx"}, "Band 'x' is unknown: choose among the letters ugrizy."),
        ({"bands": ""}, "bands is '', but a survey needs one: choose among ugrizy."),
        ({"bands": "gg"}, "bands is 'gg', which repeats a band: name each band once."),
        ({"seed": 1.5}, "seed is 1.5, but it must be a whole number: give an integer."),
        ({"seed": "42"}, "seed is '42', but it must be a whole number: give an integer."),
        ({"seed": True}, "seed is True, but it must be a whole number: give an integer."),
        (
            {"seed": -1},
            "seed is -1, but seeds are integers from 0 to 2^63 - 1: choose one of these.",
        ),
        ({"seed": 1 << 63}, "but seeds are integers from 0 to 2^63 - 1: choose one of these."),
        ({"visits": 2.0}, "visits is 2.0, but it must be a whole number: give an integer."),
        ({"dec": 60.0}, "choose a field there."),
        ({"ra": 360.0}, "choose a field there."),
        ({"dec": float("nan")}, "choose a field there."),
    ],
)
def test_what_cannot_be_simulated_is_refused(choice: dict[str, object], sentence: str) -> None:
    with pytest.raises(SkytractError) as refusal:
        SurveyPlan(**{"seed": 1, **choice})  # type: ignore[arg-type]
    assert str(refusal.value).endswith(sentence)


@pytest.mark.parametrize("made", [SurveyPlan, CatalogPlan])
def test_any_integer_will_do(made: Any) -> None:
    """Those of numpy are as good, and the plan is written as JSON."""
    plan = made(seed=np.int64(5), visits=np.uint8(3), detectors=np.int32(2))
    assert plan == made(seed=5, visits=3, detectors=2)
    assert json.loads(json.dumps(asdict(plan)))["seed"] == 5
