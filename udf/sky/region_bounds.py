"""The ranges of the sky key that cover a region, in one flat list, for a predicate of SQL."""

from collections.abc import Sequence

from skytract.udf.sky.box import Box
from skytract.udf.sky.cells import Shape, cover
from skytract.udf.sky.cone import join_ranges
from skytract.udf.sky.cone_bounds import MAX_RANGES, flat
from skytract.udf.sky.ellipse import Ellipse
from skytract.udf.sky.moc import read_multirange
from skytract.udf.sky.polygon import polygon

ENOUGH_CELLS = 4 * MAX_RANGES
"""Division ends with so many cells on the border: finer ones would only be joined again."""


def box_bounds(
    ra_lo: float, ra_hi: float, dec_lo: float, dec_hi: float, margin_arcsec: float
) -> list[int]:
    """Return lo, hi, lo, hi, ... of ranges that cover a widened `Box`.

    Examples
    --------
    >>> box_bounds(0.0, 360.0, -90.0, 90.0, 5.0)
    [0, 3458764513820540928]
    """
    return _bounds(Box(ra_lo, ra_hi, dec_lo, dec_hi), margin_arcsec)


def ellipse_bounds(
    ra: float,
    dec: float,
    semi_major: float,
    semi_minor: float,
    position_angle: float,
    margin_arcsec: float,
) -> list[int]:
    """Return lo, hi, lo, hi, ... of ranges that cover a widened `Ellipse`."""
    return _bounds(Ellipse(ra, dec, semi_major, semi_minor, position_angle), margin_arcsec)


def polygon_bounds(vertices: Sequence[float], margin_arcsec: float) -> list[int]:
    """Return lo, hi, lo, hi, ... of ranges that cover a widened `Polygon`."""
    return _bounds(polygon(vertices), margin_arcsec)


def moc_bounds(moc: str) -> list[int]:
    """Return lo, hi, lo, hi, ... of ranges that cover a MOC, given as PostgreSQL writes it.

    Examples
    --------
    >>> moc_bounds("{[0,4),[8,12)}")
    [0, 4, 8, 12]
    """
    return _few(read_multirange(moc))


def _bounds(shape: Shape, margin_arcsec: float) -> list[int]:
    """Cover a shape and join what is covered to few ranges."""
    return _few(cover(shape, margin_arcsec, enough=ENOUGH_CELLS))


def _few(ranges: list[tuple[int, int]]) -> list[int]:
    """Return lo, hi, lo, hi, ... of at most MAX_RANGES ranges that hold all of these."""
    return flat(join_ranges(ranges, MAX_RANGES)) if ranges else []
