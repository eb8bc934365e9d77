"""Several loaders at once: everything once, nobody in a deadlock, readers never wait."""

import random
import re
import shutil
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.loaders.connect import connection_options
from skytract.loaders.home import Home
from skytract.loaders.ledger import list_loads
from skytract.loaders.load import LoadResult, load_file, load_paths
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.manifest import write_manifest
from skytract.loaders.undo import undo_load
from tests.fix_db import Connect
from tests.loaders.catalogs import VISIT, N, source_columns, write_catalog
from tests.loaders.faults.cases import write_unit, write_visit_sources
from tests.loaders.faults.fate import Work
from tests.loaders.faults.processes import Processes
from tests.loaders.invariants import check_invariants
from tests.loaders.paused import Paused

Connection = psycopg.Connection[Any]

pytestmark = pytest.mark.usefixtures("pieces")

LOADERS = 4
UNITS = 6
NEXT_VISIT = count(VISIT)


@pytest.fixture(scope="module")
def options(cluster: Home, module_database: str) -> Mapping[str, Any]:
    return connection_options("loader", cluster, module_database)


@pytest.fixture
def patient(module_connect: Connect) -> Connection:
    """A reader who waits for no lock longer than half a second."""
    reader = module_connect("reader")
    reader.execute("SET lock_timeout = '500ms'")
    reader.commit()
    return reader


def test_one_file_from_two_processes_is_loaded_once(
    visits: Connection, options: Mapping[str, Any], tmp_path: Path
) -> None:
    for _ in range(5):
        path = write_visit_sources(tmp_path, next(NEXT_VISIT))
        states = Processes(options, [lambda c, path=path: load_file(c, path).state] * 2).results()
        assert sorted(states) == ["already loaded", "loaded"]
    check_invariants(visits)


def write_ring(folder: Path) -> list[Path]:
    """Write units of three visits each, in a ring: each shares a file with those beside it."""
    numbers = [next(NEXT_VISIT) for _ in range(2 * UNITS)]
    files = [write_visit_sources(folder / "all", number) for number in numbers]
    for i in range(UNITS):
        unit = folder / f"unit_{i}"
        unit.mkdir()
        for j in range(3):
            shutil.copy(files[(2 * i + j) % len(files)], unit)
        write_manifest(unit, f"unit {i}")
    return [folder / f"unit_{i}" for i in range(UNITS)]


def write_versions(folder: Path) -> list[Path]:
    """Write two units, each in three versions."""
    visits = [next(NEXT_VISIT) for _ in range(2)]
    return [write_unit(folder, visit, version) for visit in visits for version in range(3)]


def load_in_order(paths: list[Path], seed: int, replace: bool) -> Work:
    order = random.Random(seed).sample(paths, len(paths))
    return lambda c: list(load_paths(c, order, replace=replace))


def deadlocks(connection: Connection) -> int:
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    with connection.transaction():
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


EXPECTED = re.compile("is loaded already as load|being taken out by another|that is running holds")
"""Why a unit may be refused when others come at the same time."""


@pytest.mark.parametrize(("write", "replace"), [(write_ring, False), (write_versions, True)])
def test_overlapping_units_in_different_order(
    visits: Connection,
    patient: Connection,
    options: Mapping[str, Any],
    tmp_path: Path,
    write: Callable[[Path], list[Path]],
    replace: bool,
) -> None:
    units = write(tmp_path)
    earlier = deadlocks(visits)
    loaders = Processes(options, [load_in_order(units, seed, replace) for seed in range(LOADERS)])
    while loaders.running():
        check_invariants(patient)
    check_invariants(visits)
    assert deadlocks(visits) == earlier
    results = loaders.results()
    assert all(isinstance(result, list) for result in results), results
    done: list[LoadResult] = [result for results_ in results for result in results_]
    loaded = [result.load_id for result in done if result.state == "loaded"]
    assert len(set(loaded)) == len(loaded) > 0
    assert all(EXPECTED.search(str(result.error)) for result in done if result.state == "refused")


def test_what_a_race_has_left_can_be_undone_and_loaded(
    visits: Connection, options: Mapping[str, Any], tmp_path: Path
) -> None:
    units = write_ring(tmp_path)
    Processes(options, [load_in_order(units, seed, False) for seed in range(LOADERS)]).results()
    for entry in list_loads(visits, state="loaded", kind="Manifest"):
        undo_load(visits, entry.load_id)
    # Every second unit fits beside the others.
    assert {result.state for result in load_paths(visits, units[::2])} == {"loaded"}
    check_invariants(visits)


def test_of_two_loads_that_wait_for_each_others_rows_one_is_refused(
    visits: Connection, module_connect: Connect, tmp_path: Path
) -> None:
    """The same rows under two visits, in opposite order: places do not keep these loads apart."""
    rows = source_columns(visit=next(NEXT_VISIT))
    other = {"visit": np.full(N, next(NEXT_VISIT))}
    turned = {name: values[::-1] for name, values in rows.items()}
    paths = [
        write_catalog(tmp_path / "a.parquet", "Source", rows),
        write_catalog(tmp_path / "b.parquet", "Source", turned | other),
    ]
    # In the middle of the second COPY, so that the rows of the first one are in the table.
    loads = [Paused(module_connect("loader"), path, after=2) for path in paths]
    for load in loads:
        load.go.set()
    states = [outcome(load) for load in loads]
    assert sorted(states) == ["has this row already", "loaded"]
    check_invariants(visits)


def outcome(load: Paused) -> str:
    try:
        return load.result().state
    except RefusedError as error:
        found = re.search("has this row already", str(error))
        return found[0] if found else str(error)
