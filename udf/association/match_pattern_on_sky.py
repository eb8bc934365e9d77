"""Sources matched to stars on the sky, although the world coordinate system is a guess."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.match_pattern import PatternMatch, match_pattern

Floats = NDArray[np.float64]


def match_pattern_on_sky(
    tangent_ra: float,
    tangent_dec: float,
    source_id: ArrayLike,
    ra: ArrayLike,
    dec: ArrayLike,
    flux: ArrayLike | None,
    ref_star_id: ArrayLike,
    ref_ra: ArrayLike,
    ref_dec: ArrayLike,
    ref_flux: ArrayLike | None,
    max_shift_arcsec: float,
    max_rotation_deg: float,
    max_scale: float,
    tolerance_arcsec: float,
    max_chance: float,
) -> PatternMatch:
    """Do as `match_pattern` does on the plane that touches the sky at a point.

    Parameters
    ----------
    tangent_ra, tangent_dec : float
        Point of tangency [deg], about the middle of the sources: xi points east, eta north.
    ra, dec, ref_ra, ref_dec : array_like
        ICRS positions [deg], at most 60 deg from there, those of stars at the time of the sources.
    source_id, flux, ref_star_id, ref_flux : array_like
        As in `match_pattern`; so are the limits.

    Raises
    ------
    ValueError
        As `match_pattern` does, also for a position that is too far.

    Examples
    --------
    >>> ra, dec, ids = [9.99, 10.0, 10.02, 10.01], [0.0, 0.01, 0.005, -0.01], [1, 2, 3, 4]
    >>> limits = (30.0, 0.0, 0.0, 1.0, 1e-3)
    >>> east = [r + 7.2 / 3600 for r in ra]
    >>> match = match_pattern_on_sky(10.0, 0.0, ids, ra, dec, None, ids, east, dec, None, *limits)
    >>> match.refStarId, round(match.shiftXi, 4)
    ([1, 2, 3, 4], 7.2)
    """
    xi, eta = _gnomonic(ra, dec, tangent_ra, tangent_dec)
    ref_xi, ref_eta = _gnomonic(ref_ra, ref_dec, tangent_ra, tangent_dec)
    limits = (max_shift_arcsec, max_rotation_deg, max_scale, tolerance_arcsec, max_chance)
    stars = (ref_star_id, ref_xi, ref_eta, ref_flux)
    return match_pattern(source_id, xi, eta, flux, *stars, *limits)


def _gnomonic(ra: ArrayLike, dec: ArrayLike, ra0: float, dec0: float) -> Floats:
    """Return standard coordinates [arcsec], shape (2, n); NaN for positions too far away.

    Calabretta & Greisen 2002 (A&A 395, 1077), section 5.1.3.
    """
    alpha = np.radians(np.asarray(ra, float) - ra0)
    delta, delta0 = np.radians(np.asarray(dec, float)), np.radians(dec0)
    east = np.cos(delta) * np.sin(alpha)
    along = np.cos(delta) * np.cos(alpha)
    north = np.sin(delta) * np.cos(delta0) - along * np.sin(delta0)
    depth = np.sin(delta) * np.sin(delta0) + along * np.cos(delta0)
    depth = np.where(depth >= 0.5, depth, np.nan)
    return np.asarray(np.degrees(np.stack([east, north]) / depth) * 3600.0)
