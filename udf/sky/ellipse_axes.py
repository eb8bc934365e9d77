"""The quadratic form of an ellipse on the sphere."""

import math

from skytract.udf.sky.ellipse import Ellipse


def ellipse_axes(
    ra: float, dec: float, semi_major: float, semi_minor: float, position_angle: float
) -> list[float]:
    """Return the axes along which an `Ellipse` is a circular cone of 45 degrees.

    Returns
    -------
    list of float, length 9
        Unit vectors along the major axis over tan(semi_major), along the minor axis over
        tan(semi_minor), and to the centre. A position with the components u, v, w along them is
        inside if w > 0 and u^2 + v^2 <= w^2.

    Examples
    --------
    >>> ellipse_axes(0.0, 0.0, 45.0, 45.0, 0.0)[6:]
    [1.0, 0.0, 0.0]
    """
    ellipse = Ellipse(ra, dec, semi_major, semi_minor, position_angle)
    along, across, centre = ellipse.axes
    along, across = along / math.tan(ellipse.semi_major), across / math.tan(ellipse.semi_minor)
    return [*along.tolist(), *across.tolist(), *centre.tolist()]
