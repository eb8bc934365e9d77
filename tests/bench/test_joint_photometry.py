"""The benchmarks of joint photometry compare like with like, on surveys that are small."""

import pytest

from bench import joint_photometry, joint_photometry_db
from bench.joint_survey import make_survey
from skytract.loaders.home import Home


def test_lsmr_gives_the_same() -> None:
    measure = joint_photometry.against_lsmr(20_000, camera=(3, 3))
    assert measure["agree"] and measure["ours"] > 0 and measure["peer"] > 0


def test_the_survey_is_as_large_as_asked_for() -> None:
    survey = make_survey(30_000, camera=(3, 3))
    assert 0.5 * 30_000 < len(survey.obs.star) <= 30_000
    assert survey.obs.image.max() < len(survey.obs.detector) == 28 * 9


def test_the_database_finds_what_is_true(
    cluster: Home, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    plain, flats = joint_photometry_db.fit_survey(30_000, (False, True))
    # 28 visits of 189 detectors, of which those at the edge see few stars or none.
    assert 4500 < plain.images <= 5292 and 4500 < flats.images <= 5292
    # Five to ten stars of 3 to 11 mmag, 5 mmag in the mean, make a zero point.
    assert plain.error < 4.0 and flats.error < 4.0
    # Amplitudes from 160 such measurements a detector, of terms of variance 1/4 or more.
    assert flats.flat_error < 2 * 5.0 / (160 / 4) ** 0.5
    assert plain.memory > 0 and flats.cpu > 0
