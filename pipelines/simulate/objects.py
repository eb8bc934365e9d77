"""The table of true objects: one row per star or galaxy, in one fixed layout."""

from collections.abc import Sequence

import healpy
import numpy as np
from numpy.typing import NDArray

BANDS = "ugrizy"
"""The bands, in the order of the per-band columns."""

KINDS = ("star", "galaxy", "rrLyrae", "eclipsing", "sinusoidal")
"""Names of the values of the column `kind`."""

EPOCH_MJD = 60000.0
"""Epoch of true and of reference positions, MJD TAI (25 February 2023)."""

POSITION_ORDER = 29
"""True positions are centres of HEALPix pixels of this order, 0.4 mas wide; the index is the id."""

OBJECT = np.dtype(
    [
        ("truthId", "i8"),  # hpx29 of the position at EPOCH_MJD
        ("ra", "f8"),  # deg, ICRS at EPOCH_MJD
        ("dec", "f8"),  # deg
        ("pmRa", "f8"),  # mas/yr, of RA cos dec
        ("pmDec", "f8"),  # mas/yr
        ("kind", "i1"),  # index into KINDS
        ("flux", "f8", (6,)),  # nJy, mean over a period, top of the atmosphere, bands ugrizy
        ("amplitude", "f8", (6,)),  # mag, peak to peak; 0 for what does not vary
        ("period", "f8"),  # d; NaN for what does not vary
        ("epochOfMax", "f8"),  # MJD TAI of phase 0; NaN for what does not vary
        ("diskScale", "f8"),  # arcsec, exponential scale length along the major axis; 0 = point
        ("axisRatio", "f8"),  # minor over major axis
        ("positionAngle", "f8"),  # deg, of the major axis, north through east
    ]
)


def empty(number: int, kind: str) -> NDArray[np.void]:
    """Return `number` objects of one kind that neither move, nor vary, nor have a size."""
    objects = np.zeros(number, OBJECT)
    objects["kind"] = KINDS.index(kind)
    objects["period"] = objects["epochOfMax"] = np.nan
    objects["axisRatio"] = 1.0
    return objects


def is_kind(objects: NDArray[np.void], *kinds: str) -> NDArray[np.bool_]:
    """Tell which objects, shape (n,), are of one of the kinds."""
    return np.asarray(np.isin(objects["kind"], [KINDS.index(kind) for kind in kinds]))


def is_variable(objects: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tell which objects, shape (n,), vary."""
    return np.asarray(np.isfinite(objects["period"]))


def flux_of_magnitude(magnitude: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    """Return nJy of AB magnitudes: m = 31.4 - 2.5 log10(F)."""
    return np.asarray(10.0 ** (0.4 * (31.4 - magnitude)))


def place(
    populations: Sequence[NDArray[np.void]],
    indices: Sequence[NDArray[np.int64]],
) -> NDArray[np.void]:
    """Join populations and set ids and positions from HEALPix indices of order 29.

    Two objects of the same index are told apart by moving one to the next free index; the result
    is sorted by id.
    """
    objects = np.concatenate(populations)
    wanted = np.concatenate(indices)
    order = np.argsort(wanted, kind="stable")
    step = np.arange(len(objects))
    ids = np.maximum.accumulate(wanted[order] - step) + step
    objects = objects[order]
    objects["truthId"] = ids
    lon_lat = healpy.pix2ang(1 << POSITION_ORDER, ids, nest=True, lonlat=True)
    objects["ra"], objects["dec"] = lon_lat
    return objects


def positions_at(
    objects: NDArray[np.void], mjd: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return RA and Dec [deg], shape (n,), at a time: uniform motion along a straight line.

    p(t) = p0 + (mu_ra e_ra + mu_dec e_dec) t, normalised: the standard model of stellar motion
    (ESA SP-1200 vol. 1, section 1.5.5) without parallax and radial velocity.
    """
    ra, dec = np.radians(objects["ra"]), np.radians(objects["dec"])
    years = (mjd - EPOCH_MJD) / 365.25
    east = np.radians(objects["pmRa"] * years / 3.6e6)
    north = np.radians(objects["pmDec"] * years / 3.6e6)
    radial = np.cos(dec) - north * np.sin(dec)
    x = radial * np.cos(ra) - east * np.sin(ra)
    y = radial * np.sin(ra) + east * np.cos(ra)
    z = np.sin(dec) + north * np.cos(dec)
    return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))
