"""Reads catalogs from the binary tables of a FITS file, gzipped or not.

Rows are read from the file as they are, some at a time, and not through astropy, which converts
columns whole and keeps them. Tables of the LSST pipelines keep all their flags in one
bit column, named by the header's FLAGCOL; bit n is called by TFLAGn. Here each of them is a boolean
column of that name.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from skytract.loaders.decode_fits import column_type, decode, heap_type
from skytract.loaders.file_format import unzipped
from skytract.loaders.fits_checksum import refuse_unsound
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

DAMAGE = re.compile("truncated|size mismatch", re.IGNORECASE)
"""What astropy merely warns of, and what makes a file unfit to be loaded."""


@dataclass(frozen=True)
class FitsCatalog:
    """A binary table of an open FITS file.

    Parameters
    ----------
    path : Path
        What messages call it.
    file : Path
        The file, unzipped.
    table : astropy.io.fits.BinTableHDU
        The table as astropy opened it.
    """

    path: Path
    file: Path
    table: Any

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.table.header["NAXIS2"])

    @cached_property
    def header(self) -> dict[str, Any]:
        """Keywords of the table; those of more than eight letters in their own spelling."""
        values = {}
        for card in self.table.header.cards:
            # A card that is no FITS is not there: whoever needs it says so.
            with suppress(fits.VerifyError):
                values[card.keyword] = card.value
        return plain_values(values)

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
        for number, column in enumerate(self.table.columns, 1):
            if not column.name:
                raise ValueError(f"column {number} has no name, TTYPE{number}")
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
                raw = self._read(part)
                columns = {name: self._values(name, raw) for name in names}
            yield Chunk(first, part.stop - first, columns)

    def _read(self, part: slice) -> npt.NDArray[Any]:
        # Of the columns astropy tells the layout, and not that FITS is big-endian.
        dtype = self.table.columns.dtype.newbyteorder(">")
        place = self.table.fileinfo()["datLoc"] + part.start * dtype.itemsize
        raw = np.fromfile(self.file, dtype, part.stop - part.start, offset=place)
        if len(raw) < part.stop - part.start:
            raise EOFError(f"it ends after row {part.start + len(raw)} of {self.rows}")
        return raw

    def _values(self, name: str, raw: npt.NDArray[Any]) -> Values:
        if name in self.flags:
            byte, bit = divmod(self.flags[name], 8)
            return Values((raw[self._flag_column][:, byte] >> (7 - bit) & 1).astype(bool))
        column = self.table.columns[name]
        element = heap_type(column)
        if element is None:
            return decode(column, raw[name])
        # The values lie in the heap; the table has their numbers and places. None is no array.
        return Values(self._heap(raw[name], element), raw[name][:, 0] == 0)

    def _heap(self, places: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Read arrays of different lengths; `places` are their numbers of elements and offsets."""
        header, arrays = self.table.header, np.empty(len(places), object)
        heap = self.table.fileinfo()["datLoc"]
        heap += header.get("THEAP", header["NAXIS1"] * header["NAXIS2"])
        size = self.file.stat().st_size
        for row, (count, offset) in enumerate(places.tolist()):
            # Looked at before: numpy takes -1 for all there is, and makes room for what is not.
            if min(count, offset) < 0 or heap + offset + count * dtype.itemsize > size:
                raise EOFError(f"an array of {count} elements lies outside it")
            data = np.fromfile(self.file, dtype, count, offset=heap + offset)
            arrays[row] = data.astype(dtype.newbyteorder("="))
        return arrays


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
                tables = _tables(path, plain, stack.enter_context(fits.open(opened)))
                # Looking at the columns makes astropy notice what is wrong with them.
                tables = tuple(table for table in tables if table.columns)
                for table in tables if verify else ():
                    refuse_unsound(table.path, plain, table.table)
        _refuse_damage(path, caught)
        if not tables:
            raise RefusedError(
                path,
                "It holds no whole binary table",
                "give a catalog, not an image; if it is one, it is cut short: copy it again",
            )
        yield tables


def _tables(path: Path, plain: Path, file: Any) -> tuple[FitsCatalog, ...]:
    numbers = [i for i, hdu in enumerate(file) if isinstance(hdu, fits.BinTableHDU)]
    several = len(numbers) > 1
    return tuple(
        FitsCatalog(Path(f"{path}[{i}]") if several else path, plain, file[i]) for i in numbers
    )


def _refuse_damage(path: Path, caught: Sequence[warnings.WarningMessage]) -> None:
    """Refuse a file of which astropy merely warns that it is damaged."""
    for warning in caught:
        said = " ".join(str(warning.message).split())
        if DAMAGE.search(said):
            raise RefusedError(
                path, f"It is not sound FITS ({said})", "it is cut short or damaged: copy it again"
            )
