"""Files as the loader sees them, without a database: matched, planned, checked."""

from pathlib import Path
from typing import Any

from skytract.loaders.check_values import make_batch
from skytract.loaders.dialect_find import find_match
from skytract.loaders.load_batch import Batch
from skytract.loaders.read_catalog import open_catalog


def batches(path: Path, rows: int = 1000, **options: Any) -> list[Batch]:
    """Return all rows of a file as columns of its table; options are those of `load_file`."""
    constants = options.pop("constants", {})
    with open_catalog(path) as file:
        catalog, plan = find_match(file, constants=constants, **options).plan(constants)
        chunks = catalog.chunks(plan.reads, rows)
        return [make_batch(catalog.path, plan, chunk) for chunk in chunks]


def column(path: Path, key: str, **options: Any) -> list[Any]:
    """Return the values of one column of the table, None where missing, arrays as lists."""
    values: list[Any] = []
    for batch in batches(path, **options):
        found = batch.columns[key]
        gone = found.missing if found.missing is not None else [False] * batch.rows
        values += [
            None if missing else list(v) if hasattr(v, "__len__") and v.dtype.kind == "f" else v
            for v, missing in zip(found.values, gone, strict=True)
        ]
    return values
