"""The benchmark of reference matching runs on a few fields, and its answers agree."""

import sys

import numpy as np
import pytest

from bench import match_pattern


def test_a_few_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match_pattern, "beside_astroalign", lambda _: None)
    measures = {m["name"]: m for m in match_pattern.run(10, 5)}
    assert all(m["agree"] for m in measures.values())
    assert list(measures) == [f"match_pattern.{n}" for n in ("recovered", "rate", "false_claims")]
    assert measures["match_pattern.recovered"]["ours"] == 0.0


def test_fields_are_the_same_every_time() -> None:
    first, second = (match_pattern.related(3) for _ in range(2))
    assert np.array_equal(first.points, second.points)
    assert np.array_equal(first.stars, second.stars)


def test_a_hard_field_has_ten_stars_in_common() -> None:
    field = match_pattern.related(20)
    assert field.common == 10 and len(field.points) == 100
    # As many stars per area, on a wider area.
    assert len(field.stars) == round(100 * (445 / 400) ** 2)
    apart = field.points[:10] @ field.matrix.T + field.shift - field.stars[:10]
    assert np.abs(apart).max() < 5 * field.error


def test_a_wrong_transform_is_seen() -> None:
    field = match_pattern.related(20)
    match = field.match()
    assert field.recovered(match) and match.transform is not None
    moved = match._replace(transform=[match.transform[0] + 1.5, *match.transform[1:]])
    assert not field.recovered(moved)
    assert not field.recovered(match._replace(transform=None))


def test_a_missing_peer_is_skipped_with_a_note(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "astroalign", None)
    assert match_pattern.beside_astroalign(1) is None
    assert capsys.readouterr().err.startswith("match_pattern.astroalign skipped: ")
