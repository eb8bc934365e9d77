"""How many rows of an export are written."""

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

Progress = Callable[[int, int], None]
"""Called with the number of rows just written, and with that of all rows there are."""


def counted(
    batches: Iterable[pa.RecordBatch], total: int, progress: Progress
) -> Iterator[pa.RecordBatch]:
    """Yield batches and tell of each once it is dealt with."""
    for batch in batches:
        yield batch
        progress(batch.num_rows, total)
