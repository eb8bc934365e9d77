"""What is given to match a pattern, checked."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.match_pattern_pairs import Floats, Indices, Limits


def read_limits(
    shift: float, rotation: float, scale: float, tolerance: float, chance: float
) -> Limits:
    """Check the limits."""
    for name, value, least, most in (
        ("max_shift_arcsec", shift, 0.001, 3600.0),
        ("max_rotation_deg", rotation, 0.0, 10.0),
        ("max_scale", scale, 0.0, 0.1),
        ("tolerance_arcsec", tolerance, 0.001, 60.0),
        ("max_chance", chance, 1e-100, 0.1),
    ):
        if not least <= value <= most:
            raise ValueError(f"{name} is {value}: give {least} to {most}")
    return Limits(shift, float(np.radians(rotation)), scale, tolerance)


def read_catalog(
    what: str, given_id: ArrayLike, xi: ArrayLike, eta: ArrayLike, flux: ArrayLike | None
) -> tuple[NDArray[np.int64], Floats, Indices]:
    """Return checked ids, positions of shape (n, 2), and the rows from bright to faint."""
    ids = np.asarray(given_id, np.int64)
    bright = np.zeros(len(ids)) if flux is None else np.asarray(flux, float)
    x, y = np.asarray(xi, float), np.asarray(eta, float)
    if not len(ids) == len(x) == len(y) == len(bright):
        raise ValueError(
            f"there are {len(ids)} ids, {len(x)} and {len(y)} coordinates and {len(bright)} fluxes:"
            f" give one of each per {what}"
        )
    points = np.stack([x, y], axis=-1)
    bad = np.flatnonzero(~np.isfinite(points).all(axis=-1))
    if bad.size:
        raise ValueError(f"{what} {ids[bad[0]]} has no finite position: correct or drop that row")
    known, counts = np.unique(ids, return_counts=True)
    if len(known) < len(ids):
        raise ValueError(
            f"{what} {known[counts > 1][0]} is there {counts.max()} times: ids must be unique, drop"
            " the copies"
        )
    return ids, points, np.argsort(-np.nan_to_num(bright, nan=-np.inf), kind="stable")
