"""A disk that fills up while a file is loaded: nothing of it stays, and it can be loaded later."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from astropy.table import Table

from skytract.loaders.errors import SkytractError
from skytract.loaders.ledger import list_loads
from skytract.loaders.load import load_file, load_paths
from skytract.loaders.load_refused import RefusedError
from tests.loaders.catalogs import source_columns, write_catalog, write_sources, write_visit
from tests.loaders.faults.disk import enlarge, small_disk
from tests.loaders.invariants import check_invariants

Connection = psycopg.Connection[Any]

ROWS = 30_000
"""Rows that a disk of 2 MiB does not hold."""


@pytest.fixture
def disk() -> Iterator[Path]:
    with small_disk("2m") as folder:
        yield folder


@pytest.fixture
def sources_on_it(owner: Connection, disk: Path) -> Iterator[None]:
    """Have the sources of this test's database on the small disk."""
    owner.autocommit = True
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"
    partitions = [row[0] for row in owner.execute(query, ["raw.Source"])]
    owner.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
    for partition in partitions:
        owner.execute(f"ALTER TABLE {partition} SET TABLESPACE small")
    yield
    owner.execute("TRUNCATE raw.Source")
    for partition in partitions:
        owner.execute(f"ALTER TABLE {partition} SET TABLESPACE pg_default")
    owner.execute("DROP TABLESPACE small")


@pytest.mark.usefixtures("sources_on_it")
def test_a_full_disk_cuts_a_load_off(loader: Connection, disk: Path, tmp_path: Path) -> None:
    older = write_sources(tmp_path)
    path = write_catalog(tmp_path / "many.parquet", "Source", source_columns(ROWS))
    assert len(list(load_paths(loader, [*write_visit(tmp_path), older]))) == 3
    with pytest.raises(SkytractError, match=r"was cut off .*No space left on device"):
        load_file(loader, path, replace=True)
    check_invariants(loader)
    assert [entry.path for entry in list_loads(loader, "loaded", "Source")] == [str(older)]
    enlarge(disk, "64m")
    assert load_file(loader, path, replace=True).rows == ROWS
    check_invariants(loader)


@pytest.fixture
def small_tmpdir(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the loader's own temporary files on a disk of 64 KiB, and have it need them soon."""
    monkeypatch.setattr("skytract.loaders.seen_keys.PASS_CODES", 1 << 10)
    with small_disk("64k") as folder:
        monkeypatch.setattr("tempfile.tempdir", str(folder))
        yield


@pytest.mark.usefixtures("small_tmpdir")
@pytest.mark.parametrize("zipped", [False, True])
def test_a_full_disk_of_the_loader_is_told(
    loader: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    assert len(list(load_paths(loader, write_visit(tmp_path)))) == 2
    path = tmp_path / "many.fits"
    Table(source_columns(ROWS)).write(path)
    if zipped:
        path.write_bytes(gzip.compress(path.read_bytes(), 1))
    with pytest.raises(RefusedError, match=r"No space left on device.*set TMPDIR"):
        load_file(loader, path, "Source")
    check_invariants(loader)
    monkeypatch.setattr("tempfile.tempdir", None)
    assert load_file(loader, path, "Source").rows == ROWS
    check_invariants(loader)
