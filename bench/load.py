"""Load rate of raw.Source: against the limit, against peers, and of two loaders at once.

The limit is psql's `\\copy ... (format binary)` of the same rows, encoded and sorted before, into
the same table: its ratio can hardly be above 1. Ours, and the peers, begin with a Parquet file;
ours hashes, reads, checks, keys, sorts and encodes it, and enters it in the ledger. Files are as a
pixel pipeline writes them, detector by detector: no peer but psql is given rows sorted on the sky.

A loader with one connection ends in the server's COPY into the indexed table, as psql and ADBC do:
what psql has over ADBC bounds what it can have.
"""

from collections.abc import Callable, Iterator, Mapping
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.load_data import (
    DATABASE,
    Connection,
    compare,
    fresh_database,
    load_visits,
    psql_copy,
    reset,
    write_encoded,
    write_sources,
)
from bench.measure import Measure
from skytract.loaders.connect import connect
from skytract.loaders.lend import lend
from skytract.loaders.load import load_file
from skytract.loaders.load_target import find_target

ROWS = 5_000_000
PANDAS_ROWS = 20_000
ADBC_ROWS = 500_000
PARALLEL_ROWS = 750_000
ROUNDS = 2


def run(
    rows: int = ROWS,
    pandas_rows: int = PANDAS_ROWS,
    adbc_rows: int = ADBC_ROWS,
    parallel_rows: int = PARALLEL_ROWS,
) -> Iterator[Measure]:
    """Measure in a database of its own, which is dropped afterwards."""
    with TemporaryDirectory() as name, fresh_database() as loader:
        folder = Path(name)
        load_visits(loader, folder, rows, [1, 2])
        yield limit(loader, folder, rows)
        yield peer("load.pandas", loader, write_sources(folder, pandas_rows), write_by_pandas)
        yield parallel(loader, [write_sources(folder, parallel_rows, visit) for visit in (1, 2)])
        few = write_sources(folder, adbc_rows)
        yield peer("load.adbc", loader, few, write_by_adbc)
        yield peer_limit("load.adbc.limit", loader, few, write_by_adbc)


def limit(loader: Connection, folder: Path, rows: int) -> Measure:
    """Compare with psql, which copies what it finds encoded and sorted."""
    path = write_sources(folder, rows)
    encoded = path.with_suffix(".copy")
    ways = {"ours": file_load(loader, path), "peer": psql_copy(loader, encoded)}
    measure = compare("load.limit", loader, ways, ROUNDS, lambda: write_encoded(loader, encoded))
    encoded.unlink()
    return measure


def file_load(loader: Connection, path: Path) -> Callable[[], None]:
    """Return what loads a file our way."""

    def load() -> None:
        assert load_file(loader, path).state == "loaded"

    return load


def peer(
    name: str, loader: Connection, path: Path, write: Callable[[Connection, pa.Table], None]
) -> Measure:
    """Compare with a library that writes tables."""
    given: dict[str, Any] = {}
    ways = {"ours": file_load(loader, path), "peer": table_load(loader, path, write, given)}
    return compare(name, loader, ways, ROUNDS, lambda: given.update(added_columns(loader)))


def peer_limit(
    name: str, loader: Connection, path: Path, write: Callable[[Connection, pa.Table], None]
) -> Measure:
    """Compare psql, which copies what it finds encoded and sorted, with a library.

    Where the library, too, ends in one COPY, no loader with one connection can have a greater
    advantage than that: the server's work on a row is the same.
    """
    reset(loader)
    file_load(loader, path)()
    given, encoded = added_columns(loader), path.with_suffix(".copy")
    write_encoded(loader, encoded)
    ways = {
        "ours": psql_copy(loader, encoded),
        "peer": table_load(loader, path, write, given),
    }
    return compare(name, loader, ways, ROUNDS)


def table_load(
    loader: Connection,
    path: Path,
    write: Callable[[Connection, pa.Table], None],
    given: Mapping[str, pa.Array],
) -> Callable[[], None]:
    """Return what reads a file and lets a library write it, with the columns that no file has."""

    def load() -> None:
        table = pq.read_table(path)
        columns = {name.lower(): table[name] for name in table.column_names}
        write(loader, pa.table(columns | dict(given)))

    return load


def added_columns(loader: Connection) -> dict[str, pa.Array]:
    """Return the key and the loadId of the loaded rows, in the order of the file."""
    query = "SELECT hpx29, loadId FROM raw.Source ORDER BY sourceId"
    columns = zip(*loader.execute(query).fetchall(), strict=True)
    return dict(zip(("hpx29", "loadid"), map(pa.array, columns), strict=True))


def write_by_pandas(loader: Connection, table: pa.Table) -> None:
    """Append rows to raw.Source by pandas.to_sql."""
    with lend(loader) as lent:
        frame = table.to_pandas()
        frame.to_sql("source", lent, schema="raw", if_exists="append", index=False)


def write_by_adbc(loader: Connection, table: pa.Table) -> None:
    """Append rows to raw.Source by Arrow's driver for PostgreSQL (`pip install -e '.[bench]'`)."""
    from adbc_driver_postgresql import dbapi

    info = loader.info
    uri = f"postgresql:///{info.dbname}?host={info.host}&port={info.port}&user={info.user}"
    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("source", table, mode="append", db_schema_name="raw")
        connection.commit()


def parallel(loader: Connection, paths: list[Path]) -> Measure:
    """Compare two loaders, one file each, with one loader of both files."""
    ways = {"ours": lambda: together([[path] for path in paths]), "peer": lambda: together([paths])}
    return compare("load.parallel", loader, ways, ROUNDS)


def together(groups: list[list[Path]]) -> float:
    """Load each group of files in a process of its own; return the seconds until all are loaded."""
    context = get_context("spawn")
    barrier = context.Barrier(len(groups) + 1)
    processes = [context.Process(target=_load_all, args=(group, barrier)) for group in groups]
    for process in processes:
        process.start()
    barrier.wait(60)
    began = perf_counter()
    for process in processes:
        process.join()
    seconds = perf_counter() - began
    assert [process.exitcode for process in processes] == [0] * len(groups)
    return seconds


def _load_all(paths: list[Path], barrier: Barrier) -> None:
    find_target("Source")
    with connect("loader", dbname=DATABASE) as connection:
        barrier.wait(60)
        for path in paths:
            assert load_file(connection, path).state == "loaded"
