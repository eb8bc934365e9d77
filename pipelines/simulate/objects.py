"""The table of true objects: one row per star, galaxy or quasar, in one fixed layout."""

from collections.abc import Sequence

import healpy
import numpy as np
from numpy.typing import NDArray

BANDS = "ugrizy"
"""The bands, in the order of every per-band array."""

KINDS = ("star", "galaxy", "qso", "transient")
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
        ("parallax", "f8"),  # mas
        ("radialVelocity", "f4"),  # km/s, positive when receding; 0 beyond the Galaxy
        ("kind", "i1"),  # index into KINDS
        ("sed", "i2"),  # index into the templates
        ("companionSed", "i2"),  # template of the unresolved companion; -1 = none
        ("flux", "f8"),  # nJy in standard r, mean over time, top of the atmosphere
        ("companionFlux", "f8"),  # nJy in standard r of the companion, not contained in flux
        ("diskScale", "f4"),  # arcsec, exponential scale length along the major axis; 0 = point
        ("axisRatio", "f4"),  # minor over major axis
        ("positionAngle", "f4"),  # deg, of the major axis, north through east
        ("redshift", "f4"),  # 0 for stars
        ("varKind", "i1"),  # index into VARIABLE_KINDS; 0 = constant
        ("period", "f8"),  # d; NaN for what has none
        ("epochOfMax", "f8"),  # MJD TAI of phase 0; NaN for what has none
        ("varParams", "f4", (6,)),  # what they mean depends on varKind
    ]
)


def empty(number: int, kind: str) -> NDArray[np.void]:
    """Return `number` objects of one kind that neither move, nor vary, nor have a size."""
    objects = np.zeros(number, OBJECT)
    objects["kind"] = KINDS.index(kind)
    objects["companionSed"] = -1
    objects["period"] = objects["epochOfMax"] = np.nan
    objects["axisRatio"] = 1.0
    return objects


def is_kind(objects: NDArray[np.void], *kinds: str) -> NDArray[np.bool_]:
    """Tell which objects, shape (n,), are of one of the kinds."""
    return np.asarray(np.isin(objects["kind"], [KINDS.index(kind) for kind in kinds]))


def is_variable(objects: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tell which objects, shape (n,), vary."""
    return np.asarray(objects["varKind"] > 0)


def flux_of_magnitude(magnitude: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    """Return nJy of AB magnitudes: m = 31.4 - 2.5 log10(F)."""
    return np.asarray(10.0 ** (0.4 * (31.4 - magnitude)))


def total_flux(objects: NDArray[np.void]) -> NDArray[np.float64]:
    """Return the mean flux [nJy] in standard r of primary and companion together, shape (n,)."""
    return np.asarray(objects["flux"] + objects["companionFlux"])


def join(tables: Sequence[NDArray[np.void]]) -> NDArray[np.void]:
    """Concatenate tables of objects: as plain bytes, 20 times faster than field by field."""
    plain = np.dtype((np.void, OBJECT.itemsize))
    return np.concatenate([table.view(plain) for table in tables]).view(OBJECT)


def place(
    populations: Sequence[NDArray[np.void]],
    indices: Sequence[NDArray[np.int64]],
) -> NDArray[np.void]:
    """Join populations and set ids and positions from HEALPix indices of order 29.

    Of objects that want the same index the brightest in r gets it and the others try the next but
    one (odd indices stay odd), until all are apart (the deferred acceptance of Gale & Shapley
    1962): where an object lies depends on no fainter one. The result is sorted by id.
    """
    objects, ids = join(populations), np.concatenate(indices)
    order = np.argsort(ids, kind="stable")
    while np.any(ids[order][1:] == ids[order][:-1]):
        order = np.lexsort((-total_flux(objects), ids))
        same = ids[order][1:] == ids[order][:-1]
        ids[order[1:][same]] += 2
        order = np.argsort(ids, kind="stable")
    objects = objects.take(order)
    objects["truthId"] = ids = ids[order]
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
