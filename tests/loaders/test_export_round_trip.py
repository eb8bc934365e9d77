"""What is loaded, exported and loaded again into a second database is the same, row for row."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from skytract.loaders.export import export_table
from skytract.loaders.home import Home
from skytract.loaders.load import load_file, load_paths
from skytract.loaders.load_target import find_target, kinds
from tests.fix_db import Connect, clone, opener
from tests.loaders.every_kind import N, write_every_kind

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def first(module_connect: Connect, tmp_path_factory: pytest.TempPathFactory) -> Connect:
    """A database with rows of every kind."""
    paths = write_every_kind(tmp_path_factory.mktemp("kinds"))
    for path in paths:
        assert load_file(module_connect("loader"), path).rows == N
    return module_connect


@pytest.fixture
def second(cluster: Home, template: str) -> Iterator[Connection]:
    """A loader of another, empty database."""
    for database in clone(cluster, template):
        for open_as in opener(cluster, database):
            yield open_as("loader")


def content(connection: Connection, kind: str) -> tuple[int, int]:
    """Number of rows of a kind and a hash of all that was loaded, with the sky key."""
    target = find_target(kind)
    names = [column.name for column in target.columns.values()] + ["hpx29"] * target.hpx29
    query = f"SELECT count(*), bit_xor(hash_record_extended(ROW({', '.join(names)}), 0)) FROM"
    rows, hash_ = connection.execute(f"{query} {target.schema}.{target.name}").fetchone() or (0, 0)
    connection.rollback()
    return rows, hash_


def test_parquet_of_every_kind(first: Connect, second: Connection, tmp_path: Path) -> None:
    reader = first("reader")
    for kind in kinds():
        path = tmp_path / f"{kind}.parquet"
        assert export_table(reader, f"{find_target(kind).schema}.{kind}", path).rows == N
    results = list(load_paths(second, [tmp_path]))
    assert [result.error for result in results] == [None] * len(kinds())
    for kind in kinds():
        assert content(second, kind) == content(reader, kind), kind
        assert content(second, kind)[0] == N


def test_fits_of_detections(first: Connect, second: Connection, tmp_path: Path) -> None:
    """FITS cannot tell NULL from an empty array or text; where there are neither it is the same."""
    reader = first("reader")
    for kind in ("Visit", "VisitDetector"):
        export_table(reader, f"raw.{kind}", tmp_path / f"{kind}.parquet")
    for kind in ("Source", "CoaddSource"):
        export_table(reader, f"raw.{kind}", tmp_path / f"{kind}.fits")
    results = list(load_paths(second, [tmp_path]))
    assert [result.error for result in results] == [None] * 4
    for kind in ("Source", "CoaddSource"):
        assert content(second, kind) == content(reader, kind), kind


def test_a_hats_folder(first: Connect, second: Connection, tmp_path: Path) -> None:
    reader = first("reader")
    for kind in ("Visit", "VisitDetector"):
        export_table(reader, f"raw.{kind}", tmp_path / f"{kind}.parquet")
    assert list(load_paths(second, [tmp_path]))
    result = export_table(reader, "raw.DiaSource", tmp_path / "hats", rows_per_file=5)
    assert result.files > 5
    assert [loaded.error for loaded in load_paths(second, [tmp_path / "hats"])] == [None]
    assert content(second, "DiaSource") == content(reader, "DiaSource")
