"""Catalog files: declared columns, unique ids, whole or not at all, the same bytes twice."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skytract.pipelines.catalog_schema import GIVEN_BY_LOADER, arrow_schema
from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.write_catalog import (
    MAX_DETECTOR,
    MAX_SOURCES,
    MAX_VISIT,
    as_json,
    as_table,
    read_metadata,
    source_ids,
    write_table,
)
from skytract.sql.model import find_table, is_array

VISIT = {
    "visit": [1, 2],
    "band": ["g", "r"],
    "ra": np.array([1.0, 2.0]),
    "dec": np.array([0.0, -1.0]),
    "expMidptMJD": [6e4, 6e4 + 1],
    "expTime": 30.0,
    "airmass": np.array([1.1, np.nan]),
}


ARROW_NAMES = {
    "long": "int64",
    "int": "int32",
    "double": "double",
    "float": "float",
    "boolean": "bool",
    "text": "string",
}


@pytest.mark.parametrize("kind", ["Visit", "VisitDetector", "Source", "ForcedSource"])
def test_schema_is_the_declared_table(kind: str) -> None:
    declared = {c.key: c for c in find_table("raw", kind).columns if c.key not in GIVEN_BY_LOADER}
    schema = arrow_schema(kind)
    assert schema.names == list(declared)
    assert schema.metadata == {b"skytract.kind": kind.encode()}
    for field in schema:
        column = declared[field.name]
        felis = column.info["felis"]
        plain = field.type.value_type if pa.types.is_list(field.type) else field.type
        assert str(plain) == ARROW_NAMES[felis.datatype]
        assert pa.types.is_list(field.type) == is_array(felis)
        assert field.nullable == column.nullable
        assert field.metadata == {b"unit": (felis.ivoa_unit or "").encode()}


place = st.tuples(
    st.integers(0, MAX_VISIT - 1), st.integers(0, MAX_DETECTOR - 1), st.integers(0, MAX_SOURCES - 1)
)


@given(place, place)
def test_ids_are_unique_and_fit_64_bits(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    visit, detector, number = one
    first = int(source_ids(visit, detector, 1)[0])
    assert 0 <= first + number < 2**63
    ids = [int(source_ids(v, d, 1)[0]) + n for v, d, n in (one, other)]
    assert (ids[0] == ids[1]) == (one == other)


@pytest.mark.parametrize(
    ("visit", "detector", "n"),
    [(MAX_VISIT, 0, 1), (-1, 0, 1), (0, MAX_DETECTOR, 1), (0, 0, MAX_SOURCES + 1)],
)
def test_ids_without_room_are_refused(visit: int, detector: int, n: int) -> None:
    with pytest.raises(FrameError, match="has no room in a 64-bit id"):
        source_ids(visit, detector, n)


def test_missing_columns_and_nan_are_null() -> None:
    table = as_table("Visit", VISIT, 2)
    assert table["airmass"].to_pylist() == [1.1, None]
    assert table["pwv"].to_pylist() == [None, None]
    assert table["expTime"].to_pylist() == [30.0, 30.0]


def test_wrong_columns_are_refused() -> None:
    with pytest.raises(ValueError, match=r"raw.Visit has no columns \['fluxes'\]"):
        as_table("Visit", VISIT | {"fluxes": [1, 2]}, 2)
    with pytest.raises(ValueError, match=r"raw.Visit.ra must not be NULL"):
        as_table("Visit", VISIT | {"ra": np.array([1.0, np.nan])}, 2)


def test_files_are_whole_and_reproducible(tmp_path: Path) -> None:
    table = as_table("Visit", VISIT, 2)
    paths = tmp_path / "a.parquet", tmp_path / "b.parquet"
    for path in paths:
        write_table(table, path, {"config": "x", "row": {"n": 1, "z": None}})
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert pq.read_table(paths[0]).to_pydict() == table.to_pydict()
    assert read_metadata(paths[0]) == {"kind": "Visit", "config": "x", "row": {"n": 1, "z": None}}
    assert {p.name for p in tmp_path.iterdir()} == {"a.parquet", "b.parquet"}


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "Visit.parquet"
    write_table(as_table("Visit", VISIT, 2), path)
    before = path.read_bytes()

    def full(*args: object, **options: object) -> None:
        Path(str(args[1])).write_bytes(b"PAR1 half")
        raise OSError("No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match="No space"):
        write_table(as_table("Visit", VISIT, 2), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_metadata_of_broken_files(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    assert read_metadata(path) is None
    path.write_bytes(b"PAR1 truncated")
    assert read_metadata(path) is None


def test_nan_has_no_place_in_json() -> None:
    assert as_json({"a": float("nan"), "b": 1.5, "c": None}) == {"a": None, "b": 1.5, "c": None}
