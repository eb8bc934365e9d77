"""The command that draws catalogs: its refusals are sentences, and nothing is left behind."""

import pytest
from click.testing import CliRunner

from skytract.__main__ import main
from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.catalog import cadence
from skytract.pipelines.simulate.catalog.plan import CatalogPlan


def run(*arguments: str):
    return CliRunner().invoke(main, ["simulate", *arguments])


def test_a_survey_of_two_visits(tmp_path):
    out = tmp_path / "new" / "survey"
    result = run(
        "--seed", "4", "--out", str(out), "--visits", "2", "--faintest", "18", "--jobs", "1"
    )
    assert result.exit_code == 0, result.output
    assert "2 Visit, 2 VisitDetector" in result.output
    assert f"skytract load {out}" in result.output.replace("\n", "")
    assert len(list(out.glob("Source_*.parquet"))) == 2
    again = run("--seed", "4", "--out", str(out), "--visits", "2")
    assert again.exit_code == 1 and "is not empty" in again.output


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--seed", "forty", "'forty' is not a valid integer"),
        ("--seed", "-3", "seeds are integers from 0 to 2^63 - 1"),
        ("--seed", str(1 << 63), "seeds are integers from 0 to 2^63 - 1"),
        ("--visits", "0", "choose visits >= 1"),
        ("--detectors", "0", "choose detectors >= 1"),
        ("--detectors", "190", "holds at most 189"),
        ("--bands", "gw", "Band 'w' is unknown"),
        ("--area", "310,-5", "write RA,DEC,RADIUS in degrees"),
        ("--area", "310,-5,-1", "radius of -1.0 deg"),
        ("--area", "310,-5,nan", "radius of nan deg"),
        ("--area", "310,-5,60", "within 0 and 20.0"),
        ("--area", "400,-5,1", "no place in the sky"),
        ("--area", "10,85,1", "reaches from dec 84.0 to 86.0"),
        ("--outliers", "2", "outliers is 2.0"),
        ("--spurious", "-1", "spurious is -1.0"),
        ("--faintest", "nan", "faintest is nan"),
        ("--minor-planets", "30", "minorPlanets is 30.0"),
        ("--jobs", "0", "x>=1"),
    ],
)
def test_nonsense_is_refused(tmp_path, option, value, sentence):
    choices = {"--seed": "1", "--out": str(tmp_path / "s"), option: value}
    result = run(*(word for pair in choices.items() for word in pair))
    assert result.exit_code != 0
    assert sentence in result.output.replace("\n", " ").replace("  ", " ")
    assert not (tmp_path / "s").exists()


def test_the_baseline_needs_its_package(monkeypatch):
    monkeypatch.setattr(cadence, "find_spec", lambda name: None)
    with pytest.raises(SkytractError, match="pip install --no-deps sorcha"):
        cadence.read_baseline(CatalogPlan(seed=1, cadence="baseline"))


@pytest.mark.parametrize("choice", [{"ra": "10h"}, {"radius": None}, {"faintest": True}])
def test_what_is_no_number_is_refused(choice):
    name, value = next(iter(choice.items()))
    with pytest.raises(SkytractError) as refusal:
        CatalogPlan(seed=1, **choice)
    assert str(refusal.value) == f"{name} is {value!r}, but it must be a number: give one, as 0.5."
