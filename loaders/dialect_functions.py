"""Functions that a dialect may name: several columns of a file, or a code, to one raw column.

Each takes the values of its columns, in the unit the dialect declares, and its parameters.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def equals(codes: Array, value: str) -> npt.NDArray[np.bool_]:
    """Return whether a text code, UTF-8 bytes of shape (n,), has a value."""
    return np.asarray(codes == value.encode())


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
    for function in (equals, counts_of_magnitude, counts_error_of_magnitude)
}
