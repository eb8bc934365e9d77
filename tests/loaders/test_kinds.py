"""Every kind loads from every format, values unchanged, and can be replaced and undone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from astropy.io.votable import from_table
from astropy.io.votable.tree import Param

from skytract.loaders.load import load_file
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import find_target, kinds
from skytract.loaders.undo import undo_load
from tests.fix_db import Connect
from tests.loaders.catalogs import DETECTOR, write_visit
from tests.loaders.invariants import check_invariants
from tests.loaders.model_rows import N, Rows, as_table, model_rows, write_fits, write_parquet

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def visit(module_connect: Connect, tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """A connection of the loader to a database that has the visit and detectors of the rows."""
    loader = module_connect("loader")
    for number in range(len(WRITERS) + 1):
        folder = tmp_path_factory.mktemp("visit")
        for path in write_visit(folder, detector=DETECTOR + number)[number > 0 :]:
            load_file(loader, path)
    return loader


def read(connection: Connection, kind: str, load_id: int) -> list[tuple[Any, ...]]:
    """Read the rows of a load in the order of their ids, arrays as tuples."""
    target = find_target(kind)
    key = "refStarId" if kind == "ReferenceStar" else target.identity[0]
    order = "detector" if kind == "VisitDetector" else key
    query = (
        f"SELECT {', '.join(target.columns)} FROM {target.schema}.{kind}"
        f" WHERE loadId = %s ORDER BY {order}"
    )
    with connection.transaction():
        rows = connection.execute(query, [load_id], binary=True).fetchall()
    return [tuple(tuple(v) if isinstance(v, list) else v for v in row) for row in rows]


def expected(kind: str, rows: Rows) -> list[tuple[Any, ...]]:
    """Return what was written as `read` returns it."""
    target = find_target(kind)
    key = "refStarId" if kind == "ReferenceStar" else target.identity[0]
    order = np.argsort(rows["detector" if kind == "VisitDetector" else key], kind="stable")
    values = [[tuple(v) if isinstance(v, list) else v for v in rows[k]] for k in target.columns]
    table = list(zip(*values, strict=True))
    return [table[i] for i in order]


def write_ecsv(path: Path, kind: str, rows: Rows) -> Path:
    as_table(kind, rows).write(path, format="ascii.ecsv")
    return path


def write_votable(path: Path, kind: str, rows: Rows) -> Path:
    """Write a VOTable that says its kind in a PARAM."""
    table = as_table(kind, rows)
    for column in table.columns.values():
        # The standard of the VO does not have this unit.
        column.unit = None if "electron" in str(column.unit) else column.unit
        if column.dtype.kind == "O":
            column[:] = [np.empty(0) if value is None else value for value in column]
    votable = from_table(table)
    votable.params.append(
        Param(votable, name="skytract.kind", datatype="char", arraysize="*", value=kind)
    )
    votable.to_xml(str(path))
    return path


WRITERS: dict[str, Callable[[Path, str, Rows], Path]] = {
    "parquet": write_parquet,
    "fits": write_fits,
    "ecsv": write_ecsv,
    "vot": write_votable,
}


@pytest.mark.parametrize("format", WRITERS)
def test_every_kind_loads_unchanged(visit: Connection, tmp_path: Path, format: str) -> None:
    number = list(WRITERS).index(format)
    for kind in kinds():
        rows = model_rows(kind, number, null_flags=format != "fits")
        nullable = [key for key, c in find_target(kind).columns.items() if c.nullable]
        assert format == "fits" or all(None in rows[key] for key in nullable)
        result = load_file(visit, WRITERS[format](tmp_path / f"{kind}.{format}", kind, rows))
        assert (result.kind, result.rows) == (kind, N)
        assert read(visit, kind, result.load_id or 0) == expected(kind, rows)


def test_every_kind_is_replaced_and_undone(visit: Connection, tmp_path: Path) -> None:
    """By a file of other content with the same rows: they stand in another order."""
    loads: dict[str, int] = {}
    for kind in kinds():
        rows = model_rows(kind, len(WRITERS))
        turned = {key: values[::-1] for key, values in rows.items()}
        old = load_file(visit, write_parquet(tmp_path / f"{kind}.parquet", kind, rows)).load_id
        path = write_parquet(tmp_path / f"{kind}_b.parquet", kind, turned)
        with pytest.raises(RefusedError, match=rf"already.* load {old}.*give --replace"):
            load_file(visit, path)
        result = load_file(visit, path, replace=True)
        assert (result.replaced, result.rows) == ((old,), N)
        assert read(visit, kind, old or 0) == []
        loads[kind] = result.load_id or 0
        assert read(visit, kind, loads[kind]) == expected(kind, rows)
    check_invariants(visit)
    for kind, load_id in reversed(loads.items()):
        assert undo_load(visit, load_id).rows == {kind: N}
        assert read(visit, kind, load_id) == []
    check_invariants(visit)
