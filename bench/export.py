"""Export rate of raw.Source against the limit: psql's binary COPY of the same rows into a file.

The limit does nothing but write down what the server sends; ours decodes it, and encodes and
compresses it as Parquet, in one file (`export.limit`) or as a HATS folder, for which rows come in
the order of their sky key. Ratios are our rate over the limit's. The peer is how one does it
without us: pandas reads the table and writes Parquet.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.load_data import Connection, fresh_database, load_visits, write_sources
from bench.measure import Measure
from skytract.loaders.export import export_query, export_table
from skytract.loaders.lend import lend
from skytract.loaders.load import load_file
from skytract.loaders.postgresql import find_postgresql

ROWS = 300_000
PEER_ROWS = 20_000
ROUNDS = 3
ALL = "SELECT * FROM raw.Source"
FEW = f"{ALL} WHERE sourceId < {(1 << 32) + PEER_ROWS}"


def run(rows: int = ROWS) -> Iterator[Measure]:
    """Measure in a database of its own, which is dropped afterwards."""
    with TemporaryDirectory() as name, fresh_database("bench_export") as owner:
        folder = Path(name)
        load_visits(owner, folder, rows, [1])
        wanted = write_sources(folder, rows)
        load_file(owner, wanted)
        owner.execute("VACUUM ANALYZE raw.Source")
        table, hats, few = folder / "table.parquet", folder / "hats", folder / "few.parquet"
        limit = {
            "ours": lambda: export_table(owner, "raw.Source", table),
            "peer": psql_copy(owner, folder, ALL),
        }
        name = "export.limit, raw.Source to Parquet: psql copies to a file"
        yield measure(name, limit, table, wanted, ROUNDS)
        limit = {
            "ours": lambda: export_table(owner, "raw.Source", hats, rows // 20),
            "peer": psql_copy(owner, folder, f"{ALL} ORDER BY hpx29"),
        }
        name = "export raw.Source to HATS: psql copies to a file, by sky key"
        yield measure(name, limit, hats, wanted, ROUNDS)
        peer = {
            "ours": lambda: export_query(owner, FEW, few),
            "peer": pandas_write(owner, folder / "peer.parquet"),
        }
        yield measure("export a query: pandas.read_sql, to_parquet", peer, few, wanted, 1)


def measure(
    name: str, ways: dict[str, Callable[[], Any]], made: Path, wanted: Path, rounds: int
) -> Measure:
    """Go both ways in turn; compare their best rates, and what ours made with what was loaded."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for way, export in ways.items():
            remove(made)
            began = perf_counter()
            export()
            best[way] = min(best[way], perf_counter() - began)
            if way == "ours":
                rows, agree = compare(made, wanted)
    return {
        "name": name,
        "ours": rows / best["ours"],
        "peer": rows / best["peer"],
        "unit": "rows/s",
        "ratio": best["peer"] / best["ours"],
        "agree": agree,
        "note": f"{rows} rows",
    }


def remove(path: Path) -> None:
    """Remove a file or folder that may be there."""
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def compare(made: Path, wanted: Path) -> tuple[int, bool]:
    """Return the rows of an export, and whether they are those of the file that was loaded."""
    parts = [made] if made.is_file() else sorted(made.rglob("Npix=*.parquet"))
    loaded = pq.ParquetFile(wanted).read()
    tables = [pq.ParquetFile(part).read(columns=loaded.column_names) for part in parts]
    got = pa.concat_tables(tables).sort_by("sourceId").replace_schema_metadata()
    return got.num_rows, got.cast(loaded.schema).equals(loaded.slice(0, got.num_rows))


def psql_copy(connection: Connection, folder: Path, query: str) -> Callable[[], Any]:
    """Return what copies the rows of a query into a file by psql."""
    info = connection.info
    server = {"PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": info.user}
    environment = os.environ | server | {"PGDATABASE": info.dbname}
    command = f"\\copy ({query}) TO '{folder / 'peer.copy'}' (FORMAT binary)"
    psql = [str(find_postgresql().bin / "psql"), "--no-psqlrc", "--quiet", "--command", command]
    return lambda: subprocess.run(psql, env=environment, check=True)


def pandas_write(connection: Connection, path: Path) -> Callable[[], Any]:
    """Return what reads some rows by pandas and writes them."""
    import pandas as pd

    def write() -> None:
        with lend(connection) as lent:
            pd.read_sql(FEW, lent).to_parquet(path)

    return write
