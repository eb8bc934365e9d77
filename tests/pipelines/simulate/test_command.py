import pytest
from click.testing import CliRunner

from skytract.__main__ import main


def run(*arguments: str):
    return CliRunner().invoke(main, ["simulate", "--frames", *arguments])


def test_a_small_survey(tmp_path):
    out = tmp_path / "new" / "survey"
    result = run("--seed", "42", "--out", str(out), "--visits", "1", "--detectors", "1")
    assert result.exit_code == 0, result.output
    assert "1 frames of 1 visits" in result.output
    assert len(list((out / "raw").glob("visit_*_det_0.fits"))) == 1
    again = run("--seed", "42", "--out", str(out))
    assert again.exit_code == 1 and "is not empty" in again.output


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--seed", "forty", "'forty' is not a valid integer"),
        ("--seed", "1.5", "'1.5' is not a valid integer"),
        ("--seed", "-3", "seeds are integers from 0 to 2^63 - 1"),
        ("--visits", "0", "choose visits >= 1"),
        ("--detectors", "0", "choose detectors >= 1"),
        ("--bands", "gw", "Band 'w' is unknown"),
    ],
)
def test_nonsense_is_refused(tmp_path, option, value, sentence):
    choices = {"--seed": "1", "--out": str(tmp_path / "s"), option: value}
    result = run(*(word for pair in choices.items() for word in pair))
    assert result.exit_code != 0
    assert sentence in result.output
    assert not (tmp_path / "s").exists()


def test_options_of_catalogs_are_not_of_frames(tmp_path):
    result = run("--seed", "1", "--out", str(tmp_path / "s"), "--area", "310,-5,1")
    assert result.exit_code == 1
    assert "--area belongs to catalogs" in result.output


def test_help_teaches_with_an_example():
    assert "skytract simulate --seed 42 --out" in run("--help").output
