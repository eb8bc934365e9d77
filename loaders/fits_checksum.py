"""Verifies tables of FITS files in pieces: astropy maps whole files into memory for that."""

from pathlib import Path
from typing import Any

import numpy as np

from skytract.loaders.load_refused import RefusedError

PIECE = 1 << 24
"""Bytes summed at a time; a multiple of 4."""

ONES = (1 << 32) - 1


def refuse_unsound(path: Path, file: Path, hdu: Any) -> None:
    """Refuse a table that is cut short, or whose checksums, if any, are not those of its bytes.

    Parameters
    ----------
    path : Path
        What messages call the table.
    file : Path
        The file, unzipped.
    hdu : astropy.io.fits.BinTableHDU
        The table.
    """
    info, header = hdu.fileinfo(), hdu.header
    start, middle, end = info["hdrLoc"], info["datLoc"], info["datLoc"] + info["datSpan"]
    size = header["NAXIS1"] * header["NAXIS2"] + header["PCOUNT"]
    if file.stat().st_size < middle + size:
        raise RefusedError(path, "It is not sound FITS: it is cut short", "copy it again")
    wrong = "DATASUM" in header and int(header["DATASUM"]) != _sum(file, middle, end)
    # The keyword CHECKSUM is such that the sum of all is -0, in the arithmetic of one's complement.
    if wrong or ("CHECKSUM" in header and _sum(file, start, end) not in (0, ONES)):
        raise RefusedError(
            path,
            "Its checksum is not that of its content: it is not sound FITS",
            "it is damaged: copy it again",
        )


def _sum(path: Path, start: int, end: int) -> int:
    """Add the big-endian 32-bit words of a part of a file, carrying overflow around the end."""
    total = 0
    with open(path, "rb") as file:
        file.seek(start)
        for first in range(start, end, PIECE):
            words = np.frombuffer(file.read(min(PIECE, end - first)), ">u4")
            total += int(words.sum(dtype=np.uint64))
    while total > ONES:
        total = (total & ONES) + (total >> 32)
    return total
