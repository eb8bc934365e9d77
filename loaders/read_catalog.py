"""What readers of all formats yield: tables of named columns with units, read in pieces."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from skytract.loaders.file_format import find_opener
from skytract.loaders.load_refused import RefusedError

KIND = "skytract.kind"
"""What a table's header says its kind under."""


NULL = "null"
"""Type of a column without any value, which files that tell types by the values give it."""


@dataclass(frozen=True)
class ColumnHead:
    """What a file says of a column before its values are read.

    Parameters
    ----------
    type : str
        numpy name ("int64", "float32", "bool"), or "text", "timestamp", "float64[]", "null" if
        no row has a value, or the file's own word for something that cannot be loaded.
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
    """Consecutive rows of a catalog.

    Parameters
    ----------
    first : int
        Number of the first of them in its table, from 0.
    rows : int
        How many.
    columns : dict
        Values by name of the column.
    path : Path, optional
        What messages call the table; default is the catalog's.
    is_curve : bool
        Whether this is one row whose arrays hold the rows of the file.
    """

    first: int
    rows: int
    columns: dict[str, Values]
    path: Path | None = None
    is_curve: bool = False


class Catalog(Protocol):
    """A table of a file opened for reading."""

    @property
    def path(self) -> Path:
        """The file; followed by the table's number in brackets if the file has several."""
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
    def header(self) -> Mapping[str, Any]:
        """What the file says of the table, texts, numbers and booleans by keyword."""
        ...

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns, at most `rows` rows at a time."""
        ...


@dataclass(frozen=True)
class CatalogFile:
    """An opened file: its tables, and, for files with one, a short way to it.

    Parameters
    ----------
    path : Path
        The file.
    tables : tuple of Catalog
        At least one.
    """

    path: Path
    tables: tuple[Catalog, ...]

    @property
    def rows(self) -> int:
        """Number of rows of the first table."""
        return self.tables[0].rows

    @property
    def columns(self) -> dict[str, ColumnHead]:
        """Type and unit of every column of the first table."""
        return self.tables[0].columns

    @property
    def header(self) -> Mapping[str, Any]:
        """What the file says of the first table."""
        return self.tables[0].header

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns of the first table, at most `rows` rows at a time."""
        return self.tables[0].chunks(names, rows)


def plain_values(header: Mapping[str, Any]) -> dict[str, Any]:
    """Return the texts, numbers and booleans of a header."""
    items = ((key, v.item() if isinstance(v, np.generic) else v) for key, v in header.items())
    return {key: value for key, value in items if isinstance(value, str | int | float)}


def stated_kind(catalog: Catalog) -> str | None:
    """Return the kind that a table says it is of; None if it does not."""
    kind = catalog.header.get(KIND) or catalog.header.get(KIND.upper())
    return str(kind) if kind else None


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


@contextmanager
def open_catalog(path: Path, verify: bool = True) -> Iterator[CatalogFile]:
    """Open a catalog, whatever its format: Parquet, FITS, ECSV or VOTable.

    Parameters
    ----------
    path : Path
        The file.
    verify : bool
        Whether checksums are verified; False if only columns and headers are looked at.

    Raises
    ------
    RefusedError
        If the file is of none of these formats, holds no table, or is truncated or damaged.
    """
    # Only the library of the file's own format is imported: astropy takes half a second.
    opener = find_opener(path)
    with opener(path, verify) as tables:
        yield CatalogFile(path, tuple(tables))
