"""A HATS folder is one file in many: loaded by one load, refused by the name of a cell's file."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pytest import MonkeyPatch

from skytract.loaders.errors import SkytractError
from skytract.loaders.export import export_table
from skytract.loaders.load import LoadResult, load_file, load_paths
from skytract.loaders.load_files import find_files
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_size import measure
from skytract.loaders.manifest import write_manifest
from skytract.loaders.undo import undo_load
from tests.fix_db import Connect
from tests.loaders.catalogs import N, write_sources, write_visit
from tests.loaders.invariants import check_invariants
from tests.loaders.paused import undo_all

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def visit(module_connect: Connect, tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """A loader of a database that knows a visit."""
    loader = module_connect("loader")
    results = load_paths(loader, write_visit(tmp_path_factory.mktemp("visit")))
    assert {result.state for result in results} == {"loaded"}
    return loader


@pytest.fixture
def loader(visit: Connection) -> Iterator[Connection]:
    """The same; afterwards all but the visit is undone."""
    yield visit
    check_invariants(visit)
    undo_all(visit)


@pytest.fixture
def hats(loader: Connection, module_connect: Connect, tmp_path: Path) -> Path:
    """Sources of one detector, which lie in many cells, exported and taken out again."""
    path = write_sources(tmp_path, ra=np.linspace(0, 359.9, N), dec=np.linspace(-90, 90, N))
    load_id = load_file(loader, path).load_id
    assert load_id is not None
    folder = tmp_path / "out" / "sources"
    folder.parent.mkdir()
    assert export_table(module_connect("reader"), "raw.Source", folder, rows_per_file=4).files > 5
    undo_load(loader, load_id)
    return folder


def cells(folder: Path) -> list[Path]:
    return sorted(folder.rglob("Npix=*.parquet"))


def change(cell: Path, name: str, value: Any) -> None:
    """Set a column of a cell's first row."""
    table = pq.read_table(cell)
    values = [value, *table[name].to_pylist()[1:]]
    at = table.schema.get_field_index(name)
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(values)), cell)


def load(loader: Connection, path: Path | str, **options: Any) -> LoadResult:
    [result] = load_paths(loader, [path], **options)
    return result


def test_rows_come_back_as_one_load(loader: Connection, hats: Path, tmp_path: Path) -> None:
    result = load(loader, hats)
    assert (result.state, result.kind, result.rows) == ("loaded", "Source", N)
    with loader.transaction():
        found = loader.execute("SELECT sourceId, ra, dec FROM raw.Source ORDER BY 1").fetchall()
    table = pq.read_table(tmp_path / "Source.parquet")
    wanted = [table[key].to_pylist() for key in ("sourceId", "ra", "dec")]
    assert found == list(zip(*wanted, strict=True))


def test_its_content_is_that_of_its_cells(loader: Connection, hats: Path, tmp_path: Path) -> None:
    """Not its name, nor when it was made."""
    assert load(loader, hats).state == "loaded"
    copy = tmp_path / "copy"
    shutil.copytree(hats, copy)
    (copy / "properties").write_text("obs_collection=another\n")
    assert load(loader, copy).state == "already loaded"
    change(cells(copy)[0], "psfInstFlux", 7.0)
    refused = load(loader, copy)
    assert refused.error and "Source 17/4 is loaded already" in refused.error
    assert load(loader, copy, replace=True).state == "loaded"


def test_it_is_found_as_a_whole(hats: Path) -> None:
    for given in (hats, hats.parent, f"{hats.parent}/s*", f"{hats.parent}/**/*"):
        assert find_files([given]) == [hats]
    size = measure(hats)
    assert (size.rows, size.bytes) == (N, sum(cell.stat().st_size for cell in cells(hats)))


def test_a_cell_is_not_loaded_by_itself(hats: Path, tmp_path: Path) -> None:
    """The next one, of the same visit, would be refused, or would take its place."""
    words = rf"is a cell of the HATS folder {hats}, and a visit .*: give the folder, or copy"
    for given in (cells(hats)[0], f"{hats.parent}/**/*.parquet"):
        with pytest.raises(SkytractError, match=words):
            find_files([given])
    copied = shutil.copy(cells(hats)[0], tmp_path / "cell.parquet")
    assert find_files([copied]) == [copied]


def test_a_manifest_is_not_passed_over(loader: Connection, hats: Path) -> None:
    """It makes the folder a unit of cells, which share a visit; `load manifest` makes none."""
    with pytest.raises(SkytractError, match="is a HATS folder, whose cells are loaded as one file"):
        write_manifest(hats, "sources")
    (hats / "manifest.json").write_text('{"name": "sources", "files": []}')
    error = load(loader, hats).error
    assert error and "manifest.json: It lists no files" in error


def test_a_bad_row_is_named_by_its_cell(loader: Connection, hats: Path) -> None:
    cell = cells(hats)[3]
    change(cell, "dec", float("nan"))
    error = load(loader, hats).error
    assert error and error.startswith(f"{cell}, column dec, row 0 (from 0), value nan: It is NaN")


def test_a_damaged_cell_is_refused(loader: Connection, hats: Path) -> None:
    cell = cells(hats)[2]
    cell.write_bytes(cell.read_bytes()[:-20])
    with pytest.raises(RefusedError, match=rf"{cell}: It cannot be read as Parquet"):
        load_file(loader, hats)


def test_a_folder_that_lacks_a_cell_is_refused(loader: Connection, hats: Path) -> None:
    """As one that is still being copied."""
    cell = cells(hats)[4]
    away = cell.rename(cell.with_suffix(".part"))
    rows = N - pq.read_metadata(away).num_rows
    error = load(loader, hats).error
    assert error == (
        f"{hats}: Its cells have {rows} rows, and its properties state {N}; "
        "copy it again, when it is complete."
    )
    away.rename(cell)
    assert load(loader, hats).rows == N


def test_a_folder_without_cells_is_refused(loader: Connection, hats: Path) -> None:
    shutil.rmtree(hats / "dataset" / "Norder=0", ignore_errors=True)
    for cell in cells(hats):
        cell.unlink()
    error = load(loader, hats).error
    assert error and "It is a HATS folder without a file dataset/Norder=*" in error


def test_a_cell_that_changes_meanwhile_is_noticed(
    loader: Connection, hats: Path, monkeypatch: MonkeyPatch
) -> None:
    def touch(rows: int) -> None:
        change(cells(hats)[0], "psfInstFlux", 7.0)

    with pytest.raises(RefusedError, match="It changed while it was loaded"):
        load_file(loader, hats, progress=touch)
