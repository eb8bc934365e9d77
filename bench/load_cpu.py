"""What a row of raw.Source costs the loader's processor, against what it costs the server's.

These hold on a machine that others use as well, where rates do not. While one loader's server works
the loader waits; of two loaders on two processors neither does, and these share what both cost.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.load_data import Connection, fresh_database, load_visits, reset, write_sources
from bench.measure import Measure
from skytract.loaders.load import load_file
from skytract.loaders.load_target import find_target

ROWS = 750_000
ROUNDS = 2


def run(rows: int = ROWS) -> Iterator[Measure]:
    """Measure in a database of its own, which is dropped afterwards."""
    find_target("Source")
    with TemporaryDirectory() as name, fresh_database() as loader:
        load_visits(loader, Path(name), rows, [1])
        path = write_sources(Path(name), rows)
        yield measure([_load(loader, path, rows) for _ in range(ROUNDS)], rows)


def measure(costs: list[tuple[float, float]], rows: int) -> Measure:
    """Compare the least that a row cost in microseconds, of the loader's and of the server's."""
    client, server = (min(parts) for parts in zip(*costs, strict=True))
    return {
        "name": "load.cpu: server",
        "ours": client,
        "peer": server,
        "unit": "us/row",
        "ratio": server / client,
        "agree": True,
        "note": f"{rows} rows of {1 + len(find_target('Source').columns)} columns; two loaders on "
        f"two processors: at most {2 * server / (client + server):.2f} times one",
    }


def _load(loader: Connection, path: Path, rows: int) -> tuple[float, float]:
    """Load a file; return the microseconds per row of this process and of its server."""
    reset(loader)
    began = time.process_time_ns(), _server_ns(loader)
    assert load_file(loader, path).rows == rows
    ended = time.process_time_ns(), _server_ns(loader)
    client, server = (1e-3 * (b - a) / rows for a, b in zip(began, ended, strict=True))
    return client, server


def _server_ns(loader: Connection) -> int:
    """Return the processor time of the server of a connection [ns], as Linux counts it."""
    return int(Path(f"/proc/{loader.info.backend_pid}/schedstat").read_text().split()[0])
