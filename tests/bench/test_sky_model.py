from bench.sky_model import run


def test_the_benchmark_runs_and_agrees():
    measures = list(run(cells=1))
    assert len(measures) == 4
    assert all(measure["agree"] and measure["ratio"] > 0.0 for measure in measures)
