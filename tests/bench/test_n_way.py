"""The benchmark of N-way matching runs, on a small sky, and its answers agree."""

import numpy as np
import pytest

from bench import n_way
from skytract.loaders.home import Home


def test_a_small_sky(cluster: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setattr(n_way, "PARTITIONS", 1)
    measure = n_way.beside_memory(n_way.make_field(6))
    assert measure["agree"] and measure["name"] == "n_way.memory"
    assert measure["note"].startswith("our time / its time, at most 4; 12000 sources")


def test_a_missing_peer_is_skipped_with_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    def missing(*_: object) -> tuple[float, n_way.Labels]:
        raise FileNotFoundError("stilts is not installed (a Debian package)")

    assert n_way.beside_peer("stilts", missing, n_way.make_field(1), 1.0) is None
    assert capsys.readouterr().err == (
        "n_way.stilts skipped: stilts is not installed (a Debian package)\n"
    )


def test_other_groups_are_seen() -> None:
    labels = np.array([1, 1, 2, 3])
    assert n_way.same_groups(labels, np.array([7, 7, 0, -1]))
    assert not n_way.same_groups(labels, np.array([7, 7, 7, 8]))
    assert not n_way.same_groups(labels, np.array([7, 6, 5, 4]))
