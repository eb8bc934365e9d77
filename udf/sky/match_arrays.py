"""Pairs of two sets of positions, given and returned as arrays that PostgreSQL holds."""

from collections.abc import Iterator

import numpy as np

from skytract.udf.sky.array_bytes import read_array, write_array
from skytract.udf.sky.find_pairs import find_pairs
from skytract.udf.sky.near_windows import Positions


def match_arrays(
    left_ids: bytes,
    left_ra: bytes,
    left_dec: bytes,
    right_ids: bytes,
    right_ra: bytes,
    right_dec: bytes,
    radius_arcsec: float,
    mode: str,
) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield ids and separations [arcsec] of pairs, some at a time, as `find_pairs` finds them.

    The arrays of ids and positions [deg], and those returned, are of `array_bytes`.
    """
    left, right = (
        Positions(read_array(ids, np.int64), read_array(ra, float), read_array(dec, float))
        for ids, ra, dec in ((left_ids, left_ra, left_dec), (right_ids, right_ra, right_dec))
    )
    for a, b, separation in find_pairs(left, right, radius_arcsec, mode):
        yield write_array(a), write_array(b), write_array(separation)
