"""An input catalog of whatever format: named columns with units, read some rows at a time."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from skytract.loaders.load_refused import RefusedError


@dataclass(frozen=True)
class ColumnHead:
    """What a file says of a column before its values are read.

    Parameters
    ----------
    type : str
        numpy name ("int64", "float32", "bool"), or "text", "timestamp", "float64[]", or the
        file's own word for something that cannot be loaded.
    unit : str, optional
        As the file spells it; None if it states none.
    """

    type: str
    unit: str | None = None


@dataclass(frozen=True)
class Values:
    """Values of one column.

    Parameters
    ----------
    data : ndarray, shape (n,)
        Native numbers, UTF-8 bytes (dtype S), datetime64[us] in UTC, or objects that are arrays.
    missing : ndarray of bool, shape (n,), optional
        True where there is no value; NaN is a value here.
    """

    data: npt.NDArray[Any]
    missing: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows of a catalog: the first one's number in the file (from 0), and columns."""

    first: int
    rows: int
    columns: dict[str, Values]


class Catalog(Protocol):
    """A catalog file opened for reading."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    @property
    def rows(self) -> int:
        """Number of rows."""
        ...

    @property
    def columns(self) -> dict[str, ColumnHead]:
        """Type and unit of every column."""
        ...

    @property
    def kind(self) -> str | None:
        """The raw table the file says it is for."""
        ...

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns, at most `rows` rows at a time."""
        ...


def is_gzip(path: Path) -> bool:
    """Whether a file begins as a gzip file does."""
    with open(path, "rb") as file:
        return file.read(2) == b"\x1f\x8b"


Opener = Callable[[Path], AbstractContextManager[Catalog]]


def read_kind(path: Path) -> str | None:
    """Return the raw table that a Parquet file says it is for; None for anything else."""
    with open(path, "rb") as file:
        if file.read(4) != b"PAR1":
            return None
    with open_catalog(path) as catalog:
        return catalog.kind


@contextmanager
def open_catalog(path: Path) -> Iterator[Catalog]:
    """Open a Parquet file or the first binary table of a FITS file.

    Raises
    ------
    RefusedError
        If the file is of neither format, truncated or damaged.
    """
    if not path.is_file():
        raise RefusedError(path, "There is no such file", "give the path of a catalog")
    with open(path, "rb") as file:
        start = file.read(6)
    if start[:4] == b"PAR1":
        opener: Opener = import_module("skytract.loaders.read_parquet").open_parquet
    elif start == b"SIMPLE" or is_gzip(path):
        opener = import_module("skytract.loaders.read_fits").open_fits
    elif not start:
        raise RefusedError(path, "It is empty", "copy it again")
    else:
        raise RefusedError(
            path,
            f"It is neither Parquet nor FITS (it begins with {start!r})",
            "write it as Parquet or as a FITS binary table",
        )
    with opener(path) as catalog:
        yield catalog


@contextmanager
def refuse_damaged(path: Path, format: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn what a library says of a damaged file into a refusal of the file."""
    damage: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, zlib.error, *errors)
    try:
        yield
    except damage as error:
        said = " ".join(str(error).split())
        raise RefusedError(
            path,
            f"It cannot be read as {format} ({said})",
            "it is cut short or damaged: copy it again",
        ) from error
