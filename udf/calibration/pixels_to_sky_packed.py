"""Pixels to sky for the detections of many detectors at once, in images of arrays."""

import numpy as np

from skytract.udf.calibration.pixel_to_sky import sky_of_pixels
from skytract.udf.calibration.tan_sip import FRAME, TanSip
from skytract.udf.sky.array_bytes import read_arrays, write_array


def pixels_to_sky_packed(
    hpx29: bytes,
    ids: bytes,
    x: bytes,
    y: bytes,
    x_err: bytes,
    y_err: bytes,
    x_y_cov: bytes,
    wcs: bytes,
) -> list[tuple[bytes, ...]]:
    """Return the ICRS positions of pixels, with errors, for many detectors.

    Parameters
    ----------
    hpx29, ids
        Images of bigint arrays (`array_bytes`), one per detector, one after the other: the key
        and id of each pixel.
    x, y, x_err, y_err, x_y_cov
        Likewise of float8, with NaN for what is unknown; as `pixel_to_sky` takes them.
    wcs
        Two images per detector: crpix, crval, cd and sipA; sipB.

    Returns
    -------
    list of one tuple of bytes
        hpx29, ids, and what `pixel_to_sky` returns: one image each.
    """
    numbers = [np.concatenate(read_arrays(column, np.int64)) for column in (hpx29, ids)]
    columns = [read_arrays(column, np.float64) for column in (x, y, x_err, y_err, x_y_cov)]
    which = np.repeat(np.arange(len(columns[0])), [len(part) for part in columns[0]])
    pixels = np.array([np.concatenate(column) for column in columns])
    sky = sky_of_pixels(read_wcs(wcs), which, pixels)
    return [tuple(write_array(column) for column in (*numbers, *sky))]


def read_wcs(images: bytes) -> TanSip:
    """Return world coordinate systems from their images, two for each."""
    terms = read_arrays(images, np.float64)
    first, sip_b = terms[::2], terms[1::2]
    return TanSip.stack([t[:FRAME] for t in first], [t[FRAME:] for t in first], sip_b)
