"""The bounds of a circle's ranges in one flat list, for a predicate that the planner can use."""

from skytract.udf.sky.cone import cone, refuse_bad_circle

MAX_RANGES = 16
"""As many as sky.in_ranges asks about. They cover about 1.5 times a circle, 9 ranges twice it and
30 ranges 1.25 times; but each costs planning time on every partition that it is tried on."""


def cone_bounds(ra: float, dec: float, radius: float, margin_arcsec: float) -> list[int]:
    """Return the bounds of the ranges of `cone` about a widened circle.

    Parameters
    ----------
    ra, dec, radius : float
        Centre and radius of the circle [deg].
    margin_arcsec : float
        The circle is widened by so much [arcsec], at most to the whole sphere.

    Returns
    -------
    list of int
        lo, hi, lo, hi, ... of the half-open ranges, the largest first.

    Raises
    ------
    ValueError
        If this is no circle on the sky: the sentence names the argument at fault.

    Examples
    --------
    >>> cone_bounds(0.0, 90.0, 180.0, 5.0)
    [0, 3458764513820540928]
    """
    refuse_bad_circle(ra, dec, radius, MAX_RANGES)
    if radius == 0.0:
        raise ValueError("radius = 0 is no circle: give the radius in degrees, above 0")
    return flat(cone(ra, dec, min(180.0, radius + margin_arcsec / 3600.0), MAX_RANGES))


def flat(ranges: list[tuple[int, int]]) -> list[int]:
    """Return lo, hi, lo, hi, ... of ranges, the largest first: most rows are in those."""
    largest_first = sorted(ranges, key=lambda both: both[0] - both[1])
    return [bound for both in largest_first for bound in both]
