"""The tree for crowds, without a database: against brute force, and its limit."""

import numpy as np
import pytest

from skytract.udf.sky import match_crowd as module
from skytract.udf.sky.match_crowd import ROW, match_crowd
from tests.sky.test_cross_match import CENTRES, Catalog, agree, around, expect


def packed(catalog: Catalog) -> bytes:
    """Return rows as PostgreSQL sends them, ids from 0."""
    rows = np.empty(catalog[0].size, ROW)
    rows["id"], rows["ra"], rows["dec"] = np.arange(rows.size), *catalog
    return rows.tobytes()


@pytest.mark.parametrize("mode", ["nearest", "all", "mutual"])
@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("radius", [0.01, 1.0, 3e5])
def test_finds_what_brute_force_finds(
    monkeypatch: pytest.MonkeyPatch, centre: tuple[float, float], radius: float, mode: str
) -> None:
    """With few pairs in memory at a time; mode mutual gives the nearest of both sides."""
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", 50)
    left, right = around(centre, radius, 120, 1), around(centre, radius, 90, 2)
    pairs = list(match_crowd(packed(left), packed(right), radius, mode))
    found = {(a, b): s for a, b, s in pairs}
    if mode == "mutual":
        back = expect(right, left, radius, "nearest")
        expected = {(a, b): s for (b, a), s in back.items()}
        expected |= expect(left, right, radius, "nearest")
    else:
        expected = expect(left, right, radius, mode)
        assert len(pairs) == len(found)
    agree(found, expected, radius)


def test_order_of_rows_does_not_matter() -> None:
    """Ties included: each place holds three rows."""
    left, right = around((10.0, 20.0), 1.0, 100, 1), around((10.0, 20.0), 1.0, 100, 2)
    right = (np.repeat(right[0], 3), np.repeat(right[1], 3))
    rows = np.frombuffer(packed(right), ROW)
    shuffled = np.random.default_rng(3).permutation(rows).tobytes()
    for mode in ("nearest", "pairs", "mutual"):
        ways = (match_crowd(packed(left), r, 1.0, mode) for r in (packed(right), shuffled))
        assert len({tuple(sorted(way)) for way in ways}) == 1


def test_refuses_what_would_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PAIRS", 1000)
    rows = packed(around((0.0, 90.0), 1.0, 100, 1))
    with pytest.raises(ValueError, match=r"10000 pairs lie within 60\.0 arcsec in one place"):
        match_crowd(rows, rows, 60.0, "all")
