"""The bounds of a circle's ranges one by one, for a predicate the planner can use."""

from functools import lru_cache

from skytract.udf.sky.cone import cone, refuse_bad_circle


def cone_bound(
    ra: float, dec: float, radius: float, margin_arcsec: float, max_ranges: int, number: int
) -> int | None:
    """Return one bound of the ranges of `cone` about a widened circle.

    Parameters
    ----------
    ra, dec, radius : float
        Centre and radius of the circle [deg].
    margin_arcsec : float
        The circle is widened by so much [arcsec], at most to the whole sphere.
    max_ranges : int
        At most so many ranges.
    number : int
        2i for the first key of range i, 2i + 1 for the first key beyond it.

    Returns
    -------
    int or None
        The bound; None if the circle has fewer ranges.

    Examples
    --------
    >>> [cone_bound(0.0, 90.0, 180.0, 5.0, 16, number) for number in range(3)]
    [0, 3458764513820540928, None]
    """
    ranges = _widened_cone(ra, dec, radius, margin_arcsec, max_ranges)
    return ranges[number // 2][number % 2] if number // 2 < len(ranges) else None


@lru_cache(maxsize=64)
def _widened_cone(
    ra: float, dec: float, radius: float, margin_arcsec: float, max_ranges: int
) -> list[tuple[int, int]]:
    """Return the ranges; a query asks for the bounds of the same few circles, one by one."""
    refuse_bad_circle(ra, dec, radius, max_ranges)
    return cone(ra, dec, min(180.0, radius + margin_arcsec / 3600.0), max_ranges)
