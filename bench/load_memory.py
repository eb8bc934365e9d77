"""Peak memory of the loader while it loads a file of 5 GiB that is one row group, against 1 GiB.

The file's values repeat, but for its ids; that is of no help to the loader.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from bench.load_data import DATABASE, fresh_database, load_visits, make_sources, write_catalog
from bench.measure import Measure

GIB = 1 << 30
SIZE = 5 * GIB
LIMIT = 1 * GIB
ROWS = 1_000_000
"""Rows whose values are repeated."""


def run(size: int = SIZE, rows: int = ROWS) -> Iterator[Measure]:
    """Measure the command `skytract load` in a database of its own, which is dropped afterwards."""
    with TemporaryDirectory() as name, fresh_database() as owner:
        folder = Path(name)
        load_visits(owner, folder, rows, [1])
        path, expected = write_large(folder, size, rows)
        used = peak([sys.executable, "-m", "skytract", "load", str(path)])
        (found,) = owner.execute("SELECT count(*) FROM raw.Source").fetchone() or (0,)
        yield {
            "name": "load.memory",
            "ours": used / GIB,
            "peer": LIMIT / GIB,
            "unit": "GiB",
            "ratio": LIMIT / used,
            "agree": found == expected,
            "note": f"{expected} rows in one row group, {path.stat().st_size / GIB:.1f} GiB",
        }


def write_large(folder: Path, size: int, rows: int) -> tuple[Path, int]:
    """Write an uncompressed file of at least a size, as one row group; return its rows, too."""
    table = make_sources(rows)
    times = -(-size // (table.nbytes - table.nbytes // 50))
    columns = {key: pa.chunked_array(table[key].chunks * times) for key in table.column_names}
    columns["sourceId"] = pa.chunked_array(
        [np.arange(i * rows, (i + 1) * rows) for i in range(times)]
    )
    options = {"use_dictionary": False, "compression": "none", "row_group_size": times * rows}
    return write_catalog(
        folder / "large.parquet", "Source", pa.table(columns), **options
    ), times * rows


def peak(command: list[str]) -> int:
    """Run a command; return the most memory that it had resident [bytes]."""
    environment = os.environ | {"SKYTRACT_DATABASE": DATABASE}
    pid = os.posix_spawn(command[0], command, environment)
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, f"{command} ended with {status}"
    return usage.ru_maxrss << 10
