from bench.variable_sky import run


def test_answers_agree() -> None:
    measures = list(run(2000, (12.0, 16.0, 5.0)))
    assert len(measures) == 5
    assert all(measure["agree"] for measure in measures), measures
