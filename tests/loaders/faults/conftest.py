"""Databases for the tests of faults: one per module, with visits whose sources are yet to come."""

from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.loaders.load import load_paths
from tests.fix_db import Connect
from tests.loaders.catalogs import VISIT, detector_columns, visit_columns, write_catalog

Connection = psycopg.Connection[Any]

VISITS = 200
"""Visits that are loaded beforehand, so that every example of a test can have its own."""


@pytest.fixture(scope="module")
def visits(module_connect: Connect, tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """A loader of this module's database, which has many visits of one detector each."""
    folder, loader = tmp_path_factory.mktemp("visits"), module_connect("loader")
    numbers = np.arange(VISIT, VISIT + VISITS)
    visit, detector = visit_columns(), detector_columns()
    many = {"visit": numbers}
    paths = [
        write_catalog(folder / "v.parquet", "Visit", _repeat(visit) | many),
        write_catalog(folder / "d.parquet", "VisitDetector", _repeat(detector) | many),
    ]
    assert [result.state for result in load_paths(loader, paths)] == ["loaded", "loaded"]
    return loader


def _repeat(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: list(values) * VISITS for name, values in columns.items()}
