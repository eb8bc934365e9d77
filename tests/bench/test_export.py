"""The export benchmark compares like with like: what is written is what was loaded."""

import pytest

from bench import export
from skytract.loaders.home import Home


def test_exports_hold_the_loaded_rows(cluster: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKYTRACT_DSN", raising=False)
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setattr(export, "ROUNDS", 1)
    table, hats, query = export.run(rows=4000)
    assert table["agree"] and hats["agree"] and query["agree"]
    assert table["note"] == hats["note"] == query["note"] == "4000 rows"
