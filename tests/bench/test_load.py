"""The load benchmark compares like with like: every way fills the table with the same rows."""

import pytest

from bench import load
from skytract.loaders.home import Home


def test_all_ways_load_the_same_rows(cluster: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKYTRACT_DSN", raising=False)
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    limit, peer = load.run(rows=4000, peer_rows=100)
    assert limit["agree"] and peer["agree"]
    assert limit["note"].startswith("4000 rows") and peer["note"].startswith("100 rows")
