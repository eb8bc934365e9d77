"""Finds two rows of a file that are the same thing, in bounded memory.

Keys are compared as 64-bit codes: a single integer is its own code, several columns are mixed to
one. The codes of each chunk are kept sorted in a temporary file; ranges of chunks that do not
overlap, as those of running numbers are, need no further look. Rows whose codes agree are read
again from the file to be compared and named.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from tempfile import SpooledTemporaryFile, gettempdir
from typing import Any

import numpy as np
import numpy.typing as npt

from skytract.loaders.check_identity import refuse_duplicates
from skytract.loaders.check_values import make_batch
from skytract.loaders.dialect_plan import Plan
from skytract.loaders.load_batch import Batch
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.read_catalog import Catalog

Codes = npt.NDArray[np.int64]

STRIDE = 1 << 10
"""Of so many sorted codes one is kept in memory, to find the others."""

PASS_CODES = 1 << 22
"""About so many codes are in memory, and compared, at a time."""

MIX = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: an odd multiplier that spreads bits upwards."""


@dataclass(frozen=True)
class _Run:
    """Sorted codes of one chunk: their place in the file, every STRIDE-th, and the last one."""

    start: int
    rows: int
    marks: Codes
    last: int


class SeenKeys:
    """Keys of the rows of a file, chunk by chunk."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=8 * PASS_CODES)
        self._runs: list[_Run] = []
        self._ends: list[int] = []

    def close(self) -> None:
        """Forget the keys."""
        # What could not be written for want of room is not missed.
        with suppress(OSError):
            self._file.close()

    @property
    def ids(self) -> tuple[int, int]:
        """The least and the greatest value of the first key; 0 and 0 if it is no integer."""
        return min(self._ends, default=0), max(self._ends, default=0)

    def add(self, batch: Batch) -> None:
        """Note the keys of a chunk.

        Raises
        ------
        RefusedError
            If two of its rows have the same key, or there is no room for the keys.
        """
        keys = batch.keys()
        codes = np.sort(key_codes(keys))
        if np.any(codes[1:] == codes[:-1]):
            numbers = range(batch.first, batch.first + batch.rows)
            refuse_duplicates(batch.path, batch.plan.identity, keys, numbers)
        if keys[0].dtype.kind == "i":
            self._ends += [int(keys[0].min()), int(keys[0].max())]
        start = sum(run.rows for run in self._runs)
        self._runs.append(_Run(start, len(codes), codes[::STRIDE].copy(), int(codes[-1])))
        try:
            self._file.write(codes.data)
            self._file.flush()
        except OSError as error:
            raise RefusedError(
                batch.path,
                f"The keys of its rows cannot be noted in {gettempdir()} ({error.strerror})",
                "make room there, or set TMPDIR to a folder that has it",
            ) from error

    def refuse_repeated(self, catalog: Catalog, plan: Plan, rows: int) -> None:
        """Refuse the file if rows of several chunks have the same key.

        Parameters
        ----------
        catalog : Catalog
            The file; it is read again where codes agree.
        plan : Plan
            What becomes of its columns.
        rows : int
            Rows read at a time.

        Raises
        ------
        RefusedError
            Naming the later one of two such rows.
        """
        for code in self._repeated():
            keys, numbers = _find(catalog, plan, rows, code)
            refuse_duplicates(catalog.path, plan.identity, keys, numbers)

    def _repeated(self) -> Iterator[np.int64]:
        """Yield, in their order, the codes that several rows have."""
        runs = sorted(self._runs, key=lambda run: int(run.marks[0]))
        if all(a.last < b.marks[0] for a, b in pairwise(runs)):
            return
        marks = np.sort(np.concatenate([run.marks for run in runs]))
        bounds = np.unique(marks[:: PASS_CODES // STRIDE])
        for low, high in zip_longest(bounds, bounds[1:]):
            codes = np.sort(np.concatenate([self._read(run, low, high) for run in runs]))
            yield from codes[1:][codes[1:] == codes[:-1]]

    def _read(self, run: _Run, low: np.int64, high: np.int64 | None) -> Codes:
        """Read the codes of a run from `low` up to, but without, `high`; None: to its end."""
        first = STRIDE * max(0, int(np.searchsorted(run.marks, low)) - 1)
        stop = run.rows
        if high is not None:
            stop = min(stop, STRIDE * int(np.searchsorted(run.marks, high)))
        self._file.seek(8 * (run.start + first))
        codes = np.frombuffer(self._file.read(8 * max(0, stop - first)), np.int64)
        codes = codes[np.searchsorted(codes, low) :]
        return codes if high is None else codes[: np.searchsorted(codes, high)]


def key_codes(keys: Sequence[npt.NDArray[Any]]) -> Codes:
    """Return a 64-bit code for each row: equal keys have equal codes.

    Parameters
    ----------
    keys : sequence of ndarray, shape (n,)
        Integers, or UTF-8 bytes without zeros (dtype S).

    Examples
    --------
    >>> key_codes([np.array([3, 1])]).tolist()
    [3, 1]
    """
    if len(keys) == 1 and keys[0].dtype.kind == "i":
        return keys[0].astype(np.int64, copy=False)
    codes = np.zeros(len(keys[0]), np.uint64)
    for key in keys:
        for word in _words(key):
            mixed = (codes ^ word) * MIX
            mixed ^= mixed >> np.uint64(32)
            # Beyond the end of a text there is nothing to mix, however wide its column is.
            codes = np.where(word == 0, codes, mixed) if key.dtype.kind == "S" else mixed
    return codes.view(np.int64)


def _words(key: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """Return keys as 64-bit words, shape (words per key, n)."""
    if key.dtype.kind != "S":
        return key.astype(np.int64).view(np.uint64)[None]
    width = -(-key.dtype.itemsize // 8) * 8
    return key.astype(f"S{width}").view(np.uint64).reshape(len(key), -1).T


def _find(
    catalog: Catalog, plan: Plan, rows: int, code: np.int64
) -> tuple[list[npt.NDArray[Any]], npt.NDArray[np.int64]]:
    """Read the keys of a code, and the numbers of their rows, from the file."""
    names = plan.target.identity
    steps = tuple(step for step in plan.steps if step.target.key in names)
    constants = {key: value for key, value in plan.constants.items() if key in names}
    plan = replace(plan, steps=steps, constants=constants)
    found = []
    for chunk in catalog.chunks(plan.reads, rows):
        keys = make_batch(catalog.path, plan, chunk).keys()
        same = np.flatnonzero(key_codes(keys) == code)
        found.append([*(key[same] for key in keys), chunk.first + same])
    *columns, numbers = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return columns, numbers
