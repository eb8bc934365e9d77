"""A polygon in the plane where its great circles are straight, as PostgreSQL takes it."""

from collections.abc import Sequence

from skytract.udf.sky.polygon import polygon

SCALE = 1e10
"""Units of the plane per radian: PostgreSQL takes coordinates that differ by 1e-6 as equal."""


def polygon_axes(vertices: Sequence[float]) -> list[float]:
    """Return the axes of the gnomonic plane of a `Polygon`.

    Returns
    -------
    list of float, length 9
        Unit vectors of x and y, both times `SCALE`, and of the centre.
    """
    x, y, centre = polygon(vertices).plane_axes
    return [*(SCALE * x).tolist(), *(SCALE * y).tolist(), *centre.tolist()]


def polygon_plane(vertices: Sequence[float]) -> str:
    """Return the gnomonic image of a `Polygon`, in units of 1 / `SCALE`, as PostgreSQL writes it.

    Examples
    --------
    >>> polygon_plane([0.0, -45.0, 90.0, 0.0, 0.0, 45.0]).count(",")
    5
    """
    corners = (SCALE * polygon(vertices).plane_corners).tolist()
    return "(" + ",".join(f"({x!r},{y!r})" for x, y in corners) + ")"
