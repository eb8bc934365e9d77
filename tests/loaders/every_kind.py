"""One catalog of every kind the loader takes, with every column, NULL where the table allows it."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skytract.loaders.load_target import TargetColumn, find_target, kinds

N = 40
SEED = 20250704
VISITS = np.arange(1, N + 1)
EDGES = ([0.0, 359.9999999, 12.5, 200.0], [90.0, -90.0, 0.0, -41.8])
"""Positions [deg] at RA 0 and 360, at both poles, and where the belt meets a polar cap."""

TEXTS = ["", "plain", "Ünïcode ☆", 'a "quoted", text', "line\nbreak", "x" * 300, "\\N", "NULL"]
WAVELENGTH = [np.linspace(300.0, 1100.0, 5 + i) for i in range(N)]


def write_every_kind(folder: Path) -> list[Path]:
    """Write N rows of every kind, in the order in which they can be loaded."""
    rng = np.random.default_rng(SEED)
    paths = []
    for kind in kinds():
        columns = {c.key: _values(kind, c, rng) for c in find_target(kind).columns.values()}
        table = pa.table(columns).replace_schema_metadata({"skytract.kind": kind})
        paths.append(folder / f"{kind}.parquet")
        pq.write_table(table, paths[-1])
    return paths


def _values(kind: str, column: TargetColumn, rng: np.random.Generator) -> pa.Array:
    known = _known(kind, rng).get(column.key)
    values = _random(column, rng) if known is None else known
    missing = rng.random(N) < 0.3 if column.nullable and known is None else np.zeros(N, bool)
    array = pa.array(list(values) if column.type.endswith("[]") else values)
    return pa.array(
        [None if m else v for m, v in zip(missing, array.to_pylist(), strict=True)], array.type
    )


def _known(kind: str, rng: np.random.Generator) -> dict[str, Any]:
    """Columns whose values must fit each other, or what the loader checks."""
    ra, dec = rng.uniform(0.0, 360.0, N), np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, N)))
    ra[:4], dec[:4] = EDGES
    identity = find_target(kind).identity
    known: dict[str, Any] = {"ra": ra, "dec": dec, "visit": VISITS}
    known |= {"detector": (VISITS % 7).astype(np.int32), "patch": (VISITS % 9).astype(np.int32)}
    known |= {"band": np.array(list("ugrizy"))[VISITS % 6], "tract": np.full(N, 9813, np.int32)}
    known |= {
        "wavelength": WAVELENGTH,
        "throughput": [np.linspace(0, 1, len(w)) for w in WAVELENGTH],
    }
    known |= {"fNu": [np.sqrt(w) for w in WAVELENGTH], "includesAtmosphere": np.ones(N, bool)}
    known |= {"wavelengthMedium": np.array(["vacuum", "air"])[VISITS % 2]}
    known |= {"kind": np.array(["star", "qso"])[VISITS % 2]}
    order = (VISITS % 4).astype(np.int32)
    terms = [rng.normal(size=(n + 1) ** 2) for n in order]
    known |= {"sipOrder": order, "sipA": terms, "sipB": [-a for a in terms]}
    if identity[0] == "name":
        known["name"] = [f"curve {i}" for i in range(N)]
    elif identity[0] not in ("visit", "catalog"):
        known[identity[0]] = (1 << 40) + rng.permutation(N)
    return known


def _random(column: TargetColumn, rng: np.random.Generator) -> Any:
    if column.type.endswith("[]"):
        return [rng.normal(size=rng.integers(0, 6)) for _ in range(N)]
    if column.type == "text":
        return [TEXTS[i % len(TEXTS)] for i in range(N)]
    if column.type == "boolean":
        return rng.random(N) < 0.5
    if column.type in ("real", "double precision"):
        values = rng.lognormal(0.0, 5.0, N).astype("f4" if column.type == "real" else "f8")
        values[::9] = np.nan if column.nullable else 1.0
        return values
    sizes = {"bigint": np.int64, "integer": np.int32, "smallint": np.int16}
    return rng.integers(0, 1000, N).astype(sizes[column.type])
