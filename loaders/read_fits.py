"""Reads catalogs from the first binary table of a FITS file, gzipped or not.

Tables of the LSST pipelines keep all their flags in one bit column, named by the header's FLAGCOL;
bit n is called by TFLAGn. Here each of them is a boolean column of that name.
"""

import gzip
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from skytract.loaders.load_refused import RefusedError
from skytract.loaders.read_catalog import Chunk, ColumnHead, Values, is_gzip, refuse_damaged

DAMAGE = re.compile("truncated|verification failed|size mismatch", re.IGNORECASE)
"""What astropy merely warns of, and what makes a file unfit to be loaded."""

TYPES = {"L": "bool", "B": "uint8", "I": "int16", "J": "int32", "K": "int64"} | {
    "E": "float32",
    "D": "float64",
    "A": "text",
}


@dataclass(frozen=True)
class FitsCatalog:
    """An open FITS file with a binary table."""

    path: Path
    table: Any

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.table.header["NAXIS2"])

    @property
    def kind(self) -> str | None:
        """FITS tables do not say what raw table they are for."""
        return None

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
            column.name: ColumnHead(_type(column), column.unit) for column in self.table.columns
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
            with refuse_damaged(self.path, "FITS", TypeError, IndexError):
                columns = {name: self._values(name, part) for name in names}
            yield Chunk(first, part.stop - first, columns)

    def _values(self, name: str, part: slice) -> Values:
        if name in self.flags:
            return Values(self.table.data[self._flag_column][part, self.flags[name]])
        data = np.asarray(self.table.data[name][part])
        null = self.table.columns[name].null
        missing = data == null if isinstance(null, int) and data.dtype.kind in "iu" else None
        if data.dtype.kind == "U":
            # FITS pads texts with spaces, which are not part of them.
            data = np.strings.encode(np.strings.rstrip(data, " "), "utf-8")
        if data.ndim > 1:
            return Values(_objects(data), missing)
        return Values(data.astype(data.dtype.newbyteorder("="), copy=False), missing)


@contextmanager
def open_fits(path: Path) -> Iterator[FitsCatalog]:
    """Open a FITS file; checksums are verified where the file has them."""
    with ExitStack() as stack:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", AstropyUserWarning)
            with refuse_damaged(path, "FITS", TypeError, KeyError, IndexError):
                content = _unzip(path) if is_gzip(path) else path
                file = stack.enter_context(fits.open(content, checksum=True))
                tables = [hdu for hdu in file if isinstance(hdu, fits.BinTableHDU)]
                # Looking at the data makes astropy notice that they are not all there.
                tables = [table for table in tables[:1] if table.data is not None]
        _refuse_damage(path, caught)
        if not tables:
            raise RefusedError(
                path,
                "It holds no whole binary table",
                "give a catalog, not an image; if it is one, it is cut short: copy it again",
            )
        yield FitsCatalog(path, tables[0])


def _unzip(path: Path) -> io.BytesIO:
    """Unzip a file to its very end, where it says whether it is whole: astropy stops short."""
    with gzip.open(path) as file:
        return io.BytesIO(file.read())


def _refuse_damage(path: Path, caught: Sequence[warnings.WarningMessage]) -> None:
    """Refuse a file of which astropy merely warns that it is damaged."""
    for warning in caught:
        said = " ".join(str(warning.message).split())
        if DAMAGE.search(said):
            raise RefusedError(
                path, f"It is not sound FITS ({said})", "it is cut short or damaged: copy it again"
            )


def _type(column: Any) -> str:
    """Type of a FITS column as numpy names it, with its scaling applied."""
    found = re.match(r"(\d*)([LXBIJKAEDCMPQ])", column.format)
    assert found is not None
    count, code = found[1] or "1", found[2]
    if code not in TYPES or (code != "A" and count == "0"):
        return f"FITS {column.format}"
    name = TYPES[code]
    if column.bscale not in (None, "", 1) or (column.bzero not in (None, "", 0)):
        name = _scaled(column, name)
    return name if code == "A" or count == "1" else f"{name}[]"


def _scaled(column: Any, name: str) -> str:
    unsigned = {"int16": 1 << 15, "int32": 1 << 31, "int64": 1 << 63}
    if column.bscale in (None, "", 1) and unsigned.get(name) == column.bzero:
        return f"u{name}"
    return "float64"


def _objects(data: Any) -> Any:
    rows = np.empty(len(data), object)
    for row in range(len(data)):
        rows[row] = np.asarray(data[row], dtype=data.dtype.newbyteorder("="))
    return rows
