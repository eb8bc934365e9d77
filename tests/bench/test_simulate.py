"""The benchmark of the simulator counts what is in the files."""

from bench import simulate


def test_the_answers_agree() -> None:
    measures = list(simulate.run(visits=1, detectors=1, memory_visits=0))
    names = {measure["name"].split(":")[0] for measure in measures}
    assert names == {"simulate.static", "simulate.variable"}
    assert all(measure["agree"] and measure["ratio"] > 0 for measure in measures)
