"""Databases for the tests of faults: one per module, with visits whose sources are yet to come."""

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.loaders.load import load_paths
from tests.fix_db import Connect
from tests.loaders.catalogs import (
    VISIT,
    N,
    detector_columns,
    source_columns,
    visit_columns,
    write_catalog,
)

Connection = psycopg.Connection[Any]

VISITS = 200
"""Visits that are loaded beforehand, so that every example of a test can have its own."""

PIECES = 3
"""Pieces that a catalog of sources is read in."""


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have small catalogs read, checked and copied in pieces, as large ones are."""
    values = len(source_columns()) * N
    monkeypatch.setattr("skytract.loaders.load_rows.CHUNK_BYTES", 8 * values // PIECES)


@pytest.fixture(scope="module")
def visits(module_connect: Connect, tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """A loader of this module's database, which has many visits of one detector each."""
    loader = module_connect("loader")
    load_visits(loader, tmp_path_factory.mktemp("visits"))
    return loader


def load_visits(loader: Connection, folder: Path) -> None:
    """Load visits, one detector each."""
    many = {"visit": np.arange(VISIT, VISIT + VISITS)}
    paths = [
        write_catalog(folder / "v.parquet", "Visit", _repeat(visit_columns()) | many),
        write_catalog(folder / "d.parquet", "VisitDetector", _repeat(detector_columns()) | many),
    ]
    assert [result.state for result in load_paths(loader, paths)] == ["loaded", "loaded"]


def _repeat(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: list(values) * VISITS for name, values in columns.items()}
