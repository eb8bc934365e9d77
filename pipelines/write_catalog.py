"""Raw-unit catalogs as Parquet files, written whole or not at all."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from skytract.loaders.source_ids import MAX_DETECTOR, MAX_SOURCES, MAX_VISIT, pack_source_id
from skytract.pipelines.catalog_schema import arrow_schema
from skytract.pipelines.frame_error import FrameError


def source_ids(visit: int, detector: int, n: int) -> npt.NDArray[np.int64]:
    """Ids of the n sources of a detector, unique over all visits.

    Examples
    --------
    >>> [int(i) for i in source_ids(1, 2, 2)]
    [67633152, 67633153]

    Raises
    ------
    FrameError
        If visit >= 2^37, detector >= 256 or n > 262144: the id would not be unique.
    """
    if not (0 <= visit < MAX_VISIT and 0 <= detector < MAX_DETECTOR and n <= MAX_SOURCES):
        raise FrameError(
            f"Visit {visit}, detector {detector} with {n} sources has no room in a 64-bit id: "
            f"visit must be below {MAX_VISIT}, detector below {MAX_DETECTOR}, and a detector may "
            f"hold {MAX_SOURCES} sources. Number the visits, or raise --threshold."
        )
    return pack_source_id(visit, detector, np.arange(n))


def as_table(kind: str, columns: Mapping[str, Any], n: int) -> pa.Table:
    """Make a catalog of n rows: the columns declared for its kind, NULL where none is given.

    Parameters
    ----------
    kind : str
        Name of a raw table.
    columns : mapping
        Arrays of length n, or scalars for all rows. NaN becomes NULL.

    Raises
    ------
    ValueError
        If a column is not declared, or a NOT NULL column has holes.
    """
    schema = arrow_schema(kind)
    unknown = set(columns) - set(schema.names)
    if unknown:
        raise ValueError(f"raw.{kind} has no columns {sorted(unknown)}")
    arrays = []
    for field in schema:
        values = columns.get(field.name)
        if not isinstance(values, np.ndarray | list):
            values = [values] * n
        array = pa.array(values, type=field.type, from_pandas=True)
        if not field.nullable and array.null_count:
            raise ValueError(f"raw.{kind}.{field.name} must not be NULL")
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=schema)


def write_table(table: pa.Table, path: Path, metadata: Mapping[str, Any] | None = None) -> None:
    """Write a catalog beside its name and rename it: readers see a whole file or none.

    Parameters
    ----------
    metadata : mapping, optional
        Values for the file's key-value metadata, stored as JSON under `skytract.<key>`.
    """
    extra = {f"skytract.{key}": json.dumps(value) for key, value in (metadata or {}).items()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **extra})
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_metadata(path: Path) -> dict[str, Any] | None:
    """Metadata of a catalog written by `write_table`; None if it is missing or unreadable."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return None
    found = {key.decode(): value.decode() for key, value in metadata.items()}
    return {
        key.removeprefix("skytract."): value if key == "skytract.kind" else json.loads(value)
        for key, value in found.items()
        if key.startswith("skytract.")
    }


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain numbers, with None for NaN, ready for the metadata."""
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in values.items()
    }
