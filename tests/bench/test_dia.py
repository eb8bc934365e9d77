"""The benchmark of DiaObjects runs, on a small sky, and finds what it made."""

import pytest

from bench import dia
from skytract.loaders.home import Home


def test_a_small_sky(cluster: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKYTRACT_DSN", raising=False)
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setattr(dia, "PARTITIONS", 1)
    monkeypatch.setattr(dia, "VISITS", 2)
    measures = list(dia.run(objects=20_000, sources=40))
    names = {measure["name"].split(":")[0] for measure in measures}
    assert names == {"dia.visit", "dia.growth"}
    assert all(measure["agree"] and measure["ratio"] > 0 for measure in measures)
