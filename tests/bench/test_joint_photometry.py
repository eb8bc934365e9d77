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
    plain, flats = joint_photometry_db.fit_survey(30_000, (False, True), camera=(3, 3))
    # 28 visits of 9 detectors, of which those at the edge see few stars or none.
    assert 200 < plain.images <= 252 and plain.images == flats.images
    # Some 120 stars of 5 mmag make a zero point; the tie is by 180 reference stars of 18 mmag.
    assert plain.error < 3.0 and flats.error < 3.0
    # Amplitudes from 3,300 such measurements a detector, of terms of variance 1/4 or more.
    assert flats.flat_error < 5 * 5.0 / 3300**0.5 * 2
    assert plain.memory > 0 and flats.cpu > 0
