"""Columns of Parquet files as numpy arrays; pyarrow's own conversion is the oracle."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skytract.loaders.read_catalog import open_catalog, stated_kind

COLUMNS = {
    "int16": pa.array([1, None, -3, 4, 5, 6, 7, 8, 9, None, 11], pa.int16()),
    "uint64": pa.array([2**64 - 1, *range(10)], pa.uint64()),
    "float32": pa.array([0.5, None, float("nan"), *range(8)], pa.float32()),
    "float64": pa.array([1e300] * 10 + [None], pa.float64()),
    "bool": pa.array([True, None, False, True] * 2 + [True, False, None]),
    "text": pa.array(["", "Å", None, "long text", *"abcdefg"]),
    "timestamp": pa.array([1, None, *range(9)], pa.timestamp("ms", "Europe/Rome")),
    "float64[]": pa.array([[1.0, 2.0], [], None, *([[3.0]] * 8)]),
}


def python_values(name: str, data: Any, missing: Any) -> list[Any]:
    """Convert what was read as pyarrow's to_pylist does."""
    found: list[Any] = []
    for i, value in enumerate(data):
        if missing is not None and missing[i]:
            found.append(None)
        elif name == "text":
            found.append(value.decode())
        elif name == "timestamp":
            found.append(int(value.astype("M8[us]").astype(int)))
        else:
            found.append(value.tolist())
    return found


@pytest.mark.parametrize("rows", [3, 4, 100])
@pytest.mark.parametrize("dictionary", [False, True])
def test_values_and_nulls(tmp_path: Path, rows: int, dictionary: bool) -> None:
    table = pa.table(COLUMNS)
    if dictionary:
        table = table.set_column(5, "text", COLUMNS["text"].dictionary_encode())
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=5)
    found: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    with open_catalog(tmp_path / "t.parquet") as catalog:
        assert {name: head.type for name, head in catalog.columns.items()} == {
            n: n for n in COLUMNS
        }
        firsts = []
        for chunk in catalog.chunks(list(COLUMNS), rows):
            firsts.append(chunk.first)
            for name, values in chunk.columns.items():
                assert len(values.data) == chunk.rows <= rows
                found[name] += python_values(name, values.data, values.missing)
    assert firsts[0] == 0 and sum(np.diff([*firsts, catalog.rows])) == 11
    for name, column in COLUMNS.items():
        if name == "timestamp":
            column = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
        assert str(found[name]) == str(column.to_pylist()), name


def test_kind_and_units_come_from_metadata(tmp_path: Path) -> None:
    fields = [pa.field("a", pa.float64(), metadata={"unit": "deg"}), pa.field("b", pa.float64())]
    schema = pa.schema(fields, metadata={"skytract.kind": "Visit"})
    pq.write_table(schema.empty_table(), tmp_path / "t.parquet")
    with open_catalog(tmp_path / "t.parquet") as catalog:
        assert stated_kind(catalog) == "Visit" and catalog.rows == 0
        assert [head.unit for head in catalog.columns.values()] == ["deg", None]
