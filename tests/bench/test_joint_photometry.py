"""The benchmarks of joint photometry compare like with like, on surveys that are small."""

from bench import joint_photometry
from bench.joint_survey import make_survey


def test_lsmr_gives_the_same() -> None:
    measure = joint_photometry.against_lsmr(20_000, camera=(3, 3))
    assert measure["agree"] and measure["ours"] > 0 and measure["peer"] > 0


def test_the_survey_is_as_large_as_asked_for() -> None:
    survey = make_survey(30_000, camera=(3, 3))
    assert 0.5 * 30_000 < len(survey.obs.star) <= 30_000
    assert survey.obs.image.max() < len(survey.obs.detector) == 28 * 9
