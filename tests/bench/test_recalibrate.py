"""The benchmark of recalibration writes every row, and speclite agrees with it."""

import pytest

from bench import recalibrate
from skytract.loaders.home import Home


def test_the_answers_agree(cluster: Home, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    measures = list(recalibrate.run(rows=3000, visits=4, detectors=251))
    assert [m["name"].split(":")[0] for m in measures] == [
        "recalibrate.ctas",
        "recalibrate.kappa",
        "recalibrate.light_curve",
        "recalibrate.speclite",
    ]
    assert all(measure["agree"] and measure["ratio"] > 0 for measure in measures)
