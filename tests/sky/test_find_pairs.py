"""Pairs without a database: windows and trees against brute force, a few rows at a time."""

import numpy as np
import pytest

from skytract.udf.sky import crowd_pairs
from skytract.udf.sky import find_pairs as module
from skytract.udf.sky.array_bytes import read_array, write_array
from skytract.udf.sky.find_pairs import find_pairs
from skytract.udf.sky.match_arrays import match_arrays
from skytract.udf.sky.near_windows import Positions
from tests.sky.test_cross_match import CENTRES, Catalog, agree, around, expect


def rows(catalog: Catalog) -> Positions:
    """Number positions from 0."""
    return Positions(np.arange(catalog[0].size), *catalog)


@pytest.mark.parametrize("crowd", [0, 1000])
@pytest.mark.parametrize("mode", ["nearest", "all", "mutual"])
@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("radius", [0.01, 1.0, 3e5])
def test_finds_what_brute_force_finds(
    monkeypatch: pytest.MonkeyPatch,
    centre: tuple[float, float],
    radius: float,
    mode: str,
    crowd: int,
) -> None:
    """By trees alone, or by windows alone; mode mutual gives the nearest of both sides."""
    monkeypatch.setattr(module, "CROWD", crowd)
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 50)
    monkeypatch.setattr(crowd_pairs, "PAIRS_AT_ONCE", 50)
    left, right = around(centre, radius, 120, 1), around(centre, radius, 90, 2)
    pairs = [
        pair
        for arrays in find_pairs(rows(left), rows(right), radius, mode)
        for pair in zip(*(array.tolist() for array in arrays), strict=True)
    ]
    found = {(a, b): s for a, b, s in pairs}
    if mode == "mutual":
        back = expect(right, left, radius, "nearest")
        expected = {(a, b): s for (b, a), s in back.items()}
        expected |= expect(left, right, radius, "nearest")
    else:
        expected = expect(left, right, radius, mode)
        assert len(pairs) == len(found)
    agree(found, expected, radius)


@pytest.mark.parametrize("crowd", [0, 1000])
def test_order_of_rows_does_not_matter(monkeypatch: pytest.MonkeyPatch, crowd: int) -> None:
    """Ties included: each place holds three rows."""
    monkeypatch.setattr(module, "CROWD", crowd)
    left, right = around((10.0, 20.0), 1.0, 100, 1), around((10.0, 20.0), 1.0, 100, 2)
    right = (np.repeat(right[0], 3), np.repeat(right[1], 3))
    shuffled = rows(right).take(np.random.default_rng(3).permutation(300))
    for mode in ("nearest", "pairs", "mutual"):
        one, other = (
            np.hstack([np.stack(pairs) for pairs in find_pairs(rows(left), r, 1.0, mode)])
            for r in (rows(right), shuffled)
        )
        assert one.shape[1] > 30
        assert set(map(tuple, one.T.tolist())) == set(map(tuple, other.T.tolist()))


def test_refuses_what_would_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd_pairs, "MOST_PAIRS", 1000)
    crowd = rows(around((0.0, 90.0), 1.0, 100, 1))
    with pytest.raises(ValueError, match="10000 pairs lie within the radius in one crowd"):
        list(find_pairs(crowd, crowd, 60.0, "all"))


def test_arrays_come_and_go_as_images() -> None:
    """The answer of match_arrays is that of find_pairs, which is empty where a side is."""
    left, right = rows(around((10.0, 20.0), 1.0, 50, 1)), rows(around((10.0, 20.0), 1.0, 40, 2))
    images = [write_array(column) for column in (*left, *right)]
    (found,) = match_arrays(*images, 1.0, "all")  # type: ignore[call-arg]
    (expected,) = find_pairs(left, right, 1.0, "all")
    kinds = (np.int64, np.int64, np.float64)
    for image, numbers, kind in zip(found, expected, kinds, strict=True):
        np.testing.assert_array_equal(read_array(image, kind), numbers)


def test_refuses_what_is_no_column() -> None:
    image = write_array(np.arange(3))
    with pytest.raises(ValueError, match="not an array of float64"):
        read_array(image, np.float64)
    matrix = np.frombuffer(image, "i4").copy()
    matrix[0] = 2
    with pytest.raises(ValueError, match="with one dimension and without NULLs"):
        read_array(matrix.tobytes(), np.int64)
