"""The benchmark of motions sums up what numpy does, and fits every star."""

import pytest

from bench import motion
from skytract.loaders.home import Home


def test_the_answers_agree(cluster: Home, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    measures = list(motion.run(stars=200))
    assert {m["name"].split(":")[0] for m in measures} == {"motion.rate", "motion.fit"}
    assert all(measure["agree"] and measure["ratio"] > 0 for measure in measures)
