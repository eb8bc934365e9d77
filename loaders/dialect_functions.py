"""Functions that a dialect may name: several columns of a file, or a code, to one column.

Each takes the values of its columns, in the unit the dialect declares, and its parameters.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from skytract.loaders.source_ids import MAX_DETECTOR, MAX_SOURCES, MAX_VISIT, pack_source_id

Array = npt.NDArray[Any]


class BadRowError(ValueError):
    """Values of which a function makes nothing.

    Parameters
    ----------
    row : int
        First bad row of those that were given.
    reason, remedy : str
        As in `RefusedError`.
    value : object
        What was found there.
    """

    def __init__(self, row: int, reason: str, remedy: str, value: Any) -> None:
        super().__init__(reason)
        self.row, self.reason, self.remedy, self.value = row, reason, remedy, value


def equals(codes: Array, value: str) -> npt.NDArray[np.bool_]:
    """Return whether a text code, UTF-8 bytes of shape (n,), has a value."""
    return np.asarray(codes == value.encode())


def has_bit(flags: Array, bit: int) -> npt.NDArray[np.bool_]:
    """Return whether a bit of packed flags, integers of shape (n,), is set; `bit` is its value."""
    return np.asarray((flags & bit) != 0)


def is_positive(values: Array) -> npt.NDArray[np.bool_]:
    """Return whether numbers of shape (n,) are greater than 0."""
    return np.asarray(values > 0)


def square_root(variance: Array) -> npt.NDArray[np.float64]:
    """Return the square root of variances of shape (n,); NaN of what is negative."""
    return np.asarray(np.sqrt(variance))


def ellipse_x_error(major: Array, minor: Array, angle: Array) -> npt.NDArray[np.float64]:
    """Return the 1-sigma error along x of an error ellipse, shape (n,).

    Parameters
    ----------
    major, minor : ndarray, shape (n,)
        1-sigma errors along its axes.
    angle : ndarray, shape (n,)
        Of the major axis, from x towards y [deg].
    """
    theta = np.radians(angle)
    return np.asarray(np.hypot(major * np.cos(theta), minor * np.sin(theta)))


def ellipse_y_error(major: Array, minor: Array, angle: Array) -> npt.NDArray[np.float64]:
    """Return the 1-sigma error along y of an error ellipse, as `ellipse_x_error`."""
    return ellipse_x_error(major, minor, angle - 90)


def ellipse_covariance(major: Array, minor: Array, angle: Array) -> npt.NDArray[np.float64]:
    """Return the covariance of x and y of an error ellipse, as `ellipse_x_error`."""
    return np.asarray((major**2 - minor**2) * np.sin(np.radians(2 * angle)) / 2)


def extent(first: Array, last: Array) -> Array:
    """Return how many pixels there are from the first to the last one, both included."""
    return np.asarray(last - first + 1)


def joined(*texts: Array, between: str) -> Array:
    """Return texts, UTF-8 bytes of shape (n,), one after the other with `between` between them."""
    made = texts[0]
    for text in texts[1:]:
        made = np.strings.add(np.strings.add(made, between.encode()), text)
    return made


def source_id(visit: Array, detector: Array, number: Array) -> npt.NDArray[np.int64]:
    """Return ids, unique over all visits, of detections that are numbered on their detector.

    Raises
    ------
    BadRowError
        If a number has no room in the id.
    TypeError
        If it is no integer.
    """
    parts = {"visit": (visit, MAX_VISIT), "detector": (detector, MAX_DETECTOR)}
    for name, (part, limit) in (parts | {"number": (number, MAX_SOURCES)}).items():
        if part.dtype.kind not in "iu":
            raise TypeError(f"the {name} is {part.dtype.name} and no integer")
        bad = (part < 0) | (part >= limit)
        if bad.any():
            row = int(np.argmax(bad))
            raise BadRowError(
                row, f"The {name} has no room in an id: [0, {limit})", "number anew", part[row]
            )
    return pack_source_id(visit, detector, number)


def counts_of_magnitude(magnitude: Array, zero_point: float) -> npt.NDArray[np.float64]:
    """Return the counts of which `zero_point` is the magnitude of one: 10**(-0.4 (m - zp)).

    Parameters
    ----------
    magnitude : ndarray, shape (n,)
        Magnitudes; NaN where the flux is negative or not known.
    zero_point : float
        Magnitude of one count.
    """
    return np.asarray(10.0 ** (-0.4 * (magnitude - zero_point)))


def counts_error_of_magnitude(
    magnitude: Array, snr: Array, zero_point: float
) -> npt.NDArray[np.float64]:
    """Return the 1-sigma error of `counts_of_magnitude`: the counts over their signal-to-noise."""
    return np.asarray(counts_of_magnitude(magnitude, zero_point) / snr)


FUNCTIONS: dict[str, Callable[..., Array]] = {
    function.__name__: function
    for function in (
        *(equals, has_bit, is_positive, square_root, extent, joined, source_id),
        *(ellipse_x_error, ellipse_y_error, ellipse_covariance),
        *(counts_of_magnitude, counts_error_of_magnitude),
    )
}
