"""Reads catalogs from the binary tables of a FITS file, gzipped or not.

Bytes are taken from the mapped file as they are, some rows at a time, and not through astropy's
columns, which it converts whole and keeps. Tables of the LSST pipelines keep all their flags in one
bit column, named by the header's FLAGCOL; bit n is called by TFLAGn. Here each of them is a boolean
column of that name.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from skytract.loaders.decode_fits import column_type, decode
from skytract.loaders.file_format import unzipped
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.read_catalog import (
    Chunk,
    ColumnHead,
    Values,
    plain_values,
    refuse_damaged,
)

ERRORS = (fits.VerifyError, TypeError, KeyError, IndexError, AssertionError)
"""What astropy raises when a header or the data make no sense, besides `refuse_damaged`'s own."""

DAMAGE = re.compile("truncated|verification failed|size mismatch", re.IGNORECASE)
"""What astropy merely warns of, and what makes a file unfit to be loaded."""


@dataclass(frozen=True)
class FitsCatalog:
    """A binary table of an open FITS file."""

    path: Path
    table: Any

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.table.header["NAXIS2"])

    @cached_property
    def header(self) -> dict[str, Any]:
        """Keywords of the table; those of more than eight letters in their own spelling."""
        return plain_values({card.keyword: card.value for card in self.table.header.cards})

    @cached_property
    def flags(self) -> dict[str, int]:
        """Bit number of every flag in the packed flag column."""
        count = int(self.table.header.get("TFLAGS", 0)) or len(self.table.header["TFLAG*"])
        if "FLAGCOL" not in self.table.header:
            return {}
        return {self.table.header[f"TFLAG{i}"]: i - 1 for i in range(1, count + 1)}

    @cached_property
    def columns(self) -> dict[str, ColumnHead]:
        """Type and unit of every column, and of every flag."""
        heads = {
            column.name: ColumnHead(column_type(column), column.unit or None)
            for column in self.table.columns
        }
        if self.flags:
            heads.pop(self._flag_column)
        return heads | {name: ColumnHead("bool") for name in self.flags}

    @property
    def _flag_column(self) -> str:
        return str(self.table.columns[int(self.table.header["FLAGCOL"]) - 1].name)

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns, at most `rows` rows at a time."""
        for first in range(0, self.rows, rows):
            part = slice(first, min(first + rows, self.rows))
            with refuse_damaged(self.path, "FITS", *ERRORS):
                columns = {name: self._values(name, part) for name in names}
            yield Chunk(first, part.stop - first, columns)

    def _values(self, name: str, part: slice) -> Values:
        raw: npt.NDArray[Any] = self.table.data.view(np.ndarray)[part]
        if name in self.flags:
            byte, bit = divmod(self.flags[name], 8)
            return Values((raw[self._flag_column][:, byte] >> (7 - bit) & 1).astype(bool))
        column = self.table.columns[name]
        if column.format[-1:] == ")" or column.format.lstrip("1")[:1] in ("P", "Q"):
            # The values lie in the heap; the table has their numbers and places. None is no array.
            return Values(_objects(self.table.data[part][name]), raw[name][:, 0] == 0)
        return decode(column, raw[name])


@contextmanager
def open_fits(path: Path, verify: bool = True) -> Iterator[tuple[FitsCatalog, ...]]:
    """Open the tables of a FITS file; checksums are verified where the file has them."""
    with ExitStack() as stack:
        # A file of which only headers are looked at is left zipped: astropy reads what it needs.
        plain = stack.enter_context(unzipped(path)) if verify else path
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", AstropyUserWarning)
            with refuse_damaged(path, "FITS", *ERRORS):
                # Opened here, because astropy leaves a file open of which it cannot read a header.
                opened = stack.enter_context(open(plain, "rb"))
                file = stack.enter_context(fits.open(opened, checksum=verify))
                tables = _tables(path, file)
                # Looking at columns and data makes astropy notice that they are not all there.
                if verify:
                    tables = tuple(t for t in tables if t.table.data is not None and t.columns)
        _refuse_damage(path, caught)
        if not tables:
            raise RefusedError(
                path,
                "It holds no whole binary table",
                "give a catalog, not an image; if it is one, it is cut short: copy it again",
            )
        yield tables


def _tables(path: Path, file: Any) -> tuple[FitsCatalog, ...]:
    numbers = [i for i, hdu in enumerate(file) if isinstance(hdu, fits.BinTableHDU)]
    several = len(numbers) > 1
    return tuple(FitsCatalog(Path(f"{path}[{i}]") if several else path, file[i]) for i in numbers)


def _refuse_damage(path: Path, caught: Sequence[warnings.WarningMessage]) -> None:
    """Refuse a file of which astropy merely warns that it is damaged."""
    for warning in caught:
        said = " ".join(str(warning.message).split())
        if DAMAGE.search(said):
            raise RefusedError(
                path, f"It is not sound FITS ({said})", "it is cut short or damaged: copy it again"
            )


def _objects(data: Any) -> npt.NDArray[Any]:
    """Return arrays of different lengths as one object per row."""
    rows = np.empty(len(data), object)
    for row in range(len(data)):
        values = np.asarray(data[row])
        rows[row] = values.astype(values.dtype.newbyteorder("="), copy=False)
    return rows
