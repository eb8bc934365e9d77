"""Load rate of raw.Source: against the limit, against peers, and of two loaders at once.

The limit is psql's `\\copy ... (format binary)` of the same rows, encoded and sorted before, into
the same table: its ratio can hardly be above 1. Ours, and the peers, begin with a Parquet file;
ours hashes, reads, checks, keys, sorts and encodes it, and enters it in the ledger. Files are as a
pixel pipeline writes them, detector by detector: no peer but psql is given rows sorted on the sky.

One loader ends in the server's COPY into the indexed table, as psql and ADBC do, and can hardly be
twice as fast as one of them. So `load.adbc` is what `skytract load --jobs 2` does with some files
on two processors, processes started and ended; ADBC has no such option, and gets all rows in one
call. `load.adbc.one` is one loader against the same.

The limit takes most of the time, at the size that it is promised for, and is measured once; the
others are smaller and take some rounds, the ratios of which are given with their median. The server
does not clean up meanwhile after the ways that came before.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
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
    Race,
    compare,
    fresh_database,
    load_visits,
    no_autovacuum,
    psql_copy,
    race,
    write_encoded,
    write_sources,
)
from bench.measure import Measure
from skytract.loaders.connect import connect
from skytract.loaders.lend import lend
from skytract.loaders.load import load_file
from skytract.loaders.load_jobs import load_in_processes
from skytract.loaders.load_target import find_target

ROWS = 5_000_000
PANDAS_ROWS = 10_000
ADBC_ROWS = 400_000
VISITS = range(1, 5)
"""Of the files that ADBC is given."""
PARALLEL_ROWS = 500_000
ROUNDS = 5
"""An odd number, for a median; all ways take turns in each."""


def run(
    rows: int = ROWS,
    pandas_rows: int = PANDAS_ROWS,
    adbc_rows: int = ADBC_ROWS,
    parallel_rows: int = PARALLEL_ROWS,
) -> Iterator[Measure]:
    """Measure in a database of its own, which is dropped afterwards."""
    with TemporaryDirectory() as name, no_autovacuum(), fresh_database() as loader:
        folder = Path(name)
        load_visits(loader, folder, max(rows, adbc_rows, parallel_rows), VISITS)
        yield limit(loader, folder, rows)
        few = [write_sources(folder, pandas_rows)]
        yield against(loader, few, write_by_pandas, {"ours": by_one}).measure("load.pandas")
        yield parallel(loader, [write_sources(folder, parallel_rows, visit) for visit in (1, 2)])
        files = [write_sources(folder, adbc_rows, visit) for visit in VISITS]
        adbc = against(loader, files, write_by_adbc, {"two": by_two, "one": by_one})
        yield adbc.measure("load.adbc", ours="two")
        yield adbc.measure("load.adbc.one", ours="one")


def limit(loader: Connection, folder: Path, rows: int) -> Measure:
    """Compare with psql, which copies what it finds encoded and sorted."""
    path = write_sources(folder, rows)
    encoded = path.with_suffix(".copy")
    ways = {"ours": lambda: by_one(loader, [path]), "peer": psql_copy(loader, encoded)}
    measure = compare("load.limit", loader, ways, keep=lambda: write_encoded(loader, encoded))
    encoded.unlink()
    return measure


def by_one(loader: Connection, paths: list[Path]) -> None:
    """Load files one after the other."""
    assert {load_file(loader, path).state for path in paths} == {"loaded"}


def by_two(loader: Connection, paths: list[Path]) -> None:
    """Load files as `skytract load --jobs 2` does."""
    results = list(load_in_processes(paths, 2, dbname=loader.info.dbname))
    assert {result.state for result in results} == {"loaded"}


def against(
    loader: Connection,
    paths: list[Path],
    write: Callable[[Connection, pa.Table], None],
    ours: Mapping[str, Callable[[Connection, list[Path]], None]],
) -> Race:
    """Compare ways of ours with a library that writes tables, the way "peer".

    It gets the columns that no file has beside.
    """
    given: dict[str, Any] = {}

    def load() -> None:
        table = pq.read_table(paths)
        columns = {name.lower(): table[name] for name in table.column_names}
        write(loader, pa.table(columns | given))

    ways = {name: partial(way, loader, paths) for name, way in ours.items()} | {"peer": load}
    return race(loader, ways, ROUNDS, lambda: given.update(added_columns(loader)))


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
