"""Raw frames: a FITS file becomes pixels in adu, what its header says, and a projection."""

import re
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import FITSFixedWarning

from skytract.pipelines import celestial, instruments
from skytract.pipelines.exposure import FrameInfo, Image
from skytract.pipelines.frame_error import FrameError

UNREADABLE = (OSError, EOFError, ValueError, TypeError, IndexError, zlib.error, AstropyUserWarning)
"""What astropy raises, or warns of, on bytes that are not a whole FITS file."""
Section = tuple[slice, slice]


@dataclass(frozen=True)
class RawFrame:
    """Pixels as read out, with the sections and the noise model the header declares.

    Attributes
    ----------
    data : ndarray, shape (rows, columns), adu
        Untrimmed; for calibrated frames in adu after division by `perCount`.
    wcs : astropy.wcs.WCS
        Of the trimmed image.
    bias, trim : (rows, columns) slices or None
        Overscan and illuminated part; None if the frame has none, or is trimmed.
    """

    info: FrameInfo
    data: Image
    wcs: Any
    bias: Section | None
    trim: Section | None


def read_info(path: Path, instrument: str | None = None, band: str | None = None) -> FrameInfo:
    """Read only what the header says about a frame."""
    header, _ = _read_image(path, pixels=False)
    return instruments.read_info(
        instruments.find_instrument(header, path, instrument), header, path, band
    )


def read_raw(path: Path, instrument: str | None = None, band: str | None = None) -> RawFrame:
    """Read a raw frame of any known instrument.

    Parameters
    ----------
    path : Path
        FITS file, also compressed (.gz, .bz2, .fz); its first two-dimensional image is used.
    instrument : str, optional
        Entry of `instruments.yaml`; found by the header otherwise.
    band : str, optional
        Band to use instead of the header's.

    Raises
    ------
    FrameError
        If the file is missing, truncated, no image, or its header lacks what is needed.
    """
    header, data = _read_image(path, pixels=True)
    dialect = instruments.find_instrument(header, path, instrument)
    info = instruments.read_info(dialect, header, path, band)
    bias = _section(dialect, "biasSection", header, path, data.shape)
    trim = _section(dialect, "trimSection", header, path, data.shape)
    per_count = instruments.read_field(dialect, "perCount", header, path)
    if per_count is not None:
        data = data / np.float32(per_count)
    shape = data.shape if trim is None else data[trim].shape
    return RawFrame(
        info=info,
        data=data,
        wcs=_wcs(header, info, (shape[0], shape[1])),
        bias=bias,
        trim=trim,
    )


def _read_image(path: Path, *, pixels: bool) -> tuple[Any, Image]:
    """Header and pixels (float32, native byte order) of the first two-dimensional image."""
    if not path.is_file():
        raise FrameError(f"{path}: there is no such file.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyUserWarning)
            warnings.filterwarnings("error", ".*truncated", AstropyUserWarning)
            with path.open("rb") as file, fits.open(file, memmap=False) as hdus:
                for hdu in hdus:
                    if hdu.is_image and hdu.header.get("NAXIS") == 2:
                        data = hdu.data if pixels else np.empty((0, 0))
                        return hdu.header.copy(), np.asarray(data, dtype=np.float32)
    except UNREADABLE as error:
        said = str(error).partition(" If this is really")[0].rstrip(".")
        raise FrameError(
            f"{path}: not a whole FITS file ({said}). Copy it again from where it came from."
        ) from error
    raise FrameError(f"{path}: no HDU of this file holds a two-dimensional image.")


def parse_section(text: str, shape: tuple[int, int]) -> Section:
    """Turn a FITS section '[x1:x2,y1:y2]' (one-based, inclusive) into (rows, columns) slices.

    Examples
    --------
    >>> parse_section("[  17: 528,   1: 520]", (520, 536))
    (slice(0, 520, None), slice(16, 528, None))
    """
    numbers = re.fullmatch(r"\s*\[\s*(\d+)\s*:\s*(\d+)\s*,\s*(\d+)\s*:\s*(\d+)\s*\]\s*", text)
    if numbers is None:
        raise ValueError(f"'{text}' is not of the form [x1:x2,y1:y2]")
    x1, x2, y1, y2 = (int(number) for number in numbers.groups())
    if not (1 <= x1 <= x2 <= shape[1] and 1 <= y1 <= y2 <= shape[0]):
        raise ValueError(f"'{text}' does not lie within {shape[1]} columns and {shape[0]} rows")
    return slice(y1 - 1, y2), slice(x1 - 1, x2)


def _section(
    dialect: instruments.Instrument, field: str, header: Any, path: Path, shape: tuple[int, ...]
) -> Section | None:
    text = instruments.read_field(dialect, field, header, path)
    if text is None:
        return None
    try:
        return parse_section(str(text), (shape[0], shape[1]))
    except ValueError as error:
        raise FrameError(f"{path}: {dialect[field]} {error}; correct the header.") from error


def _wcs(header: Any, info: FrameInfo, shape: tuple[int, int]) -> Any:
    if celestial.has_celestial(header):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FITSFixedWarning)
            return celestial.read_wcs(header, info.name)
    if info.pixel_scale is None:
        raise FrameError(
            f"{info.name}: the header holds no celestial WCS (CTYPE1, CRVAL1, CD1_1, ...). Write "
            "one, or give pixelScale in instruments.yaml for a rough one around the pointing."
        )
    return celestial.tangent_wcs(info.ra, info.dec, info.pixel_scale, shape)
