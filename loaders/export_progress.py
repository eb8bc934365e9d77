"""How many rows of an export are written."""

from collections.abc import Callable, Generator
from contextlib import closing

import pyarrow as pa

Progress = Callable[[int, int], None]
"""Called with the number of rows just written, and with that of all rows there are."""


def counted(
    batches: Generator[pa.RecordBatch], total: int, progress: Progress
) -> Generator[pa.RecordBatch]:
    """Yield batches and tell of each once it is dealt with; close them whatever happens."""
    with closing(batches):
        for batch in batches:
            yield batch
            progress(batch.num_rows, total)
