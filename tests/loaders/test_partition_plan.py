"""Plans cover the sky exactly once and keep to the budget wherever that is possible."""

import itertools
from pathlib import Path

import healpy
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skytract.loaders.errors import SkytractError
from skytract.loaders.partition import Cell
from skytract.loaders.partition_density import DENSITY_ORDER, density_of_file, density_of_table
from skytract.loaders.partition_plan import Density, PlannedCell, plan
from skytract.udf.sky.healpix import CELLS, cell_range
from skytract.udf.sky.hpx29 import hpx29
from tests.fill_table import fill_table
from tests.sky.positions import uniform_positions


@st.composite
def densities(draw: st.DrawFn) -> Density:
    order = draw(st.integers(0, 12))
    pixels = draw(st.lists(st.integers(0, (12 << 2 * order) - 1), max_size=60))
    rows = draw(st.lists(st.integers(0, 1000), min_size=len(pixels), max_size=len(pixels)))
    return Density.of(order, pixels, rows)


def rows_in(density: Density, cell: Cell) -> int:
    """Slow definition: the sum over the density's cells that lie in a cell."""
    shift = 2 * (density.order - cell.ord)
    inside = (p >> shift == cell.pixel for p in density.pixels.tolist())
    return sum(n for n, yes in zip(density.rows.tolist(), inside, strict=True) if yes)


@given(densities(), st.integers(1, 2000), st.integers(12, 60))
def test_cells_cover_the_sky_exactly_once(density: Density, budget: int, limit: int) -> None:
    bounds = [cell_range(*p.cell) for p in plan(density, budget, limit)]
    assert bounds[0][0] == 0 and bounds[-1][1] == CELLS
    assert all(before[1] == after[0] for before, after in itertools.pairwise(bounds))
    assert len(bounds) <= limit


@given(densities(), st.integers(1, 2000), st.integers(12, 60))
def test_budget_is_kept_where_a_division_can_keep_it(
    density: Density, budget: int, limit: int
) -> None:
    planned = plan(density, budget, limit)
    for p in planned:
        assert p.rows == rows_in(density, p.cell)
        assert p.rows <= budget or p.cell.ord == density.order or len(planned) + 3 > limit


@given(densities(), st.integers(1, 2000))
def test_no_cell_is_divided_without_need(density: Density, budget: int) -> None:
    """The parent of every cell holds more than the budget."""
    for p in plan(density, budget):
        if p.cell.ord > 0:
            assert rows_in(density, Cell(p.cell.ord - 1, p.cell.pixel >> 2)) > budget


@given(densities(), st.integers(1, 500), st.randoms())
def test_order_of_the_input_does_not_matter(density: Density, budget: int, random: object) -> None:
    rows = [(p, n) for p, n in zip(density.pixels, density.rows, strict=True)]
    # Each cell's rows in two parts, shuffled.
    parts = [(p, n // 2) for p, n in rows] + [(p, n - n // 2) for p, n in rows]
    random.shuffle(parts)  # type: ignore[attr-defined]
    shuffled = Density.of(density.order, [p for p, _ in parts], [n for _, n in parts])
    assert plan(shuffled, budget) == plan(density, budget)


def test_limit_divides_the_fullest_first() -> None:
    density = Density.of(2, [0, 1, 100], [500, 400, 300])
    planned = plan(density, 100, max_partitions=15)
    assert {p.cell.ord for p in planned} == {0, 1}
    assert next(p for p in planned if p.cell.ord == 1) == PlannedCell(Cell(1, 0), 900)


def test_empty_sky_is_the_base_cells() -> None:
    assert [p.cell for p in plan(Density.of(5, [], []), 1)] == [Cell(0, n) for n in range(12)]


@pytest.mark.parametrize(("budget", "limit"), [(0, 1000), (-5, 1000), (10, 11)])
def test_refuses_what_no_plan_can_meet(budget: int, limit: int) -> None:
    with pytest.raises(SkytractError, match=r"give >= 1|allow at least 12"):
        plan(Density.of(0, [0], [1]), budget, limit)


def test_refuses_pixels_beyond_the_order() -> None:
    with pytest.raises(SkytractError, match="NESTED HEALPix indices of order 1"):
        Density.of(1, [48], [1])


def test_density_of_a_catalog_and_of_a_map(tmp_path: Path) -> None:
    ra, dec = uniform_positions(np.random.default_rng(1), 5000)
    pq.write_table(pa.table({"ra": ra, "dec": dec}), tmp_path / "catalog.parquet")
    catalog = density_of_file(tmp_path / "catalog.parquet")
    pixels = healpy.ang2pix(2**DENSITY_ORDER, ra, dec, nest=True, lonlat=True)
    expected = Density.of(DENSITY_ORDER, pixels, np.ones(5000))
    assert np.array_equal(catalog.pixels, expected.pixels)
    assert np.array_equal(catalog.rows, expected.rows)

    np.save(tmp_path / "map.npy", np.bincount(pixels >> 2 * (DENSITY_ORDER - 3), minlength=768))
    coarse = density_of_file(tmp_path / "map.npy")
    assert coarse.order == 3 and coarse.rows.sum() == 5000
    # Both say the same about cells that both can see.
    assert plan(coarse, 400) == plan(catalog, 400)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("a.npy", np.ones(13), "12 \\* 4\\*\\*order"),
        ("a.npy", np.ones((12, 1)), "one dimension"),
        ("a.npy", -np.ones(12), "negative or undefined"),
        ("a.txt", None, "is no density"),
        ("a.parquet", None, "cannot be read"),
    ],
)
def test_refuses_what_is_no_density(
    tmp_path: Path, name: str, array: np.ndarray | None, message: str
) -> None:
    path = tmp_path / name
    path.write_text("nothing")
    if array is not None:
        np.save(path, array)
    with pytest.raises(SkytractError, match=message):
        density_of_file(path)


def test_refuses_a_catalog_without_positions(tmp_path: Path) -> None:
    pq.write_table(pa.table({"ra": [1.0]}), tmp_path / "a.parquet")
    with pytest.raises(SkytractError, match="no column dec"):
        density_of_file(tmp_path / "a.parquet")


def test_density_of_a_table(owner: psycopg.Connection) -> None:
    ra, dec = uniform_positions(np.random.default_rng(2), 500)
    fill_table(owner, "raw.source", hpx29=hpx29(ra, dec), sourceid=np.arange(500), ra=ra, dec=dec)
    found = density_of_table(owner, "raw.Source")
    expected = Density.of(DENSITY_ORDER, hpx29(ra, dec) >> 2 * (29 - DENSITY_ORDER), np.ones(500))
    assert np.array_equal(found.pixels, expected.pixels)
    assert np.array_equal(found.rows, expected.rows)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("raw.Visit", "is not partitioned by sky"),
        ("raw.Nothing", "no file and no table"),
        ("nowhere.Source", "no file and no table"),
    ],
)
def test_refuses_what_is_no_partitioned_table(
    owner: psycopg.Connection, table: str, message: str
) -> None:
    with pytest.raises(SkytractError, match=message):
        density_of_table(owner, table)
