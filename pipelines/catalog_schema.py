"""Arrow schemas of the raw catalogs, read from the tables' own declaration (`sql/schema`)."""

from functools import cache
from importlib.resources import files
from typing import Any

import pyarrow as pa
import yaml

GIVEN_BY_LOADER = ("hpx29", "loadId")
"""Columns the loader adds: they are not in the files."""
ARROW_TYPES = {
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "text": pa.string(),
}


@cache
def _declared() -> dict[str, list[dict[str, Any]]]:
    """Columns of every raw table, read without validation: the workers start fast."""
    text = (files("skytract.sql") / "schema" / "raw.yaml").read_text(encoding="utf-8")
    tables = yaml.load(text, Loader=yaml.CSafeLoader)["tables"]
    return {table["name"]: table["columns"] for table in tables}


@cache
def arrow_schema(kind: str) -> pa.Schema:
    """Columns of a raw catalog file of some kind, in the order they are declared.

    Parameters
    ----------
    kind : str
        Name of a raw table: Visit, VisitDetector, Source, ForcedSource, ...

    Returns
    -------
    pyarrow.Schema
        Fields with nullability and `unit`; the metadata of the schema says `skytract.kind`.
    """
    fields = []
    for column in _declared()[kind]:
        if column["name"] not in GIVEN_BY_LOADER:
            is_array = column["datatype"] in ("float", "double") and any(
                "arraysize" in key for key in column
            )
            plain = ARROW_TYPES[column["datatype"]]
            nullable = column.get("nullable", True)
            fields.append(
                pa.field(
                    column["name"],
                    pa.list_(plain) if is_array else plain,
                    nullable=nullable,
                    metadata={"unit": column["ivoa:unit"]},
                )
            )
    return pa.schema(fields, metadata={"skytract.kind": kind})
