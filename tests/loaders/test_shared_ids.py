"""Ids of one load are compared with those of others by index, whatever table they are in."""

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.loaders.load import load_file
from skytract.loaders.load_refused import RefusedError
from tests.loaders.catalogs import write_catalog

Connection = psycopg.Connection[Any]

N = 20


def write_measurements(
    folder: Path, kind: str, patch: int, band: str, shift: float, ids: Any = None
) -> Path:
    """Write rows of a patch, `shift` deg away from those of other patches and bands."""
    key = "coaddSourceId" if kind == "CoaddSource" else "measurementId"
    columns = {
        key: np.arange(N) if ids is None else ids,
        "tract": np.full(N, 9813, np.int32),
        "patch": np.full(N, patch, np.int32),
        "band": [band] * N,
        "ra": 150 + shift + 0.001 * np.arange(N),
        "dec": np.full(N, 2.0),
        "zeroPoint": np.full(N, 27.0),
        "isPatchInner": np.ones(N, bool),
        "isTractInner": np.ones(N, bool),
        "deblend_nChild": np.zeros(N, np.int32),
    }
    if kind == "CoaddSource":
        columns = {k: v for k, v in columns.items() if not k.startswith(("is", "deblend"))}
    return write_catalog(folder / f"{kind}_{patch}_{band}.parquet", kind, columns)


def scans(connection: Connection, table: str) -> int:
    """Return how often the present transaction has read a table from end to end."""
    query = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relid = %s::regclass"
    row = connection.execute(query, (table,)).fetchone()
    assert row is not None
    return int(row[0])


def test_bands_share_ids_of_measurements(loader: Connection, tmp_path: Path) -> None:
    """Of one band they differ; each band's file is compared with the others' by its patch."""
    loads = [
        load_file(loader, write_measurements(tmp_path, "ObjectMeasurement", 1, band, 0.01 * i))
        for i, band in enumerate("gri")
    ]
    again = write_measurements(tmp_path, "ObjectMeasurement", 2, "r", 0.2)
    with pytest.raises(RefusedError, match=f"Load {loads[1].load_id} brought a row with the same"):
        load_file(loader, again)
    with loader.transaction():
        before = scans(loader, "raw.ObjectMeasurement")
        query = "SELECT * FROM raw.find_shared_ids(%s, %s, %s, %s, 0, %s)"
        keys, ids = ["measurementid", "band"], [load.load_id for load in loads]
        values = ("objectmeasurement", keys, ids[2], ids[:2], N)
        assert loader.execute(query, values).fetchall() == []
        assert scans(loader, "raw.ObjectMeasurement") == before


def test_an_id_between_others_is_found(loader: Connection, tmp_path: Path) -> None:
    """Ranges of ids that cross share none, or one."""
    even, odd = 2 * np.arange(N), 2 * np.arange(N) + 1
    for patch, ids in enumerate((even, odd)):
        path = write_measurements(tmp_path, "CoaddSource", patch, "r", 0.2 * patch, ids)
        assert load_file(loader, path).rows == N
    ids = np.r_[100:119, 7]
    path = write_measurements(tmp_path, "CoaddSource", 3, "r", 0.6, ids)
    with pytest.raises(RefusedError, match="column coaddSourceId, value 7: Load 2 brought"):
        load_file(loader, path)
