"""The sky key: HEALPix NESTED index at order 29.

The formulas are those of Gorski et al. 2005 (ApJ 622, 759), section 4.1, written for positions in
degrees. In the polar caps sqrt(3 (1 - |z|)) becomes sqrt(6) sin((90 - |dec|) / 2), which keeps the
accuracy that 1 - |sin dec| loses near a pole. `sql/sky/hpx29.sql` is the same in SQL.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.sky.healpix import ORDER, SIDE, nested

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BLOCK = 1 << 15
"""Positions computed at a time: their temporary arrays stay in the cache, 1.7 times as fast."""


def hpx29(ra: ArrayLike, dec: ArrayLike) -> Integers:
    """Return the order-29 NESTED HEALPix index of positions.

    A position within rounding (2e-15 rad, some 1e-6 of a cell's side) of a border between cells
    may be given the cell on the other side; a pole belongs to the quarter its `ra` points to.

    Parameters
    ----------
    ra, dec : array_like, shapes that broadcast
        ICRS position [deg]. `ra` may be any finite angle, `dec` lies in [-90, 90].

    Returns
    -------
    ndarray of int64, the broadcast shape
        Indices in [0, 12 * 4**29).

    Raises
    ------
    ValueError
        If a position is not finite or a declination lies outside [-90, 90].

    Examples
    --------
    >>> hpx29([45.0, 0.0], [90.0, -90.0]).tolist()
    [288230376151711743, 2305843009213693952]
    """
    ra, dec = np.broadcast_arrays(np.asarray(ra, dtype=float), np.asarray(dec, dtype=float))
    _refuse_bad_position(ra, dec)
    keys = np.empty(ra.shape, dtype=np.int64)
    flat, ra, dec = keys.reshape(-1), ra.reshape(-1), dec.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        rows = slice(start, start + BLOCK)
        flat[rows] = _keys(ra[rows], dec[rows])
    return keys


def _keys(ra: Floats, dec: Floats) -> Integers:
    """Return the indices of a block of valid positions."""
    quarter = ra / 90.0
    quarter = quarter - 4.0 * np.floor(quarter / 4.0)
    quarter = np.where(quarter < 4.0, quarter, 0.0)
    z = np.sin(np.radians(dec))
    face, x, y = _belt(quarter, z)
    cap = np.abs(z) > 2.0 / 3.0
    face[cap], x[cap], y[cap] = _cap(quarter[cap], dec[cap])
    return nested(face, x, y, ORDER)


def _refuse_bad_position(ra: Floats, dec: Floats) -> None:
    """Raise a sentence naming the first position that is not on the sphere."""
    bad = np.flatnonzero(~(np.isfinite(ra) & (np.abs(dec) <= 90.0)))
    if bad.size:
        first = int(bad[0])
        raise ValueError(
            f"position {first} is ra = {ra.flat[first]}, dec = {dec.flat[first]}: ra must be "
            "finite and dec within [-90, 90], both in degrees; correct or drop that row"
        )


def _belt(quarter: Floats, z: Floats) -> tuple[Integers, Integers, Integers]:
    """Return base pixel, x and y where |z| <= 2/3, from the two diagonal coordinates."""
    falling = np.floor(SIDE * (0.5 + quarter) - SIDE * (0.75 * z)).astype(np.int64)
    rising = np.floor(SIDE * (0.5 + quarter) + SIDE * (0.75 * z)).astype(np.int64)
    north, south = falling >> ORDER, rising >> ORDER
    # The diagonals of the last quarter run on into quarter 4, which is quarter 0 again: hence & 3.
    face = np.where(
        north == south,
        (north & 3) + 4,
        np.where(north < south, north & 3, (south & 3) + 8),
    )
    return face, rising & SIDE - 1, SIDE - 1 - (falling & SIDE - 1)


def _cap(quarter: Floats, dec: Floats) -> tuple[Integers, Integers, Integers]:
    """Return base pixel, x and y in the polar caps, |z| > 2/3."""
    base = quarter.astype(np.int64)
    from_pole = SIDE * np.sqrt(6.0) * np.sin(np.radians(90.0 - np.abs(dec)) / 2.0)
    east = np.minimum(((quarter - base) * from_pole).astype(np.int64), SIDE - 1)
    west = np.minimum(((1.0 - (quarter - base)) * from_pole).astype(np.int64), SIDE - 1)
    north = dec > 0.0
    return (
        np.where(north, base, base + 8),
        np.where(north, SIDE - 1 - west, east),
        np.where(north, SIDE - 1 - east, west),
    )
