"""Rows are prepared in a thread, within a bound of memory: what ends it, and what ends with it."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from operator import itemgetter
from pathlib import Path
from threading import active_count
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skytract.loaders.load import load_paths
from skytract.loaders.load_batch import Batch
from skytract.loaders.load_claims import Claims
from skytract.loaders.load_entry import begin_load, open_load
from skytract.loaders.load_rows import load_rows
from skytract.loaders.read_catalog import Catalog, Chunk, open_catalog
from tests.loaders.catalogs import (
    DETECTOR,
    VISIT,
    N,
    source_columns,
    write_sources,
    write_visit,
)

Connection = psycopg.Connection[Any]
CHUNKS = 5


class Broken:
    """A catalog whose reader fails after some chunks, as libraries do."""

    def __init__(self, catalog: Catalog, after: int, error: BaseException) -> None:
        self.catalog, self.after, self.error = catalog, after, error

    def __getattr__(self, name: str) -> Any:
        return getattr(self.catalog, name)

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        for i, chunk in enumerate(self.catalog.chunks(names, rows)):
            if i == self.after:
                raise self.error
            yield chunk


Load = Callable[..., Any]


@pytest.fixture
def load(loader: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load sources of a known visit in chunks, through `load_rows` alone, and roll back."""
    from skytract.loaders.dialect_find import find_match

    list(load_paths(loader, write_visit(tmp_path)))
    columns = len(source_columns())
    monkeypatch.setattr("skytract.loaders.load_rows.CHUNK_BYTES", 8 * columns * N // CHUNKS)

    def load(
        wrap: Callable[[Catalog], Any] = lambda catalog: catalog,
        claim: Callable[[Batch], None] = lambda batch: None,
        progress: Callable[[int], None] = lambda rows: None,
    ) -> Any:
        path = write_sources(tmp_path)
        with open_catalog(path) as file:
            catalog, plan = find_match(file, None, None, {}).plan({})
            with loader.transaction(force_rollback=True):
                load_id = begin_load(loader, path, "its content", 1, {})
                open_load(loader, load_id)
                claims = Claims(loader, load_id, replace=False)
                monkeypatch.setattr(claims, "claim", lambda _, batch: claim(batch))
                tally = load_rows(loader, wrap(catalog), plan, load_id, claims, progress)
                query = "SELECT count(*) FROM raw.Source"
                return tally, loader.execute(query).fetchone()

    return load


def test_rows_and_ids_are_told(load: Load) -> None:
    seen: list[int] = []
    batches: list[Batch] = []
    tally, count = load(progress=seen.append, claim=batches.append)
    ids = source_columns()["sourceId"]
    assert count == (N,) == (tally.rows,)
    assert tally.ids() == (ids.min(), ids.max())
    assert sum(seen) == N and len(batches) == CHUNKS
    assert [batch.first for batch in batches] == list(range(0, N, N // CHUNKS))
    assert {"sourceId", "visit", "detector"} == batches[0].columns.keys()


@pytest.mark.parametrize("visits", [[VISIT], [VISIT, VISIT + 1]])
def test_rows_lie_along_the_sky_and_those_of_one_visit_detector_by_detector(
    loader: Connection, tmp_path: Path, visits: list[int]
) -> None:
    rng = np.random.default_rng(len(visits))
    detectors = [DETECTOR, DETECTOR + 1, DETECTOR + 2]
    for visit, detector in product(visits, detectors):
        list(load_paths(loader, write_visit(tmp_path, visit, detector)))
    places = {"visit": rng.choice(visits, N), "detector": rng.choice(detectors, N).astype(np.int32)}
    assert all(r.state == "loaded" for r in load_paths(loader, [write_sources(tmp_path, **places)]))
    query = "SELECT detector, hpx29 FROM raw.Source ORDER BY tableoid, ctid"
    found = loader.execute(query).fetchall()
    assert len(found) == N
    assert found == sorted(found, key=None if len(visits) == 1 else itemgetter(1))


@pytest.mark.parametrize("error", [RuntimeError("out of order"), MemoryError(), SystemExit(3)])
@pytest.mark.parametrize("after", [0, 1, CHUNKS - 1])
def test_an_error_of_the_reader_is_raised_as_it_is(
    load: Load, loader: Connection, after: int, error: BaseException
) -> None:
    before = active_count()
    with pytest.raises(type(error)) as caught:
        load(lambda catalog: Broken(catalog, after, error))
    assert caught.value is error
    assert active_count() == before
    assert loader.execute("SELECT count(*) FROM raw.Source").fetchone() == (0,)


def interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("moment", ["claim", "progress"])
def test_an_interrupted_load_ends_its_thread_and_leaves_the_connection_usable(
    load: Load, loader: Connection, moment: str
) -> None:
    before = active_count()
    with pytest.raises(KeyboardInterrupt):
        load(**{moment: interrupt})
    assert active_count() == before
    assert loader.execute("SELECT count(*) FROM raw.Source").fetchone() == (0,)
    loader.rollback()
    assert load()[1] == (N,)


def test_a_lost_server_ends_the_thread(load: Load, loader: Connection, owner: Connection) -> None:
    before = active_count()

    def end_session(batch: Batch) -> None:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", [loader.info.backend_pid])

    with pytest.raises(psycopg.OperationalError):
        load(claim=end_session)
    assert active_count() == before


PREPARE = """
import resource, sys
from pathlib import Path
from skytract.loaders.dialect_find import find_match
from skytract.loaders.load_rows import _chunk_rows
from skytract.loaders.prepare_rows import prepare_rows
from skytract.loaders.read_catalog import open_catalog
from skytract.loaders.seen_keys import SeenKeys

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10

with open_catalog(Path(sys.argv[1])) as file:
    catalog, plan = find_match(file, None, None, {}).plan({})
    at_a_time, seen, rows = _chunk_rows(catalog, plan, int(sys.argv[2])), SeenKeys(), 0
    before = peak()
    for _, piece in prepare_rows(catalog, plan, 1, seen, at_a_time):
        rows += piece.rows
    seen.refuse_repeated(catalog, plan, 1)
    seen.close()
print(rows, peak() - before)
"""


def test_memory_is_bounded_though_the_file_is_one_row_group(tmp_path: Path) -> None:
    memory, rows = 48 << 20, 2_000_000
    columns: dict[str, Any] = dict.fromkeys(
        ("ra", "dec", "x", "y", "psfInstFlux"), np.linspace(0, 80, rows)
    )
    columns |= {"sourceId": np.arange(rows), "visit": np.ones(rows, np.int64)}
    table = pa.table(columns | {"detector": np.zeros(rows, np.int32)})
    path = tmp_path / "large.parquet"
    table = table.replace_schema_metadata({"skytract.kind": "Source"})
    pq.write_table(table, path, row_group_size=rows, use_dictionary=False, compression="none")
    assert pq.ParquetFile(path).num_row_groups == 1 and path.stat().st_size > 2 * memory
    del table, columns
    command = [sys.executable, "-c", PREPARE, str(path), str(memory)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found, grown = map(int, done.stdout.split())
    assert found == rows
    assert grown < memory
