"""The cross-match benchmark compares like with like: the same pairs from every way."""

import pytest

from bench import cross_match
from skytract.loaders.home import Home


def test_all_ways_find_the_same_pairs(
    cluster: Home, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    measures = list(cross_match.run(rows=20_000))
    names = [measure["name"] for measure in measures]
    assert names == ["cross_match.q3c", "cross_match.join", "neighbours.rate"]
    assert all(measure["agree"] and measure["ratio"] > 0 for measure in measures)
